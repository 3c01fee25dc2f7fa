package pic

import (
	"fmt"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/bus"
)

// machine is a PIC on its ports, with what it told INTR's listener.
type machine struct {
	*PIC
	ports bus.Ports
	intr  bool
	t     testing.TB
}

func newMachine(t testing.TB) *machine {
	m := &machine{PIC: New(), t: t}
	m.Output = func(level bool) {
		if level == m.intr {
			t.Errorf("told twice that INTR is %v", level)
		}
		m.intr = level
	}
	for _, r := range []struct {
		name string
		base uint16
	}{{"pic master", MasterPort}, {"pic slave", SlavePort}, {"elcr", ELCRPort}} {
		d := m.Master()
		switch r.base {
		case SlavePort:
			d = m.Slave()
		case ELCRPort:
			d = m.ELCR()
		}
		if err := m.ports.Register(r.name, r.base, Ports, d); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (m *machine) out(port uint16, vs ...uint8) {
	for _, v := range vs {
		m.ports.Out(port, 1, uint32(v))
	}
}

func (m *machine) in(port uint16) uint8 { return uint8(m.ports.In(port, 1)) }

// initialised is the pair as Linux initialises it: vectors 0x30 to 0x3f, all
// inputs unmasked.
func initialised(t testing.TB) *machine {
	m := newMachine(t)
	m.out(0x20, 0x11)
	m.out(0x21, 0x30, 0x04, 0x01)
	m.out(0xa0, 0x11)
	m.out(0xa1, 0x38, 0x02, 0x01)
	return m
}

func (m *machine) pulse(n int) {
	m.SetLine(n, false)
	m.SetLine(n, true)
}

// want checks INTR, and the vector that an acknowledge gives if there is one.
func (m *machine) want(vector int) {
	m.t.Helper()
	if m.Pending() != m.intr {
		m.t.Fatalf("Pending is %v, the listener was told %v", m.Pending(), m.intr)
	}
	if vector < 0 {
		if m.Pending() {
			m.t.Fatalf("INTR is high, irr %#x %#x", m.master.irr, m.slave.irr)
		}
		return
	}
	if !m.Pending() {
		m.t.Fatalf("INTR is low, want vector %#x", vector)
	}
	if got := m.Acknowledge(); int(got) != vector {
		m.t.Fatalf("acknowledged vector %#x, want %#x", got, vector)
	}
}

const none = -1

func TestSilentBeforeItIsInitialised(t *testing.T) {
	m := newMachine(t)
	m.out(0x21, 0xfb)
	if got := m.in(0x21); got != 0xfb {
		t.Errorf("the mask reads %#x, which was written as 0xfb", got)
	}
	m.out(0x21, 0)
	m.pulse(0)
	m.want(none)
	m.out(0x20, 0x11)
	m.out(0x21, 0x30, 0x04)
	m.pulse(1)
	m.want(none)
	m.out(0x21, 0x01)
	m.want(0x31)
}

func TestEachLineHasItsVector(t *testing.T) {
	for n := range 16 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			m := initialised(t)
			m.Line(n).Set(true)
			if n == cascade {
				m.want(none)
				return
			}
			m.want(0x30 + n)
			m.want(none)
		})
	}
}

func TestLinesOutOfRangeAreIgnored(t *testing.T) {
	m := initialised(t)
	m.SetLine(-1, true)
	m.SetLine(16, true)
	m.want(none)
}

func TestFullyNested(t *testing.T) {
	m := initialised(t)
	m.pulse(4)
	m.want(0x34)
	m.pulse(5)
	m.want(none) // lower, held up
	m.pulse(4)
	m.want(none) // the same
	m.pulse(3)
	m.want(0x33) // higher
	m.out(0x20, 0x20)
	if got := m.master.isr; got != 1<<4 {
		t.Errorf("the EOI left %#x in service, want 4: it ends the highest", got)
	}
	m.want(none)
	m.out(0x20, 0x20)
	m.want(0x34)
	m.out(0x20, 0x20)
	m.want(0x35)
}

