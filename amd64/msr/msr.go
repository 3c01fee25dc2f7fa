// Package msr names the model-specific registers.
//
// It reads and writes nothing: package amd64 has the instructions. Its callers
// are whoever programs an MSR, and the monitor's msr command, which turns names
// into numbers and back. It follows the Intel Software Developer's Manual (SDM)
// vol. 4 ch. 2, table 2-2 "IA-32 Architectural MSRs", and the AMD Architecture
// Programmer's Manual (APM) vol. 2 App. A.
package msr

// Long mode, system calls and segment bases. SDM vol. 4 table 2-2 from
// C000_0080H; APM vol. 2 §3.1.7, §4.5.3, §6.1.
const (
	EFER         uint32 = 0xc000_0080
	STAR         uint32 = 0xc000_0081
	LSTAR        uint32 = 0xc000_0082
	CSTAR        uint32 = 0xc000_0083
	SFMask       uint32 = 0xc000_0084
	FSBase       uint32 = 0xc000_0100
	GSBase       uint32 = 0xc000_0101
	KernelGSBase uint32 = 0xc000_0102
	SysenterCS   uint32 = 0x174
	SysenterESP  uint32 = 0x175
	SysenterEIP  uint32 = 0x176
)

// Bits of EFER. SDM vol. 3 §2.2.1, APM vol. 2 §3.1.7.
const (
	EFERSCE  uint64 = 1 << 0  // SYSCALL and SYSRET
	EFERLME  uint64 = 1 << 8  // long mode enable
	EFERLMA  uint64 = 1 << 10 // long mode active; read-only
	EFERNXE  uint64 = 1 << 11 // no-execute pages
	EFERSVME uint64 = 1 << 12 // the SVM instructions; AMD only
)

// The local APIC and the time-stamp counter. SDM vol. 3 §10.4.4, §10.5.4,
// §17.17; APM vol. 2 §16.3.1, §13.2.4.
const (
	APICBase    uint32 = 0x1b
	TSC         uint32 = 0x10
	TSCAdjust   uint32 = 0x3b
	TSCAux      uint32 = 0xc000_0103
	TSCDeadline uint32 = 0x6e0
	TSCRatio    uint32 = 0xc000_0104 // APM vol. 2 §15.30.5
)

// Bits of APICBase; the rest is the page's host-physical address. SDM vol. 3
// §10.4.4 and §10.12.1, APM vol. 2 §16.3.1 and §16.9.
const (
	APICBaseBSP    uint64 = 1 << 8  // this is the bootstrap processor
	APICBaseX2APIC uint64 = 1 << 10 // x2APIC mode
	APICBaseEnable uint64 = 1 << 11 // the local APIC is on
)

// Memory types. SDM vol. 3 §11.11 and §11.12, APM vol. 2 §7.7 and §7.8.
const (
	MTRRCap         uint32 = 0xfe
	MTRRFix64K00000 uint32 = 0x250
	MTRRFix16K80000 uint32 = 0x258
	MTRRFix16KA0000 uint32 = 0x259
	MTRRFix4KC0000  uint32 = 0x268
	MTRRFix4KC8000  uint32 = 0x269
	MTRRFix4KD0000  uint32 = 0x26a
	MTRRFix4KD8000  uint32 = 0x26b
	MTRRFix4KE0000  uint32 = 0x26c
	MTRRFix4KE8000  uint32 = 0x26d
	MTRRFix4KF0000  uint32 = 0x26e
	MTRRFix4KF8000  uint32 = 0x26f
	MTRRDefType     uint32 = 0x2ff
	PAT             uint32 = 0x277
	SYSCFG          uint32 = 0xc001_0010 // APM vol. 2 §3.2.1
	TopMem          uint32 = 0xc001_001a // APM vol. 2 §7.9.4
	TopMem2         uint32 = 0xc001_001d // APM vol. 2 §7.9.4
)

// Machine checks. SDM vol. 3 §15.3, APM vol. 2 §9.3.
const (
	MCGCap    uint32 = 0x179
	MCGStatus uint32 = 0x17a
	MCGCtl    uint32 = 0x17b
)

