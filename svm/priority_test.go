//go:build !tamago

package svm

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm"
)

// The guest's CR8 is in bits 3:0 of the virtual interrupt word, and stays there
// whatever that is used for. APM vol. 2 table B-1, offset 060h.
func TestCR8IsInTheVMCB(t *testing.T) {
	c := running(t, cpuidtest.QEMUEPYC)
	c.engine.redelivers = true
	c.SetCR8(5)
	if v := enter(t, c); v.VIntr != VIntrMasking|5 {
		t.Errorf("the word is %#x", uint64(v.VIntr))
	}
	exit(t, c, ExitINTR, func(v *VMCB) { v.VIntr = v.VIntr&^0xf | 9 })
	if c.CR8() != 9 || *c.Raised() != 9 {
		t.Errorf("the guest made it 9, and it is %d", c.CR8())
	}
	c.Window(true)
	if v := enter(t, c); v.VIntr&0xff != 9 || v.VIntr&VIntrIRQ == 0 {
		t.Errorf("with a window the word is %#x", uint64(v.VIntr))
	}
	c.Window(false)
	c.Interrupt(0x31)
	exit(t, c, ExitINTR, func(v *VMCB) {
		if v.VIntr != virtual31|9 {
			t.Errorf("with a virtual interrupt the word is %#x", uint64(v.VIntr))
		}
		taken(v)
		v.VIntr = v.VIntr&^0xf | 3
	})
	if v := enter(t, c); v.VIntr != VIntrMasking|3 {
		t.Errorf("after it the word is %#x", uint64(v.VIntr))
	}
	c.SetCR8(0)
	if *c.Raised() != 0 || c.v.Clean&CleanTPR != 0 {
		t.Errorf("raised by %d, clean bits %#x", *c.Raised(), c.v.Clean)
	}
}

func TestMovesToCR8ExitWhileSomebodyWaits(t *testing.T) {
	c := running(t, fullEPYC)
	for _, tc := range []struct {
		below uint8
		want  uint16
		clean bool
	}{{0, 0, true}, {5, 1 << 8, false}, {3, 1 << 8, true}, {0, 0, false}} {
		enter(t, c)
		c.ExitBelow(tc.below)
		v := enter(t, c)
		if v.InterceptCRWrite != tc.want || v.InterceptCRRead != 0 || v.Clean&CleanIntercepts != 0 != tc.clean {
			t.Errorf("below %d: intercepts %#x and %#x, clean bits %#x", tc.below, v.InterceptCRRead, v.InterceptCRWrite, v.Clean)
		}
	}
	if e := exit(t, c, ExitCR0Write+8, nil); e.Reason != vmm.ReasonControl || e.Number != 8 || !e.Write {
		t.Errorf("a move to CR8: %+v", e)
	}
}
