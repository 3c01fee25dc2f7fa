package vga

import (
	"io"
	"math/rand"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

func TestStateSurvives(t *testing.T) {
	r := newRig(t)
	r.use(mode12)
	r.poke(0xa1234, 0x55)
	r.peek(0xa1234)
	r.in(portStatus1)
	r.out(portAttr, 3)
	r.out(portDACRead, 9)
	r.in(portDACData)
	r.extended(640, 480, 16, enableKeep|enable8Bit)
	r.dispi(vbeVirtWidth, 800)
	r.dispi(vbeXOffset, 3)
	r.dispi(vbeBank, 2)
	r.Framebuffer().Write(1<<20, 8, 0x1122334455667788)
	fresh := newRig(t)
	fresh.Framebuffer().Write(0x5000, 1, 0xff) // goes
	devicetest.Survives(t, r, fresh)
	if fresh.path != r.path || fresh.vbe != r.vbe {
		t.Errorf("%+v and %+v, want %+v and %+v", fresh.path, fresh.vbe, r.path, r.vbe)
	}
	if string(fresh.mem) != string(r.mem) {
		t.Error("memory differs")
	}
	fresh.Reset()
	if fresh.vbe.on() || fresh.mem[1<<20] != 0 || fresh.misc != 0 {
		t.Error("a reset leaves something")
	}
}

func TestAStateOfAnotherSizeIsRefused(t *testing.T) {
	r := newRig(t)
	small, err := New(r.clock, make([]byte, MinMemory))
	if err != nil {
		t.Fatal(err)
	}
	c := state.Loader(devicetest.Save(r))
	small.State(c)
	if err := c.Close(); err == nil || !strings.Contains(err.Error(), "vga") {
		t.Errorf("error %v", err)
	}
}

func TestMemoriesThatCannotBe(t *testing.T) {
	for _, n := range []int{0, MinMemory / 2, MinMemory + 4096, 3 << 20} {
		if _, err := New(new(devicetest.Clock), make([]byte, n)); err == nil {
			t.Errorf("%d bytes are possible", n)
		}
	}
}

// drive does what a guest could.
func (r *rig) drive(ops []byte) {
	for ; len(ops) >= 5; ops = ops[5:] {
		size := 1 << (ops[0] >> 4 & 3)
		v := uint64(ops[3]) | uint64(ops[4])<<8
		at := uint64(ops[1])<<8 | uint64(ops[2])
		switch ops[0] & 7 {
		case 0:
			r.Ports().Out(uint16(ops[1]%PortCount), min(size, 4), uint32(v))
		case 1:
			r.Ports().In(uint16(ops[1]%PortCount), min(size, 4))
		case 2:
			r.Window().Write(at<<1|uint64(ops[0]>>6), size, v*0x100010001)
		case 3:
			r.Window().Read(at<<1|uint64(ops[0]>>6), size)
		case 4:
			r.dispi(uint16(ops[1]&15), uint16(v))
			r.dispiRead(uint16(ops[2]))
		case 5:
			r.Registers().Write(at&0xfff, size, v)
			r.Registers().Read(at&0xfff, size)
		case 6:
			r.Framebuffer().Write(at<<5|uint64(ops[0]>>6), size, v)
			r.Framebuffer().Read(at<<5, size)
		case 7:
			r.clock.Advance(at << 8)
			r.in(portStatus1)
		}
	}
}

func FuzzAccess(f *testing.F) {
	f.Add([]byte{4, 1, 0, 0x80, 2, 4, 2, 0, 0xe0, 1, 4, 3, 0, 8, 0, 4, 4, 0, 0x41, 0, 2, 0x10, 0, 1, 2}, []byte(nil))
	r := newSize(f, MinMemory)
	r.use(mode04)
	f.Add([]byte{0x10, 0x24, 0, 0x17, 0xff, 0x10, 0x24, 0, 9, 0x1f}, devicetest.Save(r))
	r.TextMode()
	f.Add([]byte{0x10, 0x24, 0, 1, 0xff, 0x10, 0x24, 0, 0x18, 0, 0x10, 0x24, 0, 7, 0}, devicetest.Save(r))
	r.extended(640, 480, 4, 0)
	f.Add([]byte{4, 6, 0, 0, 0x20, 4, 8, 0, 0xff, 0xff, 4, 9, 0, 0xff, 0xff}, devicetest.Save(r))
	f.Fuzz(func(t *testing.T, ops, saved []byte) {
		r := newSize(t, MinMemory)
		if saved != nil {
			r.State(state.Loader(saved))
		}
		r.drive(ops[:min(len(ops), 5000)])
		var text Text
		if r.Text(&text) && (len(text.Cells) != text.Columns*text.Rows || text.Cursor >= len(text.Cells)) {
			t.Errorf("%d cells, %dx%d, cursor %d", len(text.Cells), text.Columns, text.Rows, text.Cursor)
		}
		NewANSI(io.Discard, 24).Draw(&text)
		r.Image()
		devicetest.Survives(t, r, newSize(t, MinMemory))
	})
}

func TestAccessesDoNotAllocate(t *testing.T) {
	ops := make([]byte, 5000)
	rand.New(rand.NewSource(1)).Read(ops)
	r := newSize(t, MinMemory)
	if n := testing.AllocsPerRun(5, func() { r.drive(ops) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	r.TextMode()
	text := r.text()
	if n := testing.AllocsPerRun(10, func() { r.Text(text) }); n != 0 {
		t.Errorf("%v allocations for a text screen", n)
	}
}
