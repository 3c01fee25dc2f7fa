// Package cpuid decodes what the CPUID instruction says of a processor: who
// made it, which features it has, how wide its addresses are and how fast its
// time-stamp counter runs.
//
// It executes nothing itself: every function is a method on a Func, which is
// the instruction, or in a test a table. Its callers are package kernel, the
// engines' probes and the monitor. It follows the Intel Software Developer's
// Manual (SDM) vol. 2 "CPUID" and the AMD Architecture Programmer's Manual
// (APM) vol. 3 App. D and E.
package cpuid

import "strings"

// Func executes CPUID with EAX = leaf and ECX = sub and returns the four
// registers. It need not check the leaf: the methods of this package do.
type Func func(leaf, sub uint32) (eax, ebx, ecx, edx uint32)

// The leaves this package decodes: SDM vol. 2 "CPUID" by the same numbers, APM
// vol. 3 §E.3 (basic) and §E.4 (extended) by the function's number. A basic leaf
// is valid up to the maximum that leaf 0 reports, an extended leaf up to that of
// 8000_0000h.
const (
	LeafVendor      = 0x0000_0000 // highest basic leaf, vendor
	LeafSignature   = 0x0000_0001 // family, model, stepping, features
	LeafPower       = 0x0000_0006 // thermal and power management
	LeafFeatures    = 0x0000_0007 // structured extended features, by sub-leaf
	LeafTopology    = 0x0000_000b // extended topology, by level
	LeafXSAVE       = 0x0000_000d // processor extended state, by component
	LeafTSC         = 0x0000_0015 // TSC to crystal ratio; Intel only
	LeafFrequency   = 0x0000_0016 // nominal frequencies; Intel only
	LeafTopologyV2  = 0x0000_001f // extended topology with more levels; Intel only
	LeafHypervisor  = 0x4000_0000 // reserved by both manuals for hypervisors
	LeafTiming      = 0x4000_0010 // hypervisors' convention: TSC and APIC timer kHz
	LeafExtended    = 0x8000_0000 // highest extended leaf
	LeafExtFeatures = 0x8000_0001 // extended features
	LeafBrand       = 0x8000_0002 // brand string, with the two leaves after it
	LeafExtPower    = 0x8000_0007 // invariant TSC
	LeafAddressSize = 0x8000_0008 // address widths, core count
	LeafSVM         = 0x8000_000a // SVM revision and features; AMD only
)

const (
	// leavesPerRange is how far a range's highest leaf may plausibly lie above
	// its first.
	leavesPerRange   = 0x1_0000
	hypervisorPrefix = LeafHypervisor >> 16
)

// Reg is one of the four registers CPUID writes.
type Reg uint8

// The registers in the order Func returns them.
const (
	EAX Reg = iota
	EBX
	ECX
	EDX
)

// String is the register's name in lower case.
func (r Reg) String() string {
	return [...]string{"eax", "ebx", "ecx", "edx"}[r&3]
}

// Max is the highest valid leaf of the range that begins at base: 0,
// LeafHypervisor or LeafExtended. ok is false when the processor has no such
// range, which it shows by answering with some other leaf's data.
func (f Func) Max(base uint32) (max uint32, ok bool) {
	if base == LeafHypervisor && !f.Has(Hypervisor) {
		return 0, false
	}
	max, _, _, _ = f(base, 0)
	return max, max >= base && max-base < leavesPerRange
}

// Leaf is the data of a leaf, all zero when the processor does not have it. The
// instruction itself answers a leaf that is out of range with some other's data.
func (f Func) Leaf(leaf, sub uint32) (eax, ebx, ecx, edx uint32) {
	var base uint32
	switch {
	case leaf >= LeafExtended:
		base = LeafExtended
	case leaf>>16 == hypervisorPrefix:
		base = LeafHypervisor
	}
	if max, ok := f.Max(base); !ok || leaf > max {
		return 0, 0, 0, 0
	}
	return f(leaf, sub)
}

// Vendor is the manufacturer's signature, such as "GenuineIntel" or
// "AuthenticAMD".
func (f Func) Vendor() string {
	_, ebx, ecx, edx := f(LeafVendor, 0)
	return text(ebx, edx, ecx)
}

// Brand is the processor's marketing name, empty when it has none.
func (f Func) Brand() string {
	var b strings.Builder
	for leaf := uint32(LeafBrand); leaf < LeafBrand+3; leaf++ {
		eax, ebx, ecx, edx := f.Leaf(leaf, 0)
		b.WriteString(text(eax, ebx, ecx, edx))
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// text is the ASCII in regs, up to its first NUL. Bytes that do not print
// become dots: what a hypervisor answers goes to a terminal.
func text(regs ...uint32) string {
	b := make([]byte, 0, 4*len(regs))
	for _, r := range regs {
		for shift := 0; shift < 32; shift += 8 {
			c := byte(r >> shift)
			switch {
			case c == 0:
				return string(b)
			case c < ' ' || c > '~':
				c = '.'
			}
			b = append(b, c)
		}
	}
	return string(b)
}

// Signature is a processor's family, model and stepping, the extended fields
// already added in. SDM vol. 2 "CPUID" 01H, APM vol. 3 §E.3 function 1h.
type Signature struct {
	Raw                     uint32 // EAX of leaf 1
	Family, Model, Stepping uint8
}

// Signature reads leaf 1.
func (f Func) Signature() Signature {
	eax, _, _, _ := f.Leaf(LeafSignature, 0)
	s := Signature{
		Raw:      eax,
		Family:   uint8(eax >> 8 & 0xf),
		Model:    uint8(eax >> 4 & 0xf),
		Stepping: uint8(eax & 0xf),
	}
	if s.Family == 0x6 || s.Family == 0xf {
		s.Model |= uint8(eax >> 16 & 0xf << 4)
	}
	if s.Family == 0xf {
		// The sum is at most 0xf + 0xff; no processor comes near the wrap.
		s.Family += uint8(eax >> 20)
	}
	return s
}

// AddressBits are the widths, in bits, of the processor's addresses. SDM vol. 2
// "CPUID" 80000008H, APM vol. 3 §E.4 function 8000_0008h.
type AddressBits struct {
	Physical uint8 // host-physical addresses
	Linear   uint8 // virtual addresses: 48, or 57 with five-level paging
	Guest    uint8 // guest-physical addresses under nested paging; 0 means as Physical
}

// AddressBits reads leaf 8000_0008h, or gives what the manuals say for
// processors that lack it.
func (f Func) AddressBits() AddressBits {
	if eax, _, _, _ := f.Leaf(LeafAddressSize, 0); eax&0xffff != 0 {
		return AddressBits{Physical: uint8(eax), Linear: uint8(eax >> 8), Guest: uint8(eax >> 16)}
	}
	a := AddressBits{Physical: 32, Linear: 32}
	if f.Has(PAE) {
		a.Physical = 36
	}
	if f.Has(LongMode) {
		a.Linear = 48
	}
	return a
}
