//go:build !tamago

package svm

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

const exitDebug = ExitException + 1

// inNMI is a guest that is at the IRET of its NMI handler, at 2000h.
func inNMI(t *testing.T) *CPU {
	t.Helper()
	c := running(t, fullEPYC)
	c.NMI()
	enter(t, c)
	exit(t, c, ExitIRET, func(v *VMCB) { v.RIP = 0x2000 })
	return c
}

// windowOpens runs the guest, which must not be entered.
func windowOpens(t *testing.T, c *CPU) {
	t.Helper()
	onRun(t, func(*context, *VMCB) { t.Error("the guest is entered and the window is open") })
	var e vmm.Exit
	if c.Run(&e); e.Reason != vmm.ReasonNMIWindow || !c.CanNMI() {
		t.Errorf("%v, CanNMI %v, want the NMI window", e.Reason, c.CanNMI())
	}
}

func TestNMIWindowBehindTheIRET(t *testing.T) {
	c := running(t, fullEPYC)
	c.NMI()
	enter(t, c)
	if c.CanNMI() {
		t.Fatal("two NMIs at once")
	}
	exit(t, c, ExitIRET, func(v *VMCB) {
		if v.RFLAGS&x86.FlagTF != 0 {
			t.Error("the handler is single-stepped, and not only its IRET")
		}
		v.RIP, v.DR6 = 0x2000, 0xffff0ff1
	})
	// An interrupt of the host's comes before the IRET.
	exit(t, c, ExitINTR, func(v *VMCB) {
		if v.RFLAGS&x86.FlagTF == 0 || v.Intercept1&InterceptIRET != 0 {
			t.Error("nothing stops the guest behind the IRET")
		}
	})
	if c.Flags()&x86.FlagTF != 0 {
		t.Error("the trap flag can be seen between exits")
	}
	e := exit(t, c, exitDebug, func(v *VMCB) {
		if v.RFLAGS&x86.FlagTF == 0 {
			t.Error("nothing stops the guest behind the IRET, the second time")
		}
		v.RIP, v.RFLAGS, v.DR6 = 0x3000, x86.FlagFixed, 0xffff4ff0
	})
	if e.Reason != vmm.ReasonHost {
		t.Errorf("the engine's own trap is a %v", e.Reason)
	}
	var s x86.State
	if c.State(&s); s.DR6 != 0xffff0ff1 {
		t.Errorf("DR6 is %#x, the guest left %#x", s.DR6, uint64(0xffff0ff1))
	}
	if c.v.Clean&CleanDR != 0 {
		t.Error("DR6 has changed and is marked clean")
	}
	windowOpens(t, c)
	c.NMI()
	if v := enter(t, c); v.EventInj != 0x8000_0202 || v.Intercept1&InterceptIRET == 0 || v.RFLAGS&x86.FlagTF != 0 {
		t.Errorf("the second NMI: EVENTINJ %#x, flags %#x", v.EventInj, v.RFLAGS)
	}
}

// The guest's own single step over the IRET is its own, and so is the trap flag
// that IRET loads.
func TestNMIWindowAndTheGuestsTrapFlag(t *testing.T) {
	c := inNMI(t)
	c.CanNMI()
	exit(t, c, exitDebug, func(v *VMCB) { v.RIP, v.RFLAGS, v.DR6 = 0x3000, x86.FlagFixed|x86.FlagTF, 0xffff4ff0 })
	if c.Flags()&x86.FlagTF == 0 {
		t.Error("the trap flag that IRET has loaded is lost")
	}

	c = inNMI(t)
	var s x86.State
	c.State(&s)
	s.RFLAGS |= x86.FlagTF
	c.SetState(&s)
	c.CanNMI()
	e := exit(t, c, exitDebug, func(v *VMCB) { v.RIP, v.DR6 = 0x3000, 0xffff4ff0 })
	if e.Reason != vmm.ReasonException || e.Vector != 1 || c.Flags()&x86.FlagTF == 0 || c.v.DR6 != 0xffff4ff0 {
		t.Errorf("%v %d, flags %#x, DR6 %#x", e.Reason, e.Vector, c.Flags(), c.v.DR6)
	}
}

func TestNMIWindowAndABreakpoint(t *testing.T) {
	c := inNMI(t)
	c.CanNMI()
	e := exit(t, c, exitDebug, func(v *VMCB) { v.RIP, v.DR6 = 0x3000, 0xffff4ff2 })
	if e.Reason != vmm.ReasonException || e.Vector != 1 || c.v.DR6 != 0xffff0ff2 {
		t.Errorf("the guest's breakpoint 1 behind the IRET: %v %d, DR6 %#x", e.Reason, e.Vector, c.v.DR6)
	}
	c.Exception(1, 0, false)
	enter(t, c)
	windowOpens(t, c)
}

