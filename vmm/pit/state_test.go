package pit

import (
	"math/rand"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

func TestStateSurvives(t *testing.T) {
	r := newRig()
	r.out(Port61, 3)
	r.out(0x43, 0x34)
	r.out(0x40, 0xe8, 0x03)
	r.out(0x43, 0xb6)
	r.out(0x42, 0xa9, 0x04)
	r.ticks(5500)
	r.out(0x40, 0xd0) // half a count
	r.out(0x43, 0xc8)

	fresh := newRig()
	fresh.clock.Advance(r.clock.Now() - fresh.clock.Now())
	devicetest.Survives(t, r, fresh)
	if !fresh.line.Level {
		t.Error("the line is low after a load")
	}
	for _, x := range []*rig{r, fresh} {
		x.line.Edges = 0
		x.out(0x40, 0x07) // the other half: 2000
		x.ticks(501 + 2000*3)
	}
	if r.line.Edges != 4 || fresh.line.Edges != 4 {
		t.Errorf("%d interrupts where it was saved, %d where it was loaded, want 4", r.line.Edges, fresh.line.Edges)
	}
	if a, b := r.count(0), fresh.count(0); a != 2000 || b != 2000 {
		t.Errorf("the count is %d where it was saved, %d where it was loaded, want 2000", a, b)
	}
	for range 3 {
		if a, b := r.in(0x42), fresh.in(0x42); a != b {
			t.Errorf("counter 2 reads %#x where it was saved, %#x where it was loaded", a, b)
		}
	}
}

func TestTicksGoOnAfterALoad(t *testing.T) {
	r := newRig()
	r.out(0x43, 0x34)
	r.out(0x40, 0xe8, 0x03)
	fresh := newRig()
	devicetest.Survives(t, r, fresh)
	fresh.line.Edges = 0
	fresh.ticks(1 + 3000)
	if fresh.line.Edges != 3 {
		t.Errorf("%d ticks, want 3", fresh.line.Edges)
	}
}

func TestImpossibleStatesAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(p *PIT){
		"no gate":          func(p *PIT) { p.counters[0].gate = false },
		"gate 2":           func(p *PIT) { p.counters[2].gate = true },
		"port 0x61":        func(p *PIT) { p.port61 = 0x80 },
		"count of nothing": func(p *PIT) { p.counters[1].n = 0 },
		"count too large":  func(p *PIT) { p.counters[1].next = 65537 },
		"period of one":    func(p *PIT) { p.counters[1].n = 1 },
		"not armed":        func(p *PIT) { p.counters[1].armed = false },
		"control word":     func(p *PIT) { p.counters[2].control = 0x40 },
		"held":             func(p *PIT) { p.counters[2].held = 1 << 63 },
	} {
		r := newRig()
		r.out(0x43, 0x74)
		r.out(0x41, 10, 0)
		spoil(r.PIT)
		c := state.Loader(devicetest.Save(r))
		fresh := newRig()
		fresh.State(c)
		if err := c.Close(); err == nil || !strings.Contains(err.Error(), "pit") {
			t.Errorf("%s: error %v", name, err)
		}
		fresh.ticks(100)
		fresh.in(0x41)
	}
}

// drive does what a guest could: an operation is a byte that says which, and
// its operand.
func (r *rig) drive(ops []byte) {
	for ; len(ops) >= 2; ops = ops[2:] {
		op, v := ops[0], ops[1]
		size := 1 << (op >> 6 & 1)
		switch op & 7 {
		case 0, 1, 2, 3:
			r.Out(uint16(op&7), size, uint32(v)*0x0101)
		case 4:
			r.In(uint16(op>>3&7), size)
		case 5:
			r.Port61().Out(0, 1, uint32(v))
		case 6:
			r.Port61().In(0, 1)
		case 7:
			r.clock.Advance(uint64(v) << (op >> 3 & 15))
		}
	}
}

func FuzzAccess(f *testing.F) {
	f.Add([]byte{3, 0x34, 0, 0xe8, 0, 3, 7, 255, 3, 0xc2, 4, 0}, []byte(nil))
	f.Add([]byte{3, 0xb6, 2, 1, 2, 0, 5, 1, 0x7f, 255, 3, 0xe8, 0x14, 0, 6, 0}, []byte(nil))
	r := newRig()
	r.out(0x43, 0x36)
	r.out(0x40, 1, 0)
	f.Add([]byte{0x7f, 255}, devicetest.Save(r))
	f.Fuzz(func(t *testing.T, ops, saved []byte) {
		r := newRig()
		if saved != nil {
			c := state.Loader(saved)
			r.State(c)
			if c.Err() == nil {
				devicetest.Survives(t, r, newRig())
			}
		}
		r.drive(ops)
		devicetest.Survives(t, r, newRig())
	})
}

func TestAccessesDoNotAllocate(t *testing.T) {
	ops := make([]byte, 4000)
	rand.New(rand.NewSource(1)).Read(ops)
	r := newRig()
	if n := testing.AllocsPerRun(10, func() { r.drive(ops) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPort61(b *testing.B) {
	r := newRig()
	r.out(Port61, 1)
	r.out(0x43, 0xb0)
	r.out(0x42, 0xff, 0xff)
	p := r.Port61()
	b.ReportAllocs()
	for b.Loop() {
		p.In(0, 1)
	}
}

func BenchmarkCounter(b *testing.B) {
	r := newRig()
	r.out(0x43, 0x34)
	r.out(0x40, 0, 0)
	b.ReportAllocs()
	for b.Loop() {
		r.In(0, 1)
	}
}
