package pit

import "math/bits"

// Hz is the rate of the counters' CLK input on a PC: 14.31818 MHz / 12.
const Hz = 1193182

// tickScale is ticks in a ns, times 2^64 and rounded up: the error is less than
// a tick in a century.
const tickScale = Hz<<64/1_000_000_000 + 1

// ticksAt is the number of CLK pulses by a time in ns.
func ticksAt(ns uint64) uint64 {
	t, _ := bits.Mul64(ns, tickScale)
	return t
}

// nanosOf is the first time in ns by which there have been t CLK pulses, the
// end of time if t is beyond it.
func nanosOf(t uint64) uint64 {
	if t >= tickScale {
		return 1<<64 - 1
	}
	ns, rest := bits.Div64(t, 0, tickScale)
	if rest != 0 {
		ns++
	}
	return ns
}
