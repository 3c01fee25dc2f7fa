package clock

// Error is an error that needs no allocation: its text, one line.
type Error string

// Error returns the text.
func (e Error) Error() string { return string(e) }

// The errors of this package.
const (
	ErrNoSource Error = "clock: CPUID does not give the TSC's rate and no reference counter (HPET, PM timer, PIT) runs"
	ErrTSC      Error = "clock: the time-stamp counter does not count upwards"
	ErrRate     Error = "clock: the rate is not between 1 MHz and 1 THz"
)
