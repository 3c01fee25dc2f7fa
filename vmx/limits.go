package vmx

import (
	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// limits is what this processor has and allows.
type limits struct {
	features
	physicalBits uint   // width of a host-physical address
	cr4          uint64 // bits that a guest may set
	efer         uint64
	xcr0         uint64 // 0 without XSAVE
	specCtrl     uint64 // 0 without SPEC_CTRL
}

// bits are the bits of a register that come with any of some features, by
// mnemonic.
type bits struct {
	bits     uint64
	features []string
}

// specCtrlBits are those of SPEC_CTRL. SDM vol. 4 table 2-2.
var specCtrlBits = [...]bits{
	{1 << 0, []string{"IBRS", "IBRS_IBPB"}},
	{1 << 1, []string{"STIBP"}},
	{1 << 2, []string{"SSBD"}},
}

// guestEFER are the bits of EFER that a processor with EPT has. SDM vol. 3
// table 2-1.
const guestEFER = x86.EFERSCE | x86.EFERLME | x86.EFERLMA | x86.EFERNXE

// readLimits is what this processor allows in control registers. A guest has no
// VMX and no SMX.
func readLimits(cpu cpuid.Func, f features) limits {
	l := limits{
		features:     f,
		physicalBits: uint(cpu.AddressBits().Physical),
		cr4:          f.cr4Fixed1 &^ hostCR4,
		efer:         guestEFER,
	}
	for _, b := range specCtrlBits {
		if hasAny(cpu, b.features...) {
			l.specCtrl |= b.bits
		}
	}
	x, _ := cpu.XSAVEInfo()
	l.xcr0 = x.XCR0
	for _, part := range x.Components {
		if !part.Supervisor && part.Offset+part.Size > fpuSize {
			l.xcr0 &^= 1 << part.Number
		}
	}
	for _, group := range [...]uint64{xcr0MPX, xcr0AVX512, xcr0AMX} {
		if l.xcr0&group != group {
			l.xcr0 &^= group // all of it or nothing: XSETBV
		}
	}
	return l
}

// hasAny tells whether the processor has one of some features, by mnemonic.
func hasAny(cpu cpuid.Func, names ...string) bool {
	for _, name := range names {
		if x, ok := cpuid.Lookup(name); ok && cpu.Has(x) {
			return true
		}
	}
	return false
}
