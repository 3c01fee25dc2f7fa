package vga

// Ports. IBM VGA, "Registers". The CRT controller, the feature control register
// and input status 1 are at 0x3Bx or 0x3Dx, by miscColor.
const (
	portCRTCMono    = 0x3b4
	portStatus1Mono = 0x3ba
	portAttr        = 0x3c0 // index and data in turn
	portAttrRead    = 0x3c1
	portMisc        = 0x3c2 // reads as input status 0
	portSeq         = 0x3c4
	portDACMask     = 0x3c6
	portDACRead     = 0x3c7 // read address; reads as state
	portDACWrite    = 0x3c8
	portDACData     = 0x3c9
	portFeatureRead = 0x3ca
	portMiscRead    = 0x3cc
	portGC          = 0x3ce
	portCRTC        = 0x3d4
	portStatus1     = 0x3da
)

// Miscellaneous output register.
const (
	miscColor      = 1 << 0 // ports at 0x3Dx
	miscRAM        = 1 << 1 // memory answers
	miscClockShift = 2
	miscClockMask  = 3
)

// Sequencer.
const (
	seqClocking = 1
	seqMapMask  = 2
	seqFont     = 3
	seqMode     = 4
	seqCount    = 5

	clocking8Dots  = 1 << 0 // a character is 8 dots wide, not 9
	clockingHalf   = 1 << 3 // dots last twice as long
	clockingOff    = 1 << 5 // the screen is blank
	seqModeNoPairs = 1 << 2 // addresses go to planes as they are, not even and odd
	seqModeChain4  = 1 << 3
)

// Graphics controller.
const (
	gcSetReset       = 0
	gcEnableSetReset = 1
	gcCompare        = 2
	gcRotate         = 3
	gcReadMap        = 4
	gcMode           = 5
	gcMisc           = 6
	gcDontCare       = 7
	gcBitMask        = 8
	gcCount          = 9

	gcWriteMode   = 3
	gcReadCompare = 1 << 3
	gcPairs       = 1 << 4 // reads follow the seqMode's pairs
	gcShiftCGA    = 1 << 5
	gcShift256    = 1 << 6
	gcGraphics    = 1 << 0 // of gcMisc
	gcMapShift    = 2
)

// CRT controller.
const (
	crtcHTotal       = 0x00
	crtcHDisplay     = 0x01
	crtcVTotal       = 0x06
	crtcOverflow     = 0x07
	crtcMaxScan      = 0x09
	crtcCursorStart  = 0x0a
	crtcCursorEnd    = 0x0b
	crtcStartHigh    = 0x0c
	crtcStartLow     = 0x0d
	crtcCursorHigh   = 0x0e
	crtcCursorLow    = 0x0f
	crtcVSyncStart   = 0x10
	crtcVSyncEnd     = 0x11
	crtcVDisplay     = 0x12
	crtcOffset       = 0x13
	crtcUnderline    = 0x14
	crtcMode         = 0x17
	crtcLineCompare  = 0x18
	crtcCount        = 0x19
	crtcProtect      = 1 << 7 // of crtcVSyncEnd: indexes 0 to 7 cannot be written
	overflowCompare  = 1 << 4 // but for this bit of crtcOverflow
	maxScanDouble    = 1 << 7
	cursorOff        = 1 << 5
	underlineDWord   = 1 << 6
	crtcModeBank0    = 1 << 0 // 0: address bit 13 is row bit 0
	crtcModeBank1    = 1 << 1 // 0: address bit 14 is row bit 1
	crtcModeWrap     = 1 << 5
	crtcModeByte     = 1 << 6
	scanMask         = 0x1f
	verticalSyncMask = 0xf
)

// Attribute controller.
const (
	attrMode     = 0x10
	attrPlanes   = 0x12
	attrColor    = 0x14
	attrCount    = 0x15
	attrVideo    = 1 << 5 // of the index: the palette drives the screen
	attrLine     = 1 << 2 // of attrMode: line characters are 9 dots wide
	attrBlink    = 1 << 3 // attribute bit 7 blinks
	attrMono     = 1 << 1
	attrColor54  = 1 << 7 // colour bits 5:4 come from attrColor
	indexMask    = 0x1f
	paletteCount = 16
)

// Bits that can be written, by index.
var (
	seqBits  = [seqCount]uint8{0x03, 0x3d, 0x0f, 0x3f, 0x0e}
	gcBits   = [gcCount]uint8{0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff}
	attrBits = [attrCount]uint8{
		0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f,
		0xef, 0xff, 0x3f, 0x0f, 0x0f,
	}
)
