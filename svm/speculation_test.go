//go:build !tamago

package svm

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

func TestReservedBitsOfSpecCtrl(t *testing.T) {
	for _, m := range []cpuidtest.Model{fullEPYC, cpuidtest.QEMUEPYC} {
		e, _ := newEngine(t, m)
		c := newCPU(t, e)
		s := longMode()
		s.SpecCtrl = 8
		c.SetState(&s)
		onRun(t, func(*context, *VMCB) { t.Error("WRMSR would fault in the host") })
		var x vmm.Exit
		if c.Run(&x); x.Reason != vmm.ReasonInvalid {
			t.Errorf("%v", x.Reason)
		}
	}
}

func TestSpecCtrl(t *testing.T) {
	bare := withSpeculation(cpuidtest.QEMUEPYC, withIBRS|withSSBD)
	for _, tc := range []struct {
		name    string
		model   cpuidtest.Model
		direct  bool // the guest reads and writes the MSR itself
		extra   uint32
		inVMCB  uint64
		barrier uint32
	}{
		{"switched by the hardware", fullEPYC, true, 0, 5, 1},
		{"switched by software", bare, false, extraSpecCtrl, 0, 0},
	} {
		e, _ := newEngine(t, tc.model)
		m := msrPermissions(amd64.Bytes(uintptr(e.msrpm), msrpmSize))
		if read, write := m.intercepts(msr.SpecCtrl); read == tc.direct || write == tc.direct {
			t.Errorf("%s: reads exit %v, writes exit %v", tc.name, read, write)
		}
		if read, write := m.intercepts(msr.PredCmd); !read || write == (tc.barrier != 0) {
			t.Errorf("%s: PRED_CMD: reads exit %v, writes exit %v", tc.name, read, write)
		}
		c := newCPU(t, e)
		s := longMode()
		s.SpecCtrl = 5
		c.SetState(&s)
		if v := enter(t, c); c.extra != tc.extra || v.SpecCtrl != tc.inVMCB || c.barrier != tc.barrier {
			t.Errorf("%s: the switch does %#x, the VMCB has %#x, barrier %d", tc.name, c.extra, v.SpecCtrl, c.barrier)
		}
		var got x86.State
		if c.State(&got); got.SpecCtrl != 5 {
			t.Errorf("%s: SPEC_CTRL is %#x", tc.name, got.SpecCtrl)
		}
		s.SpecCtrl = 0
		c.SetState(&s)
		if v := enter(t, c); c.extra != 0 || v.SpecCtrl != 0 {
			t.Errorf("%s: SPEC_CTRL 0: the switch does %#x, the VMCB has %#x", tc.name, c.extra, v.SpecCtrl)
		}
	}
}
