//go:build !tamago

package svm

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// running is a guest processor in 64-bit mode with interrupts on.
func running(t testing.TB, m cpuidtest.Model) *CPU {
	e, _ := newEngine(t, m)
	c := newCPU(t, e)
	s := longMode()
	c.SetState(&s)
	return c
}

// exit runs the guest to an exit that change describes.
func exit(t testing.TB, c *CPU, code ExitCode, change func(v *VMCB)) (e vmm.Exit) {
	t.Helper()
	old := run
	defer func() { run = old }()
	run = func(c *context) {
		v := vmcbAt(c.vmcb)
		exitWith(v, code)
		if change != nil {
			change(v)
		}
	}
	c.Run(&e)
	return e
}

func TestInjectionIsAsTheManualSays(t *testing.T) {
	c := running(t, cpuidtest.QEMUEPYC)
	for _, tc := range []struct {
		name  string
		queue func()
		want  Event
	}{
		{"nothing", func() {}, 0},
		{"interrupt", func() { c.Interrupt(0x31) }, 0x8000_0031},
		{"interrupt with an exception's number", func() { c.Interrupt(8) }, 0x8000_0008},
		{"#UD", func() { c.Exception(6, 0, false) }, 0x8000_0306},
		{"#GP", func() { c.Exception(13, 0x10, true) }, 0x10_8000_0b0d},
		{"#PF", func() { c.Exception(14, 0xffff_ffff, true) }, 0xffff_ffff_8000_0b0e},
		{"#GP in real mode", func() { c.Exception(13, 0, false) }, 0x8000_030d},
		{"#DF", func() { c.Exception(8, 0, true) }, 0x8000_0b08},
		{"NMI", c.NMI, 0x8000_0202},
	} {
		tc.queue()
		if v := enter(t, c); v.EventInj != tc.want {
			t.Errorf("%s: EVENTINJ is %#x, want %#x", tc.name, v.EventInj, tc.want)
		}
		if v := enter(t, c); v.EventInj != 0 {
			t.Errorf("%s comes a second time: %#x", tc.name, v.EventInj)
		}
	}
}

func TestCanInterrupt(t *testing.T) {
	c := running(t, cpuidtest.QEMUEPYC)
	for _, tc := range []struct {
		name                string
		flags               uint64
		shadow              bool
		queue               func()
		interrupt, interNMI bool
	}{
		{"interrupts on", x86.FlagIF, false, nil, true, true},
		{"interrupts off", 0, false, nil, false, true},
		{"after STI", x86.FlagIF, true, nil, false, false},
		{"after MOV SS", 0, true, nil, false, false},
		{"behind an interrupt", x86.FlagIF, false, func() { c.Interrupt(0x20) }, false, false},
		{"behind an exception", x86.FlagIF, false, func() { c.Exception(14, 2, true) }, false, false},
		{"behind an NMI", x86.FlagIF, false, c.NMI, false, false},
	} {
		s := longMode()
		s.RFLAGS, s.Shadow = x86.FlagFixed|tc.flags, tc.shadow
		c.SetState(&s)
		if tc.queue != nil {
			tc.queue()
		}
		if c.CanInterrupt() != tc.interrupt || c.CanNMI() != tc.interNMI {
			t.Errorf("%s: CanInterrupt %v, CanNMI %v", tc.name, c.CanInterrupt(), c.CanNMI())
		}
		enter(t, c)
	}
}

func TestAShadowOfTheGuestEndsWithIt(t *testing.T) {
	c := running(t, cpuidtest.QEMUEPYC)
	exit(t, c, ExitHLT, func(v *VMCB) { v.InterruptShadow = 3 })
	if c.CanInterrupt() || c.CanNMI() {
		t.Error("STI; HLT exits and the shadow of STI is forgotten")
	}
	if v := enter(t, c); v.InterruptShadow&1 == 0 {
		t.Error("the shadow is not entered with")
	}
	exit(t, c, ExitHLT, func(v *VMCB) { v.InterruptShadow = 2 })
	if !c.CanInterrupt() {
		t.Error("bit 1 is RFLAGS.IF, not the shadow")
	}
}

func TestNoNMIUntilTheGuestHasReturnedFromOne(t *testing.T) {
	c := running(t, cpuidtest.QEMUEPYC)
	if v := enter(t, c); v.Intercept1&InterceptIRET != 0 {
		t.Error("IRET exits with no NMI about")
	}
	c.NMI()
	v := enter(t, c)
	if v.Intercept1&InterceptIRET == 0 {
		t.Fatal("the NMI is delivered and nobody watches for its IRET")
	}
	if c.CanNMI() || !c.CanInterrupt() {
		t.Errorf("in the handler: CanNMI %v, CanInterrupt %v", c.CanNMI(), c.CanInterrupt())
	}
	exit(t, c, ExitCPUID, nil)
	if c.CanNMI() {
		t.Error("CPUID ends the NMI")
	}
	e := exit(t, c, ExitIRET, func(v *VMCB) { v.RIP = 0x2000 })
	if e.Reason != vmm.ReasonHost {
		t.Errorf("IRET: %v", e.Reason)
	}
	if c.CanNMI() {
		t.Error("an NMI now would find the first one's frame on the stack: the IRET is still to come")
	}
	exit(t, c, ExitNPF, func(v *VMCB) {
		if v.Intercept1&InterceptIRET != 0 {
			t.Error("IRET exits again and the guest gets no further")
		}
		v.RIP = 0x2000
	})
	if c.CanNMI() {
		t.Error("the IRET faulted on the stack, and is still to come")
	}
	exit(t, c, ExitINTR, func(v *VMCB) { v.RIP = 0x3000 })
	if !c.CanNMI() {
		t.Error("the guest is back from the NMI, and gets no other")
	}
	c.NMI()
	if v := enter(t, c); v.Intercept1&InterceptIRET == 0 || v.EventInj != 0x8000_0202 {
		t.Errorf("the second NMI: %#x", v.EventInj)
	}
}

