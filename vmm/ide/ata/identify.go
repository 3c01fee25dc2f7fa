package ata

import "encoding/binary"

// Words of the answer to IDENTIFY DEVICE and IDENTIFY PACKET DEVICE. ATA-6
// §8.15.8 and §8.16.8.
const (
	wordConfiguration = 0
	wordCylinders     = 1
	wordHeads         = 3
	wordSectors       = 6
	wordSerial        = 10 // 20 characters
	wordFirmware      = 23 // 8
	wordModel         = 27 // 40
	wordMaxMultiple   = 47
	wordCapabilities  = 49
	wordCapabilities2 = 50
	wordPIOMode       = 51
	wordValid         = 53
	wordCurrentCHS    = 54
	wordMultiple      = 59
	wordCapacity      = 60 // sectors with 28-bit addresses, 32 bits
	wordMWDMA         = 63
	wordPIOModes      = 64
	wordCycles        = 65 // four words, ns
	wordMajorVersion  = 80
	wordSupported     = 82 // three words
	wordEnabled       = 85 // three words
	wordUDMA          = 88
	wordResetResult   = 93
	wordCapacity48    = 100 // sectors with 48-bit addresses, 64 bits
)

const (
	configurationDisk = 0x0040 // not removable
	configurationCD   = 0x85c0 // packet device, CD-ROM, removable, DRQ within 50 us, 12-byte packets

	capabilityDMA   = 1 << 8
	capabilityLBA   = 1 << 9
	capabilityIORDY = 3 << 10

	// MaxMultiple is the most sectors a block of READ MULTIPLE has.
	MaxMultiple  = 16
	maxMultiple  = 0x8000 | MaxMultiple
	multipleSet  = 1 << 8
	alwaysSet    = 1 << 14 // of words 50, 83, 84 and 87
	pioMode2     = 2 << 8
	allValid     = 7 // words 54-58, 64-70 and 88
	pioModes34   = 3
	mwdmaModes   = 7      // modes 0 to 2
	udmaModes    = 0x3f   // modes 0 to 5
	cycleTime    = 120    // ns, of PIO mode 4 and multiword DMA mode 2
	majorVersion = 0x0078 // ATA-3 to ATA-6

	setPower      = 1 << 3
	setPacket     = 1 << 4
	setWriteCache = 1 << 5
	setReset      = 1 << 9
	setNop        = 1 << 14
	set2LBA48     = 1 << 10
	set2Flush     = 1 << 12
	set2FlushExt  = 1 << 13

	resetResult = 0x6001 // valid, 80-conductor cable, device 0 passed

	// Max28 is the most sectors that 28-bit addresses reach.
	Max28 = 1<<28 - 1
)

// Drive is what a drive says of itself, and its settings.
type Drive struct {
	Model, Serial string
	Sectors       uint64 // 0 for a CD-ROM drive
	Default       Geometry
	Current       Geometry
	Multiple      uint8 // sectors a block, 0 for none
	WriteCache    bool
	Mode          uint8 // transfer mode, as SET FEATURES has it
	UDMA          bool  // the host has Ultra DMA
}

// Firmware is the revision that all drives tell.
const Firmware = "1.0"

// Identify fills p with a disk's answer to IDENTIFY DEVICE.
func (d *Drive) Identify(p *[SectorSize]byte) {
	d.common(p)
	put(p, wordConfiguration, configurationDisk)
	put(p, wordCylinders, d.Default.Cylinders)
	put(p, wordHeads, uint16(d.Default.Heads))
	put(p, wordSectors, uint16(d.Default.Sectors))
	put(p, wordMaxMultiple, maxMultiple)
	put(p, wordCurrentCHS, d.Current.Cylinders)
	put(p, wordCurrentCHS+1, uint16(d.Current.Heads))
	put(p, wordCurrentCHS+2, uint16(d.Current.Sectors))
	binary.LittleEndian.PutUint32(p[2*(wordCurrentCHS+3):], d.Current.Capacity())
	put(p, wordMultiple, multipleSet|uint16(d.Multiple))
	binary.LittleEndian.PutUint32(p[2*wordCapacity:], uint32(min(d.Sectors, Max28)))
	cache := uint16(0)
	if d.WriteCache {
		cache = setWriteCache
	}
	put(p, wordSupported, setPower|setWriteCache|setNop)
	put(p, wordSupported+1, alwaysSet|set2LBA48|set2Flush|set2FlushExt)
	put(p, wordEnabled, setPower|cache|setNop)
	put(p, wordEnabled+1, set2LBA48|set2Flush|set2FlushExt)
	binary.LittleEndian.PutUint64(p[2*wordCapacity48:], d.Sectors)
}

