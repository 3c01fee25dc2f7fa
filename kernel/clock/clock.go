package clock

import "math/bits"

const (
	nsPerSec = 1_000_000_000
	// MinHz and MaxHz are the TSC rates in ticks a second that we believe and
	// that the arithmetic is made for.
	MinHz = 1_000_000
	MaxHz = 1_000_000_000_000
	// Shift makes the multiplier, nanoseconds a tick times 2^Shift, fit 64 bits
	// at MinHz and keep 42 significant bits at MaxHz.
	Shift = 52
)

// Clock counts nanoseconds from the moment it was started. Its methods may run
// on any processor and in interrupt handlers.
type Clock struct {
	tsc  func() uint64
	base uint64 // TSC at 0 ns, modulo 2^64
	mul  uint64 // nanoseconds a tick, times 2^Shift
	hz   uint64
}

// Start sets the clock going at 0 ns, with the rate of the TSC in ticks a
// second. tsc reads the TSC in program order (LFENCE; RDTSC, or RDTSCP). The
// error is ErrRate.
func (c *Clock) Start(tsc func() uint64, hz uint64) error {
	if hz < MinHz || hz > MaxHz {
		return ErrRate
	}
	c.tsc = tsc
	c.setRate(hz)
	c.base = tsc()
	return nil
}

// Adjust lets the clock go on from what it reads now, or at most a tick later,
// at another rate. Nobody may read it meanwhile. Unlike Start it stores no
// pointer. The error is ErrRate; the clock then goes on as before.
func (c *Clock) Adjust(hz uint64) error {
	if hz < MinHz || hz > MaxHz {
		return ErrRate
	}
	tsc := c.tsc()
	ns := c.At(tsc)
	c.setRate(hz)
	c.base = tsc - mulDivUp(ns, 1<<Shift, c.mul)
	return nil
}

func (c *Clock) setRate(hz uint64) {
	c.hz, c.mul = hz, mulDiv(nsPerSec, 1<<Shift, hz)
}

// Now returns the nanoseconds since Start.
func (c *Clock) Now() uint64 { return c.At(c.tsc()) }

// At returns the nanoseconds from Start to the moment the TSC read tsc, and 0
// for a moment before Start: on another processor the TSC may be a little
// behind.
func (c *Clock) At(tsc uint64) uint64 {
	ticks := tsc - c.base
	if int64(ticks) < 0 {
		return 0
	}
	hi, lo := bits.Mul64(ticks, c.mul)
	return hi<<(64-Shift) | lo>>Shift
}

// Deadline returns the first value of the TSC at which the clock reads ns or
// more. A moment further away than the TSC counts gives its largest value, and
// one before it started to count, which a clock that was adjusted can read, 0.
func (c *Clock) Deadline(ns uint64) (tsc uint64) {
	const beyond = 1 << 63
	ticks := mulDivUp(ns, 1<<Shift, c.mul)
	tsc = c.base + ticks
	switch {
	case ticks >= beyond:
		return ^uint64(0)
	case c.base >= beyond && tsc >= beyond:
		return 0
	}
	return tsc
}

// Hz returns the rate of the TSC in ticks a second.
func (c *Clock) Hz() uint64 { return c.hz }

// Line returns the parameters of Now, (TSC-base)*mul>>Shift, for code that
// computes it elsewhere.
func (c *Clock) Line() (base, mul uint64) { return c.base, c.mul }

// TicksToNS returns how many nanoseconds a number of ticks at a rate last.
func TicksToNS(ticks, hz uint64) uint64 { return mulDiv(ticks, nsPerSec, hz) }

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
