package policy

import (
	"fmt"
	"math/bits"

	"github.com/ringo-vmm/ringo/amd64/cpuid"
)

// rule is how a leaf is made.
type rule uint8

const (
	hide     rule = iota // all zero
	pass                 // the host's
	passSubs             // the host's, with its sub-leaves
	compute              // by the builder's method for it
	feature              // feature bits, and no numbers
)

// basicRules are those of the basic leaves, up to the last that guests see.
// SDM vol. 2 "CPUID" by number; what AMD reserves is 0 there.
var basicRules = [...]rule{
	0x00: compute,  // highest leaf, vendor
	0x01: compute,  // signature and features
	0x02: pass,     // caches and TLBs by descriptor
	0x03: hide,     // serial number
	0x04: passSubs, // caches
	0x05: hide,     // MONITOR
	0x06: feature,  // power: the APIC timer runs always
	0x07: feature,
	0x09: hide,    // direct cache access
	0x0a: hide,    // performance counters
	0x0b: compute, // topology
	0x0d: compute, // XSAVE
	0x0f: hide,    // resource monitoring
	0x10: hide,    // resource allocation
	0x12: hide,    // SGX
	0x14: hide,    // Processor Trace
	0x15: compute, // TSC frequency
	0x16: compute, // processor frequency
}

// extendedRules are those of the extended leaves. APM vol. 3 §E.4.
var extendedRules = [...]rule{
	0x00: compute,                      // highest leaf, vendor
	0x01: compute,                      // signature and features
	0x02: pass, 0x03: pass, 0x04: pass, // brand
	0x05: pass, 0x06: pass, // caches and TLBs
	0x07: feature,  // invariant TSC
	0x08: compute,  // address widths, core count
	0x0a: hide,     // SVM
	0x19: pass,     // TLBs for 1 GiB pages
	0x1a: pass,     // performance hints
	0x1b: hide,     // instruction based sampling
	0x1c: hide,     // lightweight profiling
	0x1d: passSubs, // caches
	0x1e: compute,  // topology
	0x1f: hide,     // encrypted memory
	0x20: hide,     // quality of service
	0x21: compute,  // more features
}

// Leaves without a name in package cpuid.
const (
	leafCaches    = 0x4         // SDM
	leafAMDCaches = 0x8000_001d // APM
	leafAMDNode   = 0x8000_001e
	leafAMDMore   = 0x8000_0021

	maxCacheLevels = 8 // sub-leaves of the cache leaves

	// amdMore are the bits of leaf 8000_0021h EAX that need nothing:
	// LFENCE serializes always, null selectors clear bases.
	amdMore = 1<<2 | 1<<6

	// fromBasic are the bits of leaf 1 EDX that AMD repeats in leaf
	// 8000_0001h. APM vol. 3 §E.4.2.
	fromBasic = 0x0183_f3ff
)

// builder makes a CPUID.
type builder struct {
	*CPUID
	p        *Processor
	features map[place]uint32 // bits to set, by register
}

// place is a register of a leaf.
type place struct {
	leaf, sub uint32
	reg       cpuid.Reg
}

// NewCPUID makes a virtual processor's CPUID. An error names what is wrong with
// the configuration.
func NewCPUID(p Processor) (*CPUID, error) {
	if p.CPUs < 1 || p.CPUs > MaxCPUs || p.Index < 0 || p.Index >= p.CPUs {
		return nil, fmt.Errorf("cpuid: processor %d of %d: a machine has 1 to %d", p.Index, p.CPUs, MaxCPUs)
	}
	s, err := p.features()
	if err != nil {
		return nil, err
	}
	b := builder{&CPUID{idle: p.Idle}, &p, map[place]uint32{}}
	for x, on := range s {
		if on {
			b.features[placeOf(x)] |= bit(x)
		}
	}
	b.intel = p.Host.Vendor() == "GenuineIntel"
	b.allowed(s)
	b.basicLeaves()
	b.extendedLeaves()
	b.hypervisorLeaves(s[cpuid.Hypervisor])
	b.outside = &leaf{}
	if b.intel { // Intel's processors answer with the highest basic leaf
		b.outside = &b.basic[len(b.basic)-1]
	}
	return b.CPUID, nil
}

