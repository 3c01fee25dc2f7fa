package pit

// counter is one of the 8254's three. What it counts is never stepped: all of
// it follows from the tick at which the count was loaded.
type counter struct {
	control uint8 // the last control word's low six bits: access, mode, BCD
	gate    bool  // level of the GATE input

	armed   bool   // a whole count was written since the control word
	running bool   // a count was loaded and is counted down
	stopped bool   // by GATE; then held is what elapsed is
	n       uint64 // the count being counted, 1 to 65536
	start   uint64 // tick at which n was loaded; one ahead just after a write
	held    uint64 // ticks counted before GATE stopped it

	pending bool   // next waits to be loaded: at a tick, or for a trigger
	next    uint64 // the count last written, 1 to 65536
	nextAt  uint64 // tick at which modes 2 and 3 load it

	rose uint64 // rising edges of OUT in what was counted before n

	access access
}

// Modes (8254, Mode Definitions). In modes 2 and 3 the count is periodic, in
// modes 1 and 5 a rising edge of GATE starts it.
const (
	modeTerminalCount  = 0
	modeOneShot        = 1
	modeRateGenerator  = 2
	modeSquareWave     = 3
	modeSoftwareStrobe = 4
	modeHardwareStrobe = 5
)

// mode is the mode of the last control word: 6 and 7 are 2 and 3.
func (c *counter) mode() uint8 {
	m := c.control >> 1 & 7
	if m > modeHardwareStrobe {
		m &= 3
	}
	return m
}

func (c *counter) bcd() bool { return c.control&controlBCD != 0 }

// modulus is where the count wraps.
func (c *counter) modulus() uint64 {
	if c.bcd() {
		return 10000
	}
	return 1 << 16
}

func (c *counter) periodic() bool {
	m := c.mode()
	return m == modeRateGenerator || m == modeSquareWave
}

func (c *counter) triggered() bool {
	m := c.mode()
	return m == modeOneShot || m == modeHardwareStrobe
}

// elapsed is how many ticks were counted since n was loaded; it is negative
// until the CLK pulse that loads it.
func (c *counter) elapsed(t uint64) int64 {
	if c.stopped {
		return int64(c.held)
	}
	return int64(t - c.start)
}

// high is for how many ticks a square wave of n is high; an odd one is high
// for the longer half.
func high(n uint64) uint64 { return (n + 1) / 2 }

// sync loads the count that a periodic mode loads at the end of a cycle.
func (c *counter) sync(t uint64) {
	if !c.pending || c.stopped || !c.running || int64(t-c.nextAt) < 0 || !c.periodic() {
		return
	}
	wasHigh := c.mode() == modeSquareWave && (c.nextAt-c.start)%c.n != 0
	c.rose = c.rises(c.nextAt)
	c.n, c.start, c.pending = c.next, c.nextAt, false
	if wasHigh {
		c.start -= high(c.n)
	}
}

// out is the level of OUT at tick t.
func (c *counter) out(t uint64) bool {
	c.sync(t)
	e := c.elapsed(t)
	switch c.mode() {
	case modeTerminalCount:
		return c.running && e >= int64(c.n)
	case modeOneShot:
		return !c.running || e < 0 || e >= int64(c.n)
	case modeRateGenerator:
		return !c.running || c.stopped || e < 0 || uint64(e)%c.n != c.n-1
	case modeSquareWave:
		return !c.running || c.stopped || e < 0 || uint64(e)%c.n < high(c.n)
	default:
		return !c.running || e != int64(c.n)
	}
}

// count is what the counting element holds at tick t, in the form it is read.
func (c *counter) count(t uint64) uint16 {
	c.sync(t)
	v := c.n
	if e := c.elapsed(t); c.running && e > 0 {
		e := uint64(e)
		switch c.mode() {
		case modeRateGenerator:
			v -= e % c.n
		case modeSquareWave:
			// It is counted down by twos, twice a period.
			e %= c.n
			if e >= high(c.n) {
				e -= high(c.n)
			}
			v = v&^1 - 2*e
		default:
			v += c.modulus() - e%c.modulus()
		}
	}
	v %= c.modulus()
	if c.bcd() {
		v = v/1000<<12 | v/100%10<<8 | v/10%10<<4 | v%10
	}
	return uint16(v)
}

