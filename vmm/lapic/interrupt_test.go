package lapic

import "testing"

func TestAcceptPendingAcknowledge(t *testing.T) {
	_, c := one()
	c.want(t, 0)
	c.Accept(0x41, false)
	if c.notified != 1 {
		t.Errorf("notified %d times", c.notified)
	}
	if got := c.get(0x220); got != 1<<1 {
		t.Errorf("IRR 40h-5fh is %#x", got)
	}
	c.want(t, 0x41)
	if irr, isr := c.get(0x220), c.get(0x120); irr != 0 || isr != 1<<1 {
		t.Errorf("after the acknowledge, IRR %#x, ISR %#x", irr, isr)
	}
	if got := c.get(0xa0); got != 0x40 {
		t.Errorf("PPR is %#x", got)
	}
	c.reg(0xb0, 0)
	if isr, ppr := c.get(0x120), c.get(0xa0); isr != 0 || ppr != 0 {
		t.Errorf("after the EOI, ISR %#x, PPR %#x", isr, ppr)
	}
}

func TestPriorityClasses(t *testing.T) {
	_, c := one()
	c.Accept(0x51, false)
	c.want(t, 0x51)
	c.Accept(0x5f, false)
	c.want(t, 0) // the same class waits
	c.Accept(0x31, false)
	c.want(t, 0)
	c.Accept(0x60, false)
	c.want(t, 0x60)
	for _, v := range []uint8{0, 0x5f, 0x31, 0} {
		c.reg(0xb0, 0) // ends 60h, 51h, 5fh, 31h
		c.want(t, v)
	}
}

func TestHigherInterruptComesFirst(t *testing.T) {
	_, c := one()
	c.Accept(0x31, false)
	c.Accept(0xef, false)
	if c.notified != 2 {
		t.Errorf("notified %d times: the second is higher", c.notified)
	}
	c.Accept(0x40, false)
	if c.notified != 2 {
		t.Errorf("notified %d times: the third changes nothing", c.notified)
	}
	c.want(t, 0xef)
}

func TestTaskPriorityHoldsUp(t *testing.T) {
	_, c := one()
	c.reg(0x80, 0x4f)
	c.Accept(0x4f, false)
	c.want(t, 0)
	c.notified = 0 // of what the task priority holds up, as far as is known here
	if got := c.get(0xa0); got != 0x4f {
		t.Errorf("PPR is %#x, want the TPR", got)
	}
	c.SetTPR(0x30)
	if c.notified != 1 || c.TPR() != 0x30 {
		t.Errorf("notified %d times, TPR %#x", c.notified, c.TPR())
	}
	c.want(t, 0x4f)
	if got := c.get(0xa0); got != 0x40 {
		t.Errorf("PPR is %#x, want the class in service", got)
	}
	c.SetTPR(0x45)
	if got := c.get(0xa0); got != 0x45 {
		t.Errorf("PPR is %#x, want the TPR of the same class", got)
	}
}

func TestArbitrationPriority(t *testing.T) {
	for _, test := range []struct {
		tpr, irr, isr uint8
		want          uint32
	}{
		{0x25, 0, 0, 0x25},
		{0x45, 0x41, 0x31, 0x45},
		{0x45, 0x41, 0x41, 0x40},
		{0x45, 0x51, 0x31, 0x50},
		{0x45, 0x51, 0x61, 0x60},
	} {
		_, c := one()
		if test.isr != 0 {
			c.Accept(test.isr, false)
			c.want(t, test.isr)
		}
		if test.irr != 0 {
			c.Accept(test.irr, false)
		}
		c.SetTPR(test.tpr)
		if got := c.get(0x90); got != test.want {
			t.Errorf("TPR %#x, IRR %#x, ISR %#x: APR %#x, want %#x", test.tpr, test.irr, test.isr, got, test.want)
		}
	}
}

func TestOnlyLevelInterruptsEndWithABroadcast(t *testing.T) {
	m, c := one()
	c.Accept(0x41, true)
	if got := c.get(0x1a0); got != 1<<1 {
		t.Errorf("TMR 40h-5fh is %#x", got)
	}
	c.want(t, 0x41)
	c.reg(0xb0, 0)
	if len(m.ended) != 1 || m.ended[0] != 0x41 {
		t.Errorf("broadcast the end of %x", m.ended)
	}
	c.Accept(0x41, false)
	c.want(t, 0x41)
	c.reg(0xb0, 0)
	c.reg(0xb0, 0) // nothing in service
	if len(m.ended) != 1 {
		t.Errorf("broadcast the end of %x: the second was an edge", m.ended)
	}
}

