package lapic

import "testing"

func TestRegistersAfterReset(t *testing.T) {
	m := newMachine(5, 6)
	for _, c := range m.cpus {
		c.Reset()
	}
	for off, want := range map[uint64]uint32{
		0x020: 5 << 24, 0x030: 0x50014, 0x080: 0, 0x090: 0, 0x0a0: 0, 0x0d0: 0, 0x0e0: 0xffffffff, 0x0f0: 0xff,
		0x100: 0, 0x180: 0, 0x200: 0, 0x280: 0, 0x300: 0, 0x310: 0, 0x320: 0x10000, 0x330: 0x10000, 0x340: 0x10000,
		0x350: 0x700, 0x360: 0x10000, 0x370: 0x10000, 0x380: 0, 0x390: 0, 0x3e0: 0,
	} {
		if got := m.cpus[0].get(off); got != want {
			t.Errorf("%#x is %#x, want %#x", off, got, want)
		}
	}
	if got := m.cpus[1].get(0x350); got != 0x10000 {
		t.Errorf("LINT0 of the second processor is %#x", got)
	}
	c := m.cpus[0]
	c.reg(0xf0, 0x1ff)
	m.bus.Send(Message{Dest: 5, Mode: ExtINT})
	c.reg(0x380, 500)
	c.reg(0x3e0, 0xb)
	c.Reset()
	if c.ExtINT() || c.get(0x380) != 0 || c.get(0x390) != 0 || c.get(0x3e0) != 0 {
		t.Error("reset left an ExtINT or the timer")
	}
	if m.cpus[0].Waiting() || !m.cpus[1].Waiting() {
		t.Error("after a reset the boot processor runs, and the other one waits")
	}
}

func TestWritableBits(t *testing.T) {
	for _, test := range []struct {
		off  uint64
		want uint32 // after all ones
	}{
		{0x020, 0}, {0x030, 0x50014}, {0x080, 0xff}, {0x0d0, 0xff000000}, {0x0e0, 0xffffffff}, {0x0f0, 0x3ff},
		{0x100, 0}, {0x280, 0}, {0x310, 0xff000000}, {0x320, 0x300ff}, {0x330, 0x107ff}, {0x340, 0x107ff},
		{0x350, 0x1a7ff}, {0x360, 0x1a7ff}, {0x370, 0x100ff}, {0x380, 0xffffffff}, {0x390, 0}, {0x3e0, 0xb},
	} {
		_, c := one()
		c.reg(test.off, 0xffffffff)
		if got := c.get(test.off); got != test.want {
			t.Errorf("%#x is %#x after all ones, want %#x", test.off, got, test.want)
		}
	}
	_, c := one()
	c.reg(0x0e0, 0)
	if got := c.get(0x0e0); got != 0x0fffffff {
		t.Errorf("DFR is %#x after 0", got)
	}
	c.reg(0x300, 0xfff3_7000|0x41|1<<18)
	if got := c.get(0x300); got != 0x0004_4041 {
		t.Errorf("ICR is %#x: reserved and read-only bits read 0", got)
	}
}

func TestAccessSizes(t *testing.T) {
	_, c := one()
	c.reg(0x80, 0x20)
	c.Write(0x80, 1, 0x50)
	c.Write(0x80, 2, 0x50)
	c.Write(0x82, 4, 0x50)
	c.Write(0x84, 4, 0x50)
	if got := c.TPR(); got != 0x20 {
		t.Errorf("TPR is %#x, by a write that is not an aligned one of 32 bits", got)
	}
	c.Write(0x80, 8, 0xffffffff_00000030)
	if got := c.TPR(); got != 0x30 {
		t.Errorf("TPR is %#x by a 64-bit write", got)
	}
	for off, want := range map[uint64]uint64{0x30: 0x50014, 0x31: 0x500, 0x32: 0x5, 0x34: 0, 0x38: 0} {
		if got := c.Read(off, 4); got != want {
			t.Errorf("%#x reads %#x, want %#x", off, got, want)
		}
	}
}

func TestNoPageWithoutXAPIC(t *testing.T) {
	_, c := one()
	if gpa, ok := c.Page(); !ok || gpa != 0xfee00000 {
		t.Errorf("the page is at %#x, %v", gpa, ok)
	}
	c.x2(t)
	c.reg(0x80, 0x50)
	if got := c.Read(0x80, 4); got != ^uint64(0) || c.TPR() != 0 {
		t.Errorf("in x2APIC mode the page reads %#x, TPR %#x", got, c.TPR())
	}
	if _, ok := c.Page(); ok {
		t.Error("there is a page in x2APIC mode")
	}
}

func TestNewRefusesATimerThatStandsStill(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a timer of 0 Hz, by which everything divides")
		}
	}()
	new(machine).add(0, true, 0)
}
