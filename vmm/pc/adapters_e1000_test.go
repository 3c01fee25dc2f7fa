package pc

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/ether"
)

func TestAnE1000IsPluggedInUntilItsMachineEnds(t *testing.T) {
	var where plug
	newPC := func() *PC {
		c := machine(&host{now: 1})
		c.Adapters = []Adapter{{Bus: config.BusE1000, MAC: ether.MAC{2, 1}, Port: &where, Connect: where.Connect}}
		return build(t, c)
	}
	old := newPC()
	p := newPC()
	devicetest.Survives(t, old, p)
	if n := len(p.extended); n != 1 {
		t.Errorf("%d devices, want 1", n)
	}
	nic := where.nic
	if nic == nil {
		t.Fatal("the adapter is not plugged in")
	}
	p.VM.Close()
	if where.nic != nil || nic.Receive(ether.Frame{Data: make([]byte, 60)}) {
		t.Error("it is plugged in, or takes a frame, when its machine has ended")
	}
}
