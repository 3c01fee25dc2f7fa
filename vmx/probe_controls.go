package vmx

import (
	"fmt"

	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
)

// control is one VM-execution, VM-exit or VM-entry control: a bit of a 32-bit
// field, which may be 1 when that bit is set in the upper half of the
// capability register. SDM vol. 3 App. A.3 to A.5; the bits and names are those
// of the tables under "VM-Execution Control Fields", "VM-Exit Control Fields"
// and "VM-Entry Control Fields".
type control struct {
	name   string
	bit    uint8
	needed bool
}

// group is a field of controls, and the registers that say what it may hold.
type group struct {
	register, trueRegister uint32 // trueRegister counts when IA32_VMX_BASIC says so
	controls               []control
}

// activateSecondary is the primary control without which the secondary controls
// and their capability register do not exist.
const activateSecondary = 31

var groups = [...]group{
	{msr.VMXPinCtls, msr.VMXTruePinCtls, []control{
		{"external-interrupt exiting", 0, true},
		{"NMI exiting", 3, true},
		{"virtual NMIs", 5, true},
		{"VMX-preemption timer", 6, false},
		{"posted interrupts", 7, false},
	}},
	{msr.VMXProcCtls, msr.VMXTrueProcCtls, []control{
		{"interrupt-window exiting", 2, true},
		{"TSC offsetting", 3, true},
		{"HLT exiting", 7, true},
		{"MWAIT exiting", 10, true},
		{"RDPMC exiting", 11, true},
		{"CR8-load exiting", 19, true},
		{"CR8-store exiting", 20, true},
		{"TPR shadow", 21, false},
		{"NMI-window exiting", 22, true},
		{"MOV-DR exiting", 23, true},
		{"unconditional I/O exiting", 24, true},
		{"monitor trap flag", 27, false},
		{"MSR bitmaps", 28, true},
		{"MONITOR exiting", 29, true},
		{"secondary controls", activateSecondary, true},
	}},
	{msr.VMXExitCtls, msr.VMXTrueExitCtls, []control{
		{"64-bit host", 9, true},
		{"acknowledge interrupt on exit", 15, false},
		{"load PAT on exit", 19, true},
		{"save EFER on exit", 20, true},
		{"load EFER on exit", 21, true},
		{"save preemption timer on exit", 22, false},
	}},
	{msr.VMXEntryCtls, msr.VMXTrueEntryCtls, []control{
		{"64-bit guest", 9, true},
		{"load PAT on entry", 14, true},
		{"load EFER on entry", 15, true},
	}},
}

// Secondary controls that other registers depend on.
const (
	secondaryEPT         = 1
	secondaryVPID        = 5
	secondaryVMFunctions = 13
)

var secondaryGroup = group{msr.VMXProcCtls2, msr.VMXProcCtls2, []control{
	{"EPT", secondaryEPT, true},
	{"unrestricted guest", 7, true},
	{"VPID", secondaryVPID, false},
	{"WBINVD exiting", 6, false},
	{"RDTSCP", 3, false},
	{"INVPCID", 12, false},
	{"XSAVES and XRSTORS", 20, false},
	{"TSC scaling", 25, false},
	{"PAUSE-loop exiting", 10, false},
	{"virtualize APIC accesses", 0, false},
	{"virtualize x2APIC mode", 4, false},
	{"APIC-register virtualization", 8, false},
	{"virtual-interrupt delivery", 9, false},
	{"VM functions", secondaryVMFunctions, false},
	{"VMCS shadowing", 14, false},
	{"page-modification logging", 17, false},
	{"mode-based execute control", 22, false},
}}

// controls adds every control and returns the secondary controls that may be 1.
func (p *prober) controls(trueControls bool) (secondary uint32) {
	for i := range groups {
		g := &groups[i]
		register := g.register
		if trueControls {
			register = g.trueRegister
		}
		allowed := p.group(g, register, true)
		if g.register == msr.VMXProcCtls {
			secondary = p.group(&secondaryGroup, secondaryGroup.register, allowed>>activateSecondary&1 != 0)
		}
	}
	return secondary
}

// group adds the controls of g from its capability register, which exists when
// present is true, and returns those that may be 1.
func (p *prober) group(g *group, register uint32, present bool) (allowed uint32) {
	unreadable := ""
	if present {
		v, err := p.rdmsr(register)
		if err != nil {
			unreadable = fmt.Sprintf("%s cannot be read (%v)", msr.Name(register), err)
		}
		allowed = uint32(v >> 32)
	}
	for _, c := range g.controls {
		p.Add(vmm.Feature{Name: c.name, Present: allowed>>c.bit&1 != 0, Needed: c.needed, Detail: unreadable},
			fmt.Sprintf("the processor has no %s (%s bit %d): it is too old, or a hypervisor hides it", c.name, msr.Name(register), 32+c.bit))
	}
	return allowed
}
