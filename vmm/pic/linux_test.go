package pic

import "testing"

// Linux finds out whether there is a PIC by writing a mask and reading it
// back, and restores the masks after it has initialised both.
func TestLinuxProbesAndInitialises(t *testing.T) {
	m := newMachine(t)
	m.SetLine(0, true) // the PIT's output is high from the start
	m.out(0xa1, 0xff)
	m.out(0x21, 0xfb)
	if got := m.in(0x21); got != 0xfb {
		t.Fatalf("probe reads %#x, so Linux runs without a PIC", got)
	}
	m.out(0x21, 0xff)
	m.out(0x20, 0x11)
	m.out(0x21, 0x30, 0x04, 0x01)
	m.out(0xa0, 0x11)
	m.out(0xa1, 0x38, 0x02, 0x01)
	m.out(0x21, 0xfb)
	m.out(0xa1, 0xff)
	m.want(none)

	// The timer: masked and acknowledged with a specific EOI, unmasked later.
	m.out(0x21, 0xfa)
	m.want(none)
	for range 3 {
		m.pulse(0)
		m.want(0x30)
		if got := m.in(0x21); got != 0xfa {
			t.Fatalf("the mask reads %#x", got)
		}
		m.out(0x21, 0xfb)
		m.out(0x20, 0x60)
		m.out(0x21, 0xfa)
		m.want(none)
	}

	// A line of the slave.
	m.out(0xa1, 0xfe)
	m.pulse(8)
	m.want(0x38)
	m.out(0xa1, 0xff)
	m.out(0xa0, 0x60)
	m.out(0x20, 0x62)
	m.out(0xa1, 0xfe)
	m.want(none)
}

// Linux tells a spurious IRQ 7 by the ISR.
func TestLinuxSpuriousTest(t *testing.T) {
	m := initialised(t)
	m.SetLine(7, true)
	m.want(0x37)
	m.out(0x20, 0x0b)
	got := m.in(0x20)
	m.out(0x20, 0x0a)
	if got != 1<<7 {
		t.Errorf("the ISR is %#x, so a real IRQ 7 looks spurious", got)
	}
}

// check_timer's "virtual wire" fall back takes INTR as an edge at the local
// APIC and never acknowledges: every period of the timer must still make one.
func TestTimerEdgesPassWithoutAcknowledge(t *testing.T) {
	m := newMachine(t)
	m.out(0x20, 0x11)
	m.out(0x21, 0x30, 0x04, 0x03)
	m.out(0x21, 0xfa)
	edges := 0
	m.Output = func(level bool) {
		if level {
			edges++
		}
	}
	for range 5 {
		m.pulse(0)
	}
	if edges != 5 {
		t.Errorf("%d edges on INTR, want 5", edges)
	}
	// Older kernels poll after each of them.
	m.out(0x20, 0x0c)
	if got := m.in(0x20); got != 0x80 {
		t.Errorf("polled %#x, want input 0", got)
	}
	if m.Pending() {
		t.Error("INTR is high after the poll")
	}
}

// SeaBIOS has vectors 0x08 and 0x70, masks everything but the cascade, and
// unmasks what it uses; its timer handler ends with a non-specific EOI.
func TestSeaBIOS(t *testing.T) {
	m := newMachine(t)
	m.out(0x20, 0x11)
	m.out(0xa0, 0x11)
	m.out(0x21, 0x08)
	m.out(0xa1, 0x70)
	m.out(0x21, 0x04)
	m.out(0xa1, 0x02)
	m.out(0x21, 0x01)
	m.out(0xa1, 0x01)
	m.out(0x21, 0xfb)
	m.out(0xa1, 0xff)
	m.out(0x21, m.in(0x21)&^1)
	for range 2 {
		m.pulse(0)
		m.want(0x08)
		m.out(0x20, 0x20)
	}
	m.out(0xa1, m.in(0xa1)&^1)
	m.pulse(8)
	m.want(0x70)
	m.out(0xa0, 0x20)
	m.out(0x20, 0x20)
	m.want(none)
}