// Virtualization with VMX. SDM vol. 3 App. A gives the capability registers,
// §23.7 FeatureControl.
const (
	FeatureControl       uint32 = 0x3a
	SMMMonitorCtl        uint32 = 0x9b
	VMXBasic             uint32 = 0x480 // App. A.1
	VMXPinCtls           uint32 = 0x481 // App. A.3.1
	VMXProcCtls          uint32 = 0x482 // App. A.3.2
	VMXExitCtls          uint32 = 0x483 // App. A.4
	VMXEntryCtls         uint32 = 0x484 // App. A.5
	VMXMisc              uint32 = 0x485 // App. A.6
	VMXCR0Fixed0         uint32 = 0x486 // App. A.7
	VMXCR0Fixed1         uint32 = 0x487 // App. A.7
	VMXCR4Fixed0         uint32 = 0x488 // App. A.8
	VMXCR4Fixed1         uint32 = 0x489 // App. A.8
	VMXVMCSEnum          uint32 = 0x48a // App. A.9
	VMXProcCtls2         uint32 = 0x48b // App. A.3.3
	VMXEPTVPIDCap        uint32 = 0x48c // App. A.10
	VMXTruePinCtls       uint32 = 0x48d // App. A.3.1
	VMXTrueProcCtls      uint32 = 0x48e // App. A.3.2
	VMXTrueExitCtls      uint32 = 0x48f // App. A.4
	VMXTrueEntryCtls     uint32 = 0x490 // App. A.5
	VMXVMFunc            uint32 = 0x491 // App. A.11
	VMXProcCtls3         uint32 = 0x492 // App. A.3.4
	FeatureControlLock   uint64 = 1 << 0
	FeatureControlInSMX  uint64 = 1 << 1 // VMX inside SMX operation
	FeatureControlOutSMX uint64 = 1 << 2 // VMX outside SMX operation
)

// Virtualization with SVM. APM vol. 2 §15.30.
const (
	VMCR           uint32 = 0xc001_0114
	VMHSavePA      uint32 = 0xc001_0117
	SVMKey         uint32 = 0xc001_0118
	VMCRLock       uint64 = 1 << 3 // VMCRLock and VMCRSVMDisable are read-only
	VMCRSVMDisable uint64 = 1 << 4 // EFER.SVME cannot be set
)

// Speculation. SDM vol. 4 table 2-2; APM vol. 2 §3.2.9.
const (
	SpecCtrl         uint32 = 0x48
	PredCmd          uint32 = 0x49
	ArchCapabilities uint32 = 0x10a
	FlushCmd         uint32 = 0x10b
	TSXCtrl          uint32 = 0x122
	VirtSpecCtrl     uint32 = 0xc001_011f
)

// Extended state and control-flow enforcement. SDM vol. 1 §13.3, §17.2; APM
// vol. 2 §11.5, §18.
const (
	XSS     uint32 = 0xda0
	UCET    uint32 = 0x6a0
	SCET    uint32 = 0x6a2
	PL0SSP  uint32 = 0x6a4
	PKRS    uint32 = 0x6e1
	BNDCFGS uint32 = 0xd90
)

// Debugging and branch records. SDM vol. 3 §17.4, APM vol. 2 §13.1.1.
const (
	LBRSelect        uint32 = 0x1c8
	LastBranchTOS    uint32 = 0x1c9
	DebugCtl         uint32 = 0x1d9
	LastBranchFromIP uint32 = 0x1db
	LastBranchToIP   uint32 = 0x1dc
	LastIntFromIP    uint32 = 0x1dd
	LastIntToIP      uint32 = 0x1de
	DSArea           uint32 = 0x600
)

// Performance counters. SDM vol. 3 §18.2.
const (
	FixedCtr0        uint32 = 0x309
	FixedCtr1        uint32 = 0x30a
	FixedCtr2        uint32 = 0x30b
	PerfCapabilities uint32 = 0x345
	FixedCtrCtrl     uint32 = 0x38d
	PerfGlobalStatus uint32 = 0x38e
	PerfGlobalCtrl   uint32 = 0x38f
	PerfGlobalOvf    uint32 = 0x390
)

// Frequency, power, heat and microcode. SDM vol. 3 ch. 14, §9.11.
const (
	MPERF           uint32 = 0xe7
	APERF           uint32 = 0xe8
	BIOSUpdateTrig  uint32 = 0x79
	BIOSSignID      uint32 = 0x8b
	PlatformInfo    uint32 = 0xce
	UmwaitControl   uint32 = 0xe1
	PerfStatus      uint32 = 0x198
	PerfCtl         uint32 = 0x199
	ThermStatus     uint32 = 0x19c
	MiscEnable      uint32 = 0x1a0
	EnergyPerfBias  uint32 = 0x1b0
	PMEnable        uint32 = 0x770
	HWPCapabilities uint32 = 0x771
	HWPRequest      uint32 = 0x774
)

// AMD's own. APM vol. 2 App. A.
const (
	HWCR             uint32 = 0xc001_0015
	NBCfg            uint32 = 0xc001_001f
	PatchLoader      uint32 = 0xc001_0020
	PStateLimit      uint32 = 0xc001_0061
	PStateControl    uint32 = 0xc001_0062
	PStateStatus     uint32 = 0xc001_0063
	SMMBase          uint32 = 0xc001_0111
	SMMAddr          uint32 = 0xc001_0112
	SMMMask          uint32 = 0xc001_0113
	SEVStatus        uint32 = 0xc001_0131
	OSVWIDLength     uint32 = 0xc001_0140
	OSVWStatus       uint32 = 0xc001_0141
	CPUIDFeatures    uint32 = 0xc001_1004
	CPUIDExtFeatures uint32 = 0xc001_1005
	LSCfg            uint32 = 0xc001_1020
	DECfg            uint32 = 0xc001_1029
)
