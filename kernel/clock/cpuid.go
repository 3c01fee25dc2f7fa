package clock

// CPUID executes the instruction for a leaf and a subleaf.
type CPUID func(leaf, subleaf uint32) (eax, ebx, ecx, edx uint32)

// CPUID leaves and bits.
const (
	leafMax        = 0x0
	leafFeatures   = 0x1
	leafCrystal    = 0x15 // TSC and core crystal clock; Intel SDM vol. 3 §19.7.3
	leafBase       = 0x16 // processor frequency, in MHz, rounded; same section
	leafHypervisor = 0x4000_0000
	leafTiming     = 0x4000_0010 // TSC rate in kHz, by VMware's convention, which KVM can follow
	leafExtMax     = 0x8000_0000
	leafPower      = 0x8000_0007 // advanced power management; AMD APM vol. 3 §E.4.6

	featureHypervisor = 1 << 31 // of leaf 1 ECX: a hypervisor is present
	powerInvariantTSC = 1 << 8  // of leaf 8000_0007h EDX; Intel SDM vol. 3 §18.17.1

	// timingReach is how far above the first hypervisor leaf a highest leaf is
	// believed: processors without one answer anything.
	timingReach = 0x100
)

// Invariant reports whether the TSC is declared to run at one rate in all
// power states.
func Invariant(cpuid CPUID) bool {
	last, _, _, _ := cpuid(leafExtMax, 0)
	if last < leafPower {
		return false
	}
	_, _, _, edx := cpuid(leafPower, 0)
	return edx&powerInvariantTSC != 0
}

// hypervisorHz returns the rate of the TSC that a hypervisor beneath us
// states, and 0 if none does.
func hypervisorHz(cpuid CPUID) uint64 {
	_, _, ecx, _ := cpuid(leafFeatures, 0)
	if ecx&featureHypervisor == 0 {
		return 0
	}
	last, _, _, _ := cpuid(leafHypervisor, 0)
	if last < leafTiming || last > leafHypervisor+timingReach {
		return 0
	}
	kHz, _, _, _ := cpuid(leafTiming, 0)
	return believed(uint64(kHz) * 1000)
}

// crystalHz returns the rate of the TSC from that of the crystal and the ratio
// between them, and 0 unless CPUID states all of it.
func crystalHz(cpuid CPUID) uint64 {
	if last, _, _, _ := cpuid(leafMax, 0); last < leafCrystal {
		return 0
	}
	denominator, numerator, crystal, _ := cpuid(leafCrystal, 0)
	if denominator == 0 {
		return 0
	}
	return believed(uint64(crystal) * uint64(numerator) / uint64(denominator))
}

// baseHz returns the processor's base frequency, which the TSC follows within
// a percent or so, and 0 if CPUID does not state it.
func baseHz(cpuid CPUID) uint64 {
	if last, _, _, _ := cpuid(leafMax, 0); last < leafBase {
		return 0
	}
	const baseMask = 0xffff
	mhz, _, _, _ := cpuid(leafBase, 0)
	return believed(uint64(mhz&baseMask) * 1_000_000)
}

// believed returns hz, or 0 if no TSC runs at that rate.
func believed(hz uint64) uint64 {
	if hz < MinHz || hz > MaxHz {
		return 0
	}
	return hz
}
