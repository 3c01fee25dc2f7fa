package policy

import (
	"slices"

	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/amd64/msr"
)

// entry is one or more registers of the tables below. Where a processor's owner
// keeps a register, stored is what it is without a Handler.
type entry struct {
	first, count uint32
	kind         kindOfMSR
	check        check
	reset, mask  uint64
}

// architectural are the registers that both manufacturers' processors have.
// SDM vol. 4 table 2-2, APM vol. 2 App. A.
var architectural = []entry{
	{msr.EFER, 1, stored, anything, 0, 0}, // checked by ValidEFER
	{msr.STAR, 1, stored, anything, 0, 0},
	{msr.LSTAR, 1, stored, canonical, 0, 0},
	{msr.CSTAR, 1, stored, canonical, 0, 0},
	{msr.SFMask, 1, stored, masked, 0, 0xffff_ffff},
	{msr.FSBase, 1, stored, canonical, 0, 0},
	{msr.GSBase, 1, stored, canonical, 0, 0},
	{msr.KernelGSBase, 1, stored, canonical, 0, 0},
	{msr.SysenterCS, 1, stored, masked, 0, 0xffff_ffff},
	{msr.SysenterESP, 1, stored, canonical, 0, 0},
	{msr.SysenterEIP, 1, stored, canonical, 0, 0},
	{msr.PAT, 1, stored, memoryPAT, 0x0007_0406_0007_0406, 0},

	// Without a Handler the time-stamp counter, the APIC's timer and KVM's
	// clock are not there.
	{msr.TSC, 1, absent, anything, 0, 0},
	{msr.TSCAdjust, 1, absent, anything, 0, 0},
	{msr.TSCDeadline, 1, absent, anything, 0, 0},
	{msr.TSCRatio, 1, absent, anything, 0, 0},
	{kvmClockOld, 2, absent, anything, 0, 0},
	{kvmClock, 0x10, absent, anything, 0, 0},

	// Machine checks, without a bank. What belongs to banks is there all
	// the same, for guests that do not count them.
	{msrP5MCAddress, 2, ignored, anything, 0, 0},
	{msr.MCGCap, 1, constant, anything, 0, 0},
	{msr.MCGStatus, 1, stored, masked, 0, 7},
	{msr.MCGCtl, 1, ignored, anything, 0, 0},
	{0x400, 4 * 32, ignored, anything, 0, 0}, // MC0_CTL on

	// Debugging: single-stepping by branches can be set, branch records are
	// not made.
	{msr.DebugCtl, 1, stored, masked, 0, 3},
	{msr.LBRSelect, 2, ignored, anything, 0, 0},
	{msr.LastBranchFromIP, 4, ignored, anything, 0, 0},

	// What the guest was not told of, but looks for.
	{msrTestCtrl, 1, absent, anything, 0, 0},
	{msrSMICount, 1, absent, anything, 0, 0},
	{msrPPIN, 2, absent, anything, 0, 0},
	{msrCStates, 8, absent, anything, 0, 0},
	{msr.SMMMonitorCtl, 1, absent, anything, 0, 0},
	{msr.PMC(0), 8, absent, anything, 0, 0},
	{msr.PerfEvtSel(0), 8, absent, anything, 0, 0},
	{msr.MPERF, 2, absent, anything, 0, 0},
	{msr.UmwaitControl, 2, absent, anything, 0, 0}, // and the C-state control after it
	{msr.FlushCmd, 1, absent, anything, 0, 0},
	{msr.TSXCtrl, 2, absent, anything, 0, 0}, // and MCU_OPT_CTRL
	{msrOverclocking, 1, absent, anything, 0, 0},
	{msrPrefetchControl, 1, absent, anything, 0, 0},
	{msrTurboRatio, 1, absent, anything, 0, 0},
	{msr.EnergyPerfBias, 3, absent, anything, 0, 0}, // and the package's thermal status
	{msrPowerCtl, 1, absent, anything, 0, 0},
	{msr.FixedCtr0, 3, absent, anything, 0, 0},
	{msr.PerfCapabilities, 1, absent, anything, 0, 0},
	{msr.FixedCtrCtrl, 4, absent, anything, 0, 0},
	{msrPEBSEnable, 1, absent, anything, 0, 0},
	{msr.VMXBasic, 19, absent, anything, 0, 0},
	{msrTraceCtl, 0x20, absent, anything, 0, 0},
	{msr.DSArea, 1, absent, anything, 0, 0},
	{msrRAPL, 0x80, absent, anything, 0, 0},
	{msr.UCET, 9, absent, anything, 0, 0},
	{msr.PMEnable, 8, absent, anything, 0, 0},
	{msr.BNDCFGS, 1, absent, anything, 0, 0},
}

