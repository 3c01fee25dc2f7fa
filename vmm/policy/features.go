package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ringo-vmm/ringo/amd64/cpuid"
)

// passed are the features that a guest has if the host does: those that need
// nothing but the instructions, and registers that every engine switches. All
// others are hidden: nested virtualization, MONITOR, performance counters,
// thermal and power control, debug store, SGX, Processor Trace, resource
// control, transactional memory, machine-check extensions, shadow stacks.
var passed = list(`
	SSE3 PCLMULQDQ SSSE3 FMA CMPXCHG16B PCID SSE4.1 SSE4.2 MOVBE POPCNT AES XSAVE AVX F16C RDRAND

	FPU VME DE PSE TSC MSR PAE CX8 SEP PGE CMOV PAT PSE-36 CLFSH MMX FXSR SSE SSE2 SS

	FSGSBASE BMI1 AVX2 FDP_EXCPTN_ONLY SMEP BMI2 ERMS INVPCID FCS_FDS_DEPRECATED AVX512F AVX512DQ RDSEED ADX SMAP
	AVX512_IFMA CLFLUSHOPT CLWB AVX512PF AVX512ER AVX512CD SHA AVX512BW AVX512VL

	PREFETCHWT1 AVX512_VBMI UMIP PKU AVX512_VBMI2 GFNI VAES VPCLMULQDQ AVX512_VNNI AVX512_BITALG AVX512_VPOPCNTDQ LA57
	CLDEMOTE MOVDIRI MOVDIR64B

	AVX512_4VNNIW AVX512_4FMAPS FSRM AVX512_VP2INTERSECT MD_CLEAR SERIALIZE AVX512_FP16

	AVX-VNNI AVX512_BF16 CMPCCXADD FZRM FSRS FSRC AVX-IFMA

	XSAVEOPT XSAVEC XGETBV_ECX_1 XSAVES

	LahfSahf AltMovCr8 LZCNT SSE4A MisAlignSse 3DNowPrefetch XOP FMA4 TBM TopologyExtensions

	SYSCALL NX MmxExt FFXSR Page1GB LM 3DNowExt 3DNow

	InvariantTSC

	CLZERO RstrFpErrPtrs WBNOINVD EferLmsleUnsupported SsbdNotRequired BTC_NO`)

// emulated are the features that a guest has whatever the host has: the machine
// around the processor has them. Machine checks are there, without a bank.
var emulated = list(`APIC MTRR MCE MCA ARAT HYPERVISOR`)

// withTSCAux are the features that need Processor.TSCAux, and the host's.
var withTSCAux = list(`RDTSCP RDPID`)

// speculation are the features that need Processor.SpecCtrl, and the host's.
var speculation = list(`
	IBRS_IBPB STIBP SSBD ARCH_CAPABILITIES
	IBPB IBRS AmdSTIBP IbrsAlwaysOn StibpAlwaysOn IbrsPreferred IbrsSameMode AmdSSBD PSFD IBPB_RET`)

// Components of the XSAVE area that a guest can have. SDM vol. 1 §13.1.
const (
	componentX87SSE = 1<<0 | 1<<1
	componentAVX    = 1 << 2
	componentAVX512 = 1<<5 | 1<<6 | 1<<7
	componentPKRU   = 1 << 9
	guestComponents = componentX87SSE | componentAVX | componentAVX512 | componentPKRU
)

// needs are the components that features cannot do without.
var needs = []struct {
	components uint64
	features   []cpuid.Feature
}{
	{componentX87SSE, list(`XSAVE AVX PKU XSAVEOPT XSAVEC XGETBV_ECX_1 XSAVES`)},
	{componentAVX, list(`
		AVX FMA F16C AVX2 XOP FMA4 VAES VPCLMULQDQ AVX-VNNI AVX-IFMA AVX512F`)},
	{componentAVX512, list(`
		AVX512F AVX512DQ AVX512_IFMA AVX512PF AVX512ER AVX512CD AVX512BW AVX512VL AVX512_VBMI AVX512_VBMI2 AVX512_VNNI
		AVX512_BITALG AVX512_VPOPCNTDQ AVX512_4VNNIW AVX512_4FMAPS AVX512_VP2INTERSECT AVX512_FP16 AVX512_BF16`)},
	{componentPKRU, list(`PKU`)},
}

