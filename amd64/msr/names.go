package msr

import "strings"

// Name is the manuals' name for an MSR: the SDM's where it has one, such as
// "IA32_EFER", else the APM's. It is "" for a register this package does not
// know.
func Name(num uint32) string {
	for _, r := range table {
		if r.num == num {
			return r.name
		}
	}
	return rangeName(num)
}

// Lookup finds an MSR by name, in either case and with or without the prefix
// IA32_.
func Lookup(name string) (num uint32, ok bool) {
	if name == "" {
		return 0, false
	}
	name = strings.ToUpper(name)
	for _, candidate := range []string{name, "IA32_" + name} {
		for _, r := range table {
			if r.name == candidate {
				return r.num, true
			}
		}
		for _, r := range ranges {
			for num := r[0]; num < r[0]+r[1]; num++ {
				if rangeName(num) == candidate {
					return num, true
				}
			}
		}
	}
	return 0, false
}

// Names are the names of all registers known, without those of the ranges.
func Names() []string {
	names := make([]string, len(table))
	for i, r := range table {
		names[i] = r.name
	}
	return names
}

// table has a row for every register named by a constant of this package. Of two
// names for one register the first is the one Name gives.
var table = [...]struct {
	num  uint32
	name string
}{
	{EFER, "IA32_EFER"},
	{STAR, "IA32_STAR"},
	{LSTAR, "IA32_LSTAR"},
	{CSTAR, "IA32_CSTAR"},
	{SFMask, "IA32_FMASK"},
	{SFMask, "SFMASK"}, // the APM's name
	{FSBase, "IA32_FS_BASE"},
	{GSBase, "IA32_GS_BASE"},
	{KernelGSBase, "IA32_KERNEL_GS_BASE"},
	{SysenterCS, "IA32_SYSENTER_CS"},
	{SysenterESP, "IA32_SYSENTER_ESP"},
	{SysenterEIP, "IA32_SYSENTER_EIP"},
	{APICBase, "IA32_APIC_BASE"},
	{TSC, "IA32_TIME_STAMP_COUNTER"},
	{TSC, "TSC"}, // the APM's name
	{TSCAdjust, "IA32_TSC_ADJUST"},
	{TSCAux, "IA32_TSC_AUX"},
	{TSCDeadline, "IA32_TSC_DEADLINE"},
	{TSCRatio, "TSC_RATIO"},
	{MTRRCap, "IA32_MTRRCAP"},
	{MTRRFix64K00000, "IA32_MTRR_FIX64K_00000"},
	{MTRRFix16K80000, "IA32_MTRR_FIX16K_80000"},
	{MTRRFix16KA0000, "IA32_MTRR_FIX16K_A0000"},
	{MTRRFix4KC0000, "IA32_MTRR_FIX4K_C0000"},
	{MTRRFix4KC8000, "IA32_MTRR_FIX4K_C8000"},
	{MTRRFix4KD0000, "IA32_MTRR_FIX4K_D0000"},
	{MTRRFix4KD8000, "IA32_MTRR_FIX4K_D8000"},
	{MTRRFix4KE0000, "IA32_MTRR_FIX4K_E0000"},
	{MTRRFix4KE8000, "IA32_MTRR_FIX4K_E8000"},
	{MTRRFix4KF0000, "IA32_MTRR_FIX4K_F0000"},
	{MTRRFix4KF8000, "IA32_MTRR_FIX4K_F8000"},
	{MTRRDefType, "IA32_MTRR_DEF_TYPE"},
	{PAT, "IA32_PAT"},
	{SYSCFG, "SYSCFG"},
	{TopMem, "TOP_MEM"},
	{TopMem2, "TOP_MEM2"},
	{MCGCap, "IA32_MCG_CAP"},
	{MCGStatus, "IA32_MCG_STATUS"},
	{MCGCtl, "IA32_MCG_CTL"},
	{FeatureControl, "IA32_FEATURE_CONTROL"},
	{SMMMonitorCtl, "IA32_SMM_MONITOR_CTL"},
	{VMXBasic, "IA32_VMX_BASIC"},
	{VMXPinCtls, "IA32_VMX_PINBASED_CTLS"},
	{VMXProcCtls, "IA32_VMX_PROCBASED_CTLS"},
	{VMXExitCtls, "IA32_VMX_EXIT_CTLS"},
	{VMXEntryCtls, "IA32_VMX_ENTRY_CTLS"},
	{VMXMisc, "IA32_VMX_MISC"},
	{VMXCR0Fixed0, "IA32_VMX_CR0_FIXED0"},
	{VMXCR0Fixed1, "IA32_VMX_CR0_FIXED1"},
	{VMXCR4Fixed0, "IA32_VMX_CR4_FIXED0"},
	{VMXCR4Fixed1, "IA32_VMX_CR4_FIXED1"},
	{VMXVMCSEnum, "IA32_VMX_VMCS_ENUM"},
	{VMXProcCtls2, "IA32_VMX_PROCBASED_CTLS2"},
	{VMXEPTVPIDCap, "IA32_VMX_EPT_VPID_CAP"},
	{VMXTruePinCtls, "IA32_VMX_TRUE_PINBASED_CTLS"},
	{VMXTrueProcCtls, "IA32_VMX_TRUE_PROCBASED_CTLS"},
	{VMXTrueExitCtls, "IA32_VMX_TRUE_EXIT_CTLS"},
	{VMXTrueEntryCtls, "IA32_VMX_TRUE_ENTRY_CTLS"},
	{VMXVMFunc, "IA32_VMX_VMFUNC"},
	{VMXProcCtls3, "IA32_VMX_PROCBASED_CTLS3"},
	{VMCR, "VM_CR"},
	{VMHSavePA, "VM_HSAVE_PA"},
	{SVMKey, "SVM_KEY"},
	{SpecCtrl, "IA32_SPEC_CTRL"},
	{PredCmd, "IA32_PRED_CMD"},
	{ArchCapabilities, "IA32_ARCH_CAPABILITIES"},
	{FlushCmd, "IA32_FLUSH_CMD"},
	{TSXCtrl, "IA32_TSX_CTRL"},
	{VirtSpecCtrl, "VIRT_SPEC_CTRL"},
	{XSS, "IA32_XSS"},
	{UCET, "IA32_U_CET"},
	{SCET, "IA32_S_CET"},
	{PL0SSP, "IA32_PL0_SSP"},
	{PKRS, "IA32_PKRS"},
	{BNDCFGS, "IA32_BNDCFGS"},
	{LBRSelect, "MSR_LBR_SELECT"},
	{LastBranchTOS, "MSR_LASTBRANCH_TOS"},
	{DebugCtl, "IA32_DEBUGCTL"},
	{LastBranchFromIP, "MSR_LASTBRANCHFROMIP"},
	{LastBranchToIP, "MSR_LASTBRANCHTOIP"},
	{LastIntFromIP, "MSR_LASTINTFROMIP"},
	{LastIntToIP, "MSR_LASTINTTOIP"},
	{DSArea, "IA32_DS_AREA"},
	{FixedCtr0, "IA32_FIXED_CTR0"},
	{FixedCtr1, "IA32_FIXED_CTR1"},
	{FixedCtr2, "IA32_FIXED_CTR2"},
	{PerfCapabilities, "IA32_PERF_CAPABILITIES"},
	{FixedCtrCtrl, "IA32_FIXED_CTR_CTRL"},
	{PerfGlobalStatus, "IA32_PERF_GLOBAL_STATUS"},
	{PerfGlobalCtrl, "IA32_PERF_GLOBAL_CTRL"},
	{PerfGlobalOvf, "IA32_PERF_GLOBAL_OVF_CTRL"},
	{MPERF, "IA32_MPERF"},
	{APERF, "IA32_APERF"},
	{BIOSUpdateTrig, "IA32_BIOS_UPDT_TRIG"},
	{BIOSSignID, "IA32_BIOS_SIGN_ID"},
	{PlatformInfo, "MSR_PLATFORM_INFO"},
	{UmwaitControl, "IA32_UMWAIT_CONTROL"},
	{PerfStatus, "IA32_PERF_STATUS"},
	{PerfCtl, "IA32_PERF_CTL"},
	{ThermStatus, "IA32_THERM_STATUS"},
	{MiscEnable, "IA32_MISC_ENABLE"},
	{EnergyPerfBias, "IA32_ENERGY_PERF_BIAS"},
	{PMEnable, "IA32_PM_ENABLE"},
	{HWPCapabilities, "IA32_HWP_CAPABILITIES"},
	{HWPRequest, "IA32_HWP_REQUEST"},
	{HWCR, "HWCR"},
	{NBCfg, "NB_CFG"},
	{PatchLoader, "PATCH_LOADER"},
	{PStateLimit, "PSTATE_CURRENT_LIMIT"},
	{PStateControl, "PSTATE_CONTROL"},
	{PStateStatus, "PSTATE_STATUS"},
	{SMMBase, "SMM_BASE"},
	{SMMAddr, "SMM_ADDR"},
	{SMMMask, "SMM_MASK"},
	{SEVStatus, "SEV_STATUS"},
	{OSVWIDLength, "OSVW_ID_LENGTH"},
	{OSVWStatus, "OSVW_STATUS"},
	{CPUIDFeatures, "CPUID_FEATURES"},
	{CPUIDExtFeatures, "CPUID_EXT_FEATURES"},
	{LSCfg, "LS_CFG"},
	{DECfg, "DE_CFG"},
}
