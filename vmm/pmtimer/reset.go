package pmtimer

// The reset control register, and the value that resets when it is written
// there, for the FADT's RESET_REG and RESET_VALUE (ACPI 6.4 §4.8.3.6). It is the
// ISA bridge's: see package pcihost. 82371SB data sheet, reset control register.
const (
	ResetPort  = 0xcf9
	ResetValue = 0x06 // the whole system, now
)
