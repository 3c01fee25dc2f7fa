package vmx

import (
	"fmt"

	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
)

// eptCaps are the bits of IA32_VMX_EPT_VPID_CAP. SDM vol. 3 App. A.10.
var eptCaps = [...]control{
	{"EPT four-level walk", 6, true},
	{"EPT five-level walk", 7, false},
	{"EPT write-back structures", 14, true},
	{"EPT uncacheable structures", 8, false},
	{"EPT 2 MiB pages", 16, true},
	{"EPT 1 GiB pages", 17, false},
	{"EPT execute-only pages", 0, false},
	{"EPT accessed and dirty flags", 21, false},
	{"EPT violation information", 22, false},
	{"INVEPT", 20, true},
	{"INVEPT single-context", 25, false},
	{"INVEPT all-context", 26, false},
	{"INVVPID", 32, false},
	{"INVVPID individual-address", 40, false},
	{"INVVPID single-context", 41, false},
	{"INVVPID all-context", 42, false},
	{"INVVPID retaining globals", 43, false},
}

// vmFuncEPTPSwitching is the one VM function defined. SDM vol. 3 App. A.11.
const vmFuncEPTPSwitching = 0

// pageTables adds what the processor's extended page tables and VPIDs can do.
// Their register exists when one of them does.
func (p *prober) pageTables(secondary uint32) {
	if secondary&(1<<secondaryEPT|1<<secondaryVPID) != 0 {
		caps, err := p.rdmsr(msr.VMXEPTVPIDCap)
		for _, c := range eptCaps {
			f := vmm.Feature{Name: c.name, Present: caps>>c.bit&1 != 0, Needed: c.needed && secondary>>secondaryEPT&1 != 0}
			if err != nil {
				f.Detail = fmt.Sprintf("IA32_VMX_EPT_VPID_CAP cannot be read (%v)", err)
			}
			p.Add(f, fmt.Sprintf("the processor has no %s (IA32_VMX_EPT_VPID_CAP bit %d): a hypervisor hides it", c.name, c.bit))
		}
	}
	if secondary>>secondaryVMFunctions&1 != 0 {
		functions, err := p.rdmsr(msr.VMXVMFunc)
		f := vmm.Feature{Name: "EPTP switching", Present: functions>>vmFuncEPTPSwitching&1 != 0}
		if err != nil {
			f.Detail = fmt.Sprintf("IA32_VMX_VMFUNC cannot be read (%v)", err)
		}
		p.Add(f, "")
	}
}
