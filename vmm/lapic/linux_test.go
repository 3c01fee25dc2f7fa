package lapic

import "testing"

// Linux calibrates the timer against another one: it counts down from all ones
// in periodic mode, masked, divided by 16, and is read at either end.
func TestLinuxCalibratesTheTimer(t *testing.T) {
	m, c := one()
	c.reg(0x3e0, 0x3)
	c.reg(0x320, 0x300ec)
	c.reg(0x380, 0xffffffff)
	m.clock.Advance(7_654_321)
	first := c.get(0x390)
	m.clock.Advance(second / 10)
	if got := first - c.get(0x390); got != busHz/10/16 {
		t.Errorf("%d ticks in 100 ms, want %d", got, busHz/10/16)
	}

	// Then it checks that the interrupts come, at 250 Hz.
	c.reg(0x320, 0x200ec)
	c.reg(0x380, busHz/16/250)
	n := 0
	for range 100 {
		m.clock.Advance(1_000_000)
		if v, ok := c.Pending(); ok && v == 0xec {
			c.Acknowledge(v)
			c.reg(0xb0, 0)
			n++
		}
	}
	if n != 25 {
		t.Errorf("%d interrupts in 100 ms at 250 Hz", n)
	}
}

// memtest86+ and others measure with a one-shot that they never let end.
func TestOneShotCalibration(t *testing.T) {
	m, c := one()
	c.reg(0x3e0, 0xb)
	c.reg(0x320, 0x10000)
	c.reg(0x380, 0xffffffff)
	m.clock.Advance(50_000_000)
	if got := 0xffffffff - c.get(0x390); got != 50_000_000 {
		t.Errorf("%d ticks in 50 ms at 1 GHz", got)
	}
}

// Linux enables the local APIC of the boot processor, and ends what a previous
// kernel left in service.
func TestLinuxSetsUpTheLocalAPIC(t *testing.T) {
	m := newMachine(0)
	c := m.cpus[0]
	c.Accept(0x55, false)
	c.want(t, 0x55)
	if v := c.get(0x30); v&0xff < 0x10 || v&0xff > 0x1f || v>>16&0xff < 3 {
		t.Fatalf("version %#x", v)
	}
	c.reg(0xe0, 0xffffffff)
	c.reg(0xd0, c.get(0xd0)&0xffffff|1<<24)
	c.reg(0x80, c.get(0x80)&^0xff|0x10) // not below vector 20h
	for i := uint64(0); i < 8; i++ {
		for isr := c.get(0x100 + 16*i); isr != 0; isr = c.get(0x100 + 16*i) {
			c.reg(0xb0, 0)
		}
	}
	c.reg(0xf0, c.get(0xf0)&^0xff|0x1ff)
	c.reg(0x350, 0x10700)
	c.reg(0x360, 0x400)
	c.reg(0x280, 0)
	if got := c.get(0x280); got != 0 {
		t.Errorf("ESR %#x", got)
	}
	c.reg(0x370, 0xfe)
	c.reg(0x280, 0)

	// The way Linux waits for an IPI to go, and sends the next.
	for range 2 {
		if c.get(0x300)&(1<<12) != 0 {
			t.Fatal("the ICR is busy")
		}
		c.reg(0x310, 1<<24)
		c.reg(0x300, 0x8fb) // logical, fixed
	}
	c.want(t, 0xfb)
	c.reg(0xb0, 0)
	c.want(t, 0)
}

// Linux starts a second processor with INIT and two start-ups.
func TestLinuxStartsAProcessor(t *testing.T) {
	m := newMachine(0, 1)
	bsp, ap := m.cpus[0], m.cpus[1]
	for _, low := range []uint32{0xc500, 0x8500, 0x699, 0x699} {
		bsp.reg(0x310, 1<<24)
		bsp.reg(0x300, low)
		for bsp.get(0x300)&(1<<12) != 0 {
			t.Fatal("the ICR is busy")
		}
	}
	bsp.reg(0x280, 0)
	if esr := bsp.get(0x280); esr != 0 {
		t.Errorf("ESR %#x", esr)
	}
	if ap.inits != 1 || len(ap.startUps) != 1 || ap.startUps[0] != 0x99 || ap.Waiting() {
		t.Errorf("%d INITs, started at %x", ap.inits, ap.startUps)
	}
}

// SeaBIOS starts all others at once with shorthands.
func TestSeaBIOSStartsAllProcessors(t *testing.T) {
	m := newMachine(0, 1, 2)
	m.cpus[0].reg(0xf0, 0x1ff)
	m.cpus[0].reg(0x350, 0x8700)
	m.cpus[0].reg(0x360, 0x8400)
	m.cpus[0].reg(0x300, 0x000c4500)
	m.cpus[0].reg(0x300, 0x000c4610)
	for i, c := range m.cpus {
		if want := i != 0; (c.inits == 1) != want || (len(c.startUps) == 1) != want {
			t.Errorf("processor %d: %d INITs, started at %x", i, c.inits, c.startUps)
		}
	}
	m.cpus[0].SetLINT(0, true)
	m.cpus[0].SetLINT(1, true)
	if !m.cpus[0].ExtINT() || m.cpus[0].nmis != 1 {
		t.Error("no virtual wire")
	}
}
