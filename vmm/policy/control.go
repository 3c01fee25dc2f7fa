package policy

import (
	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// controlBits are the bits of CR4 that need a feature. APM vol. 2 §3.1.3, SDM
// vol. 3 §2.5.
var controlBits = []struct {
	bits    uint64
	feature cpuid.Feature
}{
	{x86.CR4VME | x86.CR4PVI, list(`VME`)[0]},
	{x86.CR4TSD, cpuid.TSC},
	{x86.CR4DE, list(`DE`)[0]},
	{x86.CR4PSE, list(`PSE`)[0]},
	{x86.CR4PAE, cpuid.PAE},
	{x86.CR4MCE, cpuid.MCE},
	{x86.CR4PGE, cpuid.PGE},
	{x86.CR4OSFXSR, cpuid.FXSR},
	{x86.CR4OSXMMEXCPT, list(`SSE`)[0]},
	{x86.CR4UMIP, cpuid.UMIP},
	{x86.CR4LA57, cpuid.LA57},
	{x86.CR4FSGSBASE, cpuid.FSGSBASE},
	{x86.CR4PCIDE, cpuid.PCID},
	{x86.CR4OSXSAVE, cpuid.XSAVE},
	{x86.CR4SMEP, cpuid.SMEP},
	{x86.CR4SMAP, cpuid.SMAP},
	{x86.CR4PKE, list(`PKU`)[0]},
}

// allowed finds the bits of control registers that the guest may set.
func (b *builder) allowed(s set) {
	b.cr4 = x86.CR4PCE // RDPMC for users needs nothing: there are no counters
	for _, c := range controlBits {
		if s[c.feature] {
			b.cr4 |= c.bits
		}
	}
	for feature, bits := range map[cpuid.Feature]uint64{
		cpuid.SYSCALL:    x86.EFERSCE,
		cpuid.LongMode:   x86.EFERLME | x86.EFERLMA,
		cpuid.NX:         x86.EFERNXE,
		list(`FFXSR`)[0]: x86.EFERFFXSR,
	} {
		if s[feature] {
			b.efer |= bits
		}
	}
	if info, ok := b.p.Host.XSAVEInfo(); ok && s[cpuid.XSAVE] {
		b.xcr0, b.xss = b.p.XCR0&info.XCR0&guestComponents, b.p.XSS&info.XSS
		for components, feature := range holders {
			if !s[feature] {
				b.xcr0 &^= components
			}
		}
		if !s[cpuid.XSAVES] {
			b.xss = 0
		}
	}
	a := b.p.Host.AddressBits()
	b.physicalBits, b.linearBits = a.Physical, min(a.Linear, 48)
	if b.p.PhysicalBits != 0 {
		b.physicalBits = min(a.Physical, b.p.PhysicalBits)
	}
	if s[cpuid.LA57] {
		b.linearBits = a.Linear
	}
}

// CR4 has the bits of CR4 that the guest may set; another raises #GP.
func (c *CPUID) CR4() uint64 { return c.cr4 }

// PhysicalBits is the width of guest-physical addresses.
func (c *CPUID) PhysicalBits() uint8 { return c.physicalBits }

// XSS has the bits of IA32_XSS that the guest may set.
func (c *CPUID) XSS() uint64 { return c.xss }

// ValidXCR0 tells whether the guest may write a value to XCR0; if not, XSETBV
// raises #GP. SDM vol. 1 §13.3, APM vol. 2 §11.5.2.
func (c *CPUID) ValidXCR0(v uint64) bool {
	const x87, sse = 1, 2
	avx512 := v & componentAVX512
	switch {
	case v&^c.xcr0 != 0 || v&x87 == 0:
		return false
	case v&componentAVX != 0 && v&sse == 0:
		return false
	}
	return avx512 == 0 || avx512 == componentAVX512 && v&componentAVX != 0
}

// ValidEFER tells whether the guest may write a value to EFER, which has the
// value old, and what EFER then is; if not, WRMSR raises #GP. APM vol. 2 §3.1.7,
// SDM vol. 3 §2.2.1.
func (c *CPUID) ValidEFER(old, v, cr0 uint64) (efer uint64, ok bool) {
	if c.intel {
		v = v&^x86.EFERLMA | old&x86.EFERLMA // read-only; AMD faults
	}
	switch {
	case v&^c.efer != 0:
		return old, false
	case (v^old)&x86.EFERLMA != 0:
		return old, false
	case (v^old)&x86.EFERLME != 0 && cr0&x86.CR0PG != 0:
		return old, false
	}
	return v, true
}
