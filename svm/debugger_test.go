//go:build !tamago

package svm

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

const debugExit = ExitException + ExitCode(amd64.Debug)

// A step is the trap flag's, of which the guest keeps its own.
func TestAStepIsTheTrapFlags(t *testing.T) {
	c := running(t, fullEPYC)
	c.Debug(&vmm.Debug{Step: true})
	e := exit(t, c, debugExit, func(v *VMCB) {
		if v.RFLAGS&x86.FlagTF == 0 || v.InterceptVectors != allVectors {
			t.Errorf("entered with RFLAGS %#x, exceptions %#x exit", v.RFLAGS, v.InterceptVectors)
		}
		v.RIP++
		v.DR6 |= dr6Step
	})
	if e.Reason != vmm.ReasonDebug || e.Cause != vmm.CauseStep || c.Flags()&x86.FlagTF != 0 || c.v.DR6&dr6Step != 0 {
		t.Errorf("%v, cause %#x, RFLAGS %#x, DR6 %#x", e.Reason, e.Cause, c.Flags(), c.v.DR6)
	}
	if e := exit(t, c, ExitCPUID, nil); e.Reason != vmm.ReasonCPUID || c.Skip(2)&x86.FlagTF != 0 {
		t.Errorf("an exit in a step: %v, and the flag is there", e.Reason)
	}
	c.v.RFLAGS |= x86.FlagTF // the guest steps too
	if e := exit(t, c, debugExit, func(v *VMCB) { v.DR6 |= dr6Step }); e.Reason != vmm.ReasonException || c.Flags()&x86.FlagTF == 0 || c.v.DR6&dr6Step == 0 {
		t.Errorf("the guest's own step: %v, RFLAGS %#x", e.Reason, c.Flags())
	}
	c.Exception(uint8(x86.DebugTrap), 0, false)
	c.v.RFLAGS &^= x86.FlagTF
	exit(t, c, ExitCPUID, func(v *VMCB) {
		if v.RFLAGS&x86.FlagTF != 0 {
			t.Error("an event that is delivered saves the debugger's flag")
		}
	})
	c.Debug(nil)
	exit(t, c, ExitCPUID, func(v *VMCB) {
		if v.RFLAGS&x86.FlagTF != 0 || v.InterceptVectors != alwaysVectors {
			t.Error("it steps on without a debugger")
		}
	})
	if c.work&workDebugger != 0 {
		t.Error("each exit has work to do without a debugger")
	}
}

// While a debugger watches, the guest's debug registers are kept for it.
func TestWatching(t *testing.T) {
	c := running(t, fullEPYC)
	var s x86.State
	c.State(&s)
	s.DR, s.DR7 = [4]uint64{1, 2, 3, 4}, 0x402
	c.SetState(&s)
	watch := vmm.Debug{Watch: [4]vmm.Watch{
		{Address: 0x1000, Size: 1, Kind: vmm.WatchExecute}, {Address: 0x2000, Size: 4, Kind: vmm.WatchWrite}, {Address: 0x3000, Size: 8, Kind: vmm.WatchAccess},
	}}
	c.Debug(&watch)
	e := exit(t, c, debugExit, func(v *VMCB) {
		if v.DR7 != 1<<10|1<<1|1<<3|1<<5|0xd<<20|0xb<<24 || c.dr != [4]uint64{0x1000, 0x2000, 0x3000, 0} || c.extra&extraLoadDR == 0 {
			t.Errorf("entered with DR7 %#x, %#x", v.DR7, c.dr)
		}
		if v.InterceptDRRead != 0xff || v.InterceptDRWrite != 0xff {
			t.Error("the guest sees the debugger's registers")
		}
		v.DR6 |= 1 << 1
	})
	if e.Reason != vmm.ReasonDebug || e.Cause != 1<<1 || c.Flags()&x86.FlagRF != 0 {
		t.Errorf("write: %v, cause %#x", e.Reason, e.Cause)
	}
	if e := exit(t, c, debugExit, func(v *VMCB) { v.DR6 |= 1 << 0 }); e.Cause != 1<<0 || c.Flags()&x86.FlagRF == 0 {
		t.Errorf("execution: %v, cause %#x, RFLAGS %#x", e.Reason, e.Cause, c.Flags())
	}
	if e := exit(t, c, ExitDR0Write+7, nil); e.Reason != vmm.ReasonControl || e.Number != 7 || !e.Write {
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
	if c.dr != s.DR || c.v.DR7 != s.DR7 {
		t.Error("the guest's breakpoints are off")
	}
}

func TestINT1IsTheDebuggers(t *testing.T) {
	c := running(t, fullEPYC)
	c.Debug(&vmm.Debug{Breakpoints: true, Vectors: 1 << x86.PageFault})
	rip := c.RIP()
	if e := exit(t, c, ExitICEBP, nil); e.Reason != vmm.ReasonDebug || e.Cause != vmm.CauseBreakpoint || c.RIP() != rip || c.pending != 0 {
		t.Errorf("%v, cause %#x, %d bytes further", e.Reason, e.Cause, c.RIP()-rip)
	}
	if c.v.InterceptVectors != alwaysVectors|1<<x86.PageFault {
		t.Errorf("exceptions %#x exit", c.v.InterceptVectors)
	}
}

// QEMU forgets what it watches for when DR7 changes in bits that are not those
// that enable, from what a #VMEXIT leaves there.
func TestDR7BehindAnExitMakesQEMUForget(t *testing.T) {
	const vmexit = 0x400
	if dr7None&dr7On != 0 || (dr7None^vmexit)&^dr7On == 0 {
		t.Errorf("DR7 is %#x behind an exit", dr7None)
	}
}
