// Package ata has what ATA drives have in common, however they are attached:
// command codes, status bits, addresses, and what a drive says of itself. It
// follows AT Attachment with Packet Interface - 6 (INCITS 361, "ATA-6" below).
package ata

// SectorSize is a disk's sector in bytes, CDSectorSize a CD-ROM's.
const (
	SectorSize   = 512
	CDSectorSize = 2048
)

// Status register. ATA-6 §7.15.
const (
	StatusERR  = 1 << 0 // error; with packet commands: check condition
	StatusDRQ  = 1 << 3 // data request
	StatusDSC  = 1 << 4 // seek complete; ATA-6 leaves it to the command
	StatusDF   = 1 << 5 // device fault
	StatusDRDY = 1 << 6 // device ready
	StatusBSY  = 1 << 7 // busy
)

// StatusGood is the status after a command without an error.
const StatusGood = StatusDRDY | StatusDSC

// Error register. ATA-6 §7.9.
const (
	ErrorABRT = 1 << 2 // command aborted
	ErrorIDNF = 1 << 4 // address not found
	ErrorUNC  = 1 << 6 // uncorrectable data

	DiagnosticPassed = 1 // after a reset or a diagnostic. ATA-6 §8.11, Table 26
)

// Device register. ATA-6 §7.7.
const (
	DeviceHead = 0x0f // head, or bits 27:24 of an LBA
	DeviceDEV  = 1 << 4
	DeviceLBA  = 1 << 6
	DeviceOnes = 0xa0 // bits that read as 1: obsolete in ATA-6, set before
)

// Device control register. ATA-6 §7.8.
const (
	ControlNIEN = 1 << 1 // no interrupts
	ControlSRST = 1 << 2 // software reset
	ControlHOB  = 1 << 7 // registers show what was written before the last
)

// Command codes. ATA-6 §8; those in the second group are older standards'.
const (
	CmdNop                 = 0x00
	CmdDeviceReset         = 0x08
	CmdReadSectors         = 0x20
	CmdReadSectorsExt      = 0x24
	CmdReadDMAExt          = 0x25
	CmdReadNativeMaxExt    = 0x27
	CmdReadMultipleExt     = 0x29
	CmdWriteSectors        = 0x30
	CmdWriteSectorsExt     = 0x34
	CmdWriteDMAExt         = 0x35
	CmdWriteMultipleExt    = 0x39
	CmdReadVerify          = 0x40
	CmdReadVerifyExt       = 0x42
	CmdSeek                = 0x70
	CmdDiagnostic          = 0x90
	CmdInitParameters      = 0x91
	CmdPacket              = 0xa0
	CmdIdentifyPacket      = 0xa1
	CmdReadMultiple        = 0xc4
	CmdWriteMultiple       = 0xc5
	CmdSetMultiple         = 0xc6
	CmdReadDMA             = 0xc8
	CmdWriteDMA            = 0xca
	CmdStandbyImmediate    = 0xe0
	CmdIdleImmediate       = 0xe1
	CmdStandby             = 0xe2
	CmdIdle                = 0xe3
	CmdCheckPower          = 0xe5
	CmdSleep               = 0xe6
	CmdFlushCache          = 0xe7
	CmdFlushCacheExt       = 0xea
	CmdIdentify            = 0xec
	CmdSetFeatures         = 0xef
	CmdReadNativeMax       = 0xf8
	CmdRecalibrate         = 0x10
	CmdReadSectorsNoRetry  = 0x21
	CmdWriteSectorsNoRetry = 0x31
	CmdReadVerifyNoRetry   = 0x41
	CmdReadDMANoRetry      = 0xc9
	CmdWriteDMANoRetry     = 0xcb
)

// PowerActive is what CHECK POWER MODE answers: active or idle. ATA-6 §8.10.
const PowerActive = 0xff

// Subcommands of SET FEATURES. ATA-6 §8.46, Table 43.
const (
	FeatureWriteCache     = 0x02
	FeatureTransferMode   = 0x03
	FeatureNoLookAhead    = 0x55
	FeatureKeepSettings   = 0x66
	FeatureNoWriteCache   = 0x82
	FeatureLookAhead      = 0xaa
	FeatureRevertSettings = 0xcc
)

// Signature is what a reset leaves in the sector count and the LBA registers:
// how a host knows a disk from a packet device. ATA-6 §9.12.
type Signature struct{ Count, Low, Mid, High uint8 }

// Signatures.
var (
	DiskSignature   = Signature{1, 1, 0, 0}
	PacketSignature = Signature{1, 1, 0x14, 0xeb}
)
