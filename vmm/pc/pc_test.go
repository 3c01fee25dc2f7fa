package pc

import (
	"errors"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
)

// Registers of the local APIC that the tests write: SDM vol. 3 table 11-6.
const (
	apicBase  = 0x1b
	x2APICOn  = 0xfee0_0d00
	x2ICR     = 0x830
	x2Self    = 1 << 18
	modeNMI   = 4 << 8
	modeINIT  = 5 << 8
	sleep     = 1<<13 | 5<<10
	exitPort  = 0xf4
	resetCPUs = 6
)

func TestAMachineEndsTheWaysAPCEnds(t *testing.T) {
	for _, tc := range []struct {
		name  string
		exits []vmmtest.Exit
		how   vmm.How
		code  uint32
	}{
		{"debug exit", []vmmtest.Exit{vmmtest.Out(exitPort, 4, 42)}, vmm.Exited, 42},
		{"soft-off", []vmmtest.Exit{vmmtest.Out(pmPort+4, 2, sleep)}, vmm.PoweredOff, 0},
		{"reset control register", []vmmtest.Exit{vmmtest.Out(0xcf9, 1, 2), vmmtest.Out(0xcf9, 1, resetCPUs)}, vmm.Reset, 0},
		{"keyboard controller", []vmmtest.Exit{vmmtest.Out(0x64, 1, 0xfe)}, vmm.Reset, 0},
		{"port 92h", []vmmtest.Exit{vmmtest.Out(0x92, 1, 3)}, vmm.Reset, 0},
		{"triple fault", []vmmtest.Exit{vmmtest.Stop(vmm.ReasonShutdown)}, vmm.TripleFault, 0},
		{"INIT to itself", []vmmtest.Exit{writeMSR(apicBase, x2APICOn), writeMSR(x2ICR, x2Self|modeINIT)}, vmm.Reset, 0},
		{"HLT without interrupts", []vmmtest.Exit{vmmtest.Stop(vmm.ReasonHLT)}, vmm.Halted, 0},
	} {
		h := &vmmtest.Host{}
		p, err := New(machine(h, tc.exits...))
		if err != nil {
			t.Fatal(err)
		}
		if n := h.Blocks(); n != blocks {
			t.Errorf("%s: %d blocks of memory in use, want %d", tc.name, n, blocks)
		}
		if e := run(t, p); e.How != tc.how || e.Code != tc.code {
			t.Errorf("%s: %v, want how %d, code %d", tc.name, e, tc.how, tc.code)
		}
		p.VM.Close()
		if n := h.Blocks(); n != 0 {
			t.Errorf("%s: %d blocks of memory are not given back", tc.name, n)
		}
	}
}

// broken is a device with a bug.
type broken struct{}

func (broken) In(uint16, int) uint32   { panic("a bug") }
func (broken) Out(uint16, int, uint32) { panic("a bug") }

func TestABugInADeviceCostsItsMachineOnly(t *testing.T) {
	const port = 0x5000
	h := &vmmtest.Host{}
	other := build(t, machine(h, vmmtest.In(port, 1), vmmtest.Out(exitPort, 1, 7)))
	p := build(t, machine(h, vmmtest.In(port, 1)))
	if err := p.VM.Ports.Register("broken", port, 1, broken{}); err != nil {
		t.Fatal(err)
	}
	if e := run(t, p); e.How != vmm.Failed || !strings.Contains(e.Err.Error(), "a bug") {
		t.Errorf("the machine with the bug: %v", e)
	}
	if !p.VM.Devices.TryLock() {
		t.Error("the device lock is held for ever")
	} else {
		p.VM.Devices.Unlock()
	}
	if e := run(t, other); e.How != vmm.Exited || e.Code != 7 {
		t.Errorf("the other machine: %v", e)
	}
}

func TestErrorsNameTheirKey(t *testing.T) {
	for _, tc := range []struct {
		key    string
		change func(c *Config)
	}{
		{"cpus", func(c *Config) { c.CPUs = 65 }},
		{"memory", func(c *Config) { c.Memory = 3 << 20 }},
		{"memory", func(c *Config) { c.Memory = 0 }},
		{"cpuid", func(c *Config) { c.Features = []string{"+warp"} }},
		{"kernel", func(c *Config) { c.Load.Kernel.Data = nil }},
	} {
		h := &vmmtest.Host{}
		c := machine(h)
		tc.change(&c)
		_, err := New(c)
		var k interface{ ConfigKey() string }
		if !errors.As(err, &k) || k.ConfigKey() != tc.key {
			t.Errorf("%v is not about %s", err, tc.key)
		}
		if n := h.Blocks(); n != 0 {
			t.Errorf("%v: %d blocks of memory are not given back", err, n)
		}
	}
}