// IdentifyPacket fills p with a CD-ROM drive's answer to IDENTIFY PACKET
// DEVICE.
func (d *Drive) IdentifyPacket(p *[SectorSize]byte) {
	d.common(p)
	put(p, wordConfiguration, configurationCD)
	put(p, wordSupported, setPower|setPacket|setReset|setNop)
	put(p, wordSupported+1, alwaysSet)
	put(p, wordEnabled, setPower|setPacket|setReset|setNop)
}

// put sets a word of an answer.
func put(p *[SectorSize]byte, word int, v uint16) { binary.LittleEndian.PutUint16(p[2*word:], v) }

// common fills in what both answers have.
func (d *Drive) common(p *[SectorSize]byte) {
	*p = [SectorSize]byte{}
	text(p[2*wordSerial:][:20], d.Serial)
	text(p[2*wordFirmware:][:8], Firmware)
	text(p[2*wordModel:][:40], d.Model)
	put(p, wordCapabilities, capabilityDMA|capabilityLBA|capabilityIORDY)
	put(p, wordCapabilities2, alwaysSet)
	put(p, wordPIOMode, pioMode2)
	put(p, wordValid, allValid)
	put(p, wordPIOModes, pioModes34)
	for i := range 4 {
		put(p, wordCycles+i, cycleTime)
	}
	put(p, wordMWDMA, mwdmaModes|selected(d.Mode, modeMWDMA))
	if d.UDMA {
		put(p, wordUDMA, udmaModes|selected(d.Mode, modeUDMA))
	}
	put(p, wordMajorVersion, majorVersion)
	put(p, wordSupported+2, alwaysSet)
	put(p, wordEnabled+2, alwaysSet)
	put(p, wordResetResult, resetResult)
}

// text fills p with characters, in words of which the high byte is first, and
// spaces. ATA-6 §3.2.9.
func text(p []byte, s string) {
	for i := range p {
		c := byte(' ')
		if i < len(s) && s[i] >= ' ' && s[i] <= '~' {
			c = s[i]
		}
		p[i^1] = c
	}
}

// Transfer modes, in bits 7:3, with a number in bits 2:0. ATA-6 §8.46.11,
// Table 44.
const (
	modePIO     = 0x00
	modePIOFlow = 0x08
	modeMWDMA   = 0x20
	modeUDMA    = 0x40
	modeKind    = 0xf8
	modeNumber  = 0x07

	// DefaultMode is the one after power-on: multiword DMA mode 2.
	DefaultMode = modeMWDMA | 2
)

// ModeSupported tells whether SET FEATURES accepts a transfer mode.
func (d *Drive) ModeSupported(mode uint8) bool {
	n := mode & modeNumber
	switch mode & modeKind {
	case modePIO:
		return n <= 1 // the default, with or without flow control
	case modePIOFlow:
		return n <= 4
	case modeMWDMA:
		return n <= 2
	case modeUDMA:
		return d.UDMA && n <= 5
	}
	return false
}

// isDMA tells whether a mode is a DMA mode: a PIO mode leaves the DMA mode as
// it was.
func isDMA(mode uint8) bool { return mode&(modeMWDMA|modeUDMA) != 0 }

// selected is the bit that names the mode of a kind in its word.
func selected(mode, kind uint8) uint16 {
	if mode&modeKind != kind {
		return 0
	}
	return 1 << (8 + mode&modeNumber)
}
