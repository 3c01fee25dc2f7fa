package lapic

import (
	"fmt"
	"testing"
)

func TestX2APICModeTransitions(t *testing.T) {
	const off, on, bad, x2 = 0, 1 << 11, 1 << 10, 3 << 10
	for _, test := range []struct {
		from, to uint64
		ok       bool
	}{
		{on, on, true}, {on, off, true}, {on, x2, true}, {on, bad, false},
		{off, on, true}, {off, off, true}, {off, x2, false}, {off, bad, false},
		{x2, x2, true}, {x2, off, true}, {x2, on, false}, {x2, bad, false},
	} {
		_, c := one()
		if test.from != on && !c.WriteMSR(0x1b, 0xfee00000|test.from) {
			t.Fatalf("no way to %#x", test.from)
		}
		ok := c.WriteMSR(0x1b, 0xfee00000|test.to)
		v, readable := c.ReadMSR(0x1b)
		want := test.from
		if test.ok {
			want = test.to
		}
		if ok != test.ok || !readable || v != 0xfee00100|want {
			t.Errorf("from %#x to %#x: %v, IA32_APIC_BASE is %#x", test.from, test.to, ok, v)
		}
	}
}

func TestBaseMSR(t *testing.T) {
	_, c := one()
	for _, v := range []uint64{1, 1 << 9, 1 << 52, 1 << 63} {
		if c.WriteMSR(0x1b, 0xfee00800|v) {
			t.Errorf("reserved bit %#x can be written", v)
		}
	}
	c.reg(0x80, 0x20)
	if !c.WriteMSR(0x1b, 0xd0000800) {
		t.Fatal("the page cannot be moved")
	}
	if gpa, ok := c.Page(); !ok || gpa != 0xd0000000 {
		t.Errorf("the page is at %#x, %v", gpa, ok)
	}
	if got := c.get(0x80); got != 0x20 {
		t.Errorf("TPR is %#x after the page moved", got)
	}
	c.WriteMSR(0x1b, 0xfee00000)
	c.WriteMSR(0x1b, 0xfee00800)
	if got := c.get(0x80); got != 0 {
		t.Errorf("TPR is %#x after the local APIC was off", got)
	}
}

func TestX2APICRegisters(t *testing.T) {
	const r, w = 1, 2
	rights := map[uint32]int{
		0x802: r, 0x803: r, 0x808: r | w, 0x80a: r, 0x80b: w, 0x80d: r, 0x80f: r | w, 0x828: r | w, 0x830: r | w,
		0x832: r | w, 0x833: r | w, 0x834: r | w, 0x835: r | w, 0x836: r | w, 0x837: r | w, 0x838: r | w, 0x839: r,
		0x83e: r | w, 0x83f: w,
	}
	for i := range uint32(24) {
		rights[0x810+i] = r
	}
	for msr := uint32(0x800); msr < 0x900; msr++ {
		_, c := one()
		if _, ok := c.ReadMSR(msr); ok {
			t.Errorf("%#x can be read outside x2APIC mode", msr)
		}
		if c.WriteMSR(msr, 0) {
			t.Errorf("%#x can be written outside x2APIC mode", msr)
		}
		c.x2(t)
		if _, ok := c.ReadMSR(msr); ok != (rights[msr]&r != 0) {
			t.Errorf("%#x can be read: %v", msr, ok)
		}
		if ok := c.WriteMSR(msr, 0); ok != (rights[msr]&w != 0) {
			t.Errorf("%#x can be written: %v", msr, ok)
		}
	}
	_, c := one()
	if _, ok := c.ReadMSR(0x10); ok || c.WriteMSR(0x7ff, 0) {
		t.Error("has a register that is not a local APIC's")
	}
}

func TestX2APICReservedBits(t *testing.T) {
	for msr, valid := range map[uint32]uint64{
		0x808: 0xff, 0x80b: 0, 0x80f: 0x3ff, 0x828: 0, 0x830: 0xffffffff_000cdfff, 0x832: 0x710ff, 0x833: 0x117ff,
		0x834: 0x117ff, 0x835: 0x1f7ff, 0x836: 0x1f7ff, 0x837: 0x110ff, 0x838: 0xffffffff, 0x83e: 0xb, 0x83f: 0xff,
	} {
		for bit := range 64 {
			_, c := one()
			c.x2(t)
			if ok := c.WriteMSR(msr, 1<<bit); ok != (valid>>bit&1 != 0) {
				t.Errorf("%#x bit %d: %v", msr, bit, ok)
			}
		}
	}
}

func TestX2APICIds(t *testing.T) {
	for id, want := range map[uint32]uint64{0: 1, 5: 1 << 5, 0x1f: 1<<16 | 1<<15, 0x12345: 0x1234_0020} {
		m := newMachine(id)
		c := m.cpus[0]
		if got := c.get(0x20); got != id<<24 {
			t.Errorf("the xAPIC id of %#x is %#x", id, got)
		}
		c.x2(t)
		if v, _ := c.ReadMSR(0x802); v != uint64(id) {
			t.Errorf("the id of %#x is %#x", id, v)
		}
		if v, _ := c.ReadMSR(0x80d); v != want {
			t.Errorf("the LDR of %#x is %#x, want %#x", id, v, want)
		}
	}
}

func TestX2APICIPIs(t *testing.T) {
	m := newMachine(0, 0x123)
	a, b := m.cpus[0], m.cpus[1]
	a.x2(t)
	b.x2(t)
	a.WriteMSR(0x83f, 0x41)
	a.want(t, 0x41)
	if !a.WriteMSR(0x80b, 0) || a.service != 0 {
		t.Error("no EOI")
	}
	const icr = 0x123<<32 | 0x4042
	if !a.WriteMSR(0x830, icr) {
		t.Error("no IPI")
	}
	b.want(t, 0x42)
	if v, _ := a.ReadMSR(0x830); v != icr {
		t.Errorf("the ICR reads %#x", v)
	}
	a.WriteMSR(0x830, 0xff<<32|0x4043)
	for _, c := range m.cpus {
		c.want(t, 0)
	}
	a.WriteMSR(0x830, 0xffffffff<<32|0x4051)
	for _, c := range m.cpus {
		c.want(t, 0x51)
	}
	last := m.cpus[len(m.cpus)-1]
	last.WriteMSR(0x83f, 0x61)
	for _, c := range m.cpus[:len(m.cpus)-1] {
		c.want(t, 0)
	}
	last.want(t, 0x61)
	a.WriteMSR(0x83f, 5)
	a.WriteMSR(0x828, 0)
	if v, _ := a.ReadMSR(0x828); v != 1<<5 {
		t.Errorf("ESR is %#x after a self IPI with vector 5", v)
	}
}

func TestX2APICStateSharesTheRegisters(t *testing.T) {
	_, c := one()
	c.reg(0x80, 0x30)
	c.reg(0x350, 0x700)
	c.Accept(0x51, false)
	c.x2(t)
	for msr, want := range map[uint32]uint64{0x803: 0x50014, 0x808: 0x30, 0x80a: 0x30, 0x80f: 0x1ff, 0x822: 1 << 17, 0x835: 0x700} {
		if v, ok := c.ReadMSR(msr); v != want || !ok {
			t.Error(fmt.Sprintf("%#x is %#x, %v, want %#x", msr, v, ok, want))
		}
	}
}
