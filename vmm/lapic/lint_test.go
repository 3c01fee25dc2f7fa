package lapic

import "testing"

func TestLINTModes(t *testing.T) {
	for _, test := range []struct {
		name   string
		pin    int
		entry  uint32
		vector uint8
		nmis   int
		inits  int
		extINT bool
	}{
		{name: "fixed edge", pin: 0, entry: 0x45, vector: 0x45},
		{name: "fixed edge on 1", pin: 1, entry: 0x45, vector: 0x45},
		{name: "fixed level", pin: 0, entry: 0x8045, vector: 0x45},
		{name: "fixed, active low", pin: 0, entry: 0x2045, vector: 0x45},
		{name: "masked", pin: 0, entry: 0x10045},
		{name: "NMI", pin: 1, entry: 0x400, nmis: 1},
		{name: "NMI on 0", pin: 0, entry: 0x400, nmis: 1},
		{name: "NMI masked", pin: 1, entry: 0x10400},
		{name: "INIT", pin: 1, entry: 0x500, inits: 1},
		{name: "SMI", pin: 0, entry: 0x200},
		{name: "ExtINT", pin: 0, entry: 0x700, extINT: true},
		{name: "ExtINT on 1", pin: 1, entry: 0x700},
		{name: "ExtINT masked", pin: 0, entry: 0x10700},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, c := one()
			c.reg(0x350, 0x10000)
			c.reg(0x350+0x10*uint64(test.pin), test.entry)
			c.notified = 0
			c.SetLINT(test.pin, true)
			c.SetLINT(test.pin, true)
			if c.nmis != test.nmis || c.inits != test.inits || c.ExtINT() != test.extINT {
				t.Errorf("%d NMIs, %d INITs, ExtINT %v", c.nmis, c.inits, c.ExtINT())
			}
			if want := test.vector != 0 || test.extINT; (c.notified == 1) != want {
				t.Errorf("notified %d times", c.notified)
			}
			c.want(t, test.vector)
			c.SetLINT(test.pin, false)
			if c.ExtINT() {
				t.Error("ExtINT outlives its pin")
			}
		})
	}
}

func TestLevelLINT0ComesAgainUntilItsPinFalls(t *testing.T) {
	m, c := one()
	c.reg(0x350, 0x8045)
	c.SetLINT(0, true)
	c.want(t, 0x45)
	if got := c.get(0x350); got != 0xc045 {
		t.Errorf("LINT0's entry is %#x, want the remote IRR", got)
	}
	c.SetLINT(0, false)
	c.SetLINT(0, true)
	c.want(t, 0)
	c.reg(0xb0, 0)
	c.want(t, 0x45)
	c.SetLINT(0, false)
	c.reg(0xb0, 0)
	c.want(t, 0)
	if got := c.get(0x350); got != 0x8045 {
		t.Errorf("LINT0's entry is %#x after the end", got)
	}
	if len(m.ended) != 2 {
		t.Errorf("%d ends were broadcast", len(m.ended))
	}
	c.reg(0x350, 0x18045)
	c.SetLINT(0, true)
	c.want(t, 0)
	c.reg(0x350, 0x8045)
	c.want(t, 0x45) // unmasked while high
}

func TestExtINTFollowsTheEntry(t *testing.T) {
	_, c := one()
	c.reg(0x350, 0x10700)
	c.SetLINT(0, true)
	c.notified = 0
	if c.ExtINT() {
		t.Fatal("ExtINT through a masked entry")
	}
	c.reg(0x350, 0x700)
	if !c.ExtINT() || c.notified != 1 {
		t.Errorf("unmasked: ExtINT %v, notified %d times", c.ExtINT(), c.notified)
	}
	c.AcknowledgeExtINT()
	if !c.ExtINT() {
		t.Error("the pin is still high")
	}
}

func TestExtINTAfterReset(t *testing.T) {
	m, c := one()
	c.Reset()
	c.SetLINT(0, true)
	if !c.ExtINT() {
		t.Error("an operating system that knows the 8259s alone gets no interrupts")
	}
	ap := m.add(1, false, busHz)
	ap.SetLINT(0, true)
	if ap.ExtINT() {
		t.Error("the 8259s reach the second processor")
	}
}

func TestPinsWithoutALocalAPIC(t *testing.T) {
	_, c := one()
	c.reg(0x350, 0x10000)
	c.SetLINT(0, true)
	if c.ExtINT() {
		t.Error("INTR through a masked entry")
	}
	c.notified = 0
	if !c.WriteMSR(0x1b, 0xfee00000) {
		t.Fatal("cannot be disabled")
	}
	if !c.ExtINT() || c.notified != 1 {
		t.Errorf("disabled, INTR is %v, notified %d times", c.ExtINT(), c.notified)
	}
	c.SetLINT(1, true)
	if c.nmis != 1 {
		t.Errorf("%d NMIs from the pin", c.nmis)
	}
	c.SetLINT(0, false)
	if c.ExtINT() {
		t.Error("INTR outlives its pin")
	}
	c.SetLINT(0, true)
	if c.notified != 2 {
		t.Errorf("notified %d times", c.notified)
	}
}

func TestExtINTMessageStaysUntilTaken(t *testing.T) {
	m, c := one()
	c.reg(0x350, 0x10000)
	m.bus.Send(Message{Mode: ExtINT})
	if !c.ExtINT() || c.notified != 1 {
		t.Fatalf("ExtINT is %v, notified %d times", c.ExtINT(), c.notified)
	}
	c.AcknowledgeExtINT()
	if c.ExtINT() {
		t.Error("ExtINT was taken and is still there")
	}
}

func TestRemoteIRROfLINT0(t *testing.T) {
	_, c := one()
	c.reg(0x350, 0x8045)
	c.SetLINT(0, true)
	c.want(t, 0x45)

	// Another level interrupt's end is not its own.
	c.Accept(0x95, true)
	c.want(t, 0x95)
	c.reg(0xb0, 0)
	if got := c.get(0x350); got != 0xc045 {
		t.Errorf("the entry is %#x after the end of another vector", got)
	}

	// It outlives a write, and its interrupt is not sent twice.
	c.reg(0x350, 0x18045)
	c.reg(0x350, 0x8045)
	if got := c.get(0x350); got != 0xc045 || c.get(0x220) != 0 {
		t.Errorf("the entry is %#x after it was written, IRR %#x", got, c.get(0x220))
	}

	// It goes when the entry becomes edge-triggered.
	c.reg(0x350, 0x45)
	if got := c.get(0x350); got != 0x45 {
		t.Errorf("the entry is %#x when it is an edge's", got)
	}
}
