//go:build !tamago

package vmx

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

func TestInjectionIsAsTheManualSays(t *testing.T) {
	c, v := running(t)
	for _, tc := range []struct {
		name       string
		queue      func()
		want, code uint64
	}{
		{"nothing", func() {}, 0, 0},
		{"interrupt", func() { c.Interrupt(0x31) }, 0x8000_0031, 0},
		{"interrupt with an exception's number", func() { c.Interrupt(8) }, 0x8000_0008, 0},
		{"#UD", func() { c.Exception(6, 0, false) }, 0x8000_0306, 0},
		{"#GP", func() { c.Exception(13, 0x10, true) }, 0x8000_0b0d, 0x10},
		{"#DF", func() { c.Exception(8, 0, true) }, 0x8000_0b08, 0},
		{"NMI", c.NMI, 0x8000_0202, 0},
	} {
		tc.queue()
		if v.exit(t, c, ReasonInterrupt, nil); v.at.event != tc.want || tc.code != 0 && v.at.eventCode != tc.code {
			t.Errorf("%s: event %#x, code %#x, want %#x, %#x", tc.name, v.at.event, v.at.eventCode, tc.want, tc.code)
		}
		if v.exit(t, c, ReasonInterrupt, nil); v.at.event != 0 {
			t.Errorf("%s comes a second time: %#x", tc.name, v.at.event)
		}
	}
}

func TestCanInterrupt(t *testing.T) {
	for _, tc := range []struct {
		name                string
		flags, shadow       uint64
		queue               func(c *CPU)
		interrupt, interNMI bool
	}{
		{"interrupts on", x86.FlagIF, 0, nil, true, true},
		{"interrupts off", 0, 0, nil, false, true},
		{"after STI", x86.FlagIF, shadowSTI, nil, false, true},
		{"after MOV SS", x86.FlagIF, shadowMOVSS, nil, false, false},
		{"in an NMI's handler", x86.FlagIF, shadowNMI, nil, true, false},
		{"behind an interrupt", x86.FlagIF, 0, func(c *CPU) { c.Interrupt(0x20) }, false, false},
		{"behind an exception", x86.FlagIF, 0, func(c *CPU) { c.Exception(14, 2, true) }, false, false},
	} {
		c, _ := running(t)
		c.flags, c.shadow = x86.FlagFixed|tc.flags, tc.shadow
		if tc.queue != nil {
			tc.queue(c)
		}
		if c.CanInterrupt() != tc.interrupt || c.CanNMI() != tc.interNMI {
			t.Errorf("%s: CanInterrupt %v, CanNMI %v", tc.name, c.CanInterrupt(), c.CanNMI())
		}
	}
}

func TestWindows(t *testing.T) {
	c, v := running(t)
	primary := func() uint64 {
		v.exit(t, c, ReasonInterrupt, nil)
		return v.fields[fieldPrimary]
	}
	if primary()&(primaryInterruptWindow|primaryNMIWindow) != 0 {
		t.Error("windows that nobody asked for")
	}
	c.Window(true)
	if primary()&primaryInterruptWindow == 0 {
		t.Error("no interrupt window")
	}
	if e := v.exit(t, c, ReasonInterruptWindow, nil); e.Reason != vmm.ReasonWindow {
		t.Errorf("the interrupt window: %v", e.Reason)
	}
	c.Window(false)
	if primary()&primaryInterruptWindow != 0 {
		t.Error("the interrupt window stays")
	}
	v.exit(t, c, ReasonCPUID, func(x *context) { x.shadow = shadowNMI })
	if c.CanNMI() {
		t.Fatal("an NMI can come while another is handled")
	}
	if primary()&primaryNMIWindow == 0 {
		t.Error("no NMI window")
	}
	e := v.exit(t, c, ReasonNMIWindow, func(x *context) { x.shadow = 0 })
	if e.Reason != vmm.ReasonNMIWindow || !c.CanNMI() {
		t.Errorf("the NMI window: %v, CanNMI %v", e.Reason, c.CanNMI())
	}
	if primary()&primaryNMIWindow != 0 {
		t.Error("the NMI window stays")
	}
}

