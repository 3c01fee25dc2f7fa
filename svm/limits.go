package svm

import (
	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// limits is what this processor allows in a guest's control registers.
type limits struct {
	physicalBits uint   // width of a host-physical address
	cr4          uint64 // bits that may be set
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

// cr4Bits are those of CR4. PCE comes with the family. APM vol. 2 §3.1.3.
var cr4Bits = [...]bits{
	{x86.CR4VME | x86.CR4PVI, []string{"VME"}},
	{x86.CR4TSD, []string{"TSC"}},
	{x86.CR4DE, []string{"DE"}},
	{x86.CR4PSE, []string{"PSE"}},
	{x86.CR4PAE, []string{"PAE"}},
	{x86.CR4MCE, []string{"MCE"}},
	{x86.CR4PGE, []string{"PGE"}},
	{x86.CR4OSFXSR, []string{"FXSR"}},
	{x86.CR4OSXMMEXCPT, []string{"SSE"}},
	{x86.CR4UMIP, []string{"UMIP"}},
	{x86.CR4FSGSBASE, []string{"FSGSBASE"}},
	{x86.CR4PCIDE, []string{"PCID"}},
	{x86.CR4OSXSAVE, []string{"XSAVE"}},
	{x86.CR4SMEP, []string{"SMEP"}},
	{x86.CR4SMAP, []string{"SMAP"}},
	{x86.CR4PKE, []string{"PKU"}},
}

// eferBits are those of EFER. What the processor has to have for SVM brings
// SVME, SCE, LME, LMA and NXE. APM vol. 2 §3.1.7.
var eferBits = [...]bits{
	{x86.EFERFFXSR, []string{"FFXSR"}},
	{x86.EFERTCE, []string{"TCE"}},
}

// specCtrlBits are those of SPEC_CTRL. APM vol. 2 §3.2.9.
var specCtrlBits = [...]bits{
	{1 << 0, []string{"IBRS", "IBRS_IBPB"}},
	{1 << 1, []string{"AmdSTIBP", "STIBP"}},
	{1 << 2, []string{"AmdSSBD", "SSBD"}},
	{1 << 7, []string{"PSFD"}},
}

// readLimits is what this processor allows in control registers.
func readLimits(cpu cpuid.Func) limits {
	l := limits{
		physicalBits: uint(cpu.AddressBits().Physical),
		cr4:          x86.CR4PCE | allowed(cpu, cr4Bits[:]),
		efer:         x86.EFERSVME | x86.EFERSCE | x86.EFERLME | x86.EFERLMA | x86.EFERNXE | allowed(cpu, eferBits[:]),
		specCtrl:     allowed(cpu, specCtrlBits[:]),
	}
	if !hasAny(cpu, "EferLmsleUnsupported") {
		l.efer |= x86.EFERLMSLE
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

func allowed(cpu cpuid.Func, list []bits) (all uint64) {
	for _, b := range list {
		if hasAny(cpu, b.features...) {
			all |= b.bits
		}
	}
	return all
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
