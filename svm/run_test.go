//go:build !tamago

package svm

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

func TestRunTellsWhenTheGuestRan(t *testing.T) {
	c := running(t, cpuidtest.QEMUEPYC)
	onRun(t, func(c *context, v *VMCB) {
		c.entered, c.left = 1000, 1500
		exitWith(v, ExitHLT)
	})
	var e vmm.Exit
	if c.Run(&e); e.Entered != 1000 || e.Left != 1500 || e.Reason != vmm.ReasonHLT {
		t.Errorf("%+v", e)
	}
}

// The monitor keeps the pointers to the registers for a processor's lifetime.
func TestRegistersStayWhereTheyAre(t *testing.T) {
	c := running(t, cpuidtest.QEMUEPYC)
	gpr, xmm := c.GPR(), c.XMM()
	onRun(t, func(c *context, v *VMCB) {
		c.state.GPR[x86.RAX]++
		c.xmm[15] = x86.XMM{1, 2}
		v.RIP, v.RFLAGS = 0x4000, 0x202
		exitWith(v, ExitCPUID)
	})
	gpr[x86.RAX] = 41
	var e vmm.Exit
	c.Run(&e)
	if gpr[x86.RAX] != 42 || xmm[15] != (x86.XMM{1, 2}) || c.GPR() != gpr || c.XMM() != xmm {
		t.Errorf("RAX %d, XMM15 %v", gpr[x86.RAX], xmm[15])
	}
	if c.RIP() != 0x4000 || c.Flags() != 0x202 || e.RIP != 0x4000 {
		t.Errorf("RIP %#x, flags %#x", c.RIP(), c.Flags())
	}
}

// The x87 control word and MXCSR are those of a reset, not 0, with which the
// first operation would raise an exception.
func TestFloatingPointAtReset(t *testing.T) {
	for _, m := range []cpuidtest.Model{cpuidtest.QEMUEPYC, cpuidtest.BochsToliman} {
		e, _ := newEngine(t, m)
		c := newCPU(t, e)
		area := amd64.Bytes(uintptr(c.fpu), fpuSize)
		if fcw := uint16(area[0]) | uint16(area[1])<<8; fcw != 0x37f || c.mxcsr != 0x1f80 {
			t.Errorf("FCW %#x, MXCSR %#x", fcw, c.mxcsr)
		}
		if c.fpu%64 != 0 {
			t.Errorf("the area is at %#x, XSAVE wants a multiple of 64", c.fpu)
		}
	}
}

// benchmarkExits runs a guest whose every exit is the same.
func benchmarkExits(b *testing.B, change func(v *VMCB)) {
	c := running(b, fullEPYC)
	enter(b, c)
	change(c.v)
	old := run
	run = func(*context) {}
	b.Cleanup(func() { run = old })
	var e vmm.Exit
	b.ReportAllocs()
	for b.Loop() {
		c.Run(&e)
	}
}

func BenchmarkRunCPUID(b *testing.B) {
	benchmarkExits(b, func(v *VMCB) { exitWith(v, ExitCPUID) })
}

func BenchmarkRunPort(b *testing.B) {
	benchmarkExits(b, func(v *VMCB) {
		exitWith(v, ExitIO)
		v.ExitInfo1 = 0x3fd<<16 | 1<<4 | 1
	})
}

func BenchmarkRunMemory(b *testing.B) {
	benchmarkExits(b, func(v *VMCB) {
		exitWith(v, ExitNPF)
		v.ExitInfo1, v.ExitInfo2, v.FetchedBytes = 1<<32|6, 0xfee000b0, 15
	})
}

func BenchmarkRunWithInterrupt(b *testing.B) {
	c := running(b, fullEPYC)
	enter(b, c)
	exitWith(c.v, ExitHLT)
	old := run
	run = func(*context) {}
	b.Cleanup(func() { run = old })
	var e vmm.Exit
	b.ReportAllocs()
	for b.Loop() {
		if !c.CanInterrupt() {
			b.Fatal("the guest takes no interrupt")
		}
		c.Interrupt(0x31)
		c.Run(&e)
		c.Skip(1)
		c.Window(false)
	}
}

func TestAnExitAllocatesNothing(t *testing.T) {
	c := running(t, fullEPYC)
	enter(t, c)
	codes := []ExitCode{ExitINTR, ExitCPUID, ExitIO, ExitNPF, ExitMSR, ExitCR0Write, ExitVINTR, ExitInvalid, ExitIRET, ExitShutdown}
	n := 0
	onRun(t, func(_ *context, v *VMCB) {
		exitWith(v, codes[n%len(codes)])
		n++
	})
	var e vmm.Exit
	var s x86.State
	c.State(&s)
	if got := testing.AllocsPerRun(1000, func() {
		c.Run(&e)
		c.Window(n%3 == 0)
		c.Skip(2)
		c.Exception(13, 0, true)
		c.Run(&e)
		c.State(&s)
		c.SetState(&s)
		c.FlushTLB()
		c.NMI()
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}