func TestNMIWindowBehindAShadow(t *testing.T) {
	c := running(t, fullEPYC)
	c.v.InterruptShadow = 1
	if c.CanNMI() {
		t.Fatal("an NMI between MOV SS and what follows")
	}
	e := exit(t, c, exitDebug, func(v *VMCB) {
		if v.RFLAGS&x86.FlagTF == 0 {
			t.Error("nothing stops the guest behind the shadow")
		}
		v.RIP, v.InterruptShadow, v.DR6 = 0x1001, 0, 0xffff4ff0
	})
	if e.Reason != vmm.ReasonHost || c.Flags()&x86.FlagTF != 0 {
		t.Errorf("%v, flags %#x", e.Reason, c.Flags())
	}
	windowOpens(t, c)
}

// The processor would save the trap flag with the event's frame.
func TestNMIWindowWaitsForAnEvent(t *testing.T) {
	c := running(t, fullEPYC)
	c.Exception(14, 2, true)
	if c.CanNMI() {
		t.Fatal("an NMI and an exception at once")
	}
	if v := enter(t, c); v.RFLAGS&x86.FlagTF != 0 || v.EventInj != 0x2_8000_0b0e {
		t.Errorf("flags %#x, EVENTINJ %#x", v.RFLAGS, v.EventInj)
	}
	windowOpens(t, c)
	c.NMI()
	if v := enter(t, c); v.EventInj != 0x8000_0202 {
		t.Errorf("EVENTINJ is %#x", v.EventInj)
	}
}

// Who waited has seen for himself that the NMI can come.
func TestNoNMIWindowBehindTheNMIThatWaited(t *testing.T) {
	c := running(t, fullEPYC)
	c.v.InterruptShadow = 1
	c.CanNMI()
	exit(t, c, ExitCPUID, func(v *VMCB) { v.InterruptShadow = 0 })
	if !c.CanNMI() {
		t.Fatal("the shadow is over")
	}
	c.NMI()
	exit(t, c, ExitIRET, func(v *VMCB) { v.RIP = 0x2000 })
	if v := enter(t, c); v.RFLAGS&x86.FlagTF != 0 {
		t.Error("the IRET is single-stepped for nobody")
	}
}

// Nobody waits, nobody is told.
func TestNoNMIWindowUnasked(t *testing.T) {
	c := inNMI(t)
	if v := enter(t, c); v.RFLAGS&x86.FlagTF != 0 {
		t.Error("the IRET is single-stepped for nobody")
	}
	e := exit(t, c, ExitCPUID, func(v *VMCB) { v.RIP = 0x3000 })
	if e.Reason != vmm.ReasonCPUID {
		t.Errorf("%v", e.Reason)
	}
	enter(t, c)
}

func TestInterceptedICEBP(t *testing.T) {
	for name, tc := range map[string]struct {
		m       cpuidtest.Model
		nextRIP uint64
		want    uint64
	}{
		"next RIP saved, with a prefix": {fullEPYC, 0x1002, 0x1002},
		"not saved":                     {cpuidtest.QEMUEPYC, 0, 0x1001},
	} {
		c := running(t, tc.m)
		dr6 := c.v.DR6
		e := exit(t, c, ExitICEBP, func(v *VMCB) { v.RIP, v.NextRIP = 0x1000, tc.nextRIP })
		if e.Reason != vmm.ReasonHost || c.RIP() != tc.want {
			t.Errorf("%s: %v, RIP %#x, want %#x", name, e.Reason, c.RIP(), tc.want)
		}
		if v := enter(t, c); v.EventInj != 0x8000_0301 || v.DR6 != dr6 {
			t.Errorf("%s: EVENTINJ %#x, DR6 %#x", name, v.EventInj, v.DR6)
		}
	}
}

// #DB and #AC exit each time they are delivered, and come again with what the
// processor put in DR6 and the error code. APM vol. 2 §15.12.2, §15.12.14.
func TestReflectedExceptions(t *testing.T) {
	c := running(t, fullEPYC)
	for range 3 {
		e := exit(t, c, exitDebug, func(v *VMCB) { v.DR6 = 0xffff0ff8 })
		c.Exception(e.Vector, e.ErrorCode, false)
		if v := enter(t, c); v.EventInj != 0x8000_0301 || v.DR6 != 0xffff0ff8 {
			t.Errorf("#DB: EVENTINJ %#x, DR6 %#x", v.EventInj, v.DR6)
		}
		// The delivery of an #AC raises the next.
		e = exit(t, c, ExitException+17, func(v *VMCB) { v.ExitIntInfo = EventValid | EventException | EventErrorValid | 17 })
		c.Exception(e.Vector, e.ErrorCode, true)
		if v := enter(t, c); v.EventInj != 0x8000_0b11 {
			t.Errorf("#AC: EVENTINJ %#x", v.EventInj)
		}
	}
}

func TestMachineCheckIsTheHosts(t *testing.T) {
	c := running(t, fullEPYC)
	checks := 0
	onMachineCheck(t, func() { checks++ })
	e := exit(t, c, ExitException+18, nil)
	if e.Reason != vmm.ReasonHost || checks != 1 {
		t.Errorf("%v, the host had %d", e.Reason, checks)
	}
	if v := enter(t, c); v.EventInj != 0 {
		t.Errorf("the guest has one too: %#x", v.EventInj)
	}
}