func TestSlaveNestsWithinTheMaster(t *testing.T) {
	m := initialised(t)
	m.pulse(12)
	m.want(0x3c)
	m.pulse(8)
	m.want(none) // higher in the slave, but the master has input 2 in service
	m.pulse(1)
	m.want(0x31)
	m.out(0x20, 0x20)
	m.want(none)
	m.out(0xa0, 0x64) // Linux: specific EOIs, slave first
	m.out(0x20, 0x62)
	m.want(0x38)
}

func TestSlaveRequestsThatFollowEachOtherAreAllSeen(t *testing.T) {
	m := initialised(t)
	for n := 8; n < 16; n++ {
		m.pulse(n)
	}
	for n := 8; n < 16; n++ {
		m.want(0x30 + n)
		m.out(0xa0, 0x20)
		m.out(0x20, 0x20)
	}
	m.want(none)
}

func TestSpecialFullyNested(t *testing.T) {
	m := newMachine(t)
	m.out(0x20, 0x11)
	m.out(0x21, 0x30, 0x04, 0x11)
	m.out(0xa0, 0x11)
	m.out(0xa1, 0x38, 0x02, 0x01)
	m.pulse(12)
	m.want(0x3c)
	m.pulse(3)
	m.want(none)
	m.pulse(8)
	m.want(0x38) // the slave's higher one passes
	m.pulse(9)
	m.want(none)
	m.out(0xa0, 0x20)
	m.want(0x39)
}

func TestMask(t *testing.T) {
	m := initialised(t)
	m.out(0x21, 1<<4)
	m.pulse(4)
	m.want(none)
	if got := m.in(0x20); got != 1<<4 {
		t.Errorf("the IRR reads %#x, want the masked request", got)
	}
	m.out(0x21, 0)
	m.want(0x34)
}

func TestEdges(t *testing.T) {
	m := initialised(t)
	m.SetLine(4, true)
	m.want(0x34)
	m.out(0x20, 0x20)
	m.SetLine(4, true)
	m.want(none) // still high: no edge
	m.SetLine(4, false)
	m.want(none)
	m.SetLine(4, true)
	m.want(0x34)
}

func TestLevels(t *testing.T) {
	m := initialised(t)
	m.out(0x4d0, 1<<5)
	m.out(0x4d1, 1<<(11-8))
	for _, n := range []int{5, 11} {
		m.SetLine(n, true)
		m.want(0x30 + n)
		m.out(0xa0, 0x20)
		m.out(0x20, 0x20)
		m.want(0x30 + n) // still high: again
		m.SetLine(n, false)
		m.out(0xa0, 0x20)
		m.out(0x20, 0x20)
		m.want(none)
	}
}

func TestELCR(t *testing.T) {
	m := initialised(t)
	m.ports.Out(0x4d0, 2, 0xffff)
	if got := m.ports.In(0x4d0, 2); got != 0xdef8 {
		t.Errorf("all ones read %#x: lines 0, 1, 2, 8 and 13 are always edges", got)
	}
	m = initialised(t)
	m.SetLine(6, true)
	m.want(0x36)
	m.out(0x20, 0x20)
	m.want(none)
	m.out(0x21, 1<<7)
	m.SetLine(7, true)
	m.out(0x4d0, 1<<6)
	m.want(0x36) // high when it becomes a level
	if got := m.in(0x20); got != 3<<6 {
		t.Errorf("the IRR is %#x: the edge on 7 is no concern of 6", got)
	}
	m.out(0x20, 0x11)
	if got := m.in(0x4d0); got != 1<<6 {
		t.Errorf("ICW1 changed the ELCR to %#x", got)
	}
}

