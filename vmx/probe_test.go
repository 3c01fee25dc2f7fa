package vmx

import (
	"errors"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
)

func probe(m cpuidtest.Model) vmm.Probe { return Probe(m.CPUID(), m.ReadMSR) }

func feature(p vmm.Probe, name string) (f vmm.Feature, ok bool) {
	for _, f := range p.Features {
		if f.Name == name {
			return f, true
		}
	}
	return f, false
}

// with is broadwell with some MSRs changed; the value gone takes one away.
const gone = ^uint64(0)

func with(values map[uint32]uint64) cpuidtest.Model {
	m := cpuidtest.BochsBroadwell.Clone()
	for num, v := range values {
		if m.MSRs[num] = v; v == gone {
			delete(m.MSRs, num)
		}
	}
	return m
}

func TestProbeVerdict(t *testing.T) {
	const (
		lock = msr.FeatureControlLock
		out  = msr.FeatureControlOutSMX
		in   = msr.FeatureControlInSMX
	)
	penryn := []string{"no EPT (", "no unrestricted guest (", "no load PAT on exit", "no save EFER on exit", "no load EFER on exit", "no load PAT on entry",
		"no load EFER on entry"}
	for _, tc := range []struct {
		name            string
		model           cpuidtest.Model
		present, usable bool
		missing         []string // a part of each line of Missing
	}{
		{"Bochs broadwell", cpuidtest.BochsBroadwell, true, true, nil},
		{"Bochs skylake", cpuidtest.BochsSkylake, true, true, nil},
		{"not locked", with(map[uint32]uint64{msr.FeatureControl: 0}), true, true, nil},
		{"locked, on inside and outside SMX", with(map[uint32]uint64{msr.FeatureControl: lock | in | out}), true, true, nil},
		{"feature control unreadable", with(map[uint32]uint64{msr.FeatureControl: gone}), true, true, nil},
		{"without true controls", with(map[uint32]uint64{msr.VMXBasic: 0x0058_1000_0000_002b, msr.VMXTruePinCtls: gone}), true, false, []string{"no true controls"}},
		{"off and locked", with(map[uint32]uint64{msr.FeatureControl: lock}), true, false, []string{"'VT-x'"}},
		{"on inside SMX only", with(map[uint32]uint64{msr.FeatureControl: lock | in}), true, false, []string{"Trusted Execution"}},
		{"VMCS not write-back", with(map[uint32]uint64{msr.VMXBasic: 0x0080_1000_0000_002b}), true, false,
			[]string{"memory type 0"}},
		{"no capability registers", with(map[uint32]uint64{msr.VMXBasic: gone}), true, false, []string{"IA32_VMX_BASIC"}},
		{"no pin controls", with(map[uint32]uint64{msr.VMXTruePinCtls: gone}), true, false,
			[]string{"external-interrupt exiting (IA32_VMX_TRUE_PINBASED_CTLS bit 32)", "NMI exiting", "virtual NMIs"}},
		{"no EPT capabilities", with(map[uint32]uint64{msr.VMXEPTVPIDCap: gone}), true, false,
			[]string{"EPT four-level walk", "EPT write-back structures", "EPT 2 MiB pages", "INVEPT"}},
		{"no secondary controls", with(map[uint32]uint64{msr.VMXTrueProcCtls: 0x77f9fffe_04006172}), true, false,
			[]string{"secondary controls", "no EPT (", "unrestricted guest"}},
		{"EPT without unrestricted guest", with(map[uint32]uint64{msr.VMXProcCtls2: 0x00057f7f_00000000}), true, false,
			[]string{"unrestricted guest (IA32_VMX_PROCBASED_CTLS2 bit 39)"}},
		{"Bochs penryn, no EPT", cpuidtest.BochsPenryn, true, false, penryn},
		{"no VMX", cpuidtest.BochsWillamette, false, false, []string{"no VMX (CPUID 00000001h.ecx[5])"}},
		{"AMD", cpuidtest.QEMUEPYC, false, false, []string{"no VMX"}},
		{"no virtualization", cpuidtest.QEMUNoVirtualization, false, false, []string{"no VMX"}},
		{"no CPUID at all", cpuidtest.Model{}, false, false, []string{"no VMX"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := probe(tc.model)
			if p.Engine != "vmx" || p.Present != tc.present || p.Usable != tc.usable {
				t.Errorf("engine %q, present %v, usable %v, want vmx, %v, %v", p.Engine, p.Present, p.Usable, tc.present, tc.usable)
			}
			if len(p.Missing) != len(tc.missing) {
				t.Fatalf("Missing has %d lines, want %d:\n%s", len(p.Missing), len(tc.missing), strings.Join(p.Missing, "\n"))
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
	broadwell, skylake, penryn := probe(cpuidtest.BochsBroadwell), probe(cpuidtest.BochsSkylake), probe(cpuidtest.BochsPenryn)
	for _, tc := range []struct {
		name                       string
		broadwell, skylake, penryn bool
	}{
		{"true controls", true, true, true},
		{"VMX-preemption timer", true, true, false},
		{"monitor trap flag", false, false, false},
		{"posted interrupts", false, false, false},
		{"MSR bitmaps", true, true, true},
		{"EPT", true, true, false},
		{"VPID", true, true, false},
		{"unrestricted guest", true, true, false},
		{"virtualize APIC accesses", true, true, true},
		{"virtual-interrupt delivery", true, true, false},
		{"VMCS shadowing", true, true, false},
		{"TSC scaling", false, true, false},
		{"page-modification logging", false, true, false},
		{"EPT 2 MiB pages", true, true, false},
		{"EPT 1 GiB pages", true, true, false},
		{"EPT accessed and dirty flags", true, true, false},
		{"INVEPT single-context", true, true, false},
		{"INVVPID all-context", true, true, false},
		{"EPT five-level walk", false, false, false},
		{"EPTP switching", true, true, false},
		{"wait-for-SIPI activity state", true, true, true},
	} {
		for _, m := range []struct {
			model string
			probe vmm.Probe
			want  bool
		}{{"broadwell", broadwell, tc.broadwell}, {"skylake", skylake, tc.skylake}, {"penryn", penryn, tc.penryn}} {
			if f, _ := feature(m.probe, tc.name); f.Present != m.want {
				t.Errorf("%s: %s present = %v, want %v", m.model, tc.name, f.Present, m.want)
			}
		}
	}
	if f, _ := feature(broadwell, "write-back VMCS"); f.Detail != "revision 0x2b, 4096 bytes, memory type 6" {
		t.Errorf("write-back VMCS: %q", f.Detail)
	}
}

// Registers that do not exist on a processor must not be read: RDMSR would #GP.
func TestProbeReadsOnlyRegistersThatExist(t *testing.T) {
	for _, tc := range []struct {
		name  string
		model cpuidtest.Model
	}{{"penryn", cpuidtest.BochsPenryn}, {"skylake", cpuidtest.BochsSkylake}, {"willamette", cpuidtest.BochsWillamette}} {
		Probe(tc.model.CPUID(), func(num uint32) (uint64, error) {
			v, err := tc.model.ReadMSR(num)
			if err != nil {
				t.Errorf("%s: reads %s", tc.name, msr.Name(num))
			}
			return v, err
		})
	}
}

func TestUnreadableRegistersAreDetails(t *testing.T) {
	broken := errors.New("#GP")
	for num := range cpuidtest.BochsBroadwell.MSRs {
		p := Probe(cpuidtest.BochsBroadwell.CPUID(), func(n uint32) (uint64, error) {
			if n == num {
				return 0, broken
			}
			return cpuidtest.BochsBroadwell.ReadMSR(n)
		})
		said := false
		for _, f := range p.Features {
			said = said || strings.Contains(f.Detail, "#GP")
		}
		switch num {
		case msr.VMXPinCtls, msr.VMXProcCtls, msr.VMXExitCtls, msr.VMXEntryCtls,
			msr.VMXCR0Fixed0, msr.VMXCR0Fixed1, msr.VMXCR4Fixed0, msr.VMXCR4Fixed1, msr.VMXVMCSEnum:
			if said {
				t.Errorf("%s is read, and the true controls are there", msr.Name(num))
			}
		default:
			if !said {
				t.Errorf("%s faults and no detail says so", msr.Name(num))
			}
		}
	}
	if p := Probe(cpuidtest.BochsBroadwell.CPUID(), func(uint32) (uint64, error) { return 0, broken }); p.Usable {
		t.Error("usable with every MSR faulting")
	}
}
