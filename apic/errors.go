package apic

// Error is an error that needs no allocation: its text, one line.
type Error string

// Error returns the text.
func (e Error) Error() string { return string(e) }

// The errors of this package.
const (
	ErrDisabled    Error = "apic: the firmware left the local APIC disabled (IA32_APIC_BASE.EN is 0)"
	ErrNoWindow    Error = "apic: xAPIC mode needs the local APIC's register window"
	ErrX2Refused   Error = "apic: the processor did not enter x2APIC mode"
	ErrMixedModes  Error = "apic: this processor is in x2APIC mode and the others are not"
	ErrVersion     Error = "apic: the local APIC's version register does not name an integrated APIC"
	ErrNotEnabled  Error = "apic: the local APIC did not take the software-enable bit"
	ErrInService   Error = "apic: an interrupt stays in service however often it is ended"
	ErrVector      Error = "apic: vectors below 16 cannot be delivered"
	ErrDestination Error = "apic: the APIC id does not fit the destination field, or means broadcast"
	ErrUndelivered Error = "apic: the interrupt command register stayed busy: IPI not delivered"
	ErrDivider     Error = "apic: the timer divides by 1, 2, 4, 8, 16, 32, 64 or 128"
	ErrLINT        Error = "apic: a local APIC has the pins LINT0 and LINT1 only"

	ErrIOAPICVersion Error = "apic: no I/O APIC answers at this address"
	ErrIOAPICPin     Error = "apic: the I/O APIC has no such pin"
	ErrIOAPICFull    Error = "apic: more I/O APICs than the set holds"
	ErrIOAPICOverlap Error = "apic: two I/O APICs claim the same interrupt number (GSI)"
	ErrNoGSI         Error = "apic: no I/O APIC serves this interrupt number (GSI)"
)
