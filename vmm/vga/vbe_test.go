package vga

import (
	"image/color"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/bus"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
)

// extended turns an extended mode on.
func (r *rig) extended(x, y, bpp, flags uint16) {
	r.dispi(vbeEnable, 0)
	r.dispi(vbeX, x)
	r.dispi(vbeY, y)
	r.dispi(vbeBPP, bpp)
	r.dispi(vbeEnable, enableOn|enableLFB|flags)
}

func TestTheInterfaceTellsItsVersion(t *testing.T) {
	r := newRig(t)
	if got := r.dispiRead(vbeID); got != 0xb0c5 {
		t.Errorf("version %#x", got)
	}
	for _, v := range []uint16{0xb0c0, 0xb0c3, 0xb0c5} {
		r.dispi(vbeID, v)
		if got := r.dispiRead(vbeID); got != v {
			t.Errorf("version %#x, want %#x", got, v)
		}
	}
	r.dispi(vbeID, 0xb0c6)
	if got := r.dispiRead(vbeID); got != 0xb0c5 {
		t.Errorf("version %#x after one that there is not", got)
	}
	if got := r.dispiRead(vbeMemory); got != 32 {
		t.Errorf("%d banks of memory", got)
	}
	r.dispi(vbeEnable, enableCaps)
	if x, y, d := r.dispiRead(vbeX), r.dispiRead(vbeY), r.dispiRead(vbeBPP); x != 2560 || y != 1600 || d != 32 {
		t.Errorf("at most %dx%dx%d", x, y, d)
	}
	r.dispi(vbeEnable, 0)
	r.VBE().Out(0, 2, vbeBPP)
	if r.VBE().Out(2, 2, 15); r.VBE().In(2, 2) != 15 || r.VBE().In(0, 2) != vbeBPP {
		t.Error("the data port behind the first does not work")
	}
}

func TestModesThatDoNotFitStayOff(t *testing.T) {
	for _, tt := range []struct {
		x, y, bpp uint16
		on        bool
	}{
		{640, 480, 8, true}, {640, 480, 32, true}, {1024, 768, 16, true}, {1600, 1200, 4, true}, {800, 600, 15, true}, {640, 480, 24, true}, {640, 400, 0, true},
		{1024, 768, 32, false}, {2568, 8, 8, false}, {8, 1601, 8, false}, {0, 480, 8, false}, {7, 480, 8, false}, {640, 0, 8, false},
		{640, 480, 7, false}, {640, 480, 64, false}, {0xffff, 0xffff, 0xffff, false},
	} {
		r := newRig(t)
		r.extended(tt.x, tt.y, tt.bpp, 0)
		if got := r.dispiRead(vbeEnable)&enableOn != 0; got != tt.on {
			t.Errorf("%dx%dx%d: on is %t", tt.x, tt.y, tt.bpp, got)
		}
		r.Image()
	}
}

func TestAModeThatIsOnKeepsItsSize(t *testing.T) {
	r := newRig(t)
	r.extended(640, 480, 32, 0)
	r.dispi(vbeX, 2560)
	r.dispi(vbeBPP, 4)
	r.dispi(vbeEnable, enableOn)
	if x, d := r.dispiRead(vbeX), r.dispiRead(vbeBPP); x != 640 || d != 32 {
		t.Errorf("%dx%d", x, d)
	}
	if got := r.dispiRead(vbeVirtHeight); got != 2<<20/640/4 {
		t.Errorf("%d lines", got)
	}
	for w, want := range map[uint16]uint16{632: 640, 1024: 1024, 1092: 1088, 1096: 640, 0xffff: 640} {
		r.dispi(vbeVirtWidth, 640)
		r.dispi(vbeVirtWidth, w)
		if got := r.dispiRead(vbeVirtWidth); got != want {
			t.Errorf("virtual width %d is %d, want %d", w, got, want)
		}
	}
}

func TestMemoryIsClearedUnlessItIsKept(t *testing.T) {
	r := newRig(t)
	r.Framebuffer().Write(100, 4, 0x12345678)
	r.extended(640, 480, 8, enableKeep)
	if got := r.Framebuffer().Read(100, 4); got != 0x12345678 {
		t.Errorf("%#x was kept", got)
	}
	r.extended(640, 480, 8, 0)
	if got := r.Framebuffer().Read(100, 8); got != 0 {
		t.Errorf("%#x is left", got)
	}
}