func TestAnyHostWillDo(t *testing.T) {
	for name, m := range map[string]cpuidtest.Model{
		"EPYC": cpuidtest.QEMUEPYC, "trinity": cpuidtest.BochsTrinity, "toliman": cpuidtest.BochsToliman, "broadwell": cpuidtest.BochsBroadwell,
		"skylake": cpuidtest.BochsSkylake, "penryn": cpuidtest.BochsPenryn, "willamette": cpuidtest.BochsWillamette,
	} {
		c := machine(&vmmtest.Host{})
		c.CPUID = m.CPUID()
		p := build(t, c)
		guest := cpuid.Func(p.CPU.CPUID)
		for _, hidden := range []cpuid.Feature{cpuid.SVM, cpuid.LA57} {
			if guest.Has(hidden) {
				t.Errorf("%s: the guest has %v", name, hidden)
			}
		}
		if guest.Has(cpuid.RDTSCP) != m.CPUID().Has(cpuid.RDTSCP) {
			t.Errorf("%s: the guest's RDTSCP is not the host's", name)
		}
		for _, present := range []cpuid.Feature{cpuid.X2APIC, cpuid.TSCDeadline, cpuid.Hypervisor} {
			if !guest.Has(present) {
				t.Errorf("%s: the guest has no %v", name, present)
			}
		}
		if bits := guest.AddressBits().Physical; bits > nestedBits {
			t.Errorf("%s: %d bits of physical address", name, bits)
		}
	}
}

func TestAddressesAreNoWiderThanNestedPagingHasThem(t *testing.T) {
	c := machine(&vmmtest.Host{})
	small := c.CPUID
	c.CPUID = func(n, sub uint32) (eax, ebx, ecx, edx uint32) {
		eax, ebx, ecx, edx = small(n, sub)
		switch {
		case n == cpuid.LeafFeatures && sub == 0:
			ecx |= 1 << 16 // LA57
		case n == cpuid.LeafAddressSize:
			eax = 57<<8 | 52
		}
		return eax, ebx, ecx, edx
	}
	if !c.CPUID.Has(cpuid.LA57) {
		t.Fatal("the host has no LA57")
	}
	guest := cpuid.Func(build(t, c).CPU.CPUID)
	if a := guest.AddressBits(); a.Physical != 48 || a.Linear != 48 || guest.Has(cpuid.LA57) {
		t.Errorf("the guest has %d and %d bits, LA57 %v", a.Physical, a.Linear, guest.Has(cpuid.LA57))
	}
}

func TestTheConfigurationReplacesMSRs(t *testing.T) {
	const gone, fixed = 0x277, 0xc001_0015
	c := machine(&vmmtest.Host{})
	c.MSRs = []config.MSR{{Index: gone, Fault: true}, {Index: fixed, Value: 5}}
	p := build(t, c)
	if _, ok := p.CPU.MSR(gone); ok {
		t.Errorf("MSR %#x can be read", gone)
	}
	if v, ok := p.CPU.MSR(fixed); v != 5 || !ok {
		t.Errorf("MSR %#x is %#x, %v", fixed, v, ok)
	}
}

func TestThePowerButtonInterruptsAGuestThatWantsTo(t *testing.T) {
	p := build(t, machine(&host{now: 1}))
	const powerButton = 1 << 8
	p.VM.Ports.Out(pmPort+2, 2, powerButton)
	p.PressPower()
	if got := p.VM.Ports.In(pmPort, 2); got != powerButton {
		t.Errorf("PM1 status %#x", got)
	}
	p.VM.Ports.Out(0xa0, 1, 0x0a) // the request register is to be read
	if got := p.VM.Ports.In(0xa0, 1); got != 1<<1 {
		t.Errorf("the second 8259 has requests %#x, want interrupt 9's", got)
	}
}
