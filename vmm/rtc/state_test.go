package rtc

import (
	"math/rand"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

func TestStateSurvives(t *testing.T) {
	r := newRig()
	r.set(regHours, 0x11)
	r.clock.Advance(second / 3)
	r.set(regA, 0x66)
	r.set(regA, 0x2f)
	r.get(regC)
	r.set(0x70, 0x99)
	r.set(regB, b24|bUIE|bPIE)
	r.clock.Advance(second / 4)
	r.Out(0, 1, 0x8f)

	fresh := newRig()
	fresh.clock.Advance(r.clock.Now())
	devicetest.Survives(t, r, fresh)
	if !fresh.NMIMasked() || fresh.Byte(0x70) != 0x99 {
		t.Error("memory or NMI mask are lost")
	}
	if a, b := r.date(), fresh.date(); a != b {
		t.Errorf("the time is %x where it was saved, %x where it was loaded", a, b)
	}
	for _, want := range []uint8{cIRQF | cUF | cPF, cIRQF | cPF} {
		r.clock.Advance(second / 2)
		fresh.clock.Advance(second / 2)
		if a, b := r.get(regC), fresh.get(regC); a != want || b != want || fresh.line.Edges != r.line.Edges {
			t.Errorf("register C is %#x where it was saved, %#x where it was loaded, want %#x", a, b, want)
		}
	}
}

func TestALoadSetsTheLine(t *testing.T) {
	r := newRig()
	r.clock.Advance(second)
	r.set(regB, b24|bUIE)
	fresh := newRig()
	devicetest.Survives(t, r, fresh)
	if !r.line.Level || !fresh.line.Level {
		t.Errorf("the line is %t where it was saved, %t where it was loaded", r.line.Level, fresh.line.Level)
	}
}

func TestImpossibleStatesAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(r *RTC){
		"phase":         func(r *RTC) { r.phase = second },
		"shift":         func(r *RTC) { r.shift = 1 << 62 },
		"shift back":    func(r *RTC) { r.shift = -1 << 63 },
		"shift forward": func(r *RTC) { r.shift = -1 << 62 },
	} {
		r := newRig()
		spoil(r.RTC)
		c := state.Loader(devicetest.Save(r))
		fresh := newRig()
		fresh.State(c)
		if err := c.Close(); err == nil || !strings.Contains(err.Error(), "rtc") {
			t.Errorf("%s: error %v", name, err)
		}
		fresh.date()
	}
}

// drive does what a guest could.
func (r *rig) drive(ops []byte) {
	for ; len(ops) >= 3; ops = ops[3:] {
		op, i, v := ops[0], ops[1], ops[2]
		switch op & 3 {
		case 0:
			r.set(i&0x3f, v)
		case 1:
			r.get(i & 0x3f)
		case 2:
			r.Out(uint16(i&3), 1<<(i>>2&3)&7|1, uint32(v)*0x01010101)
			r.In(uint16(i>>4&3), 1<<(i>>6))
		case 3:
			r.clock.Advance(uint64(v) << (i & 31))
		}
	}
}

func FuzzAccess(f *testing.F) {
	f.Add([]byte{0, regB, b24 | bUIE | bAIE | bPIE, 0, regA, 0x23, 3, 30, 200, 1, regC, 0}, []byte(nil))
	f.Add([]byte{0, regB, bSET, 0, regYear, 0xff, 0, CenturyRegister, 0xff, 0, regB, bBinary, 3, 31, 255, 1, 9, 0}, []byte(nil))
	r := newRig()
	r.set(regB, b24|bUIE|bAIE|bPIE)
	f.Add([]byte{3, 31, 255}, devicetest.Save(r))
	f.Fuzz(func(t *testing.T, ops, saved []byte) {
		r := newRig()
		if saved != nil {
			r.State(state.Loader(saved))
		}
		r.drive(ops)
		fresh := newRig()
		fresh.clock.Advance(r.clock.Now())
		devicetest.Survives(t, r, fresh)
		if a, b := r.date(), fresh.date(); a != b {
			t.Errorf("the time is %x where it was saved, %x where it was loaded", a, b)
		}
	})
}

func TestAccessesDoNotAllocate(t *testing.T) {
	ops := make([]byte, 6000)
	rand.New(rand.NewSource(1)).Read(ops)
	r := newRig()
	if n := testing.AllocsPerRun(10, func() { r.drive(ops) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkReadTime(b *testing.B) {
	r := newRig()
	r.Out(0, 1, regSeconds)
	b.ReportAllocs()
	for b.Loop() {
		r.In(1, 1)
	}
}

func BenchmarkReadC(b *testing.B) {
	r := newRig()
	r.set(regB, b24|bPIE)
	r.Out(0, 1, regC)
	b.ReportAllocs()
	for b.Loop() {
		r.In(1, 1)
	}
}