// intelMSRs are those of Intel's processors. SDM vol. 4 table 2-2 and §2.17.
var intelMSRs = []entry{
	{msrPlatformID, 1, constant, anything, 0, 0},
	{msrPowerOn, 1, ignored, anything, 0, 0},
	{msrFrequencyID, 1, ignored, anything, 0, 0},
	{msr.FeatureControl, 1, constant, anything, msr.FeatureControlLock, 0}, // VMX is off for good
	{msr.BIOSUpdateTrig, 1, ignored, anything, 0, 0},
	{msrMiscFeatures, 1, stored, masked, 0, 0},
	{msr.PerfCtl, 1, ignored, anything, 0, 0},
	{msrClockModulation, 3, ignored, anything, 0, 0}, // and thermal interrupt and status
	{msr.MiscEnable, 1, stored, masked, miscReset, miscReset | miscWritable},
	{msrTemperature, 1, ignored, anything, 0, 0},
}

// amdMSRs are those of AMD's processors. APM vol. 2 App. A and the BIOS and
// kernel developer's guides of families 10h to 17h.
var amdMSRs = []entry{
	{msr.HWCR, 1, stored, anything, tscAtP0, 0},
	{msr.SYSCFG, 1, stored, masked, 0, syscfgWritable},
	{msrIORR, 4, ignored, anything, 0, 0},
	{msr.NBCfg, 1, stored, anything, 0, 0},
	{msr.PatchLoader, 1, ignored, anything, 0, 0},
	{msrVIDStatus, 1, ignored, anything, 0, 0},
	{msrMCMask, 8, ignored, anything, 0, 0},
	{msrInterruptPending, 1, ignored, anything, 0, 0},
	{msrConfigBase, 1, ignored, anything, 0, 0}, // no memory-mapped PCI configuration there
	{msr.PStateLimit, 3, ignored, anything, 0, 0},
	{msrPState0, 8, ignored, anything, 0, 0},
	{msrCOFVID, 1, ignored, anything, 0, 0},
	{msr.VMCR, 1, constant, anything, msr.VMCRLock | msr.VMCRSVMDisable, 0}, // SVM is off for good
	{msr.OSVWIDLength, 1, constant, anything, osvwLength, 0},
	{msr.OSVWStatus, 1, constant, anything, 0, 0},
	{msrDCCfg, 2, ignored, anything, 0, 0},
	{msr.DECfg, 1, stored, anything, lfenceSerializes, 0},
	{msrFPCfg, 1, ignored, anything, 0, 0}, // errata are the host's to work around
	{msrBUCfg2, 1, ignored, anything, 0, 0},

	{msrK7Counters, 8, absent, anything, 0, 0},
	{msrMPERFReadOnly, 2, absent, anything, 0, 0},
	{msrPrefetch, 1, absent, anything, 0, 0},
	{msrProcessorName, 6, absent, anything, 0, 0},
	{msr.SMMBase, 3, absent, anything, 0, 0},
	{msrIGNNE, 1, absent, anything, 0, 0},
	{msr.VMHSavePA, 2, absent, anything, 0, 0},
	{msr.VirtSpecCtrl, 1, absent, anything, 0, 0},
	{msrGHCB, 2, absent, anything, 0, 0}, // and SEV_STATUS
	{msrCounters, 0x10, absent, anything, 0, 0},
	{msrAMDRAPL, 3, absent, anything, 0, 0},
	{msrCPPC, 5, absent, anything, 0, 0},
	{msrSMCA, 0x400, absent, anything, 0, 0},
	{msrThermalFeatures, 4, absent, anything, 0, 0}, // and the other CPUID overrides
	{msrAddressMask1, 3, absent, anything, 0, 0},
	{msr.LSCfg, 2, absent, anything, 0, 0},
	{msrAddressMask0, 1, absent, anything, 0, 0},
	{msrEXCfg, 1, absent, anything, 0, 0},
	{msrIBS, 0x0e, absent, anything, 0, 0},
	{msrChicken, 1, absent, anything, 0, 0},
}