// holders are the features without which a component is not there.
var holders = map[uint64]cpuid.Feature{
	componentX87SSE: cpuid.XSAVE,
	componentAVX:    cpuid.AVX,
	componentAVX512: list(`AVX512F`)[0],
	componentPKRU:   list(`PKU`)[0],
}

// list is the features with these names. A wrong name is found by the first
// test that runs.
func list(names string) []cpuid.Feature {
	var features []cpuid.Feature
	for _, name := range strings.Fields(names) {
		x, ok := cpuid.Lookup(name)
		if !ok {
			panic("policy: no CPUID feature is called " + name)
		}
		features = append(features, x)
	}
	return features
}

// set is a set of features.
type set map[cpuid.Feature]bool

// features are those that the guest is told of. A feature that the host lacks
// and the machine does not emulate cannot be turned on.
func (p *Processor) features() (set, error) {
	s := set{}
	for _, x := range passed {
		s[x] = p.Host.Has(x)
	}
	for _, x := range emulated {
		s[x] = true
	}
	for _, x := range withTSCAux {
		s[x] = p.TSCAux && p.Host.Has(x)
	}
	for _, x := range speculation {
		s[x] = p.SpecCtrl && p.Host.Has(x)
	}
	s[cpuid.X2APIC] = p.X2APIC
	s[cpuid.TSCDeadline] = p.TSCDeadline
	s[cpuid.HTT] = p.CPUs > 1
	s[cmpLegacy] = p.CPUs > 1 && p.Host.Has(cmpLegacy)
	for _, change := range p.Changes {
		if err := p.change(s, change); err != nil {
			return nil, err
		}
	}
	return s, p.settle(s)
}

// cmpLegacy says on AMD's processors that what leaf 1 counts are cores.
var cmpLegacy = list(`CmpLegacy`)[0]

// change applies one of Changes.
func (p *Processor) change(s set, change string) error {
	name := strings.TrimLeft(change, "+-")
	x, ok := cpuid.Lookup(name)
	if len(name) != len(change)-1 {
		return fmt.Errorf("cpuid: %q is not +feature or -feature", change)
	}
	if !ok {
		return fmt.Errorf("cpuid: no feature is called %q", name)
	}
	_, known := s[x]
	switch on := change[0] == '+'; {
	case !on:
		s[x] = false
	case s[x]:
	case !p.SpecCtrl && slices.Contains(speculation, x), !p.TSCAux && slices.Contains(withTSCAux, x):
		return fmt.Errorf("cpuid: +%s: needs a register that is not switched between host and guest", name)
	case p.Host.Has(x):
		s[x] = true
	case known && (x == cpuid.X2APIC || x == cpuid.TSCDeadline):
		return fmt.Errorf("cpuid: +%s: the virtual machine's local APIC does not have it", name)
	default:
		return fmt.Errorf("cpuid: +%s: the host's processor does not have it", name)
	}
	return nil
}

// settle takes away what cannot be without something else, and complains if it
// was asked for.
func (p *Processor) settle(s set) error {
	for _, n := range needs {
		if p.XCR0&n.components == n.components && s[holders[n.components]] {
			continue
		}
		for _, x := range n.features {
			if s[x] && p.asked(x) {
				return fmt.Errorf("cpuid: +%s: needs %s, whose state is not switched or which is turned off", x, holders[n.components])
			}
			s[x] = false
		}
	}
	return nil
}

// asked tells whether the configuration turns a feature on.
func (p *Processor) asked(x cpuid.Feature) bool {
	for _, change := range p.Changes {
		if y, ok := cpuid.Lookup(strings.TrimPrefix(change, "+")); ok && x == y && change[0] == '+' {
			return true
		}
	}
	return false
}