func TestBanks(t *testing.T) {
	r := newRig(t)
	r.extended(640, 480, 8, 0)
	r.dispi(vbeBank, 3)
	r.Window().Write(0x1234, 2, 0xbeef)
	if got := r.Framebuffer().Read(3<<16+0x1234, 2); got != 0xbeef {
		t.Errorf("framebuffer has %#x", got)
	}
	r.dispi(vbeBank, 0xffff)
	r.Window().Write(0xffff, 1, 0x55)
	r.Window().Write(0xfffd, 4, 0x11223344) // over the end of memory
	if got := r.Framebuffer().Read(2<<20-1, 1); got != 0x55 {
		t.Errorf("the last byte is %#x", got)
	}
	if r.Window().Read(0x10000, 1) != 0xffffffffffffffff || r.Window().Read(0xfffd, 4) != ^uint64(0) {
		t.Error("beyond the bank is something")
	}
	r.extended(1024, 768, 4, 0)
	r.dispi(vbeBank, 1)
	r.set(portSeq, seqMapMask, 0xf)
	r.set(portSeq, seqMode, 6)
	r.set(portGC, gcMisc, 5)
	r.set(portGC, gcBitMask, 0xff)
	r.out(portMisc, 0xe3)
	r.poke(0xa0001, 0x80)
	if got := r.Framebuffer().Read((1<<16+1)*4, 4); got != 0x80808080 {
		t.Errorf("planes of bank 1 are %#x", got)
	}
}

func TestPixelsOfEachDepth(t *testing.T) {
	for _, tt := range []struct {
		bpp  uint16
		v    uint64
		want color.RGBA
	}{
		{8, 5, color.RGBA{20, 235, 4, 255}},
		{15, 0x7c1f, color.RGBA{255, 0, 255, 255}}, {15, 0x0200, color.RGBA{0, 132, 0, 255}},
		{16, 0xf81f, color.RGBA{255, 0, 255, 255}}, {16, 0x0400, color.RGBA{0, 130, 0, 255}},
		{24, 0x123456, color.RGBA{0x12, 0x34, 0x56, 255}}, {32, 0x123456, color.RGBA{0x12, 0x34, 0x56, 255}},
	} {
		r := newRig(t)
		r.use(mode13)
		r.extended(320, 200, tt.bpp, 0)
		r.dispi(vbeVirtWidth, 640)
		r.dispi(vbeXOffset, 8)
		r.dispi(vbeYOffset, 2)
		bytes := uint64(tt.bpp+7) / 8
		r.Framebuffer().Write(((3+2)*640+10+8)*bytes, 4, tt.v)
		img := r.Image()
		if b := img.Bounds(); b.Dx() != 320 || b.Dy() != 200 {
			t.Errorf("%d bits: %v", tt.bpp, b)
		}
		if got := img.At(10, 3); got != tt.want {
			t.Errorf("%d bits: pixel is %v, want %v", tt.bpp, got, tt.want)
		}
	}
}

func TestADeepDAC(t *testing.T) {
	r := newRig(t)
	r.extended(320, 200, 8, enable8Bit)
	r.out(portDACWrite, 0)
	for _, v := range []uint8{0x81, 0xfe, 0x7f} {
		r.out(portDACData, v)
	}
	if got := r.Image().At(0, 0); got != (color.RGBA{0x81, 0xfe, 0x7f, 0xff}) {
		t.Errorf("pixel is %v", got)
	}
}

func TestTheFunctionMapsItsMemory(t *testing.T) {
	r := newRig(t)
	var memory bus.Memory
	var reported error
	f, err := r.Function()
	if err != nil {
		t.Fatal(err)
	}
	host, err := pcihost.New(pcihost.Config{Memory: &memory, Refused: func(err error) { reported = err }})
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Add(2, 0, f); err != nil {
		t.Fatal(err)
	}
	if got := f.Read(0, 4); got != 0x11111234 {
		t.Errorf("identifiers %#x", got)
	}
	if got := f.Read(8, 4); got != 0x03000002 {
		t.Errorf("class %#x", got)
	}
	f.Write(0x10, 4, ^uint32(0))
	f.Write(0x18, 4, ^uint32(0))
	if a, b := f.Read(0x10, 4), f.Read(0x18, 4); a != 0xffe00008 || b != 0xfffff000 {
		t.Errorf("sizes %#x, %#x", a, b)
	}
	f.Write(0x10, 4, 0xe0000000)
	f.Write(0x18, 4, 0xe1000000)
	f.Write(4, 2, 2)
	memory.Write(0xe0000010, 4, 0xcafe)
	if got := r.Framebuffer().Read(0x10, 4); got != 0xcafe {
		t.Errorf("framebuffer has %#x", got)
	}
	memory.Write(0xe1000402, 1, 1)
	memory.Write(0xe1000500+2*vbeX, 2, 640)
	if r.in(portMiscRead) != 1 || r.dispiRead(vbeX) != 640 {
		t.Error("registers are not written")
	}
	if memory.Read(0xe100040c, 1) != 1 || memory.Read(0xe1000500, 2) != 0xb0c5 || memory.Read(0xe1000600, 4) != 0 || memory.Read(0xe1000000, 8) != 0 {
		t.Error("registers are not read")
	}
	if memory.Read(0xe100041e, 4) != 0 || memory.Read(0xe1000501, 2) != 0 || memory.Read(0xe1000516, 2) != 0 {
		t.Error("there is something behind the registers")
	}
	if reported != nil {
		t.Error(reported)
	}
	f.Write(0x18, 4, 0xe0000000)
	if reported == nil {
		t.Error("an overlap is not reported")
	}
	f.Write(4, 2, 0)
	if memory.Name(0xe0000000) != "" {
		t.Error("it stays mapped")
	}
}
