package floppy

import (
	"bytes"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

func (r *rig) moved() *rig {
	r.Helper()
	fresh := newRig(r.TB)
	r.Move(fresh.Machine, []device.Stateful{r.fdc, r.dma}, []device.Stateful{fresh.fdc, fresh.dma}, func() { r.store.CopyTo(fresh.store) })
	return fresh
}

func TestAGuestCanBeMovedAtAnyTime(t *testing.T) {
	r := newRig(t)
	r.start()
	r.channel(true, 512)
	for _, b := range []uint8{read, 0, 0, 0, 3, 2, 18, 0x1b, 0xff} {
		r.command(b)
		r = r.moved()
	}
	r.interrupted("read", true)
	r.same("read", r.memory[dataAt:][:512], r.store.Data[1024:1536])
	r = r.moved()
	r.interrupted("moved", true)
	for _, want := range []uint8{0, 0, 0, 0, 0, 4, 2} {
		if got := r.in(Port + regFIFO); got != want {
			t.Errorf("a result of %#x, want %#x", got, want)
		}
		r = r.moved()
	}
	r.store.Gate = make(chan struct{})
	copy(r.memory[dataAt:], bytes.Repeat([]byte{0x77}, 512))
	r.channel(false, 512)
	r.command(write, 0, 0, 0, 3, 2, 18, 0x1b, 0xff)
	fresh := r.moved()
	fresh.want("write", 0, 0, 0, 0, 0, 4, 2)
	fresh.same("write", fresh.store.Data[1024:1536], bytes.Repeat([]byte{0x77}, 512))

	r.Lock()
	c := state.Loader(devicetest.Save(r.fdc))
	if r.fdc.State(c); c.Close() == nil {
		t.Error("loads while a disk is at work")
	}
	r.Unlock()
	close(r.store.Gate)
}

// script makes accesses of two bytes each: where, value.
func (r *rig) script(b []byte) {
	for n := 0; len(b) >= 2 && n < 1000; b, n = b[2:], n+1 {
		switch b[0] & 15 {
		case 0, 1, 2, 3, 4, 5:
			r.out(Port+uint16(b[0]&15), b[1])
		case 6:
			r.in(Port + uint16(b[1]&7))
		case 7:
			r.out(DIRPort, b[1])
		case 8:
			r.Drain()
		case 9:
			r.channel(b[1]&1 != 0, int(b[1])*100+1)
		case 10:
			r.out(Port+regDOR, 0)
			r.out(Port+regDOR, 0x1c)
			r.out(DIRPort, 0)
		case 11:
			r.Lock()
			r.fdc.Reset()
			r.Unlock()
		default:
			for range b[1] & 15 {
				r.in(Port + regFIFO)
			}
		}
	}
}

func (r *rig) consistent() {
	r.Helper()
	r.Drain()
	r.Lock()
	defer r.Unlock()
	c := r.fdc
	if !c.possible() || c.flying || c.stale || c.phase == execution {
		r.Errorf("phase %d, byte %d of %d, %+v", c.phase, c.at, c.n, c.transfer)
	}
	if want := c.raised && c.dor&dorGate != 0; r.line.Level != want {
		r.Errorf("the interrupt line is %v", r.line.Level)
	}
}

func FuzzAccess(f *testing.F) {
	f.Add([]byte("\x0a\x00\x05\x03\x05\xdf\x05\x02\x09\x15\x05\x46\x05\x00\x05\x00\x05\x00\x05\x01\x05\x02\x05\x12\x05\x1b\x05\xff\x08\x00\x0f\x07"))
	f.Add([]byte("\x0a\x00\x05\x03\x05\xdf\x05\x02\x09\x14\x05\x4d\x05\x00\x05\x02\x05\x12\x05\x6c\x05\xf6\x08\x00\x05\x0f\x05\x00\x05\x07\x05\x08"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newRig(t)
		for i := range 18 {
			copy(r.memory[dataAt+4*i:], []byte{0, 0, byte(i + 1), 2})
		}
		r.script(b)
		r.moved().consistent()
		r.consistent()
	})
}

func FuzzLoad(f *testing.F) {
	r := newRig(f)
	f.Add(devicetest.Save(r.fdc), []byte("\x0a\x00"))
	r.start()
	r.store.Gate = make(chan struct{})
	r.channel(false, 512)
	r.command(write, 0, 0, 0, 3, 2, 18, 0x1b, 0xff)
	r.Lock()
	f.Add(devicetest.Save(r.fdc), []byte("\x0a\x00"))
	r.Unlock()
	close(r.store.Gate)
	r.Drain()
	f.Fuzz(func(t *testing.T, saved, b []byte) {
		r := newRig(t)
		r.Lock()
		c := state.Loader(saved)
		r.fdc.State(c)
		ok := c.Close() == nil
		r.Unlock()
		if ok {
			r.moved().consistent()
		}
		r.script(b)
		r.consistent()
	})
}

func TestAccessesDoNotAllocate(t *testing.T) {
	r := newRig(t)
	r.start()
	if n := testing.AllocsPerRun(20, func() {
		r.channel(true, 512)
		for _, b := range [...]uint8{read, 0, 0, 0, 3, 2, 18, 0x1b, 0xff} {
			r.out(Port+regFIFO, b)
		}
		r.Drain()
		for range 7 {
			r.in(Port + regFIFO)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkStatus(b *testing.B) {
	r := newRig(b)
	b.ReportAllocs()
	for b.Loop() {
		r.fdc.In(regMSR, 1)
	}
}
