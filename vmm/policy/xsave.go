package policy

import "github.com/ringo-vmm/ringo/amd64/cpuid"

// component is a part of the XSAVE area.
type component struct {
	number     uint8
	aligned    bool // to 64 bytes, in the compacted format
	supervisor bool // in IA32_XSS
	size       uint32
	offset     uint32 // in the standard format
}

const (
	legacyArea = 512 + 64 // x87 and SSE state, and the header: SDM vol. 1 §13.4
	xsavesBit  = 1 << 3   // XSAVES, in EAX of leaf Dh, sub-leaf 1
	xsavecBit  = 1 << 1
)

// areas finds the components that the guest has.
func (b *builder) areas() {
	info, _ := b.p.Host.XSAVEInfo()
	for _, c := range info.Components {
		if (b.xcr0|b.xss)>>c.Number&1 != 0 {
			b.components = append(b.components, component{c.Number, c.Aligned, c.Supervisor, c.Size, c.Offset})
		}
	}
	b.savesFeatures = b.leafFeatures(cpuid.LeafXSAVE, 1)[cpuid.EAX]
}

// standardSize is the size of the area for the components of mask, of XCR0, in
// the standard format.
func (c *CPUID) standardSize(mask uint64) uint32 {
	size := uint32(legacyArea)
	for i := range c.components {
		if x := &c.components[i]; mask>>x.number&1 != 0 {
			size = max(size, x.offset+x.size)
		}
	}
	return size
}

// compactSize is the same in the compacted format.
func (c *CPUID) compactSize(mask uint64) uint32 {
	size := uint32(legacyArea)
	for i := range c.components {
		x := &c.components[i]
		if mask>>x.number&1 == 0 {
			continue
		}
		if x.aligned {
			size = (size + 63) &^ 63
		}
		size += x.size
	}
	return size
}

// xsave answers leaf Dh. SDM vol. 2 "CPUID" 0DH.
func (c *CPUID) xsave(sub uint32, xcr0, xss uint64) (eax, ebx, ecx, edx uint32) {
	switch sub {
	case 0:
		return uint32(c.xcr0), c.standardSize(xcr0), c.standardSize(c.xcr0), uint32(c.xcr0 >> 32)
	case 1:
		if c.savesFeatures&(xsavesBit|xsavecBit) != 0 {
			ebx = c.compactSize(xcr0 | xss)
		}
		return c.savesFeatures, ebx, uint32(c.xss), uint32(c.xss >> 32)
	}
	for i := range c.components {
		x := &c.components[i]
		if uint32(x.number) != sub {
			continue
		}
		if x.supervisor {
			ecx |= 1
		}
		if x.aligned {
			ecx |= 2
		}
		return x.size, x.offset, ecx, 0
	}
	return 0, 0, 0, 0
}
