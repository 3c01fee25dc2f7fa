package manager

import (
	"errors"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/pc"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
)

// socket is where an adapter is plugged in.
type socket struct{ nics []ether.NIC }

func (*socket) Send(ether.Frame) {}

func TestAnAdapterIsPluggedInOnce(t *testing.T) {
	r := newRig(t, "", vmmtest.Out(0xf4, 1, 0))
	var plugged []string
	s := &socket{}
	r.Plug = func(machine string, index int, c config.NIC) (pc.Adapter, error) {
		plugged = append(plugged, machine)
		return pc.Adapter{Bus: c.Bus, MAC: ether.MAC{2, byte(index)}, Port: s, Connect: func(n ether.NIC) { s.nics = append(s.nics, n) }}, nil
	}
	for _, err := range r.Configure([]byte(flat("a", "[[vm.net]]\n[[vm.net]]\nbus = \"e1000\"\n"))) {
		t.Fatal(err)
	}
	for range 2 {
		r.machine()
		if e := r.end(); e.How != vmm.Exited {
			t.Fatal(e)
		}
	}
	if len(plugged) != 2 {
		t.Errorf("plugged in %v, want two adapters, once", plugged)
	}
	connected := 0
	for i, n := range s.nics {
		if n != nil {
			connected++
		} else if i == 0 {
			t.Error("disconnected first")
		}
	}
	if connected != 4 || len(s.nics) != 8 || s.nics[7] != nil {
		t.Errorf("%d connections of %d, want 4 of 8, and the end without", connected, len(s.nics))
	}
}

func TestAMachineThatCannotBePluggedInIsLeftOut(t *testing.T) {
	for _, plug := range []func(string, int, config.NIC) (pc.Adapter, error){
		nil,
		func(string, int, config.NIC) (pc.Adapter, error) {
			return pc.Adapter{}, errors.New("there is no network")
		},
	} {
		r := newRig(t, "")
		r.Plug = plug
		errs := r.Configure([]byte(flat("a", "[[vm.net]]\n") + flat("b", "")))
		if len(errs) != 1 || !strings.Contains(errs[0].Error(), "vm a: net: ") || !strings.Contains(errs[0].Error(), "there is no network") {
			t.Errorf("errors %v", errs)
		}
		if all := r.Machines(); len(all) != 1 || all[0].Config.Name != "b" {
			t.Errorf("%d machines", len(all))
		}
	}
}