// nullCount tells whether what was written last has not been loaded yet.
func (c *counter) nullCount(t uint64) bool {
	c.sync(t)
	return !c.running || c.pending || c.elapsed(t) < 0
}

// program takes a control word at tick t: the counter waits for a count.
func (c *counter) program(control uint8) {
	gate, n := c.gate, c.n
	*c = counter{control: control & controlKept, gate: gate, n: n}
}

// load takes a count, as it was written, at tick t.
func (c *counter) load(v uint16, t uint64) {
	n := uint64(v)
	if c.bcd() {
		n = n>>12*1000 + n>>8&15*100 + n>>4&15*10 + n&15
	}
	if n == 0 {
		n = c.modulus()
	}
	if n == 1 && c.periodic() {
		n = 2 // one is illegal in these modes
	}
	c.sync(t)
	c.armed, c.next = true, n
	switch {
	case c.triggered():
		c.pending = true
	case c.periodic() && c.running:
		c.pending, c.nextAt = true, c.cycleEnd(t)
	default:
		c.begin(t)
	}
}

// begin loads the count at the CLK pulse after tick t.
func (c *counter) begin(t uint64) {
	c.rose = c.rises(t)
	c.n, c.start, c.held = c.next, t+1, 0
	c.running, c.pending = true, false
	c.stopped = !c.gate && !c.triggered()
}

// cycleEnd is when a periodic mode next reloads its count: after a period, in
// mode 3 after half of it.
func (c *counter) cycleEnd(t uint64) uint64 {
	e := c.elapsed(t)
	if e < 0 {
		return c.start
	}
	in := uint64(e) % c.n
	if c.mode() == modeSquareWave && in < high(c.n) {
		return t - in + high(c.n)
	}
	return t - in + c.n
}

// setGate sets the GATE input at tick t.
func (c *counter) setGate(level bool, t uint64) {
	if level == c.gate {
		return
	}
	c.sync(t)
	low := !c.out(t)
	c.gate = level
	switch {
	case c.triggered():
		if level && c.armed {
			c.begin(t)
			if low && c.mode() == modeOneShot {
				c.start = t // OUT, low already, stays so
			}
		}
	case !c.running:
	case !level:
		c.held, c.stopped = uint64(max(c.elapsed(t), 0)), true
	case c.periodic():
		c.begin(t)
	default:
		c.start, c.stopped = t-c.held, false
	}
}

// rises is the number of rising edges of OUT from the control word to tick t.
func (c *counter) rises(t uint64) uint64 {
	e := c.elapsed(t)
	if !c.running || e < 0 {
		return c.rose
	}
	switch c.mode() {
	case modeRateGenerator, modeSquareWave:
		return c.rose + uint64(e)/c.n
	case modeSoftwareStrobe, modeHardwareStrobe:
		e--
	}
	if e >= int64(c.n) {
		return c.rose + 1
	}
	return c.rose
}

// nextRise is the tick of the next rising edge of OUT, or an earlier one at
// which there will be more to say; ok is false if there is none. The counter
// is not stopped.
func (c *counter) nextRise(t uint64) (at uint64, ok bool) {
	if !c.running {
		return 0, false
	}
	e := c.elapsed(t)
	switch c.mode() {
	case modeRateGenerator, modeSquareWave:
		if c.pending {
			return c.nextAt, true
		}
		return c.start + (uint64(max(e, 0))/c.n+1)*c.n, true
	case modeSoftwareStrobe, modeHardwareStrobe:
		return c.start + c.n + 1, e <= int64(c.n)
	}
	return c.start + c.n, e < int64(c.n)
}
