package pic

import "testing"

func TestAutoEOI(t *testing.T) {
	m := newMachine(t)
	m.out(0x20, 0x11)
	m.out(0x21, 0x30, 0x04, 0x03)
	m.pulse(4)
	m.want(0x34)
	m.pulse(4)
	m.want(0x34)
	m.out(0x20, 0x80) // rotate in automatic EOI mode
	m.pulse(4)
	m.want(0x34)
	m.pulse(4)
	m.pulse(5)
	m.want(0x35) // 4 is lowest now
	m.want(0x34)
	m.out(0x20, 0x00)
	m.pulse(6)
	m.want(0x36)
	if m.master.first != 5 {
		t.Errorf("the highest is %d: rotation was cleared at 5", m.master.first)
	}
}

func TestAutoEOIOfTheSlaveKeepsItsRequestsComing(t *testing.T) {
	m := newMachine(t)
	m.out(0x20, 0x11)
	m.out(0x21, 0x30, 0x04, 0x03)
	m.out(0xa0, 0x11)
	m.out(0xa1, 0x38, 0x02, 0x03)
	m.pulse(9)
	m.pulse(10)
	m.want(0x39)
	m.want(0x3a)
	m.want(none)
}

func TestEndOfInterruptCommands(t *testing.T) {
	for _, test := range []struct {
		name       string
		command    uint8
		isr, first uint8
	}{
		{"nothing", 0x40, 0x28, 0},
		{"non-specific", 0x20, 0x20, 0},
		{"specific", 0x65, 0x08, 0},
		{"specific, not in service", 0x66, 0x28, 0},
		{"rotate on non-specific", 0xa0, 0x20, 4},
		{"rotate on specific", 0xe5, 0x08, 6},
		{"set priority", 0xc5, 0x28, 6},
	} {
		m := initialised(t)
		m.pulse(5)
		m.want(0x35)
		m.pulse(3)
		m.want(0x33)
		m.out(0x20, test.command)
		if c := &m.master; c.isr != test.isr || c.first != test.first {
			t.Errorf("%s: in service %#x, highest %d; want %#x, %d", test.name, c.isr, c.first, test.isr, test.first)
		}
	}
	m := initialised(t)
	m.out(0x20, 0xa0)
	if m.master.first != 0 {
		t.Error("an EOI with nothing in service rotated")
	}
}

func TestPriorityFollowsRotation(t *testing.T) {
	m := initialised(t)
	m.out(0x20, 0xc4) // 4 is lowest, 5 highest
	for _, n := range []int{0, 4, 5, 7} {
		m.pulse(n)
	}
	for _, n := range []int{5, 7, 0, 4} {
		m.want(0x30 + n)
		m.out(0x20, 0x60|uint8(n))
	}
}

func TestSpecialMaskMode(t *testing.T) {
	m := initialised(t)
	m.pulse(3)
	m.want(0x33)
	m.out(0x21, 1<<3)
	m.pulse(6)
	m.want(none)
	m.out(0x20, 0x68)
	m.want(0x36)
	m.out(0x20, 0x20) // ends 6: 3 is masked
	if m.master.isr != 1<<3 {
		t.Errorf("in service %#x, want the masked 3", m.master.isr)
	}
	m.out(0x20, 0x20)
	if m.master.isr != 1<<3 {
		t.Error("a non-specific EOI ended what is masked")
	}
	m.out(0x20, 0x08) // no change
	if !m.master.specialMask {
		t.Error("OCW3 without ESMM ended special mask mode")
	}
	m.out(0x20, 0x48)
	m.pulse(6)
	m.want(none)
}

func TestPoll(t *testing.T) {
	m := initialised(t)
	m.out(0x20, 0x0c)
	if got := m.in(0x20); got != 0 {
		t.Errorf("nothing to poll: got %#x", got)
	}
	if got := m.in(0x20); got != 0 {
		t.Errorf("the read after a poll gives %#x, want the IRR", got)
	}
	m.out(0x21, 1<<5)
	m.pulse(5)
	m.out(0x20, 0x0c)
	if poll, irr := m.in(0x20), m.in(0x20); poll != 0 || irr != 1<<5 {
		t.Errorf("with what is masked, the poll reads %#x and the next read %#x", poll, irr)
	}
	m.pulse(12)
	m.out(0x20, 0x0c)
	if got := m.in(0x20); got != 0x82 {
		t.Errorf("polled %#x, want input 2", got)
	}
	m.want(none)
	m.out(0xa0, 0x0c)
	if got := m.in(0xa0); got != 0x84 {
		t.Errorf("polled %#x, want input 4 of the slave", got)
	}
	if m.master.isr != 1<<2 || m.slave.isr != 1<<4 {
		t.Errorf("in service %#x and %#x: a poll acknowledges", m.master.isr, m.slave.isr)
	}
}

func TestPollOfTheSlaveKeepsItsRequestsComing(t *testing.T) {
	m := initialised(t)
	m.out(0xa0, 0x11)
	m.out(0xa1, 0x38, 0x02, 0x03) // automatic EOI
	m.pulse(9)
	m.pulse(10)
	m.out(0x20, 0x0c)
	m.in(0x20)
	m.out(0x20, 0x20)
	m.out(0xa0, 0x0c)
	if got := m.in(0xa0); got != 0x81 {
		t.Errorf("polled %#x, want input 1 of the slave", got)
	}
	m.want(0x3a)
}

func TestInitialisationWithoutICW4ClearsItsModes(t *testing.T) {
	m := newMachine(t)
	m.out(0x20, 0x11)
	m.out(0x21, 0x30, 0x04, 0x13)
	m.out(0x20, 0x80)
	m.out(0x20, 0x10)
	m.out(0x21, 0x30, 0x04)
	if c := &m.master; c.autoEOI || c.rotateAuto || c.nestSlaves {
		t.Errorf("left over: %+v", *c)
	}
}
