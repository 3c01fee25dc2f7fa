package vmx

// Field is the encoding of a VMCS field, the operand of VMREAD and VMWRITE.
// Bits 14:13 are its width (0: 16 bits, 1: 64, 2: 32, 3: natural), bits 11:10
// its kind (0: control, 1: read-only, 2: guest state, 3: host state). SDM
// vol. 3 appendix B.
type Field uint64

// Controls. SDM vol. 3 tables B-1, B-4, B-8, B-12.
const (
	fieldVPID           Field = 0x0000
	fieldMSRBitmap      Field = 0x2004
	fieldExitMSRLoad    Field = 0x2008 // host-physical, of the list
	fieldEntryMSRLoad   Field = 0x200a
	fieldTSCOffset      Field = 0x2010
	fieldVirtualAPIC    Field = 0x2012
	fieldEPTP           Field = 0x201a
	fieldXSSBitmap      Field = 0x202c
	fieldPin            Field = 0x4000
	fieldPrimary        Field = 0x4002
	fieldExceptions     Field = 0x4004
	fieldPageFaultMask  Field = 0x4006
	fieldPageFaultMatch Field = 0x4008
	fieldCR3Targets     Field = 0x400a
	fieldExitControls   Field = 0x400c
	fieldExitMSRStores  Field = 0x400e // how many
	fieldExitMSRLoads   Field = 0x4010
	fieldEntryControls  Field = 0x4012
	fieldEntryMSRLoads  Field = 0x4014
	fieldEntryInterrupt Field = 0x4016
	fieldEntryErrorCode Field = 0x4018
	fieldEntryLength    Field = 0x401a
	fieldTPRThreshold   Field = 0x401c
	fieldSecondary      Field = 0x401e
	fieldPauseGap       Field = 0x4020
	fieldPauseWindow    Field = 0x4022
	fieldCR0Mask        Field = 0x6000
	fieldCR4Mask        Field = 0x6002
	fieldCR0Shadow      Field = 0x6004
	fieldCR4Shadow      Field = 0x6006
)

// What an exit tells. SDM vol. 3 tables B-5, B-9, B-13.
const (
	fieldGPA              Field = 0x2400
	fieldInstructionError Field = 0x4400
	fieldReason           Field = 0x4402
	fieldInterruptInfo    Field = 0x4404
	fieldInterruptCode    Field = 0x4406
	fieldVectoringInfo    Field = 0x4408
	fieldVectoringCode    Field = 0x440a
	fieldLength           Field = 0x440c
	fieldInstructionInfo  Field = 0x440e
	fieldQualification    Field = 0x6400
)

// Guest state. Those of segments are the first of eight, in the order of the
// numbers of segment registers, 2 apart. SDM vol. 3 tables B-2, B-6, B-10, B-14.
const (
	fieldSelector     Field = 0x0800
	fieldLinkPointer  Field = 0x2800
	fieldDebugCtl     Field = 0x2802
	fieldPAT          Field = 0x2804
	fieldEFER         Field = 0x2806
	fieldPDPTE        Field = 0x280a // of four, 2 apart
	fieldLimit        Field = 0x4800
	fieldGDTRLimit    Field = 0x4810
	fieldIDTRLimit    Field = 0x4812
	fieldAccess       Field = 0x4814
	fieldShadow       Field = 0x4824 // interruptibility state
	fieldActivity     Field = 0x4826
	fieldSysenterCS   Field = 0x482a
	fieldTimer        Field = 0x482e // preemption timer
	fieldCR0          Field = 0x6800
	fieldCR3          Field = 0x6802
	fieldCR4          Field = 0x6804
	fieldBase         Field = 0x6806
	fieldGDTRBase     Field = 0x6816
	fieldIDTRBase     Field = 0x6818
	fieldDR7          Field = 0x681a
	fieldRSP          Field = 0x681c
	fieldRIP          Field = 0x681e
	fieldRFLAGS       Field = 0x6820
	fieldPendingDebug Field = 0x6822
	fieldSysenterESP  Field = 0x6824
	fieldSysenterEIP  Field = 0x6826
)

// Host state. SDM vol. 3 tables B-3, B-7, B-11, B-15.
const (
	fieldHostES          Field = 0x0c00
	fieldHostCS          Field = 0x0c02
	fieldHostSS          Field = 0x0c04
	fieldHostDS          Field = 0x0c06
	fieldHostFS          Field = 0x0c08
	fieldHostGS          Field = 0x0c0a
	fieldHostTR          Field = 0x0c0c
	fieldHostPAT         Field = 0x2c00
	fieldHostEFER        Field = 0x2c02
	fieldHostSysenterCS  Field = 0x4c00
	fieldHostCR0         Field = 0x6c00
	fieldHostCR3         Field = 0x6c02
	fieldHostCR4         Field = 0x6c04
	fieldHostFSBase      Field = 0x6c06
	fieldHostGSBase      Field = 0x6c08
	fieldHostTRBase      Field = 0x6c0a
	fieldHostGDTRBase    Field = 0x6c0c
	fieldHostIDTRBase    Field = 0x6c0e
	fieldHostSysenterESP Field = 0x6c10
	fieldHostSysenterEIP Field = 0x6c12
	fieldHostRSP         Field = 0x6c14
	fieldHostRIP         Field = 0x6c16
)
