package lapic

import (
	"slices"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// word is where the processors of these tests have their words, 4 bytes apart.
const word = 0x100

// paravirtual is a machine whose guest has turned the paravirtual end on.
func paravirtual(t testing.TB, ids ...uint32) *machine {
	m := newMachine(ids...)
	for i, c := range m.cpus {
		if !c.WriteMSR(MSRPVEOI, word+uint64(4*i)|1) {
			t.Fatal("the MSR cannot be written")
		}
	}
	return m
}

// onePV is one with one processor.
func onePV(t testing.TB) (*machine, *cpu) {
	m := paravirtual(t, 0)
	return m, m.cpus[0]
}

// take accepts an interrupt and takes it.
func (c *cpu) take(t testing.TB, vector uint8, level bool) {
	t.Helper()
	c.Accept(vector, level)
	c.want(t, vector)
}

// offers checks whether the guest finds an offer, and accepts it if it does.
func (c *cpu) offers(t testing.TB, want bool) {
	t.Helper()
	b := c.pvWord()
	if got := b[0]&1 != 0; got != want {
		t.Fatalf("the guest finds an offer: %v, want %v", got, want)
	}
	b[0] &^= 1
}

func TestTheMSRChecksTheWord(t *testing.T) {
	m, c := one()
	for _, tc := range []struct {
		v  uint64
		ok bool
	}{
		{1, true}, {word | 1, true}, {ram.BlockSize - 4 | 1, true}, {ram.BlockSize | 1, false}, {1<<64 - 4 | 1, false}, {0xfee0_0000 | 1, false},
		{word | 3, false}, {word | 2, false}, {ram.BlockSize, true}, {word, true}, {0, true},
	} {
		c.WriteMSR(MSRPVEOI, 4|1)
		want := tc.v
		if !tc.ok {
			want = 4 | 1
		}
		ok := c.WriteMSR(MSRPVEOI, tc.v)
		if got, readable := c.ReadMSR(MSRPVEOI); ok != tc.ok || !readable || got != want {
			t.Errorf("%#x can be written: %v, and reads %#x, %v", tc.v, ok, got, readable)
		}
	}
	m.ram = nil
	if _, ok := m.add(1, false, busHz).ReadMSR(MSRPVEOI); ok || m.cpus[1].WriteMSR(MSRPVEOI, 0) {
		t.Error("without memory there is the MSR")
	}
}

func TestNothingIsOfferedUnlessEnabled(t *testing.T) {
	_, c := onePV(t)
	c.WriteMSR(MSRPVEOI, word)
	c.take(t, 0x41, false)
	if memory[word] != 0 || c.offered {
		t.Error("an offer")
	}
}

func TestTheWordEndsAnInterrupt(t *testing.T) {
	for _, x2 := range []bool{false, true} {
		_, c := onePV(t)
		if x2 {
			c.x2(t)
		}
		isr := func() uint64 {
			if x2 {
				v, _ := c.ReadMSR(0x812)
				return v
			}
			return uint64(c.get(0x120))
		}
		memory[word], memory[word+1] = 0xfe, 0x55
		for range 3 {
			c.take(t, 0x41, false)
			if memory[word] != 0xff || memory[word+1] != 0x55 {
				t.Fatalf("the word is %x: bit 0 alone may change", memory[word:word+4])
			}
			if isr() != 1<<1 {
				t.Error("not in service before its end")
			}
			c.offers(t, true)
			if isr() != 0 || c.service != 0 {
				t.Error("in service after its end")
			}
			c.want(t, 0)
		}
		// The same vector again, which nobody has looked at since it ended.
		c.take(t, 0x41, false)
		c.offers(t, true)
		c.take(t, 0x41, false)
		c.offers(t, true)
	}
}

func TestAWriteToTheRegisterIsAnEndAllTheSame(t *testing.T) {
	for _, x2 := range []bool{false, true} {
		_, c := onePV(t)
		end := func() { c.reg(0xb0, 0) }
		if x2 {
			c.x2(t)
			end = func() { c.WriteMSR(0x80b, 0) }
		}
		c.take(t, 0x41, true)
		c.take(t, 0x51, false)
		end() // of 51h, whose offer stood
		if memory[word] != 0 || c.service != 0x41 {
			t.Errorf("the word is %#x, in service is %#x", memory[word], c.service)
		}
		c.take(t, 0x61, false)
		c.offers(t, true)
		end() // of 41h
		if c.service != 0 {
			t.Errorf("in service is %#x", c.service)
		}
	}
}

func TestWhatWaitsHasTheGuestWrite(t *testing.T) {
	for _, waits := range []uint8{0x31, 0x42} {
		_, c := onePV(t)
		c.Accept(0x41, false)
		c.Accept(waits, false)
		v, _ := c.Pending()
		c.Acknowledge(v)
		c.offers(t, false)
		c.reg(0xb0, 0)
		v, _ = c.Pending()
		c.Acknowledge(v)
		c.offers(t, true)
		c.want(t, 0)
	}
}

// A request that what is in service holds up must come as soon as that ends, so
// the processor has to come back.
func TestARequestCallsForTheProcessor(t *testing.T) {
	for _, late := range []uint8{0x31, 0x41, 0x4f} {
		_, c := onePV(t)
		c.take(t, 0x41, false)
		c.notified = 0
		c.Accept(late, false)
		if c.notified != 1 {
			t.Fatalf("notified %d times of %#x", c.notified, late)
		}
		c.want(t, 0)
		c.offers(t, false)
		c.notified = 0
		c.reg(0xb0, 0)
		if c.notified == 0 {
			t.Errorf("not notified of %#x at the end", late)
		}
		c.want(t, late)

		// The guest may have been faster.
		_, c = onePV(t)
		c.take(t, 0x41, false)
		c.Accept(late, false)
		c.offers(t, true)
		c.want(t, late)
		c.offers(t, true)

		// Or faster than the sender.
		_, c = onePV(t)
		c.take(t, 0x41, false)
		c.offers(t, true)
		c.notified = 0
		c.Accept(late, false)
		if c.notified != 1 || c.next != late {
			t.Errorf("notified %d times of %#x", c.notified, late)
		}
	}
}

func TestTheTaskPriorityHoldsUpWithAnOffer(t *testing.T) {
	_, c := onePV(t)
	c.take(t, 0x41, false)
	c.SetTPR(0x50)
	c.Accept(0x51, false)
	c.want(t, 0)
	c.offers(t, false)
	c.reg(0xb0, 0)
	c.SetTPR(0x40)
	c.want(t, 0x51)
	c.offers(t, true)
}

func TestNestedInterruptsEndInTheirOrder(t *testing.T) {
	_, c := onePV(t)
	c.take(t, 0x41, false)
	c.take(t, 0x61, false) // withdraws the offer for 41h, and makes one
	c.offers(t, true)
	c.offers(t, false)
	c.reg(0xb0, 0)
	if c.service != 0 {
		t.Errorf("in service is %#x", c.service)
	}
}

func TestLevelInterruptsEndByTheRegister(t *testing.T) {
	m, c := onePV(t)
	c.take(t, 0x41, true)
	c.offers(t, false)
	c.reg(0xb0, 0)
	if !slices.Equal(m.ended, []uint8{0x41}) {
		t.Errorf("broadcast the end of %x", m.ended)
	}
	// An edge's end is seen late: it is not the end of a level of the same vector.
	c.take(t, 0x51, false)
	c.offers(t, true)
	c.Accept(0x51, true)
	if len(m.ended) != 1 {
		t.Errorf("broadcast the end of %x", m.ended)
	}
	c.want(t, 0x51)
	c.offers(t, false)
}

func TestExtINTsHaveNoOffer(t *testing.T) {
	m, c := onePV(t)
	m.bus.Send(Message{Mode: ExtINT})
	c.AcknowledgeExtINT()
	c.offers(t, false)
	c.take(t, 0x41, false)
	m.bus.Send(Message{Mode: ExtINT}) // its end is the 8259s' affair
	c.AcknowledgeExtINT()
	c.offers(t, true)
}

func TestDisablingWithdrawsTheOffer(t *testing.T) {
	for name, disable := range map[string]func(m *machine, c *cpu){
		"the MSR":        func(m *machine, c *cpu) { c.WriteMSR(MSRPVEOI, 0) },
		"another word":   func(m *machine, c *cpu) { c.WriteMSR(MSRPVEOI, 0x200|1) },
		"IA32_APIC_BASE": func(m *machine, c *cpu) { c.WriteMSR(0x1b, 0xfee0_0000) },
		"INIT":           func(m *machine, c *cpu) { m.bus.Send(Message{Dest: 0, Mode: INIT}) },
		"a save":         func(m *machine, c *cpu) { devicetest.Save(c) },
		"a load": func(m *machine, c *cpu) {
			b := devicetest.Save(c)
			c.reg(0xb0, 0)
			c.take(t, 0x51, false)
			devicetest.Load(t, c, b)
		},
		"a request, seen": func(m *machine, c *cpu) { c.Accept(0x31, false); c.Pending() },
	} {
		m, c := onePV(t)
		c.take(t, 0x41, false)
		disable(m, c)
		if memory[word]&1 != 0 || memory[0x200] != 0 || c.offered {
			t.Errorf("%s: the word is %#x", name, memory[word])
		}
		if v, _ := c.ReadMSR(MSRPVEOI); name == "INIT" && v != 0 {
			t.Errorf("%s: the MSR is %#x", name, v)
		}
	}
}

func TestResetLeavesMemoryAlone(t *testing.T) {
	_, c := onePV(t)
	c.take(t, 0x41, false)
	c.Reset()
	if v, _ := c.ReadMSR(MSRPVEOI); v != 0 || c.offered || memory[word] != 1 {
		t.Errorf("the MSR is %#x, the word %#x", v, memory[word])
	}
}

func TestTheOfferSurvivesAsAWrite(t *testing.T) {
	m, c := onePV(t)
	c.take(t, 0x41, false)
	f := m.twin(c)
	devicetest.Survives(t, c, f)
	if v, _ := f.ReadMSR(MSRPVEOI); v != word|1 || f.service != 0x41 {
		t.Errorf("the MSR is %#x, in service is %#x", v, f.service)
	}
	f.offers(t, false)
	f.reg(0xb0, 0)

	c.reg(0xb0, 0)
	c.take(t, 0x42, false)
	c.offers(t, true)
	f = m.twin(c)
	devicetest.Survives(t, c, f)
	if f.service != 0 {
		t.Errorf("what ended before the save, %#x, is in service", f.service)
	}
}

func TestAWordThatIsNotMemoryDoesNotLoad(t *testing.T) {
	for _, v := range []uint64{ram.BlockSize | 1, word | 2} {
		m, c := onePV(t)
		f := m.twin(c)
		c.pvEOI = v
		s := state.Loader(devicetest.Save(c))
		f.State(s)
		if got, _ := f.ReadMSR(MSRPVEOI); s.Close() == nil || got != 0 {
			t.Errorf("%#x loads, the MSR is %#x", v, got)
		}
	}
}
