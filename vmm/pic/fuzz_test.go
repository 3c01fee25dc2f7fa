package pic

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// FuzzAccesses plays accesses, lines and acknowledges. Whatever a guest does,
// the listener and Pending agree, and the state survives a save and a load.
func FuzzAccesses(f *testing.F) {
	f.Add([]byte{0x10, 0x20, 0x11, 0x11, 0x21, 0x30, 0x11, 0x21, 4, 0x11, 0x21, 1, 0x80, 3, 1, 0xc0, 0, 0})
	f.Add([]byte{0x12, 0x20, 0x11, 0x12, 0xa0, 0x11, 0x40, 0xd0, 0xff, 0x80, 9, 1, 0x80, 9, 0, 0xc0, 0, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		m := newMachine(t)
		for ; len(script) >= 3; script = script[3:] {
			op, a, v := script[0], script[1], script[2]
			port := []uint16{0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1}[int(a)%6]
			size := []int{1, 2, 4}[op%3]
			switch op >> 6 {
			case 0:
				m.ports.Out(port, size, uint32(v)<<8|uint32(v))
			case 1:
				m.ports.In(port, size)
			case 2:
				m.SetLine(int(a)%17, v&1 != 0)
			case 3:
				m.Acknowledge()
			}
			if m.Pending() != m.intr {
				t.Fatalf("Pending is %v, the listener was told %v", m.Pending(), m.intr)
			}
		}
		devicetest.Survives(t, m.PIC, New())
	})
}

func FuzzState(f *testing.F) {
	f.Add(devicetest.Save(New()))
	f.Add(devicetest.Save(busy(f).PIC))
	f.Fuzz(func(t *testing.T, b []byte) {
		p := New()
		p.State(state.Loader(b))
		for n := range 16 {
			p.SetLine(n, true)
			p.Acknowledge()
			p.Master().Out(0, 1, 0x20)
			p.Slave().Out(0, 1, 0x20)
		}
	})
}

func TestAccessesAllocateNothing(t *testing.T) {
	m := initialised(t)
	if n := testing.AllocsPerRun(100, func() {
		m.pulse(12)
		m.Acknowledge()
		m.ports.In(0x20, 4)
		m.ports.In(0x4d0, 2)
		m.ports.Out(0x4d0, 2, 0)
		m.out(0xa0, 0x20)
		m.out(0x20, 0x20)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkReadMask(b *testing.B) {
	p := New()
	d := p.Master()
	b.ReportAllocs()
	for b.Loop() {
		d.In(1, 1)
	}
}

// BenchmarkInterrupt is a line that goes up, an acknowledge, the EOI, and the
// line that goes down.
func BenchmarkInterrupt(b *testing.B) {
	p := initialised(b).PIC
	d := p.Master()
	b.ReportAllocs()
	for b.Loop() {
		p.SetLine(4, true)
		p.Acknowledge()
		d.Out(0, 1, 0x20)
		p.SetLine(4, false)
	}
}
