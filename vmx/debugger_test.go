//go:build !tamago

package vmx

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// debugExit runs the guest to a #DB with causes.
func debugExit(t *testing.T, c *CPU, v *fakeVMCS, causes uint64, entered func(x *context)) vmm.Exit {
	t.Helper()
	v.fields[fieldInterruptInfo] = uint64(EventValid | EventException | Event(amd64.Debug))
	return v.exit(t, c, ReasonException, func(x *context) {
		x.qualification = causes
		if entered != nil {
			entered(x)
		}
	})
}

// Without a monitor trap flag a step is the trap flag's, of which the guest
// keeps its own. Nothing holds the trap off.
func TestAStepIsTheTrapFlags(t *testing.T) {
	c, v := running(t)
	c.shadow = shadowSTI
	c.Debug(&vmm.Debug{Step: true})
	e := debugExit(t, c, v, dr6Step, func(x *context) {
		if x.flags&x86.FlagTF == 0 || x.shadow != 0 || v.fields[fieldExceptions] != allVectors {
			t.Errorf("entered with RFLAGS %#x, shadow %#x, exceptions %#x exit", x.flags, x.shadow, v.fields[fieldExceptions])
		}
		x.shadow = shadowMOVSS
		v.fields[fieldPendingDebug] = pendingStep
	})
	if e.Reason != vmm.ReasonDebug || e.Cause != vmm.CauseStep || c.Flags()&x86.FlagTF != 0 || c.dr6&dr6Step != 0 {
		t.Errorf("%v, cause %#x, RFLAGS %#x, DR6 %#x", e.Reason, e.Cause, c.Flags(), c.dr6)
	}
	if v.fields[fieldPendingDebug] != 0 {
		t.Error("a step is pending though the flag is off: no entry is possible")
	}
	if e := v.exit(t, c, ReasonCPUID, nil); e.Reason != vmm.ReasonCPUID || c.Skip(2)&x86.FlagTF != 0 {
		t.Errorf("an exit in a step: %v, and the flag is there", e.Reason)
	}
	c.bell.Attention.Store(1)
	var rung vmm.Exit
	if c.Run(&rung); rung.Reason != vmm.ReasonHost || c.Flags()&x86.FlagTF != 0 {
		t.Errorf("a bell in front of a step: %v, RFLAGS %#x", rung.Reason, c.Flags())
	}
	c.bell.Attention.Store(0)
	c.flags |= x86.FlagTF // the guest steps too
	if e := debugExit(t, c, v, dr6Step, nil); e.Reason != vmm.ReasonException || c.Flags()&x86.FlagTF == 0 || c.dr6&dr6Step == 0 {
		t.Errorf("the guest's own step: %v, RFLAGS %#x", e.Reason, c.Flags())
	}
	c.flags &^= x86.FlagTF
	c.Exception(uint8(x86.DebugTrap), 0, false)
	v.exit(t, c, ReasonCPUID, func(x *context) {
		if x.flags&x86.FlagTF != 0 {
			t.Error("an event that is delivered saves the debugger's flag")
		}
	})
	c.Debug(nil)
	v.exit(t, c, ReasonCPUID, func(x *context) {
		if x.flags&x86.FlagTF != 0 || v.fields[fieldExceptions] != vectors {
			t.Error("it steps on without a debugger")
		}
	})
	if c.work != 0 {
		t.Error("each exit has work to do without a debugger")
	}
}

func TestAStepIsTheMonitorTrapFlags(t *testing.T) {
	c, v := running(t)
	c.engine.trapFlag = true
	c.Debug(&vmm.Debug{Step: true})
	e := v.exit(t, c, ReasonTrapFlag, func(x *context) {
		if x.flags&x86.FlagTF != 0 || v.fields[fieldPrimary]&primaryTrapFlag == 0 {
			t.Errorf("entered with RFLAGS %#x, primary controls %#x", x.flags, v.fields[fieldPrimary])
		}
	})
	if e.Reason != vmm.ReasonDebug || e.Cause != vmm.CauseStep || c.primary&primaryTrapFlag != 0 {
		t.Errorf("%v, cause %#x, primary controls %#x", e.Reason, e.Cause, c.primary)
	}
}

// While a debugger watches, the guest's debug registers are kept for it.
func TestWatching(t *testing.T) {
	c, v := running(t)
	var s x86.State
	c.State(&s)
	s.DR, s.DR7 = [4]uint64{1, 2, 3, 4}, 0x402
	c.SetState(&s)
	watch := vmm.Debug{Watch: [4]vmm.Watch{
		{Address: 0x1000, Size: 1, Kind: vmm.WatchExecute}, {Address: 0x2000, Size: 4, Kind: vmm.WatchWrite}, {Address: 0x3000, Size: 8, Kind: vmm.WatchAccess},
	}}
	c.Debug(&watch)
	e := debugExit(t, c, v, 1<<1, func(x *context) {
		if v.fields[fieldDR7] != 1<<10|1<<1|1<<3|1<<5|0xd<<20|0xb<<24 || x.dr != [4]uint64{0x1000, 0x2000, 0x3000, 0} || x.extra&extraLoadDR == 0 {
			t.Errorf("entered with DR7 %#x, %#x", v.fields[fieldDR7], x.dr)
		}
	})
	if e.Reason != vmm.ReasonDebug || e.Cause != 1<<1 || c.Flags()&x86.FlagRF != 0 {
		t.Errorf("write: %v, cause %#x", e.Reason, e.Cause)
	}
	if e := debugExit(t, c, v, 1<<0|1<<3, nil); e.Cause != 1<<0 || c.Flags()&x86.FlagRF == 0 {
		t.Errorf("execution: %v, cause %#x, RFLAGS %#x", e.Reason, e.Cause, c.Flags())
	}
	if e := v.exit(t, c, ReasonDR, func(x *context) { x.qualification = 7 | 3<<8 }); e.Reason != vmm.ReasonControl || e.Number != 7 || !e.Write || e.Register != 3 {
		t.Errorf("a move to DR7: %+v", e)
	}
	for _, when := range []string{"while", "behind"} {
		var now x86.State
		c.State(&now)
		if now.DR != s.DR || now.DR6 != s.DR6 || now.DR7 != s.DR7 {
			t.Errorf("%s it: the guest has DR %#x, DR6 %#x, DR7 %#x", when, now.DR, now.DR6, now.DR7)
		}
		c.Debug(nil)
	}
	if v.exit(t, c, ReasonCPUID, nil); c.dr != s.DR || v.fields[fieldDR7] != s.DR7 {
		t.Error("the guest's breakpoints are off")
	}
}

func TestINT1IsTheDebuggers(t *testing.T) {
	c, v := running(t)
	c.Debug(&vmm.Debug{Breakpoints: true, Vectors: 1 << x86.PageFault})
	v.fields[fieldInterruptInfo] = uint64(EventValid | EventINT1 | Event(amd64.Debug))
	rip := c.RIP()
	e := v.exit(t, c, ReasonException, func(x *context) {
		x.length = 1
		if v.fields[fieldExceptions] != vectors|1<<x86.PageFault {
			t.Errorf("exceptions %#x exit", v.fields[fieldExceptions])
		}
	})
	if e.Reason != vmm.ReasonDebug || e.Cause != vmm.CauseBreakpoint || c.RIP() != rip || c.event != 0 {
		t.Errorf("%v, cause %#x, %d bytes further", e.Reason, e.Cause, c.RIP()-rip)
	}
}
