package clock

// Counter is a free-running counter other than the TSC. Read gives the low
// Width bits (at most 64) of its count; Hz is its rate in ticks a second, 0
// where that is to be found.
type Counter interface {
	Name() string
	Read() uint64
	Hz() uint64
	Width() uint
}

// sample is one reading of a counter: it had this value at a moment at most
// half TSC ticks before or after tsc.
type sample struct {
	tsc, half, value uint64
}

const (
	// sampleTries bounds how often a reading is taken again because its bracket
	// is wide.
	sampleTries = 16
	// warmSamples is how many readings tell what a narrow bracket is.
	warmSamples = 4
	// stuckPolls is how many readings in a row may give the same value. The
	// slowest counter, the PIT, ticks every 838 ns.
	stuckPolls = 10_000
	// narrowSlack is by how many TSC ticks the narrowest brackets vary.
	narrowSlack = 16
	// endless is the half bracket of a reading during which the TSC went back.
	endless = 1 << 60
)

// track is one counter through a calibration. It holds no pointer: the counter
// itself is passed along.
type track struct {
	state  State
	hz     uint64
	mask   uint64
	narrow uint64 // the narrowest half bracket so far, in TSC ticks
	at     [points]sample

	// For the wait of a round: where it began, how long it is in the counter's
	// ticks, and whether it is over.
	start, ticks uint64
	done         bool
}

// init readies the track and finds out whether its counter counts.
func (t *track) init(c Counter, tsc func() uint64) {
	t.state, t.hz = Stuck, c.Hz()
	t.narrow = endless
	t.mask = ^uint64(0)
	if w := c.Width(); w < 64 {
		t.mask = 1<<w - 1
	}
	first := c.Read()
	for range stuckPolls {
		if c.Read() != first {
			t.state = Good
			break
		}
	}
	for range warmSamples {
		t.narrow = min(t.narrow, once(c, tsc).half)
	}
}

// once takes a reading between two of the TSC, which are its bracket.
func once(c Counter, tsc func() uint64) sample {
	before := tsc()
	value := c.Read()
	after := tsc()
	if after < before || after-before > endless {
		return sample{after, endless, value}
	}
	half := (after - before + 1) / 2
	return sample{before + half, half, value}
}

// take takes a reading with a narrow bracket. A wide one, as an SMI or an
// emulator that was held up makes it, is thrown away; where all are wide, the
// narrowest serves, and its width counts in the error.
func (t *track) take(c Counter, tsc func() uint64) sample {
	best := once(c, tsc)
	for range sampleTries {
		if best.half <= 2*t.narrow+narrowSlack {
			break
		}
		if s := once(c, tsc); s.half < best.half {
			best = s
		}
	}
	t.narrow = min(t.narrow, best.half)
	return best
}

// known reports whether the counter can time a round.
func (t *track) known() bool { return t.state == Good && t.hz != 0 }

// elapsed returns the ticks of the counter between two of its values.
func (t *track) elapsed(from, to uint64) uint64 { return (to - from) & t.mask }
