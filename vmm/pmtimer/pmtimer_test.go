package pmtimer

import (
	"math/rand"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

const second = 1_000_000_000

type rig struct {
	*PM
	clock devicetest.Clock
	sci   devicetest.Line
	off   int
}

func newRig() *rig {
	r := new(rig)
	r.PM = New(&r.clock, &r.sci, func() { r.off++ })
	return r
}

// get is what a bus makes of a read.
func (r *rig) get(off uint16, size int) uint32 {
	return r.In(off, size) & uint32(1<<(8*size)-1)
}

func (r *rig) acpi() { r.SMICommand().Out(0, 1, ACPIEnable) }

// toToggle moves the clock to just after the timer's top bit has toggled.
func (r *rig) toToggle() { r.clock.Advance(r.nextToggle() - r.clock.Now()) }

func TestTheTimerCounts(t *testing.T) {
	r := newRig()
	for _, c := range []struct{ ns, want uint64 }{
		{0, 0}, {second, Hz}, {2 * second, 3 * Hz}, {86400 * second, 86403 * Hz},
	} {
		r.clock.Advance(c.ns)
		if got := uint64(r.In(TimerOffset, 4)); got != c.want&0xffffff {
			t.Errorf("after %d ns more: %#x, want %#x", c.ns, got, c.want&0xffffff)
		}
	}
}

// TestLinuxChecksTheTimer is how Linux tells a PM timer that works: ten times,
// it moves on while it is read, and its rate is right by channel 2 of the PIT.
func TestLinuxChecksTheTimer(t *testing.T) {
	r := newRig()
	for range 10 {
		first := r.In(TimerOffset, 4)
		moved := false
		for range 10_000 {
			r.clock.Advance(100)
			if v := r.In(TimerOffset, 4); v != first {
				moved = true
				if (v-first)&0xffffff > 0x10000 {
					t.Fatalf("from %#x to %#x", first, v)
				}
				break
			}
		}
		if !moved {
			t.Fatal("it stands still")
		}
	}
	first := r.In(TimerOffset, 4)
	r.clock.Advance(50_000_000)
	if d := (r.In(TimerOffset, 4) - first) & 0xffffff; d < Hz/20-1 || d > Hz/20+1 {
		t.Errorf("%d ticks in 50 ms, want %d", d, Hz/20)
	}
}

func TestAccessesOfAnySize(t *testing.T) {
	r := newRig()
	r.clock.Advance(second)
	r.Out(2, 2, pm1PowerBtn|pm1Timer)
	r.Out(4, 2, 0x1403)
	r.PowerButton()
	for _, c := range []struct {
		off  uint16
		size int
		want uint32
	}{
		{0, 1, 0x00}, {1, 1, 0x01}, {0, 2, 0x0100}, {0, 4, 0x01010100}, {2, 2, 0x0101}, {3, 1, 0x01},
		{4, 2, 0x1403}, {5, 1, 0x14}, {4, 4, 0x1403}, {6, 2, 0}, {2, 4, 0x14030101},
		{8, 4, Hz & 0xffffff}, {8, 1, Hz & 0xff}, {9, 2, Hz >> 8 & 0xffff}, {6, 4, Hz << 16 & 0xffff_ffff}, {11, 1, 0},
	} {
		got := r.get(c.off, c.size)
		if got != c.want {
			t.Errorf("%d bytes at %d: %#x, want %#x", c.size, c.off, got, c.want)
		}
	}
	r.Out(1, 1, 0x01) // clears the button, and no other register
	r.Out(3, 1, 0)
	if got := r.get(0, 4); got != 0x00010000 {
		t.Errorf("status and enable are %#x", got)
	}
	r.Out(0, 4, 0xffff_ffff)
	if got := r.get(0, 4); got != pm1Enables<<16 {
		t.Errorf("status and enable are %#x after all ones", got)
	}
	r.Out(TimerOffset, 4, 0)
	if got := r.In(TimerOffset, 4); got != Hz&0xffffff {
		t.Errorf("the timer was written: %#x", got)
	}
}

func TestTheTimersTopBitIsAnEvent(t *testing.T) {
	r := newRig()
	r.acpi()
	for i := range 4 {
		r.Out(2, 2, pm1Timer)
		r.clock.Advance(r.nextToggle() - r.clock.Now() - 1)
		if r.sci.Level || r.get(0, 2) != 0 {
			t.Fatalf("event %d comes early", i)
		}
		r.clock.Advance(1)
		if top := r.In(TimerOffset, 4) >> 23; !r.sci.Level || r.get(0, 2) != pm1Timer || top != uint32(i+1)&1 {
			t.Fatalf("event %d: SCI %t, status %#x, top bit %d", i, r.sci.Level, r.get(0, 2), top)
		}
		if _, ok := r.timer.Deadline(); ok {
			t.Error("a timer runs for an event that is pending")
		}
		r.Out(0, 2, pm1Timer)
		if r.sci.Level {
			t.Fatal("the SCI stays high when the status is cleared")
		}
	}
	r.Out(2, 2, 0)
	if _, ok := r.timer.Deadline(); ok {
		t.Error("a timer runs for an event that is not enabled")
	}
	r.toToggle()
	if r.sci.Level || r.get(0, 2) != pm1Timer {
		t.Error("the status does not show an event that is not enabled")
	}
}

func TestEventsThatNobodyLookedAt(t *testing.T) {
	r := newRig()
	r.toToggle()
	r.Out(0, 2, pm1Timer)
	if got := r.get(0, 2); got != 0 {
		t.Errorf("status %#x after it was cleared", got)
	}
	r.toToggle()
	r.Reset()
	if got := r.get(0, 2); got != 0 {
		t.Errorf("status %#x after a reset", got)
	}
	r.Out(2, 2, pm1Timer)
	r.toToggle()
	r.acpi()
	if !r.sci.Level {
		t.Error("no SCI for an event from before ACPI was on")
	}
}

func TestPowerButton(t *testing.T) {
	r := newRig()
	r.Out(2, 2, pm1PowerBtn)
	r.PowerButton()
	if r.sci.Level {
		t.Error("an SCI with ACPI off")
	}
	r.acpi()
	if !r.sci.Level || r.get(0, 2) != pm1PowerBtn {
		t.Errorf("SCI %t, status %#x", r.sci.Level, r.get(0, 2))
	}
	r.Out(0, 2, pm1PowerBtn)
	if r.sci.Level || r.get(0, 2) != 0 {
		t.Error("the status is not cleared by a one")
	}
}

func TestSMICommandsSwitchACPI(t *testing.T) {
	r := newRig()
	s := r.SMICommand()
	for _, c := range []struct {
		command uint32
		on      uint32
	}{{0x00, 0}, {ACPIEnable, 1}, {0x42, 1}, {ACPIDisable, 0}} {
		s.Out(0, 1, c.command)
		if got := r.get(ControlOffset, 2); got != c.on || uint8(s.In(0, 1)) != uint8(c.command) {
			t.Errorf("command %#x: control %#x, port %#x", c.command, got, s.In(0, 1))
		}
	}
}

func TestSoftOff(t *testing.T) {
	for _, c := range []struct {
		v    uint32
		want int
	}{
		{SleepS5<<10 | cntSleep | cntSCI, 1},
		{SleepS5<<10 | cntSCI, 0}, // the type alone
		{1<<10 | cntSleep, 0},     // another state
	} {
		r := newRig()
		r.Out(ControlOffset, 2, c.v)
		if r.off != c.want {
			t.Errorf("control %#x: powered off %d times, want %d", c.v, r.off, c.want)
		}
		if got := r.get(ControlOffset, 2); got != c.v&cntKept {
			t.Errorf("control %#x reads %#x", c.v, got)
		}
	}
}

func TestReset(t *testing.T) {
	r := newRig()
	r.acpi()
	r.Out(2, 2, pm1Timer|pm1PowerBtn)
	r.PowerButton()
	r.toToggle()
	r.Reset()
	if r.sci.Level || r.get(0, 4) != 0 || r.get(4, 4) != 0 {
		t.Errorf("SCI %t, registers %#x and %#x", r.sci.Level, r.get(0, 4), r.get(4, 4))
	}
}

func TestStateSurvives(t *testing.T) {
	r := newRig()
	r.acpi()
	r.Out(2, 2, pm1Timer|pm1PowerBtn)
	r.toToggle()
	r.Out(0, 2, pm1Timer)
	r.clock.Advance(second)
	r.PowerButton()
	fresh := newRig()
	fresh.clock.Advance(r.clock.Now())
	devicetest.Survives(t, r, fresh)
	if !fresh.sci.Level {
		t.Error("the SCI is low after a load")
	}
	fresh.Out(0, 2, pm1PowerBtn)
	if fresh.sci.Level || uint8(fresh.SMICommand().In(0, 1)) != ACPIEnable {
		t.Errorf("SCI %t, SMI command %#x", fresh.sci.Level, fresh.SMICommand().In(0, 1))
	}
	fresh.toToggle()
	if !fresh.sci.Level {
		t.Error("the timer does not go on")
	}
}

// drive does what a guest could.
func (r *rig) drive(ops []byte) {
	for ; len(ops) >= 3; ops = ops[3:] {
		op, at, v := ops[0], ops[1], ops[2]
		size := 1 << (at >> 6 % 3)
		switch op & 3 {
		case 0:
			r.Out(uint16(at%Ports), size, uint32(v)<<(op>>3))
		case 1:
			r.In(uint16(at%Ports), size)
		case 2:
			r.clock.Advance(uint64(v) << (op >> 2 & 31))
		case 3:
			r.SMICommand().Out(0, size, uint32(v))
			if v == 0 {
				r.PowerButton()
			}
		}
	}
}

func FuzzAccess(f *testing.F) {
	f.Add([]byte{3, 0, ACPIEnable, 0, 2, 1, 2 | 30<<2, 0, 200, 1, 0, 0, 0, 0, 1}, []byte(nil))
	f.Add([]byte{0, 5, 0x34, 3, 0, 0}, devicetest.Save(newRig()))
	f.Fuzz(func(t *testing.T, ops, saved []byte) {
		r := newRig()
		if saved != nil {
			r.State(state.Loader(saved))
		}
		r.drive(ops)
		fresh := newRig()
		fresh.clock.Advance(r.clock.Now())
		devicetest.Survives(t, r, fresh)
		if a, b := r.sci.Level, fresh.sci.Level; a != b {
			t.Errorf("the SCI is %t where it was saved, %t where it was loaded", a, b)
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

func BenchmarkTimer(b *testing.B) {
	r := newRig()
	b.ReportAllocs()
	for b.Loop() {
		r.In(TimerOffset, 4)
	}
}
