package clock

import "math/bits"

const (
	nsPerSec = 1_000_000_000
	// MinHz and MaxHz are the TSC rates in ticks a second that we believe and
	// that the arithmetic is made for.
	MinHz = 1_000_000
	MaxHz = 1_000_000_000_000
	// shift makes the multiplier, nanoseconds a tick times 2^shift, fit 64 bits
	// at MinHz and keep 42 significant bits at MaxHz.
	shift = 52
	// Shift is the scale of Line's multiplier.
	Shift = shift
)

// Clock counts nanoseconds from the moment it was started. Its methods may run
// on any processor and in interrupt handlers.
type Clock struct {
	tsc   func() uint64
	base  uint64 // TSC when the clock read start
	start uint64 // in nanoseconds
	mul   uint64 // nanoseconds a tick, times 2^shift
	hz    uint64
}

// Start sets the clock going at 0 ns, with the rate of the TSC in ticks a
// second. tsc reads the TSC in program order (LFENCE; RDTSC, or RDTSCP). The
// error is ErrRate.
func (c *Clock) Start(tsc func() uint64, hz uint64) error {
	if hz < MinHz || hz > MaxHz {
		return ErrRate
	}
	c.tsc, c.start = tsc, 0
	c.run(hz, tsc())
	return nil
}

// Adjust lets the clock go on from what it reads now at another rate. Nobody
// may read the clock meanwhile. It stores no pointer. The error is ErrRate; the
// clock then goes on as before.
func (c *Clock) Adjust(hz uint64) error {
	if hz < MinHz || hz > MaxHz {
		return ErrRate
	}
	tsc := c.tsc()
	c.start = c.At(tsc)
	c.run(hz, tsc)
	return nil
}

func (c *Clock) run(hz, base uint64) {
	c.hz, c.base = hz, base
	c.mul = mulDiv(nsPerSec, 1<<shift, hz)
}

// Now returns the nanoseconds since Start.
func (c *Clock) Now() uint64 { return c.At(c.tsc()) }

// At returns the nanoseconds from Start to the moment the TSC read tsc. A moment
// before Start, or before the last Adjust, counts as that: on another processor
// the TSC may be a little behind.
func (c *Clock) At(tsc uint64) uint64 {
	ticks := tsc - c.base
	if int64(ticks) < 0 {
		return c.start
	}
	hi, lo := bits.Mul64(ticks, c.mul)
	return c.start + (hi<<(64-shift) | lo>>shift)
}

// Deadline returns the first value of the TSC at which the clock reads ns or
// more, or that at the last Adjust if it did so then. A moment further away than the TSC counts gives its largest value.
func (c *Clock) Deadline(ns uint64) (tsc uint64) {
	ns = max(ns, c.start) - c.start
	tsc, carry := bits.Add64(c.base, mulDivUp(ns, 1<<shift, c.mul), 0)
	if carry != 0 {
		return ^uint64(0)
	}
	return tsc
}

// Hz returns the rate of the TSC in ticks a second.
func (c *Clock) Hz() uint64 { return c.hz }

// Line returns the parameters of Now, (TSC-base)*mul>>Shift, for code that
// computes it elsewhere.
func (c *Clock) Line() (base, mul uint64) { return c.base, c.mul }

// TimerTicks returns how many ticks of a timer that runs at hz last at least
// ns: at least 1, and at most what a 32-bit timer holds.
func TimerTicks(ns, hz uint64) uint32 {
	return uint32(min(max(mulDivUp(ns, hz, nsPerSec), 1), 1<<32-1))
}

// mulDiv returns a*b/c, rounded down, all ones when that needs more than 64
// bits or c is 0.
func mulDiv(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	if hi >= c {
		return ^uint64(0)
	}
	q, _ := bits.Div64(hi, lo, c)
	return q
}

// mulDivUp is mulDiv, rounded up.
func mulDivUp(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	if hi >= c {
		return ^uint64(0)
	}
	q, rem := bits.Div64(hi, lo, c)
	if rem != 0 && q != ^uint64(0) {
		q++
	}
	return q
}