func TestAcknowledgeOfWhatIsNotPending(t *testing.T) {
	_, c := one()
	c.Acknowledge(0x55)
	if c.get(0x120) != 0 {
		t.Error("what was not pending is in service")
	}
}

func TestSoftwareDisable(t *testing.T) {
	_, c := one()
	c.reg(0x320, 0x30)
	c.Accept(0x41, false)
	c.reg(0xf0, 0xff)
	if got := c.get(0x320); got != 0x10030 {
		t.Errorf("the timer's entry is %#x, want it masked", got)
	}
	c.reg(0x320, 0x30)
	if got := c.get(0x320); got != 0x10030 {
		t.Errorf("the timer's entry is %#x: it cannot be unmasked", got)
	}
	if c.Accept(0x51, false) {
		t.Error("took an interrupt")
	}
	c.want(t, 0x41) // what came before is kept
	m := newMachine(0, 1)
	m.cpus[1].reg(0xf0, 0xff)
	m.cpus[0].reg(0x310, 1<<24)
	m.cpus[0].reg(0x300, 0x4400)
	if m.cpus[1].nmis != 1 {
		t.Error("no NMI while disabled by software")
	}
}

func TestErrorInterrupt(t *testing.T) {
	_, c := one()
	c.reg(0x370, 0xfe)
	c.reg(0x300, 0x40005) // self IPI with vector 5
	if got := c.get(0x280); got != 0 {
		t.Errorf("ESR is %#x before it is written", got)
	}
	c.want(t, 0xfe)
	c.reg(0xb0, 0)
	c.Accept(3, false) // no second interrupt before the ESR is written
	c.want(t, 0)
	c.reg(0x280, 0)
	if got := c.get(0x280); got != 1<<5|1<<6 {
		t.Errorf("ESR is %#x, want illegal vectors sent and received", got)
	}
	for _, access := range []func(){func() { c.get(0x040) }, func() { c.reg(0x040, 0) }, func() { c.reg(0xff0, 0) }} {
		access()
		c.reg(0x280, 0)
		if got := c.get(0x280); got != 1<<7 {
			t.Errorf("ESR is %#x, want an illegal register", got)
		}
		c.want(t, 0xfe)
		c.reg(0xb0, 0)
	}
	c.Accept(3, false)
	c.want(t, 0xfe)
	c.reg(0xb0, 0)
	c.reg(0x280, 0)
	c.reg(0x370, 7) // the error's own vector is illegal
	c.Accept(3, false)
	c.want(t, 0)
}

func TestRaisedTaskPriorityTakesBackWhatIsPending(t *testing.T) {
	_, c := one()
	c.Accept(0x41, false)
	c.SetTPR(0x40)
	if v, ok := c.Pending(); ok {
		t.Errorf("pending %#x above its priority", v)
	}
	c.SetTPR(0x30)
	c.want(t, 0x41)
}

func TestNotifiedOnceForEachInterrupt(t *testing.T) {
	_, c := one()
	c.Accept(0x41, false)
	c.Accept(0x41, false)
	c.SetTPR(0x10)
	c.SetTPR(0x20)
	if c.notified != 1 {
		t.Errorf("notified %d times", c.notified)
	}
}

func TestLowestLegalVector(t *testing.T) {
	m := newMachine(0, 1)
	if m.bus.Send(Message{Vector: 15}) || !m.bus.Send(Message{Vector: 16}) {
		t.Error("vectors 16 and above are legal, and no others")
	}
	c := m.cpus[1]
	c.reg(0x300, 0x4000|15)
	c.reg(0x300, 0x4110) // lowest priority, 16
	c.reg(0x280, 0)
	if got := c.get(0x280); got != 1<<5 {
		t.Errorf("ESR is %#x", got)
	}
	c.reg(0x300, 0x410f) // lowest priority, 15
	c.reg(0x280, 0)
	if got := c.get(0x280); got != 1<<5 {
		t.Errorf("ESR is %#x for a vector of lowest priority", got)
	}
}

func TestLocalInterruptsAreEdges(t *testing.T) {
	m, c := one()
	c.reg(0x3e0, 0xb)
	c.reg(0x320, 0x30)
	c.reg(0x350, 0x31)
	c.reg(0x380, 1)
	m.clock.Advance(1)
	c.SetLINT(0, true)
	for range 2 {
		v, _ := c.Pending()
		c.want(t, v)
		c.reg(0xb0, 0)
	}
	if len(m.ended) != 0 {
		t.Errorf("the ends of %x were broadcast", m.ended)
	}
}
