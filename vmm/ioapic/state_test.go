package ioapic

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

func busy() *rig {
	r := newRig()
	r.reg(0, 3<<24)
	r.route(4, 1, 0x41)
	r.route(10, 0, 0x8051)
	r.SetLine(4, true)
	r.SetLine(10, true)
	return r
}

func TestStateSurvives(t *testing.T) {
	old, fresh := busy(), newRig()
	old.Write(0, 4, 0x24)
	devicetest.Survives(t, old, fresh)
	if got := fresh.Read(0x10, 4); got != 0xc051 {
		t.Errorf("the window reads %#x, want the same entry as before", got)
	}
	if len(fresh.sent) != 0 {
		t.Errorf("loading sent %+v", fresh.sent)
	}
	fresh.SetLine(4, true)
	fresh.IOAPIC.EOI(0x51)
	if len(fresh.sent) != 1 || fresh.sent[0].Vector != 0x51 {
		t.Errorf("sent %+v, want the level interrupt again", fresh.sent)
	}
}

func TestStateOfAnotherDeviceIsAnError(t *testing.T) {
	b := devicetest.Save(busy())
	b[4]++ // the first letter of the name
	c := state.Loader(b)
	newRig().State(c)
	if c.Close() == nil {
		t.Error("loads")
	}
}

func TestBadStatesAreErrors(t *testing.T) {
	for name, spoil := range map[string]func(*rig){
		"inputs":      func(r *rig) { r.pins |= 1 << 24 },
		"remote IRRs": func(r *rig) { r.remote |= 1 << 31 },
		"id":          func(r *rig) { r.id = 1 },
	} {
		r := busy()
		spoil(r)
		c := state.Loader(devicetest.Save(r))
		newRig().State(c)
		if c.Close() == nil {
			t.Errorf("%s out of range load", name)
		}
	}
}
