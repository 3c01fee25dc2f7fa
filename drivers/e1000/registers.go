package e1000

// BAR is the number of the base address register of the registers, and
// WindowSize their size in bytes. SDM §4.1, §13.3.
const (
	BAR        = 0
	WindowSize = 128 << 10
)

// Registers, by byte offset. SDM §13.3 table 13-2.
const (
	regCTRL    = 0x0000
	regSTATUS  = 0x0008
	regEERD    = 0x0014
	regCTRLEXT = 0x0018
	regICR     = 0x00c0
	regIMS     = 0x00d0
	regIMC     = 0x00d8
	regRCTL    = 0x0100
	regTCTL    = 0x0400
	regTIPG    = 0x0410
	regRDBAL   = 0x2800
	regRDBAH   = 0x2804
	regRDLEN   = 0x2808
	regRDH     = 0x2810
	regRDT     = 0x2818
	regRDTR    = 0x2820
	regTDBAL   = 0x3800
	regTDBAH   = 0x3804
	regTDLEN   = 0x3808
	regTDH     = 0x3810
	regTDT     = 0x3818
	regTXDCTL  = 0x3828
	regMPC     = 0x4010 // frames missed for want of a buffer; reading clears it
	regMTA     = 0x5200
	regRAL     = 0x5400
	regRAH     = 0x5404

	mtaWords = 128
)

// Device control. SDM §13.4.1; bit 2: 82574 datasheet §10.2.2.1.
const (
	ctrlNoMaster  = 1 << 2 // PCI Express: start no more transactions
	ctrlLinkReset = 1 << 3
	ctrlAutoSpeed = 1 << 5
	ctrlLinkUp    = 1 << 6
	ctrlInvert    = 1 << 7 // of the loss-of-signal pin
	ctrlReset     = 1 << 26
	ctrlVLAN      = 1 << 30
	ctrlPHYReset  = 1 << 31
)

// Device status. SDM §13.4.2; bit 19: 82574 datasheet §10.2.2.2.
const (
	statusLink     = 1 << 1
	statusSpeedBit = 6
	statusMaster   = 1 << 19 // PCI Express: transactions are under way
)

// EEPROM read. SDM §13.4.4.
const (
	eerdStart   = 1 << 0
	eerdDone    = 1 << 4
	eerdWordBit = 8
	eerdDataBit = 16
)

// ctrlExtLoaded tells the management engine that a driver is in charge. 82574
// datasheet §10.2.2.5.
const ctrlExtLoaded = 1 << 28

// Interrupt causes. SDM §13.4.17.
const (
	intLink     = 1 << 2
	intLow      = 1 << 4 // few receive descriptors are left
	intOverrun  = 1 << 6
	intReceived = 1 << 7
	intAll      = intLink | intLow | intOverrun | intReceived
)

// Receive control. SDM §13.4.22. Buffers are 2048 bytes when the size bits are 0.
const (
	rctlEnable     = 1 << 1
	rctlUnicast    = 1 << 3 // all of it
	rctlMulticast  = 1 << 4 // all of it
	rctlBroadcast  = 1 << 15
	rctlStripCheck = 1 << 26
	rctlRun        = rctlEnable | rctlUnicast | rctlMulticast | rctlBroadcast | rctlStripCheck
)

// Transmit control. SDM §13.4.33: pad short frames; retry a collision 15
// times, within 64 byte times.
const (
	tctlEnable = 1 << 1
	tctlPad    = 1 << 3
	tctlRun    = tctlEnable | tctlPad | 0x0f<<4 | 0x40<<12
)

// tipgCopper is the gaps between frames: IPGT 10, IPGR1 8, IPGR2 6. SDM
// §13.4.34. The other families' reset value is right.
const tipgCopper = 10 | 8<<10 | 6<<20

// txdctlRun writes each descriptor back when it is done. Bit 22 is reserved and
// must be 1. 82574 datasheet §10.2.6.7.
const txdctlRun = 1<<24 | 1<<22 | 1<<16

// rahValid says that the receive address is in use. SDM §13.5.3.
const rahValid = 1 << 31

// A descriptor is 16 bytes: the buffer's address, and a word of these fields.
// Receive: SDM §3.2.3; transmit: SDM §3.3.3.
const (
	rxDone   = 1 << 32
	rxEnd    = 1 << 33 // the frame's last descriptor
	rxErrors = 0x97 << 40

	txEnd      = 1 << 24 // the frame's last descriptor
	txCheck    = 1 << 25 // append the frame check sequence
	txReport   = 1 << 27 // set txDone
	txDone     = 1 << 32
	txLenMask  = 0xffff
	txRequests = txEnd | txCheck | txReport
)

const allOnes = ^uint32(0)
