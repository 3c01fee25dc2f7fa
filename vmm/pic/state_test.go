package pic

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// busy is a pair with something in every register.
func busy(t testing.TB) *machine {
	m := initialised(t)
	m.ports.Out(0x4d0, 2, 0x0820)
	m.out(0x20, 0xc1, 0x68, 0x0b)
	m.out(0xa0, 0x0c)
	m.pulse(12)
	m.want(0x3c)
	m.SetLine(5, true)
	m.pulse(3)
	m.out(0x21, 0x08)
	m.out(0xa1, 0x40)
	return m
}

func TestStateSurvives(t *testing.T) {
	old, fresh := busy(t), New()
	var told []bool
	fresh.Output = func(level bool) { told = append(told, level) }
	devicetest.Survives(t, old.PIC, fresh)
	if fresh.Pending() != old.Pending() || len(told) != 1 || told[0] != old.Pending() {
		t.Errorf("INTR is %v, the listener was told %v, want %v", fresh.Pending(), told, old.Pending())
	}
	old.out(0x21, 0)
	fresh.Master().Out(1, 1, 0)
	for range 3 {
		if a, b := old.Acknowledge(), fresh.Acknowledge(); a != b {
			t.Errorf("vector %#x, and %#x after the load", a, b)
		}
	}
}

func TestLowestPriority6Survives(t *testing.T) {
	old := initialised(t)
	old.out(0x20, 0xc6)
	devicetest.Survives(t, old.PIC, New())
}

func TestStateOfAnotherDeviceIsAnError(t *testing.T) {
	b := devicetest.Save(New())
	b[4]++ // the first letter of the name
	c := state.Loader(b)
	New().State(c)
	if c.Close() == nil {
		t.Error("loads")
	}
}

func TestStateMidInitialisation(t *testing.T) {
	old, fresh := newMachine(t), newMachine(t)
	old.out(0x20, 0x11)
	old.out(0x21, 0x40)
	fresh.Output = func(level bool) { fresh.intr = level }
	devicetest.Survives(t, old.PIC, fresh.PIC)
	fresh.out(0x21, 0x04, 0x01)
	fresh.pulse(1)
	fresh.want(0x41)
}

func TestBadStatesAreErrors(t *testing.T) {
	for name, spoil := range map[string]func(*chip){
		"priority": func(c *chip) { c.first = 8 },
		"step":     func(c *chip) { c.expect = steps },
		"levels":   func(c *chip) { c.level = 1 },
		"vector":   func(c *chip) { c.base = 0x31 },
	} {
		p := New()
		spoil(&p.slave)
		c := state.Loader(devicetest.Save(p))
		New().State(c)
		if c.Close() == nil {
			t.Errorf("%s out of range loads", name)
		}
	}
}
