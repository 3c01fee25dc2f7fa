package apic

// The vectors Ringo gives to interrupts; exceptions own 0 to 31. A vector's
// upper four bits are its priority class. Intel SDM vol. 3 §11.8.3.
const (
	// PICVector is the first of the 16 vectors of the two 8259s. They are
	// masked; what arrives here is spurious.
	PICVector = 0x20
	// FirstDeviceVector is the lowest vector for I/O APIC pins and MSIs.
	FirstDeviceVector = 0x30
	// LastDeviceVector is the highest vector for I/O APIC pins and MSIs.
	LastDeviceVector = 0xef
	// KickVector is the inter-processor interrupt that makes a processor
	// look at its run queue and leaves a guest.
	KickVector = 0xfc
	// TimerVector is the local APIC timer's.
	TimerVector = 0xfd
	// ErrorVector is for errors that the local APIC itself detects.
	ErrorVector = 0xfe
	// SpuriousVector is for an interrupt that went away before it was
	// delivered. Its handler returns without an EOI. The low four bits are
	// ones, as old processors require. Intel SDM vol. 3 §11.9.
	SpuriousVector = 0xff
)

// minVector is the lowest vector an APIC delivers. Intel SDM vol. 3 §11.5.2.
const minVector = 16