// placeOf is the register that has a feature's bit.
func placeOf(x cpuid.Feature) (at place) {
	var reg string
	where := x.Where() // as in 00000007h.ebx[5], or 00000007h.1.eax[5]
	if n, _ := fmt.Sscanf(where, "%xh.%d.%3s", &at.leaf, &at.sub, &reg); n < 3 {
		at.sub = 0
		fmt.Sscanf(where, "%xh.%3s", &at.leaf, &reg)
	}
	for r := cpuid.EAX; r <= cpuid.EDX; r++ {
		if r.String() == reg {
			at.reg = r
		}
	}
	return at
}

// host is the host's answer, 0 for a leaf it does not have.
func (b *builder) host(n, sub uint32) (r [4]uint32) {
	r[0], r[1], r[2], r[3] = b.p.Host.Leaf(n, sub)
	return r
}

// leafFeatures is the feature bits of a leaf, by register.
func (b *builder) leafFeatures(n, sub uint32) (r [4]uint32) {
	for i := range r {
		r[i] = b.features[place{n, sub, cpuid.Reg(i)}]
	}
	return r
}

// leaf makes a leaf by its rule.
func (b *builder) leaf(n uint32, r rule) leaf {
	switch r {
	case pass:
		return leaf{regs: b.host(n, 0)}
	case passSubs:
		return b.caches(n)
	case feature:
		if n == cpuid.LeafFeatures {
			first := b.leafFeatures(n, 0)
			first[cpuid.EAX] = 1 // the highest sub-leaf
			return b.withSubs(structured, first, b.leafFeatures(n, 1))
		}
		return leaf{regs: b.leafFeatures(n, 0)}
	}
	return leaf{}
}

// withSubs makes a leaf that has sub-leaves.
func (b *builder) withSubs(k kind, subs ...[4]uint32) leaf {
	l := leaf{kind: k, first: uint8(len(b.subs)), count: uint8(len(subs))}
	b.subs = append(b.subs, subs...)
	return l
}

// basicLeaves makes the basic leaves.
func (b *builder) basicLeaves() {
	highest, _ := b.p.Host.Max(0)
	highest = min(highest, uint32(len(basicRules))-1)
	if b.intel && b.p.TSCkHz != 0 && highest >= cpuid.LeafXSAVE {
		highest = cpuid.LeafFrequency // to tell the frequencies
	}
	b.basic = make([]leaf, highest+1)
	for n := range b.basic {
		b.basic[n] = b.leaf(uint32(n), basicRules[n])
	}
	b.basic[0].regs = b.host(0, 0)
	b.basic[0].regs[cpuid.EAX] = highest
	if highest >= cpuid.LeafSignature {
		b.identify(&b.basic[1])
	}
	if highest >= cpuid.LeafTopology {
		b.basic[cpuid.LeafTopology] = b.topology()
	}
	if highest >= cpuid.LeafXSAVE && b.xcr0 != 0 {
		b.basic[cpuid.LeafXSAVE] = leaf{kind: xsaveArea}
		b.areas()
	}
	if highest >= cpuid.LeafFrequency && b.intel {
		b.frequencies()
	}
}

// identify makes leaf 1.
func (b *builder) identify(l *leaf) {
	host := b.host(cpuid.LeafSignature, 0)
	l.kind, l.regs = basicLeaf, b.leafFeatures(cpuid.LeafSignature, 0)
	l.regs[cpuid.EAX] = host[cpuid.EAX]
	l.regs[cpuid.EBX] = host[cpuid.EBX]&0xffff | uint32(b.p.CPUs)<<16 | uint32(b.p.Index)<<24
	b.signature = host[cpuid.EAX]
}

// frequencies makes leaves 15h and 16h, of a crystal that the APIC timer counts
// too. SDM vol. 2 "CPUID" 15H.
func (b *builder) frequencies() {
	tsc, apic := b.p.TSCkHz, b.p.APICkHz
	b.tscMHz = tsc / 1000
	if hz := uint64(apic) * 1000; tsc != 0 && apic != 0 && hz>>32 == 0 {
		b.basic[cpuid.LeafTSC].regs = [4]uint32{apic, tsc, uint32(hz), 0}
	}
	b.basic[cpuid.LeafFrequency].regs = [4]uint32{tsc / 1000 & 0xffff, tsc / 1000 & 0xffff, 0, 0}
}

