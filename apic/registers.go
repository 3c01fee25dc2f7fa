package apic

// reg is a local APIC register by its offset in bytes in the xAPIC page.
type reg uint32

// Intel SDM vol. 3 §11.4.1 table 11-1; AMD APM vol. 2 §16.3.2.
const (
	regID           reg = 0x020
	regVersion      reg = 0x030
	regTPR          reg = 0x080
	regPPR          reg = 0x0a0
	regEOI          reg = 0x0b0
	regLDR          reg = 0x0d0
	regSVR          reg = 0x0f0
	regISR          reg = 0x100 // eight registers, 16 bytes apart
	regTMR          reg = 0x180
	regIRR          reg = 0x200
	regESR          reg = 0x280
	regLVTCMCI      reg = 0x2f0
	regICR          reg = 0x300
	regICRHigh      reg = 0x310 // xAPIC only
	regLVTTimer     reg = 0x320
	regLVTThermal   reg = 0x330
	regLVTPerf      reg = 0x340
	regLVTLINT0     reg = 0x350
	regLVTLINT1     reg = 0x360
	regLVTError     reg = 0x370
	regTimerInitial reg = 0x380
	regTimerCurrent reg = 0x390
	regTimerDivide  reg = 0x3e0
)

// Model-specific registers.
const (
	// msrBase is IA32_APIC_BASE. Intel SDM vol. 3 §11.4.4, §11.12.1.
	msrBase = 0x1b
	// msrDeadline is IA32_TSC_DEADLINE. Intel SDM vol. 3 §11.5.4.1.
	msrDeadline = 0x6e0
	// msrX2 is the first x2APIC register; a register's number is this plus its
	// xAPIC offset divided by 16. Intel SDM vol. 3 §11.12.1.2.
	msrX2 = 0x800
	// msrSelfIPI exists in x2APIC mode only. Intel SDM vol. 3 §11.12.11.
	msrSelfIPI = 0x83f
)

// IA32_APIC_BASE. Intel SDM vol. 3 §11.12.1 figure 11-26.
const (
	baseX2      = 1 << 10
	baseEnable  = 1 << 11
	baseAddress = 0x000f_ffff_ffff_f000
)

// The version register. Intel SDM vol. 3 §11.4.8.
const (
	versionMask       = 0xff
	versionMaxLVTBit  = 16
	versionMaxLVT     = 0xff
	versionIntegrated = 0x10 // 0x00 to 0x0f is the external 82489DX
	versionLast       = 0x1f
)

// The spurious-interrupt vector register. Intel SDM vol. 3 §11.9.
const svrEnable = 1 << 8

// A local vector table entry. Intel SDM vol. 3 §11.5.1 figure 11-8.
const (
	lvtVector    = 0xff
	lvtMode      = 7 << 8
	lvtNMI       = 4 << 8
	lvtPending   = 1 << 12
	lvtActiveLow = 1 << 13
	lvtLevel     = 1 << 15
	lvtMasked    = 1 << 16

	lvtTimerMode     = 3 << 17
	lvtTimerPeriodic = 1 << 17
	lvtTimerDeadline = 2 << 17 // 0 is one-shot
)

// The interrupt command register. Intel SDM vol. 3 §11.6.1 figure 11-12.
const (
	icrNMI         = 4 << 8
	icrINIT        = 5 << 8
	icrStartUp     = 6 << 8
	icrBusy        = 1 << 12
	icrAssert      = 1 << 14
	icrSelf        = 1 << 18
	icrOthers      = 3 << 18
	icrXDestBit    = 24 // in the high half, xAPIC
	xDestBroadcast = 0xff
	x2Broadcast    = 0xffff_ffff
)