// Registers that package msr has no names for.
const (
	msrP5MCAddress      = 0x0
	msrPlatformID       = 0x17
	msrPowerOn          = 0x2a
	msrFrequencyID      = 0x2c
	msrTestCtrl         = 0x33
	msrSMICount         = 0x34
	msrPPIN             = 0x4e
	msrMiscFeatures     = 0x140
	msrOverclocking     = 0x150
	msrClockModulation  = 0x19a
	msrTemperature      = 0x1a2
	msrPrefetchControl  = 0x1a4
	msrTurboRatio       = 0x1ad
	msrPowerCtl         = 0x1fc
	msrPEBSEnable       = 0x3f1
	msrCStates          = 0x3f8
	msrTraceCtl         = 0x560
	msrRAPL             = 0x601
	msrMPERFReadOnly    = 0xc000_00e7
	msrPrefetch         = 0xc000_0108
	msrSMCA             = 0xc000_2000
	msrK7Counters       = 0xc001_0000
	msrIORR             = 0xc001_0016
	msrProcessorName    = 0xc001_0030
	msrVIDStatus        = 0xc001_0042
	msrMCMask           = 0xc001_0044
	msrInterruptPending = 0xc001_0055
	msrConfigBase       = 0xc001_0058
	msrPState0          = 0xc001_0064
	msrCOFVID           = 0xc001_0071
	msrIGNNE            = 0xc001_0115
	msrGHCB             = 0xc001_0130
	msrCounters         = 0xc001_0200
	msrAMDRAPL          = 0xc001_0299
	msrCPPC             = 0xc001_02b0
	msrThermalFeatures  = 0xc001_1002
	msrAddressMask1     = 0xc001_1019
	msrDCCfg            = 0xc001_1022
	msrAddressMask0     = 0xc001_1027
	msrFPCfg            = 0xc001_1028
	msrBUCfg2           = 0xc001_102a
	msrEXCfg            = 0xc001_102c
	msrIBS              = 0xc001_1030
	msrChicken          = 0xc001_10e3

	// KVM's clock and the other paravirtual registers.
	kvmClockOld = 0x11
	kvmClock    = 0x4b56_4d00
)

const (
	// IA32_MISC_ENABLE: fast strings; neither branch trace nor PEBS. SDM
	// vol. 4 table 2-2.
	miscReset    = 1<<0 | 1<<11 | 1<<12
	miscWritable = 1<<3 | 1<<16 | 1<<18 | 1<<22 | 1<<23 | 1<<34

	tscAtP0 = 1 << 24 // of HWCR: the TSC counts at the P0 frequency

	// SYSCFG: the bits of the memory types. APM vol. 2 §7.9.1.
	syscfgWritable = 0x3f << 17
	syscfgTOM2     = 1<<21 | 1<<22 // memory below TOP_MEM2 is write-back

	lfenceSerializes = 1 << 1 // of DE_CFG
	osvwLength       = 4      // errata that OSVW_STATUS tells of: none is there
)

