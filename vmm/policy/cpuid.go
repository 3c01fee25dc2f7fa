package policy

import (
	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Processor is what decides a virtual processor's CPUID.
type Processor struct {
	Host cpuid.Func

	CPUs  int // virtual processors of the machine, 1 to MaxCPUs
	Index int // this one, from 0; its APIC id

	// PhysicalBits is the width of guest-physical addresses, 0 for the
	// host's.
	PhysicalBits uint8

	// XCR0 has the state components that the engine switches, XSS those of
	// IA32_XSS; those that the guest has no use for do no harm. Without x87
	// and SSE in XCR0 there is no XSAVE.
	XCR0, XSS uint64

	X2APIC      bool // the local APIC has x2APIC mode
	TSCDeadline bool // its timer has the TSC-deadline mode
	SpecCtrl    bool // the engine switches the MSRs against speculation
	TSCAux      bool // the engine switches TSC_AUX, for RDTSCP and RDPID

	// KVMFeatures is EAX of leaf 4000_0001h: KVM's paravirtual features
	// that the machine has.
	KVMFeatures uint32
	// TSCkHz and APICkHz are the frequencies of the time-stamp counter and
	// of what the APIC timer divides, 0 if they are not to be told.
	TSCkHz, APICkHz uint32

	// Idle is the time in ns that this processor has been halted; nil if
	// it is not to be told.
	Idle func() uint64

	// Changes turn features on and off by name: "+feature", "-feature",
	// with the names of package cpuid.
	Changes []string
}

// MaxCPUs is the most virtual processors a machine has: xAPIC ids have 8 bits,
// and FFh is everybody.
const MaxCPUs = 255

// CPUID answers a virtual processor's CPUID instruction.
type CPUID struct {
	basic, extended, hypervisor, own []leaf

	// outside is the answer for a leaf that is in none of the ranges.
	outside *leaf

	subs          [][4]uint32 // sub-leaves, by leaf.first
	components    []component // of the XSAVE area
	savesFeatures uint32      // EAX of leaf Dh, sub-leaf 1
	idle          func() uint64

	physicalBits, linearBits uint8
	xcr0, xss                uint64
	cr4, efer                uint64
	intel                    bool
	signature                uint32
	tscMHz                   uint32
}

// leaf is the answer for a leaf.
type leaf struct {
	regs  [4]uint32
	kind  kind
	first uint8 // of its sub-leaves in subs
	count uint8 // how many there are
}

// kind is what is to be done to a leaf before it is the answer.
type kind uint8

const (
	plain      kind = iota // nothing; the sub-leaf does not matter
	subLeaves              // the sub-leaf is the answer, beyond the last it is 0
	basicLeaf              // OSXSAVE follows CR4
	structured             // subLeaves, and OSPKE follows CR4
	levels                 // subLeaves, and beyond them the sub-leaf and the APIC id
	xsaveArea              // sizes follow XCR0 and IA32_XSS
	idleTime
)

// Lookup is the answer of CPUID with EAX = n and ECX = sub to a processor with
// these registers.
func (c *CPUID) Lookup(n, sub uint32, cr4, xcr0, xss uint64) (eax, ebx, ecx, edx uint32) {
	var l *leaf
	switch {
	case int(n) < len(c.basic):
		l = &c.basic[n]
	case n >= cpuid.LeafExtended && int(n-cpuid.LeafExtended) < len(c.extended):
		l = &c.extended[n-cpuid.LeafExtended]
	case n >= leafOwn && int(n-leafOwn) < len(c.own):
		l = &c.own[n-leafOwn]
	case n >= cpuid.LeafHypervisor && int(n-cpuid.LeafHypervisor) < len(c.hypervisor):
		l = &c.hypervisor[n-cpuid.LeafHypervisor]
	default:
		l = c.outside
	}
	if l.kind != plain {
		return c.special(l, sub, cr4, xcr0, xss)
	}
	return l.regs[0], l.regs[1], l.regs[2], l.regs[3]
}

// special is Lookup for a leaf that is not plain.
func (c *CPUID) special(l *leaf, sub uint32, cr4, xcr0, xss uint64) (eax, ebx, ecx, edx uint32) {
	switch l.kind {
	case basicLeaf:
		ecx := l.regs[cpuid.ECX]
		if cr4&x86.CR4OSXSAVE != 0 && ecx&bit(cpuid.XSAVE) != 0 {
			ecx |= bit(cpuid.OSXSAVE)
		}
		return l.regs[0], l.regs[1], ecx, l.regs[3]
	case idleTime:
		ns := c.idle()
		return uint32(ns), 0, 0, uint32(ns >> 32)
	case xsaveArea:
		return c.xsave(sub, xcr0, xss)
	}
	if sub >= uint32(l.count) {
		if l.kind == levels {
			return 0, 0, sub & 0xff, l.regs[cpuid.EDX]
		}
		return 0, 0, 0, 0
	}
	r := &c.subs[uint32(l.first)+sub]
	if l.kind == structured && sub == 0 && cr4&x86.CR4PKE != 0 {
		return r[0], r[1], r[2] | ospke, r[3]
	}
	return r[0], r[1], r[2], r[3]
}

// ospke is CR4.PKE in ECX of leaf 7.
const ospke = 1 << 4

// bit is the place of a feature in its register.
func bit(x cpuid.Feature) uint32 { return 1 << (x % 32) }

// Func is the CPUID as a function, of a processor whose CR4, XCR0 and IA32_XSS
// are 0.
func (c *CPUID) Func() cpuid.Func {
	return func(n, sub uint32) (eax, ebx, ecx, edx uint32) { return c.Lookup(n, sub, 0, 0, 0) }
}

// Has tells whether the guest was told that it has a feature.
func (c *CPUID) Has(x cpuid.Feature) bool { return c.Func().Has(x) }

// Signature is EAX of leaf 1, which RDX has after a reset.
func (c *CPUID) Signature() uint32 { return c.signature }
