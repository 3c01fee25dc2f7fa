package lapic

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// twin is a processor of the same id and the same clock, as a state is loaded
// into.
func (m *machine) twin(c *cpu) *cpu {
	other := &machine{}
	t := &cpu{}
	cfg := c.cfg
	cfg.Notify = func() { t.notified++ }
	t.LAPIC = New(&other.bus, cfg)
	return t
}

// busy is a processor with something in every register.
func busy() (*machine, *cpu) {
	m, c := one()
	m.clock.Advance(5_000_000)
	for off, v := range map[uint64]uint32{
		0xd0: 1 << 24, 0xe0: 0x0fffffff, 0x310: 1 << 24, 0x3e0: 0x1, 0x320: 0x20030, 0x330: 0x10200, 0x340: 0x400,
		0x350: 0x8045, 0x360: 0x400, 0x370: 0xfe,
	} {
		c.reg(off, v)
	}
	c.Accept(0x51, true)
	c.Acknowledge(0x51)
	c.Accept(0x61, false)
	c.Accept(0x38, false)
	c.SetLINT(0, true)
	m.bus.Send(Message{Mode: ExtINT})
	c.Accept(3, false)
	c.reg(0x280, 0)
	c.Accept(3, false)
	c.reg(0x80, 0x33)
	c.reg(0x380, 1_000_000)
	m.clock.Advance(1_500_000)
	return m, c
}

func TestStateSurvives(t *testing.T) {
	m, c := busy()
	f := m.twin(c)
	devicetest.Survives(t, c, f)
	if f.notified == 0 {
		t.Error("the vCPU was not notified of what is pending")
	}
	if !f.ExtINT() {
		t.Error("the ExtINT is lost")
	}
	m.clock.Advance(10_000_000)
	for n := range f.pins {
		if f.pins[n] != c.pins[n] {
			t.Errorf("LINT%d is %v after the load", n, f.pins[n])
		}
	}
	for off := uint64(0x20); off < 0x400; off += 16 {
		if a, b := c.get(off), f.get(off); a != b {
			t.Errorf("%#x: %#x, and %#x after the load", off, a, b)
		}
	}
	a, _ := c.timer.alarm.Deadline()
	if b, ok := f.timer.alarm.Deadline(); a != b || !ok {
		t.Errorf("the alarm is at %d, and %d after the load", a, b)
	}
	for range 3 {
		v, _ := c.Pending()
		f.want(t, v)
		c.want(t, v)
		c.end()
		f.end()
	}
}

func TestDeadlineSurvives(t *testing.T) {
	m, c := one()
	c.x2(t)
	c.WriteMSR(0x832, 0x40030)
	c.WriteMSR(0x6e0, 2_500_000)
	f := m.twin(c)
	devicetest.Survives(t, c, f)
	m.clock.Advance(999_999)
	f.want(t, 0)
	m.clock.Advance(1)
	f.want(t, 0x30)
	if _, ok := f.Page(); ok || !f.X2() {
		t.Error("x2APIC mode is lost")
	}
}

func TestBadStatesAreErrors(t *testing.T) {
	for name, spoil := range map[string]func(*LAPIC){
		"mode":                    func(l *LAPIC) { l.base = 0xfee00500 },
		"reserved bits":           func(l *LAPIC) { l.base |= 1 },
		"another boot processor":  func(l *LAPIC) { l.base &^= baseBSP },
		"beyond physical address": func(l *LAPIC) { l.base |= 1 << 60 },
	} {
		m, c := one()
		f := m.twin(c)
		spoil(c.LAPIC)
		s := state.Loader(devicetest.Save(c))
		f.State(s)
		if s.Close() == nil {
			t.Errorf("%s: IA32_APIC_BASE %#x loads", name, c.base)
		}
		if f.base != 0xfee00900 {
			t.Errorf("%s: IA32_APIC_BASE is %#x after the error", name, f.base)
		}
	}
	b := &newMachine(0, 1, 2).bus
	b.turn = 2
	s := state.Loader(devicetest.Save(b))
	(&newMachine(0).bus).State(s)
	if s.Close() == nil {
		t.Error("the state of a bus with more processors loads")
	}
}

func TestWaitingAndPinsSurvive(t *testing.T) {
	m := newMachine(0, 1)
	c := m.cpus[1]
	c.reg(0x350, 0x10000)
	c.SetLINT(1, true)
	f := m.twin(c)
	f.init()
	f.startUp(0)
	devicetest.Survives(t, c, f)
	if !f.Waiting() || f.pins != c.pins {
		t.Errorf("waits %v, pins %v", f.Waiting(), f.pins)
	}
	f.SetLINT(1, false)
	f.SetLINT(0, true)
	m.cpus[0].reg(0x350, 0x700)
	m.cpus[0].SetLINT(0, true)
	g := m.twin(m.cpus[0])
	devicetest.Survives(t, m.cpus[0], g)
	if !g.ExtINT() || g.notified == 0 {
		t.Error("the vCPU was not notified of INTR")
	}
}

func TestStateOfAnotherDeviceIsAnError(t *testing.T) {
	m, c := one()
	for _, d := range []struct{ old, fresh device.Stateful }{{c, m.twin(c)}, {&m.bus, &newMachine(0).bus}} {
		b := devicetest.Save(d.old)
		b[4]++ // the first letter of the name
		s := state.Loader(b)
		d.fresh.State(s)
		if s.Close() == nil {
			t.Error("loads")
		}
	}
}

// What no guest could have written must not be there after a load.
func TestImpossibleStatesAreMadePossible(t *testing.T) {
	m, c := one()
	m.clock.Advance(5000)
	c.lvt[lvtTimer] = 0xffffffff
	c.lvt[lvtError] = 0xffffffff
	c.dfr, c.svr = 0, 0xffffffff
	c.timer.divide = 0xffffffff
	c.timer.running = true
	c.timer.start = 1 << 62
	c.irr.word[0] = 1<<17 | 1<<15
	f := m.twin(c)
	f.cfg.TSC = nil
	devicetest.Load(t, f, devicetest.Save(c))
	for off, want := range map[uint64]uint32{0x0e0: 0x0fffffff, 0x0f0: 0x3ff, 0x200: 1 << 17, 0x320: 0x300ff, 0x370: 0x100ff, 0x390: 0, 0x3e0: 0xb} {
		if got := f.get(off); got != want {
			t.Errorf("%#x is %#x, want %#x", off, got, want)
		}
	}
	f.reg(0x320, 0x30)
	m.clock.Advance(1_000_000)

	// A count that begins in the future begins now.
	c.timer.initial = 1000
	c.timer.divide = 0xb
	c.lvt[lvtTimer] = 0x30
	f = m.twin(c)
	devicetest.Load(t, f, devicetest.Save(c))
	if got := f.get(0x390); got != 1000 {
		t.Errorf("%d left", got)
	}
	m.clock.Advance(1000)
	f.want(t, 0x30)
}
