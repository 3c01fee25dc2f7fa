package lapic

// PageSize is the size of the register page in bytes.
const PageSize = 0x1000

// Registers, by their offset in the page divided by 16, which is also their
// MSR's distance from 800h. Intel SDM vol. 3 §11.4.1 table 11-1, §11.12.1.2
// table 11-6; AMD APM vol. 2 §16.3.2.
const (
	regID           = 0x02
	regVersion      = 0x03
	regTPR          = 0x08
	regAPR          = 0x09
	regPPR          = 0x0a
	regEOI          = 0x0b
	regRRD          = 0x0c
	regLDR          = 0x0d
	regDFR          = 0x0e
	regSVR          = 0x0f
	regISR          = 0x10 // 8 of them
	regTMR          = 0x18 // 8 of them
	regIRR          = 0x20 // 8 of them
	regESR          = 0x28
	regICR          = 0x30
	regICRHigh      = 0x31
	regLVT          = 0x32 // 6 of them
	regTimerInitial = 0x38
	regTimerCurrent = 0x39
	regTimerDivide  = 0x3e
	regSelfIPI      = 0x3f // x2APIC only

	registers = 0x40
)

// Model-specific registers.
const (
	msrBase     = 0x1b  // IA32_APIC_BASE. Intel SDM vol. 3 §11.4.4
	msrDeadline = 0x6e0 // IA32_TSC_DEADLINE. Intel SDM vol. 3 §11.5.4.1
	msrX2       = 0x800 // the first x2APIC register
)

// IA32_APIC_BASE. Intel SDM vol. 3 §11.4.4, §11.12.1.
const (
	baseBSP     = 1 << 8
	baseX2      = 1 << 10
	baseEnable  = 1 << 11
	baseAddress = 0x000f_ffff_ffff_f000

	defaultPage = 0xfee0_0000
)

// version is an integrated APIC with lvtEntries entries in the local vector
// table, which cannot suppress the broadcast of an EOI. Intel SDM vol. 3
// §11.4.8.
const version = 0x14 | (lvtEntries-1)<<16

// The spurious-interrupt vector register. Intel SDM vol. 3 §11.9.
const (
	svrEnable = 1 << 8
	svrBits   = 0x3ff // vector, enable, focus checking
	svrReset  = 0xff
)

// The destination format register. Intel SDM vol. 3 §11.6.2.2.
const (
	dfrFlat      = 0xffff_ffff
	dfrFixed     = 0x0fff_ffff // bits that are always 1
	dfrModelBit  = 28
	modelFlat    = 0xf
	modelCluster = 0
)

// destBit is where registers of 32 bits have an 8-bit id or destination.
const destBit = 24

// The error status register. Intel SDM vol. 3 §11.5.3.
const (
	errSendVector    = 1 << 5
	errReceiveVector = 1 << 6
	errRegister      = 1 << 7
)

// minVector is the lowest vector an APIC delivers. Intel SDM vol. 3 §11.5.2.
const minVector = 16

// The local vector table: an entry's number is its register's distance from
// regLVT.
const (
	lvtTimer = iota
	lvtThermal
	lvtPerf
	lvtLINT0
	lvtLINT1
	lvtError
	lvtEntries
)

// An entry of the local vector table. Intel SDM vol. 3 §11.5.1 figure 11-8.
const (
	lvtModeBit   = 8
	lvtMode      = 7 << lvtModeBit
	lvtPending   = 1 << 12 // read-only; delivery is immediate here
	lvtActiveLow = 1 << 13
	lvtRemoteIRR = 1 << 14 // read-only
	lvtLevel     = 1 << 15
	lvtMasked    = 1 << 16

	lvtTimerMode    = 3 << 17
	lvtTimerOneShot = 0 << 17
	lvtPeriodic     = 1 << 17
	lvtDeadline     = 2 << 17
)

// lvtBits is what can be written in each entry.
var lvtBits = [lvtEntries]uint32{
	lvtTimer:   0xff | lvtMasked | lvtTimerMode,
	lvtThermal: 0xff | lvtMode | lvtMasked,
	lvtPerf:    0xff | lvtMode | lvtMasked,
	lvtLINT0:   0xff | lvtMode | lvtActiveLow | lvtLevel | lvtMasked,
	lvtLINT1:   0xff | lvtMode | lvtActiveLow | lvtLevel | lvtMasked,
	lvtError:   0xff | lvtMasked,
}

// The interrupt command register. Intel SDM vol. 3 §11.6.1 figure 11-12.
const (
	icrModeBit      = 8
	icrMode         = 7 << icrModeBit
	icrLogical      = 1 << 11
	icrBusy         = 1 << 12 // read-only; delivery is immediate here
	icrAssert       = 1 << 14
	icrLevel        = 1 << 15
	icrShorthandBit = 18
	icrShorthand    = 3 << icrShorthandBit
	icrBits         = 0xff | icrMode | icrLogical | icrAssert | icrLevel | icrShorthand
	icrDestBit      = 32 // in the 64-bit register of x2APIC mode
)

// The divide configuration register. Intel SDM vol. 3 §11.5.4 figure 11-10.
const divideBits = 0xb
