package cpuid

// TSCRateSource says where a TSC frequency comes from.
type TSCRateSource string

// The leaves that give the TSC's frequency.
const (
	FromCrystal    TSCRateSource = "CPUID 15h"          // the crystal's frequency and the ratio to it
	FromBase       TSCRateSource = "CPUID 15h and 16h"  // the ratio, and the processor's nominal base frequency
	FromHypervisor TSCRateSource = "CPUID 40000010h"    // the hypervisor's word
	NotInCPUID     TSCRateSource = "not given by CPUID" // calibrate against another clock
)

// TSCRate is the frequency of the time-stamp counter in Hz, 0 when CPUID does
// not give it. A rate from the base frequency is nominal: good to a few parts
// in a thousand. SDM vol. 3
// "Determining the Processor Base Frequency".
func (f Func) TSCRate() (hz uint64, source TSCRateSource) {
	den, num, crystal, _ := f.Leaf(LeafTSC, 0)
	if den != 0 && num != 0 {
		if crystal != 0 {
			return uint64(crystal) * uint64(num) / uint64(den), FromCrystal
		}
		// Where the crystal's frequency is left out, the TSC runs at the base
		// frequency that leaf 16h gives in MHz.
		if base, _, _, _ := f.Leaf(LeafFrequency, 0); base&0xffff != 0 {
			return uint64(base&0xffff) * 1_000_000, FromBase
		}
	}
	if khz, _, _, _ := f.Leaf(LeafTiming, 0); khz != 0 {
		return uint64(khz) * 1000, FromHypervisor
	}
	return 0, NotInCPUID
}

// HypervisorInfo is what the hypervisor beneath says of itself in the leaves
// from 4000_0000h on, which both manuals
// leave to hypervisors.
type HypervisorInfo struct {
	Signature string // such as "KVMKVMKVM" or "TCGTCGTCGTCG"
	MaxLeaf   uint32
	TSCkHz    uint32 // 0 when not given
	APICkHz   uint32 // the frequency the local APIC's timer divides; 0 when not given
}

// HypervisorInfo reads the hypervisor leaves; ok is false on bare hardware.
func (f Func) HypervisorInfo() (h HypervisorInfo, ok bool) {
	if !f.Has(Hypervisor) {
		return h, false
	}
	max, ebx, ecx, edx := f(LeafHypervisor, 0)
	h.Signature, h.MaxLeaf = text(ebx, ecx, edx), max
	h.TSCkHz, h.APICkHz, _, _ = f.Leaf(LeafTiming, 0)
	return h, true
}