func TestWindow(t *testing.T) {
	c := running(t, fullEPYC)
	without := enter(t, c)
	const bits = VIntrIRQ | VIntrIgnoreTPR | VIntrPriority
	c.Window(true)
	v := enter(t, c)
	if v.Intercept1&InterceptVINTR == 0 || v.VIntr&bits != bits || v.VIntr&VIntrMasking == 0 {
		t.Errorf("on: intercepts %#x, virtual interrupt %#x", v.Intercept1, v.VIntr)
	}
	if v.Clean&(CleanIntercepts|CleanTPR) != 0 {
		t.Errorf("on: clean bits %#x", v.Clean)
	}
	c.Window(true)
	if v := enter(t, c); v.Clean&(CleanIntercepts|CleanTPR) != CleanIntercepts|CleanTPR {
		t.Errorf("on and on: clean bits %#x, nothing has changed", v.Clean)
	}
	c.Window(false)
	v = enter(t, c)
	if v.Intercept1 != without.Intercept1 || v.VIntr != without.VIntr {
		t.Errorf("off: intercepts %#x, virtual interrupt %#x", v.Intercept1, v.VIntr)
	}
	if v.Clean&(CleanIntercepts|CleanTPR) != 0 {
		t.Errorf("off: clean bits %#x", v.Clean)
	}
	if e := exit(t, c, ExitVINTR, nil); e.Reason != vmm.ReasonWindow {
		t.Errorf("the window opens: %v", e.Reason)
	}
}

// After a shutdown the saved state is undefined, and the virtual interrupt
// with it. APM vol. 2 §15.14.3.
func TestTheWindowOutlivesAShutdown(t *testing.T) {
	c := running(t, cpuidtest.QEMUEPYC)
	c.Window(true)
	exit(t, c, ExitShutdown, func(v *VMCB) {
		v.VIntr &^= VIntrIRQ | VIntrTPRMask
		v.VIntr |= 0x55
	})
	s := longMode()
	c.SetState(&s)
	if v := enter(t, c); v.VIntr&VIntrIRQ == 0 || v.VIntr&VIntrTPRMask != 0 {
		t.Errorf("the virtual interrupt is %#x", v.VIntr)
	}
}

func TestInterruptedDeliveriesAreRepeated(t *testing.T) {
	for _, tc := range []struct {
		name  string
		code  ExitCode
		event Event
		again bool
	}{
		{"interrupt", ExitNPF, EventValid | EventInterrupt | 0x51, true},
		{"NMI", ExitNPF, EventValid | EventNMI | 2, true},
		{"#PF", ExitNPF, EventValid | EventException | EventErrorValid | 14 | 2<<32, true},
		{"#DB", ExitNPF, EventValid | EventException | 1, true},
		{"INT n", ExitNPF, EventValid | EventSoftware | 0x80, false},
		{"INT3", ExitNPF, EventValid | EventException | 3, false},
		{"INTO", ExitNPF, EventValid | EventException | 4, false},
		{"interrupt, the host has one too", ExitINTR, EventValid | EventInterrupt | 0x51, true},
		{"nothing", ExitNPF, EventInterrupt | 0x51, false},
		{"the guest is dead", ExitShutdown, EventValid | EventException | EventErrorValid | 8, false},
		{"the entry was refused", ExitInvalid, EventValid | EventInterrupt | 0x51, false},
		{"the entry was refused, in 32 bits", 0xffff_ffff, EventValid | EventInterrupt | 0x51, false},
	} {
		c := running(t, cpuidtest.QEMUEPYC)
		exit(t, c, tc.code, func(v *VMCB) { v.ExitIntInfo = tc.event })
		want := Event(0)
		if tc.again {
			want = tc.event
		}
		if c.CanInterrupt() == tc.again {
			t.Errorf("%s: CanInterrupt is %v", tc.name, !tc.again)
		}
		if v := enter(t, c); v.EventInj != want {
			t.Errorf("%s: EVENTINJ is %#x, want %#x", tc.name, v.EventInj, want)
		}
	}
}

// An injected #BP has no instruction that would be executed again.
func TestAnInterruptedInjectionIsRepeated(t *testing.T) {
	for _, vector := range []uint8{3, 4} {
		e, _ := newEngine(t, cpuidtest.QEMUEPYC)
		c := newCPU(t, e) // there is no #OF in 64-bit mode
		c.Exception(vector, 0, false)
		want := EventValid | EventException | Event(vector)
		exit(t, c, ExitNPF, func(v *VMCB) { v.ExitIntInfo = want })
		if v := enter(t, c); v.EventInj != want {
			t.Errorf("vector %d: EVENTINJ is %#x, want %#x", vector, v.EventInj, want)
		}
		if v := enter(t, c); v.EventInj != 0 {
			t.Errorf("vector %d comes a second time", vector)
		}
	}
}

func TestAnInterruptedNMIStillBlocksNMIs(t *testing.T) {
	c := running(t, cpuidtest.QEMUEPYC)
	c.NMI()
	exit(t, c, ExitNPF, func(v *VMCB) { v.ExitIntInfo = EventValid | EventNMI | 2 })
	v := enter(t, c)
	if v.EventInj != EventValid|EventNMI|2 || v.Intercept1&InterceptIRET == 0 || c.CanNMI() {
		t.Errorf("EVENTINJ %#x, IRET intercepted %v, CanNMI %v", v.EventInj, v.Intercept1&InterceptIRET != 0, c.CanNMI())
	}
}
