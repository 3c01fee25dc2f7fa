package vga

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
)

type rig struct {
	*VGA
	clock *devicetest.Clock
	t     testing.TB
}

func newRig(t testing.TB) *rig { return newSize(t, 2<<20) }

func newSize(t testing.TB, size int) *rig {
	clock := new(devicetest.Clock)
	v, err := New(clock, make([]byte, size))
	if err != nil {
		t.Fatal(err)
	}
	return &rig{v, clock, t}
}

func (r *rig) out(port uint16, v uint8) { r.Ports().Out(port-PortBase, 1, uint32(v)) }
func (r *rig) in(port uint16) uint8     { return uint8(r.Ports().In(port-PortBase, 1)) }

// set writes a register behind an index, as software does: both in one word.
func (r *rig) set(port uint16, i, v uint8) {
	r.Ports().Out(port-PortBase, 2, uint32(v)<<8|uint32(i))
}
func (r *rig) get(port uint16, i uint8) uint8 { r.out(port, i); return r.in(port + 1) }

func (r *rig) attribute(i, v uint8) {
	r.in(portStatus1)
	r.out(portAttr, i)
	r.out(portAttr, v)
}

func (r *rig) poke(addr uint64, v uint8) { r.Window().Write(addr-0xa0000, 1, uint64(v)) }
func (r *rig) peek(addr uint64) uint8    { return uint8(r.Window().Read(addr-0xa0000, 1)) }

func (r *rig) dispi(i, v uint16) {
	r.VBE().Out(0, 2, uint32(i))
	r.VBE().Out(1, 2, uint32(v))
}
func (r *rig) dispiRead(i uint16) uint16 {
	r.VBE().Out(0, 2, uint32(i))
	return uint16(r.VBE().In(1, 2))
}

// mode is a mode's registers, as IBM's BIOS sets them.
type mode struct {
	misc uint8
	seq  [5]uint8
	gc   [9]uint8
	crtc [25]uint8
	attr [21]uint8
}

var (
	attrPlanar = [21]uint8{0, 1, 2, 3, 4, 5, 0x14, 7, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 1, 0, 0xf, 0, 0}
	attr256    = [21]uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x41, 0, 0xf, 0, 0}
	mode13     = mode{0x63, [5]uint8{3, 1, 0xf, 0, 0xe}, [9]uint8{0, 0, 0, 0, 0, 0x40, 5, 0xf, 0xff},
		[25]uint8{0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f, 0, 0x41, 0, 0, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x28, 0x40, 0x96, 0xb9, 0xa3, 0xff}, attr256}
	mode12 = mode{0xe3, [5]uint8{3, 1, 0xf, 0, 6}, [9]uint8{0, 0, 0, 0, 0, 0, 5, 0xf, 0xff},
		[25]uint8{0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0x0b, 0x3e, 0, 0x40, 0, 0, 0, 0, 0, 0, 0xea, 0x8c, 0xdf, 0x28, 0, 0xe7, 0x04, 0xe3, 0xff}, attrPlanar}
	mode0d = mode{0x63, [5]uint8{3, 9, 0xf, 0, 6}, [9]uint8{0, 0, 0, 0, 0, 0, 5, 0xf, 0xff},
		[25]uint8{0x2d, 0x27, 0x28, 0x90, 0x2b, 0x80, 0xbf, 0x1f, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x14, 0, 0x96, 0xb9, 0xe3, 0xff}, attrPlanar}
	mode04 = mode{0x63, [5]uint8{3, 9, 3, 0, 2}, [9]uint8{0, 0, 0, 0, 0, 0x30, 0xf, 0xf, 0xff},
		[25]uint8{0x2d, 0x27, 0x28, 0x90, 0x2b, 0x80, 0xbf, 0x1f, 0, 0xc1, 0, 0, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x14, 0, 0x96, 0xb9, 0xa2, 0xff},
		[21]uint8{0, 0x13, 0x15, 0x17, 2, 4, 6, 7, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 1, 0, 3, 0, 0}}
	mode06 = mode{0x63, [5]uint8{3, 1, 1, 0, 6}, [9]uint8{0, 0, 0, 0, 0, 0, 0xd, 0xf, 0xff},
		[25]uint8{0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f, 0, 0xc1, 0, 0, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x28, 0, 0x96, 0xb9, 0xc2, 0xff}, attrPlanar}
	mode01 = mode{0x67, [5]uint8{3, 8, 3, 0, 2}, [9]uint8{0, 0, 0, 0, 0, 0x10, 0xe, 0xf, 0xff},
		[25]uint8{0x2d, 0x27, 0x28, 0x90, 0x2b, 0xa0, 0xbf, 0x1f, 0, 0x4f, 0x0d, 0x0e, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x14, 0x1f, 0x96, 0xb9, 0xa3, 0xff},
		[21]uint8{0, 1, 2, 3, 4, 5, 0x14, 7, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 8, 0, 0xf, 0, 0}}
)

// use sets a mode, and colours in the DAC: entry i is (i, 63-i, i/4).
func (r *rig) use(m mode) {
	r.out(portMisc, m.misc)
	for i, v := range m.seq {
		r.set(portSeq, uint8(i), v)
	}
	for i, v := range m.gc {
		r.set(portGC, uint8(i), v)
	}
	r.set(portCRTC, crtcVSyncEnd, 0)
	for i, v := range m.crtc {
		r.set(portCRTC, uint8(i), v)
	}
	for i, v := range m.attr {
		r.attribute(uint8(i), v)
	}
	r.out(portAttr, attrVideo)
	r.out(portDACWrite, 0)
	for i := range 256 {
		r.out(portDACData, uint8(i))
		r.out(portDACData, uint8(63-i&63))
		r.out(portDACData, uint8(i/4))
	}
}