// extendedLeaves makes the extended leaves.
func (b *builder) extendedLeaves() {
	highest, ok := b.p.Host.Max(cpuid.LeafExtended)
	if !ok {
		return
	}
	highest = min(highest-cpuid.LeafExtended, uint32(len(extendedRules))-1)
	b.extended = make([]leaf, highest+1)
	for i := range b.extended {
		n := cpuid.LeafExtended + uint32(i)
		if extendedRules[i] == compute {
			b.extended[i].regs = b.extendedLeaf(n, b.host(n, 0))
		} else {
			b.extended[i] = b.leaf(n, extendedRules[i])
		}
	}
	b.extended[0].regs[cpuid.EAX] = cpuid.LeafExtended + highest
}

// extendedLeaf makes an extended leaf from its feature bits and the host's.
func (b *builder) extendedLeaf(n uint32, host [4]uint32) [4]uint32 {
	r := b.leafFeatures(n, 0)
	switch n {
	case cpuid.LeafExtended:
		return host
	case cpuid.LeafExtFeatures:
		r[cpuid.EAX], r[cpuid.EBX] = host[cpuid.EAX], host[cpuid.EBX]
		if !b.intel {
			basic := b.leafFeatures(cpuid.LeafSignature, 0)
			r[cpuid.EDX] |= basic[cpuid.EDX] & host[cpuid.EDX] & fromBasic
		}
	case cpuid.LeafAddressSize:
		r[cpuid.EAX] = uint32(b.physicalBits) | uint32(b.linearBits)<<8
		if !b.intel {
			r[cpuid.ECX] = uint32(b.p.CPUs-1) | uint32(b.coreBits())<<12
		}
	case leafAMDNode: // APIC id; core id, of one thread; node 0 of one
		if b.features[placeOf(topologyExtensions)]&bit(topologyExtensions) != 0 {
			r[cpuid.EAX], r[cpuid.EBX] = uint32(b.p.Index), uint32(b.p.Index)
		}
	case leafAMDMore:
		r[cpuid.EAX] = host[cpuid.EAX] & amdMore
	}
	return r
}

var topologyExtensions = list(`TopologyExtensions`)[0]

// coreBits is the width of a core's number in the APIC id: all processors are
// cores of one package.
func (b *builder) coreBits() int { return bits.Len(uint(b.p.CPUs - 1)) }

// topology makes leaf Bh: a thread level with one thread, a core level. SDM vol.
// 2 "CPUID" 0BH.
func (b *builder) topology() leaf {
	const threads, cores = 1 << 8, 2 << 8
	id := uint32(b.p.Index)
	l := b.withSubs(levels,
		[4]uint32{0, 1, threads | 0, id},
		[4]uint32{uint32(b.coreBits()), uint32(b.p.CPUs), cores | 1, id})
	l.regs[cpuid.EDX] = id
	return l
}

// caches makes leaf 4 or 8000_001Dh: the host's caches, of which the last
// level's are shared by all cores. SDM vol. 2 "CPUID" 04H, APM vol. 3 §E.4.15.
func (b *builder) caches(n uint32) leaf {
	var subs [][4]uint32
	for sub := range uint32(maxCacheLevels) {
		r := b.host(n, sub)
		if r[cpuid.EAX]&0x1f == 0 {
			break
		}
		const lastLevel = 3
		sharing, ids := uint32(0), uint32(1)<<b.coreBits()-1
		if r[cpuid.EAX]>>5&7 >= lastLevel {
			sharing = ids
		}
		r[cpuid.EAX] = r[cpuid.EAX]&0x3fff | sharing<<14
		if n == leafCaches {
			r[cpuid.EAX] |= ids << 26 // a field of 6 bits
		}
		subs = append(subs, r)
	}
	return b.withSubs(subLeaves, subs...)
}
