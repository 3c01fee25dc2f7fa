//go:build !tamago

package svm

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// debugProcessor is DR0 to DR3 and the intercepts of moves to and from them, as
// the switch and the processor treat them.
type debugProcessor struct {
	testing.TB
	dr [4]uint64
}

// run is an entry of a guest which moves this value to DRn and sets DR7. It
// gives up at a move that exits.
func (p *debugProcessor) run(c *context, v *VMCB, n int, value, dr7 uint64) {
	if c.extra&extraLoadDR != 0 {
		p.dr = c.dr
	}
	exitWith(v, ExitINTR)
	switch {
	case v.InterceptDRWrite>>n&1 != 0:
		exitWith(v, ExitDR0Write+ExitCode(n))
	case v.InterceptDRWrite>>7&1 != 0 && v.DR7 != dr7:
		p.dr[n] = value
		exitWith(v, ExitDR0Write+7)
	default:
		p.dr[n] = value
		v.DR7 = dr7
	}
	if c.extra&extraSaveDR != 0 {
		c.dr = p.dr
	}
	if v.DR7&0xff != 0 && p.dr != c.dr {
		p.Errorf("breakpoints %#x, the guest's are %#x", p.dr, c.dr)
	}
	p.dr[3] = 0xbad // the host may use them
}

func TestDebugRegistersOfManyGuests(t *testing.T) {
	for _, m := range []cpuidtest.Model{cpuidtest.QEMUEPYC, fullEPYC} {
		e, _ := newEngine(t, m)
		p := &debugProcessor{TB: t}
		cpus := [...]*CPU{newCPU(t, e), newCPU(t, e), newCPU(t, e)}
		var want [len(cpus)]x86.State
		r := random()
		var n, who int
		var value, dr7 uint64
		onRun(t, func(c *context, v *VMCB) { p.run(c, v, n, value, dr7) })
		for range 3000 {
			who = r.IntN(len(cpus))
			c := cpus[who]
			n, value, dr7 = r.IntN(4), r.Uint64(), 0x400|r.Uint64N(2)*0x55
			for tries := 0; ; tries++ {
				var x vmm.Exit
				if c.Run(&x); x.Reason != vmm.ReasonHost {
					t.Fatalf("%v", x.Reason)
				}
				if c.v.ExitCode == ExitINTR {
					break
				}
				if tries > 1 {
					t.Fatalf("the access exits again and again: %v", c.v.ExitCode)
				}
			}
			c.State(&want[who])
			if want[who].DR[n] != value || want[who].DR7 != dr7 {
				t.Fatalf("guest %d has written %#x to DR%d, DR7 %#x: %#x, %#x", who, value, n, dr7, want[who].DR, want[who].DR7)
			}
			for i, c := range cpus {
				var s x86.State
				if c.State(&s); s.DR != want[i].DR {
					t.Fatalf("guest %d has written, %d has %#x, before %#x", who, i, s.DR, want[i].DR)
				}
			}
		}
	}
}

func TestDebugRegistersAreNotTouchedUnused(t *testing.T) {
	c := running(t, fullEPYC)
	onRun(t, func(c *context, v *VMCB) {
		if c.extra != 0 {
			t.Errorf("the switch does %#x for a guest without breakpoints", c.extra)
		}
		exitWith(v, ExitCPUID)
	})
	var e vmm.Exit
	c.Run(&e)
	if v := c.v; v.InterceptDRRead != 0x0f || v.InterceptDRWrite != 0xaf {
		t.Errorf("intercepts of reads %#x, of writes %#x", v.InterceptDRRead, v.InterceptDRWrite)
	}
}

func TestDebugRegistersOfSetState(t *testing.T) {
	c := running(t, fullEPYC)
	var s x86.State
	c.State(&s)
	s.DR, s.DR7 = [4]uint64{1, 2, 3, 4}, 0x401
	c.SetState(&s)
	onRun(t, func(c *context, v *VMCB) {
		if c.extra != extraLoadDR || c.dr != s.DR || v.DR7 != s.DR7 || v.InterceptDRRead != 0x0f {
			t.Errorf("the switch does %#x, DR0 to DR3 %#x", c.extra, c.dr)
		}
		v.DR7 = 0x400
		exitWith(v, ExitCPUID)
	})
	var e vmm.Exit
	c.Run(&e)
	if c.extra != 0 || c.v.InterceptDRWrite&0x80 == 0 {
		t.Errorf("the guest has turned its breakpoint off: %#x, writes %#x", c.extra, c.v.InterceptDRWrite)
	}
}

func TestSkipEndsAResume(t *testing.T) {
	c := running(t, fullEPYC)
	s := longMode()
	s.RFLAGS |= x86.FlagRF
	c.SetState(&s)
	c.Skip(2)
	if c.Flags()&x86.FlagRF != 0 {
		t.Error("a breakpoint on the next instruction is held off")
	}
}
