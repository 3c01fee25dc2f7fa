package ioapic

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/lapic"
	"github.com/ringo-vmm/ringo/vmm/state"
)

func FuzzAccesses(f *testing.F) {
	f.Add([]byte{0, 0x24, 0x41, 0x80, 0, 2, 10, 1, 0, 0, 3, 0x41, 0, 0, 0})
	f.Add([]byte{0, 0x14, 0x41, 0, 0, 2, 2, 1, 0, 0, 2, 2, 0, 0, 0, 1, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		r := newRig()
		for ; len(script) >= 5; script = script[5:] {
			op, a := script[0], script[1]
			v := uint32(script[2]) | uint32(script[3])<<8 | uint32(script[4])<<16
			r.refuse = op>>7 != 0
			switch op % 6 {
			case 0:
				r.reg(a, v)
			case 1:
				r.Read(uint64(a), []int{1, 2, 4, 8}[op>>3&3])
				r.get(a)
			case 2:
				r.SetLine(int(a)-2, v&1 != 0)
			case 3:
				r.IOAPIC.EOI(a)
			case 4:
				r.Write(uint64(a), []int{1, 2, 4, 8}[op>>3&3], uint64(v))
			case 5:
				r.reg(a, v<<8)
			}
			for gsi, e := range r.entry {
				if r.remote>>gsi&1 != 0 && !triggersByLevel(e) {
					t.Fatalf("input %d has a remote IRR and the entry %#x", gsi, e)
				}
			}
		}
		devicetest.Survives(t, r, newRig())
	})
}

func FuzzState(f *testing.F) {
	f.Add(devicetest.Save(busy()))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newRig()
		r.State(state.Loader(b))
		for n := range 256 {
			r.SetLine(n%Pins, n&1 != 0)
			r.IOAPIC.EOI(uint8(n))
			r.reg(uint8(n), r.get(uint8(n)))
		}
	})
}

func TestAccessesAllocateNothing(t *testing.T) {
	a := New(func(lapic.Message) bool { return true })
	if n := testing.AllocsPerRun(100, func() {
		a.Write(0, 4, 0x24)
		a.Write(0x10, 4, 0x8041)
		a.Line(10).Set(true)
		a.Read(0x10, 4)
		a.EOI(0x41)
		a.Line(10).Set(false)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkEdge is an edge through the bus to a local APIC, taken and ended.
func BenchmarkEdge(b *testing.B) {
	var bus lapic.Bus
	l := lapic.New(&bus, lapic.Config{
		BSP: true, Clock: new(devicetest.Clock), BusHz: 1e9,
		Notify: func() {}, NMI: func() {}, Init: func() {}, StartUp: func(uint8) {},
	})
	l.Write(0xf0, 4, 0x1ff)
	a := New(bus.Send)
	a.Write(0, 4, 0x18)
	a.Write(0x10, 4, 0x41)
	b.ReportAllocs()
	for b.Loop() {
		a.SetLine(4, true)
		v, _ := l.Pending()
		l.Acknowledge(v)
		l.Write(0xb0, 4, 0)
		a.SetLine(4, false)
	}
}
