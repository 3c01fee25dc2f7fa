package cpuid

// Topology is what CPUID says of this logical processor's place in its package.
// SDM vol. 2 "CPUID" 0BH and 1FH, APM vol. 3 App. E functions Bh and 8000_0008h.
type Topology struct {
	InitialAPICID uint8  // bits 7:0 of the APIC id the processor had at reset
	X2APICID      uint32 // the whole x2APIC id; equal to InitialAPICID when no leaf gives it
	FromLeaf      uint32 // the leaf X2APICID comes from: 1, 0Bh or 1Fh
	Logical       int    // logical processors in the package, as far as CPUID tells
}

// maxLevels bounds the walk of the topology leaves; the manual names six kinds.
const maxLevels = 8

// Topology reads leaf 1Fh, 0Bh or, failing these, leaf 1 and 8000_0008h.
func (f Func) Topology() Topology {
	_, ebx, _, _ := f.Leaf(LeafSignature, 0)
	t := Topology{
		InitialAPICID: uint8(ebx >> 24),
		X2APICID:      ebx >> 24,
		FromLeaf:      LeafSignature,
		Logical:       1,
	}
	if n := int(ebx >> 16 & 0xff); f.Has(HTT) && n > 0 {
		t.Logical = n
	}
	// AMD counts cores in ECX[7:0], less one; Intel reserves the field.
	if _, _, ecx, _ := f.Leaf(LeafAddressSize, 0); ecx&0xff != 0 {
		t.Logical = int(ecx&0xff) + 1
	}
	for _, leaf := range []uint32{LeafTopologyV2, LeafTopology} {
		// The leaf is there when the first level counts any processors.
		if _, ebx, _, edx := f.Leaf(leaf, 0); ebx&0xffff != 0 {
			t.X2APICID, t.FromLeaf = edx, leaf
			t.Logical = max(t.Logical, f.levels(leaf))
			break
		}
	}
	return t
}

// levels is the number of logical processors the topmost level of a topology
// leaf counts, 0 when the leaf has no valid level.
func (f Func) levels(leaf uint32) int {
	count := 0
	for sub := range uint32(maxLevels) {
		_, ebx, ecx, _ := f.Leaf(leaf, sub)
		if kind := ecx >> 8 & 0xff; kind == 0 {
			break
		}
		count = max(count, int(ebx&0xffff))
	}
	return count
}
