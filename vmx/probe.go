// Package vmx is the engine for Intel's Virtual Machine Extensions: VMCS,
// VMLAUNCH and VMRESUME, extended page tables, and exits turned into the neutral
// ones of package vmm. It follows the Intel Software Developer's Manual (SDM)
// vol. 3 from the chapter "Introduction to Virtual Machine Extensions" on, and
// App. A.
package vmx

import (
	"fmt"

	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
)

// Fields of IA32_VMX_BASIC. SDM vol. 3 App. A.1.
const (
	basicRevision     = 1<<31 - 1
	basicSizeShift    = 32
	basicSizeMask     = 0x1fff
	basicTypeShift    = 50
	basicTypeMask     = 0xf
	basicINSOUTS      = 1 << 54 // the VM-exit instruction-information field tells of INS and OUTS
	basicTrueControls = 1 << 55 // the IA32_VMX_TRUE registers exist
	memoryTypeWB      = 6       // SDM vol. 3 table 11-11
	maxRegion         = 4096    // bytes, the most a VMXON region or VMCS takes
)

// Fields of IA32_VMX_MISC. SDM vol. 3 App. A.6.
const (
	miscTimerShift  = 0x1f   // the preemption timer counts down at the TSC's rate shifted right by this
	miscHLT         = 1 << 6 // a guest may be entered in the HLT activity state
	miscShutdown    = 1 << 7
	miscWaitForSIPI = 1 << 8
)

// prober reads the capability registers and gathers the features.
type prober struct {
	vmm.Probe
	rdmsr func(uint32) (uint64, error)
}

// Probe says whether the processor can run guests with VMX, from CPUID,
// IA32_FEATURE_CONTROL and the capability registers of SDM vol. 3 App. A. rdmsr
// reads an MSR and returns an error on #GP. Where Probe finds
// IA32_FEATURE_CONTROL not locked, the engine turns VMX on and locks it before
// VMXON.
func Probe(cpu cpuid.Func, rdmsr func(uint32) (uint64, error)) vmm.Probe {
	p := prober{Probe: vmm.Probe{Engine: "vmx", Present: cpu.Has(cpuid.VMX)}, rdmsr: rdmsr}
	f := vmm.Feature{Name: "VMX", Present: p.Present, Needed: true}
	if !p.Present {
		f.Detail = "vendor " + cpu.Vendor()
	}
	p.Add(f, "the processor reports no VMX (CPUID "+cpuid.VMX.Where()+"): an Intel processor may need 'Intel Virtualization "+
		"Technology' turned on in the firmware's CPU menu; a virtual machine needs nested virtualization from its hypervisor")
	if !p.Present {
		return p.Probe
	}
	p.firmware()
	trueControls, ok := p.basic()
	if !ok {
		return p.Probe
	}
	secondary := p.controls(trueControls)
	p.pageTables(secondary)
	p.misc()
	return p.Probe
}

// firmware adds whether the firmware left VMX on. SDM vol. 3 §23.7.
func (p *prober) firmware() {
	const menu = "turn on 'Intel Virtualization Technology', also called 'VT-x' or 'VMX', in the firmware's CPU or security menu " +
		"and power the machine off and on"
	remedy := "the firmware turned VMX off and locked it (IA32_FEATURE_CONTROL): " + menu
	f := vmm.Feature{Name: "on in firmware", Needed: true, Present: true}
	v, err := p.rdmsr(msr.FeatureControl)
	switch {
	case err != nil:
		// VMXON will tell: a register that is not there cannot be locked.
		f.Detail = fmt.Sprintf("IA32_FEATURE_CONTROL cannot be read (%v), taken as on", err)
	case v&msr.FeatureControlLock == 0:
		f.Detail = fmt.Sprintf("IA32_FEATURE_CONTROL %#x: not locked, the engine turns it on", v)
	case v&msr.FeatureControlOutSMX != 0:
		f.Detail = fmt.Sprintf("IA32_FEATURE_CONTROL %#x: on and locked", v)
	case v&msr.FeatureControlInSMX != 0:
		f.Present = false
		f.Detail = fmt.Sprintf("IA32_FEATURE_CONTROL %#x: on inside SMX only, and locked", v)
		remedy = "the firmware allows VMX inside SMX (Trusted Execution Technology) only and locked it (IA32_FEATURE_CONTROL): " + menu
	default:
		f.Present = false
		f.Detail = fmt.Sprintf("IA32_FEATURE_CONTROL %#x: off and locked", v)
	}
	p.Add(f, remedy)
}

// basic adds what IA32_VMX_BASIC says; ok is false when it cannot be read, and
// then nothing else can be known.
func (p *prober) basic() (trueControls, ok bool) {
	v, err := p.rdmsr(msr.VMXBasic)
	if err != nil {
		p.Add(vmm.Feature{Name: "capability registers", Needed: true, Detail: fmt.Sprintf("IA32_VMX_BASIC cannot be read (%v)", err)},
			"the capability registers cannot be read (IA32_VMX_BASIC): a hypervisor offers VMX without them")
		return false, false
	}
	size := v >> basicSizeShift & basicSizeMask
	kind := v >> basicTypeShift & basicTypeMask
	p.Add(vmm.Feature{
		Name:    "write-back VMCS",
		Present: kind == memoryTypeWB && size > 0 && size <= maxRegion,
		Needed:  true,
		Detail:  fmt.Sprintf("revision %#x, %d bytes, memory type %d", v&basicRevision, size, kind),
	}, fmt.Sprintf("the processor wants a VMCS of %d bytes in memory type %d (IA32_VMX_BASIC), not one page of write-back memory", size, kind))
	p.Add(vmm.Feature{Name: "INS and OUTS information", Present: v&basicINSOUTS != 0}, "")
	trueControls = v&basicTrueControls != 0
	p.Add(vmm.Feature{Name: "true controls", Present: trueControls, Needed: true},
		"the processor has no true controls (IA32_VMX_BASIC bit 55): every change of CR3 would stop the guest")
	return trueControls, true
}

// misc adds the activity states a guest may be entered in.
func (p *prober) misc() {
	v, err := p.rdmsr(msr.VMXMisc)
	detail := fmt.Sprintf("preemption timer at TSC >> %d", v&miscTimerShift)
	if err != nil {
		detail = fmt.Sprintf("IA32_VMX_MISC cannot be read (%v)", err)
	}
	p.Add(vmm.Feature{Name: "HLT activity state", Present: v&miscHLT != 0, Detail: detail}, "")
	p.Add(vmm.Feature{Name: "shutdown activity state", Present: v&miscShutdown != 0}, "")
	p.Add(vmm.Feature{Name: "wait-for-SIPI activity state", Present: v&miscWaitForSIPI != 0}, "")
}
