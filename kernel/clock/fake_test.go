package clock

import "math/rand/v2"

const psPerSec = 1_000_000_000_000

// fakeMachine is hardware in virtual time: every access takes some, and reads
// its counter half-way through.
type fakeMachine struct {
	now   uint64 // picoseconds
	tscHz uint64
	start uint64 // the TSC at time 0

	tscCost uint64 // picoseconds an RDTSC takes
	jitter  uint64 // an access takes up to this many picoseconds more
	rand    *rand.Rand

	// Of perMille accesses in a thousand, each is held up, before or after the
	// moment it reads, for up to stall picoseconds: SMIs, or a busy emulator.
	perMille, stall uint64
	stalls          int

	leaves map[uint32][4]uint32
}

func newMachine(tscHz uint64) *fakeMachine {
	return &fakeMachine{
		now: 3_141_592, tscHz: tscHz, start: 987_654_321, tscCost: 10_000,
		rand: rand.New(rand.NewPCG(1, 2)),
	}
}

// access lets one access of about cost picoseconds pass, and calls read
// half-way.
func (m *fakeMachine) access(cost uint64, read func()) {
	if m.jitter > 0 {
		cost += m.rand.Uint64N(m.jitter)
	}
	before, after := cost/2, cost-cost/2
	if m.perMille > 0 && m.rand.Uint64N(1000) < m.perMille {
		m.stalls++
		if d := m.rand.Uint64N(m.stall); m.rand.Uint64N(2) == 0 {
			before += d
		} else {
			after += d
		}
	}
	m.now += before
	read()
	m.now += after
}

func (m *fakeMachine) tsc() (v uint64) {
	m.access(m.tscCost, func() { v = m.start + mulDiv(m.now, m.tscHz, psPerSec) })
	return v
}

func (m *fakeMachine) cpuid(leaf, _ uint32) (a, b, c, d uint32) {
	v := m.leaves[leaf]
	return v[0], v[1], v[2], v[3]
}

// fakeCounter is a counter of the machine that says hz and counts at trueHz.
type fakeCounter struct {
	m          *fakeMachine
	name       string
	hz, trueHz uint64
	width      uint
	cost       uint64 // picoseconds a reading takes
	first      uint64 // its value at time 0
	stopsAt    uint64 // the time at which it stops, in picoseconds; 0 is never
	reads      int
	onRead     func(n int) // called before reading n, from 1
}

func (c *fakeCounter) Name() string { return c.name }
func (c *fakeCounter) Hz() uint64   { return c.hz }
func (c *fakeCounter) Width() uint  { return c.width }
func (c *fakeCounter) Read() (v uint64) {
	c.reads++
	if c.onRead != nil {
		c.onRead(c.reads)
	}
	c.m.access(c.cost, func() {
		now := c.m.now
		if c.stopsAt != 0 {
			now = min(now, c.stopsAt)
		}
		v = (c.first + mulDiv(now, c.trueHz, psPerSec)) & (1<<c.width - 1)
	})
	return v
}

func (m *fakeMachine) hpet() *fakeCounter {
	return &fakeCounter{m: m, name: "HPET", hz: 14_318_180, trueHz: 14_318_180, width: 32, cost: 500_000}
}

func (m *fakeMachine) pmTimer() *fakeCounter {
	return &fakeCounter{m: m, name: "PM timer", hz: 3_579_545, trueHz: 3_579_545, width: 24, cost: 1_000_000}
}

func (m *fakeMachine) pit() *fakeCounter {
	return &fakeCounter{m: m, name: "PIT", hz: 1_193_182, trueHz: 1_193_182, width: 16, cost: 3_000_000}
}

func (m *fakeMachine) lapic(hz uint64) *fakeCounter {
	return &fakeCounter{m: m, name: "local APIC timer", trueHz: hz, width: 32, cost: 50_000}
}

func (m *fakeMachine) machine(timer Counter, refs ...Counter) *Machine {
	return &Machine{TSC: m.tsc, CPUID: m.cpuid, References: refs, Timer: timer}
}

// elapsedMs returns the virtual time that has passed, in milliseconds.
func (m *fakeMachine) elapsedMs() float64 { return float64(m.now) / 1e9 }
