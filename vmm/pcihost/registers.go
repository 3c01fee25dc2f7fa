package pcihost

// Offsets in bytes of the registers of every function. PCI 3.0 §6.1, figure
// 6-1.
const (
	regVendor          = 0x00
	regDevice          = 0x02
	regCommand         = 0x04
	regStatus          = 0x06
	regRevision        = 0x08
	regClass           = 0x09 // interface, subclass, class
	regHeaderType      = 0x0e
	regBAR             = 0x10
	regBAREnd          = 0x28
	regSubsystemVendor = 0x2c
	regSubsystem       = 0x2e
	regCapabilities    = 0x34
	regInterruptLine   = 0x3c
	regInterruptPin    = 0x3d
	headerEnd          = 0x40

	spaceSize = 256
)

// The command register. PCI 3.0 §6.2.2.
const (
	CommandIO     = 1 << 0  // answer at I/O BARs
	CommandMemory = 1 << 1  // answer at memory BARs
	CommandMaster = 1 << 2  // read and write memory, and send MSIs
	CommandNoINTx = 1 << 10 // do not use the interrupt pin

	commandParity = 1 << 6
	commandSERR   = 1 << 8
	commandBits   = CommandIO | CommandMemory | CommandMaster | commandParity | commandSERR | CommandNoINTx
)

// The status register. Its error bits are never set here, so there is nothing
// to clear. PCI 3.0 §6.2.3.
const (
	statusInterrupt    = 1 << 3 // the pin is wanted, whatever the command register says
	statusCapabilities = 1 << 4
	statusFastBack     = 1 << 7 // fast back-to-back capable
	statusMedium       = 1 << 9 // DEVSEL# timing
)

const headerMultiFunction = 0x80 // of the header type. PCI 3.0 §6.2.1
