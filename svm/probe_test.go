package svm

import (
	"errors"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
)

func feature(t *testing.T, p vmm.Probe, name string) vmm.Feature {
	t.Helper()
	for _, f := range p.Features {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no feature %q in\n%s", name, p)
	return vmm.Feature{}
}

func withVMCR(m cpuidtest.Model, v uint64) cpuidtest.Model {
	m = m.Clone()
	m.MSRs[msr.VMCR] = v
	return m
}

func TestProbeVerdict(t *testing.T) {
	noPaging := cpuidtest.BochsTrinity.Clone()
	noPaging.Leaves[[2]uint32{0x8000000a, 0}] = [4]uint32{1, 64, 0, 0x44e}
	oneASID := cpuidtest.BochsTrinity.Clone()
	oneASID.Leaves[[2]uint32{0x8000000a, 0}] = [4]uint32{1, 1, 0, 0x44f}
	for _, tc := range []struct {
		name            string
		model           cpuidtest.Model
		present, usable bool
		missing         []string // a part of each line of Missing
	}{
		{"QEMU EPYC", cpuidtest.QEMUEPYC, true, true, nil},
		{"Bochs trinity, VM_CR faults", cpuidtest.BochsTrinity, true, true, nil},
		{"Bochs toliman", cpuidtest.BochsToliman, true, true, nil},
		{"locked but on", withVMCR(cpuidtest.QEMUEPYC, msr.VMCRLock), true, true, nil},
		{"off, not locked", withVMCR(cpuidtest.QEMUEPYC, msr.VMCRSVMDisable), true, true, nil},
		{"off and locked", withVMCR(cpuidtest.QEMUEPYC, msr.VMCRSVMDisable|msr.VMCRLock), true, false, []string{"'SVM Mode'"}},
		{"no nested paging", noPaging, true, false, []string{"nested paging (CPUID 8000000ah.edx[0])"}},
		{"one ASID", oneASID, true, false, []string{"1 ASIDs"}},
		{"AMD without SVM", cpuidtest.QEMUNoVirtualization, false, false, []string{"CPUID 80000001h.ecx[2]"}},
		{"Intel", cpuidtest.BochsBroadwell, false, false, []string{"no SVM"}},
		{"no extended leaves", cpuidtest.BochsWillamette, false, false, []string{"no SVM"}},
		{"no CPUID at all", cpuidtest.Model{}, false, false, []string{"no SVM"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := Probe(tc.model.CPUID(), tc.model.ReadMSR)
			if p.Engine != "svm" || p.Present != tc.present || p.Usable != tc.usable {
				t.Errorf("engine %q, present %v, usable %v, want svm, %v, %v", p.Engine, p.Present, p.Usable, tc.present, tc.usable)
			}
			if len(p.Missing) != len(tc.missing) {
				t.Fatalf("Missing = %q, want %d lines", p.Missing, len(tc.missing))
			}
			for i, part := range tc.missing {
				if !strings.Contains(p.Missing[i], part) {
					t.Errorf("Missing[%d] = %q, want it to say %q", i, p.Missing[i], part)
				}
			}
		})
	}
}

func TestProbeFeatures(t *testing.T) {
	epyc := Probe(cpuidtest.QEMUEPYC.CPUID(), cpuidtest.QEMUEPYC.ReadMSR)
	trinity := Probe(cpuidtest.BochsTrinity.CPUID(), cpuidtest.BochsTrinity.ReadMSR)
	toliman := Probe(cpuidtest.BochsToliman.CPUID(), cpuidtest.BochsToliman.ReadMSR)
	for _, tc := range []struct {
		name                   string
		epyc, trinity, toliman bool
	}{
		{"nested paging", true, true, true},
		{"next RIP saved on #VMEXIT", false, true, false},
		{"decode assists", false, false, false},
		{"TLB flush by ASID", false, true, false},
		{"VMCB clean bits", false, false, false},
		{"LBR virtualization", false, true, true},
		{"TSC ratio MSR", false, false, false},
		{"PAUSE intercept filter", false, true, false},
		{"PAUSE filter threshold", false, false, false},
		{"virtual global interrupt flag", true, false, false},
		{"virtual interrupt controller", false, false, false},
		{"SVM lock", false, true, true},
	} {
		for _, m := range []struct {
			model string
			probe vmm.Probe
			want  bool
		}{{"EPYC", epyc, tc.epyc}, {"trinity", trinity, tc.trinity}, {"toliman", toliman, tc.toliman}} {
			if got := feature(t, m.probe, tc.name); got.Present != m.want {
				t.Errorf("%s: %s present = %v, want %v", m.model, tc.name, got.Present, m.want)
			}
		}
	}
	if f := feature(t, epyc, "ASIDs"); f.Detail != "16" {
		t.Errorf("EPYC's ASIDs: %q, want 16", f.Detail)
	}
	if f := feature(t, trinity, "SVM"); f.Detail != "revision 1" {
		t.Errorf("trinity's SVM: %q, want revision 1", f.Detail)
	}
}

func TestUnreadableMSRIsADetail(t *testing.T) {
	p := Probe(cpuidtest.QEMUEPYC.CPUID(), func(uint32) (uint64, error) { return 0, errors.New("#GP") })
	if f := feature(t, p, "on in firmware"); !f.Present || !strings.Contains(f.Detail, "#GP") {
		t.Errorf("on in firmware = %+v, want present with a detail that says #GP", f)
	}
}
