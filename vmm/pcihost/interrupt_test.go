package pcihost

import "testing"

// up is the interrupt lines that are up.
func (r *rig) up() (irqs []int) {
	for i := range r.lines {
		if r.lines[i].Level {
			irqs = append(irqs, i)
		}
	}
	return irqs
}

func (r *rig) wantUp(when string, want ...int) {
	r.t.Helper()
	got := r.up()
	if len(got) != len(want) {
		r.t.Errorf("%s: lines %v are up, want %v", when, got, want)
		return
	}
	for i := range want {
		if got[i] != want[i] {
			r.t.Errorf("%s: lines %v are up, want %v", when, got, want)
		}
	}
}

func TestPinsAreWiredOneFurtherForEachDevice(t *testing.T) {
	for _, tt := range []struct{ dev, pin, want int }{
		{1, 1, 0}, {2, 1, 1}, {2, 4, 0}, {4, 1, 3}, {5, 2, 1}, {0, 1, 3}, {31, 4, 1},
	} {
		if got := I440FX.PIRQ(tt.dev, tt.pin); got != tt.want {
			t.Errorf("device %d, pin %d: line %d, want %d", tt.dev, tt.pin, got, tt.want)
		}
	}
}

func TestAnInterruptReachesItsLineWhileItIsAllowed(t *testing.T) {
	r := newRig(t) // device 4, INTA#: PIRQD#, interrupt 5
	status := func() uint32 { return r.read(rigDevice, 0, regStatus, 2) & statusInterrupt }
	r.dev.Set(true)
	r.dev.Set(true)
	r.wantUp("wanted", 5)
	if status() == 0 {
		t.Error("the status register does not show the interrupt")
	}
	r.write(rigDevice, 0, regCommand, 2, CommandNoINTx)
	r.wantUp("disabled")
	if status() == 0 {
		t.Error("the status register does not show the interrupt while the pin is disabled")
	}
	r.write(rigDevice, 0, regCommand, 2, 0)
	r.wantUp("enabled again", 5)
	r.dev.Set(false)
	r.wantUp("no longer wanted")
	if status() != 0 {
		t.Error("the status register still shows the interrupt")
	}
}

func TestALineIsUpUntilItsLastUserLetsGo(t *testing.T) {
	r := newRig(t)
	a, b := r.function(Header{Pin: 1}), r.function(Header{Pin: 1})
	for dev, f := range map[int]*Function{9: a, 7: b} { // PIRQA# and PIRQC#, both interrupt 10
		if err := r.host.Add(dev, 0, f); err != nil {
			t.Fatal(err)
		}
	}
	a.Set(true)
	b.Set(true)
	r.wantUp("both", 10)
	a.Set(false)
	r.wantUp("one", 10)
	if r.lines[10].Edges != 1 {
		t.Errorf("%d edges, want 1", r.lines[10].Edges)
	}
	b.Set(false)
	r.wantUp("none")
}

func TestTheISABridgeRoutes(t *testing.T) {
	r := newRig(t)
	r.dev.Set(true)
	if got := r.read(1, 0, regPIRQ, 4); got != 0x050a0b0a {
		t.Errorf("routes %#x, want 0x50a0b0a", got)
	}
	r.write(1, 0, regPIRQ+3, 1, 12)
	r.wantUp("routed to 12", 12)
	r.write(1, 0, regPIRQ+3, 1, routeDisabled|12)
	r.wantUp("disabled")
	r.write(1, 0, regPIRQ, 4, 0x02020202)
	r.wantUp("routed to a line that is not wired")
	r.write(1, 0, regPIRQ, 4, 0x70808080)
	r.wantUp("routed to 0", 0)
	r.host.Reset()
	r.wantUp("after reset", 5)
}

func TestAFunctionWithoutAPinInterruptsNobody(t *testing.T) {
	r := newRig(t)
	f := r.function(Header{Vendor: 1})
	if err := r.host.Add(10, 0, f); err != nil {
		t.Fatal(err)
	}
	f.Set(true)
	r.wantUp("no pin")
	lonely := r.function(Header{Pin: 1})
	lonely.Set(true)
	r.wantUp("not on the bus")
	if err := r.host.Add(11, 0, lonely); err != nil {
		t.Fatal(err)
	}
	r.wantUp("added while it wants its pin", 10)
}