// entries are the tables for a processor.
func (c *MSRConfig) entries() []entry {
	base := apicBaseReset
	if c.BSP {
		base |= msr.APICBaseBSP
	}
	special := []entry{
		{msr.APICBase, 1, stored, masked, base, c.addressMask() | msr.APICBaseBSP | msr.APICBaseEnable | c.x2apicBit()},
		{msr.XSS, 1, c.needs(`XSAVES`), masked, 0, c.CPUID.XSS()},
		{msr.TSCAux, 1, c.needs(`RDTSCP RDPID`), masked, 0, 0xffff_ffff},
	}
	if c.CPUID.intel {
		ratio := uint64(c.CPUID.tscMHz/busMHz) << 8
		special = append(special,
			entry{msr.BIOSSignID, 1, ignored, anything, c.Microcode, 0},
			entry{msr.PlatformInfo, 1, constant, anything, ratio, 0},
			entry{msr.PerfStatus, 1, constant, anything, ratio, 0})
		return slices.Concat(architectural, c.memoryTypes(), c.speculationMSRs(), special, intelMSRs)
	}
	special = append(special,
		entry{msr.BIOSSignID, 1, constant, anything, c.Microcode, 0},
		entry{msr.TopMem, 1, stored, masked, c.LowMemory, c.addressMask()},
		entry{msr.TopMem2, 1, stored, masked, c.HighMemory, c.addressMask()})
	return slices.Concat(architectural, c.memoryTypes(), c.speculationMSRs(), special, amdMSRs)
}

// busMHz is what the ratios of Intel's processors multiply. SDM vol. 4 §2.17.
const busMHz = 100

// apicBaseReset is IA32_APIC_BASE after a reset, without the BSP bit. SDM vol. 3
// §10.4.4.
const apicBaseReset = 0xfee0_0000 | msr.APICBaseEnable

func (c *MSRConfig) x2apicBit() uint64 {
	if c.CPUID.Has(cpuid.X2APIC) {
		return msr.APICBaseX2APIC
	}
	return 0
}

// speculationMSRs are the registers against speculation, which are there if the
// CPUID says so. SDM vol. 4 table 2-2, APM vol. 2 §3.2.9.
func (c *MSRConfig) speculationMSRs() []entry {
	entries := []entry{
		{msr.SpecCtrl, 1, denied, masked, 0, 0},
		{msr.PredCmd, 1, denied, masked, 0, 1},
		{msr.ArchCapabilities, 1, denied, anything, 0, 0},
	}
	spec := &entries[0]
	for _, b := range []struct {
		names string
		bit   uint64
	}{{"IBRS_IBPB IBRS", 1 << 0}, {"STIBP AmdSTIBP", 1 << 1}, {"SSBD AmdSSBD", 1 << 2}, {"PSFD", 1 << 7}} {
		if c.hasAny(b.names) {
			spec.kind = stored
			spec.mask |= b.bit
		}
	}
	if c.hasAny("IBRS_IBPB IBPB") {
		entries[1].kind = writeOnly
	}
	if c.hasAny("ARCH_CAPABILITIES") {
		entries[2].kind, entries[2].reset = constant, c.ArchCapabilities
	}
	return entries
}

// hasAny tells whether the guest was told that it has one of the features.
func (c *MSRConfig) hasAny(names string) bool {
	return slices.ContainsFunc(list(names), c.CPUID.Has)
}

// needs is the kind of a register that goes with any of the features.
func (c *MSRConfig) needs(names string) kindOfMSR {
	if c.hasAny(names) {
		return stored
	}
	return denied
}

// Direct are the registers that an engine may leave to the processor, without
// an exit, where it switches them between host and guest: each is the guest's
// alone and changes nothing but the guest's own execution.
var Direct = []uint32{
	msr.FSBase, msr.GSBase, msr.KernelGSBase,
	msr.STAR, msr.LSTAR, msr.CSTAR, msr.SFMask,
	msr.SysenterCS, msr.SysenterESP, msr.SysenterEIP,
}
