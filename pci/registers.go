package pci

// Registers of every function, by byte offset of the 32-bit word that holds
// them. PCI 3.0 §6.1 figure 6-1, §6.2; PCI-to-PCI Bridge 1.2 §3.2.
const (
	regID           = 0x00 // vendor, device
	regCommand      = 0x04 // command, status
	regClass        = 0x08 // revision, programming interface, subclass, class
	regHeader       = 0x0c // header type in bits 23:16
	regBAR          = 0x10
	regBuses        = 0x18 // bridge: primary, secondary, subordinate bus
	regSubsystem    = 0x2c // subsystem vendor, subsystem
	regCapabilities = 0x34
	regInterrupt    = 0x3c // line, pin
)

// The command register. PCI 3.0 §6.2.2.
const (
	CommandIO        = 1 << 0  // answer at I/O BARs
	CommandMemory    = 1 << 1  // answer at memory BARs
	CommandBusMaster = 1 << 2  // read and write memory, and send MSIs
	CommandNoINTx    = 1 << 10 // do not use the interrupt pin
)

const (
	vendorAbsent = 0xffff

	// The status register is the upper half of the command's word.
	statusCapabilities = 1 << (16 + 4)

	headerMask     = 0x7f
	headerMulti    = 0x80
	headerDevice   = 0
	headerBridge   = 1
	headerCardBus  = 2
	barsDevice     = 6
	barsBridge     = 2
	classBridge    = 0x06
	maxInterrupt   = 4 // pins INTA# to INTD#
	firstCapOffset = 0x40
)