func TestRequestsWithdrawnAreSpurious(t *testing.T) {
	m := initialised(t)
	m.SetLine(4, true)
	m.SetLine(4, false)
	m.want(none)
	if got := m.Acknowledge(); got != 0x37 {
		t.Errorf("acknowledged %#x, want spurious 0x37", got)
	}
	m.out(0x20, 0x0b)
	if got := m.in(0x20); got != 0 {
		t.Errorf("the ISR is %#x, by which a kernel tells that 7 is spurious", got)
	}
	// The slave's request goes once the master has seen it.
	m.SetLine(12, true)
	m.slave.irr = 0
	m.want(0x3f)
	if m.slave.isr != 0 || m.master.isr != 1<<cascade {
		t.Errorf("spurious 15 left %#x and %#x in service, want only the master's 2", m.slave.isr, m.master.isr)
	}
}

func TestStatusReads(t *testing.T) {
	m := initialised(t)
	m.pulse(1)
	m.want(0x31)
	m.pulse(6)
	if got := m.in(0x20); got != 1<<6 {
		t.Errorf("after initialisation a read gives %#x, want the IRR", got)
	}
	m.out(0x20, 0x0b)
	for range 2 {
		if got := m.in(0x20); got != 1<<1 {
			t.Errorf("the ISR reads %#x", got)
		}
	}
	m.out(0x20, 0x0a)
	if got := m.in(0x20); got != 1<<6 {
		t.Errorf("the IRR reads %#x", got)
	}
}

func TestInitialisationClears(t *testing.T) {
	m := initialised(t)
	m.pulse(3)
	m.want(0x33)
	m.pulse(6)
	m.out(0x21, 0x40)
	m.out(0x20, 0x68, 0x0b, 0xc4)
	m.out(0x20, 0x11)
	m.out(0x21, 0x70, 0x04, 0x01)
	if c := &m.master; c.isr != 0 || c.imr != 0 || c.irr != 0 || c.first != 0 || c.specialMask || c.readISR {
		t.Errorf("left over: %+v", *c)
	}
	m.want(none) // 6 is still high, but that is no new edge
	m.pulse(6)
	m.want(0x76)
}

func TestInitialisationLengths(t *testing.T) {
	for _, test := range []struct {
		icw1  uint8
		words []uint8
	}{
		{0x11, []uint8{0x30, 0x04, 0x01}},
		{0x10, []uint8{0x30, 0x04}},
		{0x13, []uint8{0x30, 0x01}},
		{0x12, []uint8{0x30}},
	} {
		m := newMachine(t)
		m.out(0x20, test.icw1)
		m.out(0x21, test.words...)
		m.out(0x21, 0x5a)
		if got := m.in(0x21); got != 0x5a {
			t.Errorf("ICW1 %#x: the word after %#x is no mask but step %d", test.icw1, test.words, m.master.expect)
		}
	}
}

func TestWideAccesses(t *testing.T) {
	m := initialised(t)
	m.out(0x21, 0xa5)
	m.SetLine(1, true)
	if got := m.ports.In(0x20, 2); got != 0xa502 {
		t.Errorf("16 bits at 0x20 are %#x, want the IRR and the mask", got)
	}
	if got := m.ports.In(0x21, 4); got != 0xffffffa5 {
		t.Errorf("32 bits at 0x21 are %#x, want the mask and then ones", got)
	}
	m.ports.Out(0x20, 2, 0x5a0b)
	if !m.master.readISR || m.in(0x21) != 0x5a {
		t.Error("a 16-bit write did not reach both ports")
	}
}

func TestReset(t *testing.T) {
	m := initialised(t)
	m.out(0x4d0, 0xf8)
	m.out(0xa1, 0x5a)
	m.SetLine(5, true)
	m.Reset()
	m.want(none)
	if m.in(0x4d0) != 0 || m.in(0x20) != 0 || m.in(0xa1) != 0 {
		t.Error("reset left the ELCR, the IRR or the slave's mask")
	}
	m.out(0x20, 0x11)
	m.out(0x21, 0x30, 0x04, 0x01)
	m.want(none) // the line stayed high
	m.pulse(5)
	m.want(0x35)
}
