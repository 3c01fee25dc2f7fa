package pc

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/console"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/ether"
)

// plug is where an adapter is plugged in.
type plug struct{ nic ether.NIC }

func (*plug) Send(ether.Frame)        {}
func (p *plug) Connect(nic ether.NIC) { p.nic = nic }

func TestAdaptersConsolesAndBalloon(t *testing.T) {
	var plugs [2]plug
	terminal := console.New(100)
	newPC := func() *PC {
		c := machine(&host{now: 1})
		for i := range plugs {
			c.Adapters = append(c.Adapters, Adapter{MAC: ether.MAC{2, byte(i)}, Port: &plugs[i], Connect: plugs[i].Connect})
		}
		c.Serials, c.Balloon = []Serial{{Open: terminal.Open}}, true
		return build(t, c)
	}
	old := newPC()
	p := newPC()
	devicetest.Survives(t, old, p)
	if n := len(p.extended); n != 4 || p.Balloon == nil {
		t.Errorf("%d devices, want 4", n)
	}
	nic := plugs[0].nic
	if nic == nil {
		t.Fatal("the adapter is not plugged in")
	}
	p.VM.Close()
	if plugs[0].nic != nil || plugs[1].nic != nil {
		t.Error("an adapter is plugged in when its machine has ended")
	}
	// What comes late reaches nobody's memory.
	if nic.Receive(ether.Frame{Data: make([]byte, 60)}) {
		t.Error("a machine that has ended takes a frame")
	}
	terminal.Type([]byte("late"))
}