// Nothing holds off what is injected, or the entry would be refused.
func TestAnInjectedEventEndsTheShadow(t *testing.T) {
	for name, queue := range map[string]func(c *CPU){
		"NMI": (*CPU).NMI, "exception": func(c *CPU) { c.Exception(13, 0, true) },
	} {
		c, _ := running(t)
		c.shadow = shadowSTI
		queue(c)
		if err := c.wrong(); err != nil || c.shadow != 0 {
			t.Errorf("%s: shadow %#x, %v", name, c.shadow, err)
		}
	}
}

func TestInterruptedDeliveriesAreRepeated(t *testing.T) {
	for _, tc := range []struct {
		name     string
		reason   Reason
		vectored Event
		again    bool
	}{
		{"interrupt", ReasonEPT, EventValid | EventInterrupt | 0x51, true},
		{"NMI", ReasonEPT, EventValid | EventNMI | 2, true},
		{"#PF", ReasonEPT, EventValid | EventException | EventErrorValid | 14, true},
		{"#DB", ReasonEPT, EventValid | EventException | 1, true},
		{"INT n", ReasonEPT, EventValid | 4<<8 | 0x80, false},
		{"INT1", ReasonEPT, EventValid | EventINT1 | 1, false},
		{"INT3", ReasonEPT, EventValid | 6<<8 | 3, false},
		{"interrupt, the host has one too", ReasonInterrupt, EventValid | EventInterrupt | 0x51, true},
		{"nothing", ReasonEPT, EventInterrupt | 0x51, false},
		{"the guest is dead", ReasonTripleFault, EventValid | EventException | EventErrorValid | 8, false},
		{"the entry was refused", ReasonGuestState | reasonEntryFailed, EventValid | EventInterrupt | 0x51, false},
	} {
		c, v := running(t)
		v.fields[fieldVectoringCode] = 7
		e := v.exit(t, c, tc.reason, func(x *context) {
			x.vectoring = uint64(tc.vectored | EventUnblocked) // undefined there
			x.shadow = shadowNMI
		})
		want := uint64(0)
		if tc.again {
			want = uint64(tc.vectored)
		}
		if c.event != want || e.Delivering != tc.again {
			t.Errorf("%s: event %#x, want %#x; delivering %v", tc.name, c.event, want, e.Delivering)
		}
		if tc.vectored&EventErrorValid != 0 && tc.again && c.eventCode != 7 {
			t.Errorf("%s: error code %#x", tc.name, c.eventCode)
		}
		if nmi := tc.vectored&EventType == EventNMI; nmi == (c.shadow&shadowNMI != 0) {
			t.Errorf("%s: NMIs blocked: %v", tc.name, !nmi)
		}
	}
}

// An exception that meets another makes a double fault or a shutdown. SDM
// vol. 3 table 6-5.
func TestDoubleFaults(t *testing.T) {
	const de, ud, df, gp, pf = 0, 6, 8, 13, 14
	for _, tc := range []struct {
		first, second uint8
		want          Event
	}{
		{gp, gp, df}, {de, gp, df}, {pf, pf, df}, {pf, gp, df}, {gp, pf, pf}, {ud, gp, gp}, {gp, ud, ud}, {pf, ud, ud},
	} {
		c, _ := running(t)
		c.Exception(tc.first, 0, tc.first != de && tc.first != ud)
		c.Exception(tc.second, 0, tc.second != ud)
		if got := Event(c.event) & EventVector; got != tc.want {
			t.Errorf("%d and %d: %d, want %d", tc.first, tc.second, got, tc.want)
		}
	}
	c, v := running(t)
	c.Exception(df, 0, true)
	c.Exception(gp, 0, true)
	var e vmm.Exit
	c.Run(&e)
	if e.Reason != vmm.ReasonShutdown || v.entries != 0 || c.event != 0 {
		t.Errorf("#DF and #GP: %v after %d entries, event %#x", e.Reason, v.entries, c.event)
	}
}

// An IRET that ended the blocking of NMIs and faulted is executed again.
func TestAnIRETThatExitsStillBlocksNMIs(t *testing.T) {
	c, v := running(t)
	if v.exit(t, c, ReasonEPT, func(x *context) { x.qualification = eptUnblocked }); c.shadow&shadowNMI == 0 {
		t.Error("EPT violation: an NMI would come before the IRET")
	}
	c.shadow = 0
	v.fields[fieldInterruptInfo] = uint64(EventValid | EventUnblocked | EventException | EventErrorValid | 17)
	if v.exit(t, c, ReasonException, nil); c.shadow&shadowNMI == 0 {
		t.Error("exception: an NMI would come before the IRET")
	}
}
