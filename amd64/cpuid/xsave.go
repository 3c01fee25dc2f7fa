package cpuid

// XSAVEInfo describes the XSAVE area. SDM vol. 1 ch. 13, APM vol. 2 §11.5.
type XSAVEInfo struct {
	XCR0       uint64 // the state components XCR0 may enable
	XSS        uint64 // those IA32_XSS may enable
	Size       uint32 // bytes for the components XCR0 enables now, standard format
	MaxSize    uint32 // bytes for every component XCR0 may enable, standard format
	Components []XSAVEComponent
}

// XSAVEComponent is one state component from number 2 on; x87 and SSE state
// (0 and 1) are in the 512-byte legacy region.
type XSAVEComponent struct {
	Number     uint8
	Size       uint32 // bytes
	Offset     uint32 // bytes from the start of the area, standard format; 0 for a supervisor component
	Supervisor bool   // enabled by IA32_XSS rather than XCR0
	Aligned    bool   // starts at a multiple of 64 bytes in the compacted format
}

// lastComponent is the highest state component; bit 63 of XCR0 is reserved.
const lastComponent = 62

// XSAVEInfo reads leaf 0Dh; ok is false when the processor has no XSAVE.
func (f Func) XSAVEInfo() (x XSAVEInfo, ok bool) {
	if !f.Has(XSAVE) {
		return x, false
	}
	low, size, maxSize, high := f.Leaf(LeafXSAVE, 0)
	x.XCR0 = uint64(high)<<32 | uint64(low)
	x.Size, x.MaxSize = size, maxSize
	if f.Has(XSAVES) {
		_, _, low, high := f.Leaf(LeafXSAVE, 1)
		x.XSS = uint64(high)<<32 | uint64(low)
	}
	for n := uint32(2); n <= lastComponent; n++ {
		if (x.XCR0|x.XSS)>>n&1 == 0 {
			continue
		}
		size, offset, flags, _ := f.Leaf(LeafXSAVE, n)
		x.Components = append(x.Components, XSAVEComponent{
			Number:     uint8(n),
			Size:       size,
			Offset:     offset,
			Supervisor: flags&1 != 0,
			Aligned:    flags&2 != 0,
		})
	}
	return x, true
}
