package hpet

import "github.com/ringo-vmm/ringo/vmm/state"

// timer is a comparator.
type timer struct {
	config     uint32
	comparator uint64
	period     uint64 // what was written last

	// due is the tick at which the counter reaches the comparator next, if
	// armed.
	due   uint64
	armed bool
}

// minWait is the least time between two periodic interrupts, in ns. A guest that
// asks for more of them gets them late.
const minWait = 10_000

// farTick is later than any machine runs.
const farTick = 1 << 56

// mask has the bits that the timer compares.
func (t *timer) mask() uint64 {
	if t.config&timer32 != 0 {
		return 0xffffffff
	}
	return ^uint64(0)
}

// configure writes the configuration. A route to an input that is not wired
// changes nothing. HPET §2.3.8, Tn_INT_ROUTE_CNF.
func (t *timer) configure(v, caps uint32) {
	const routeBits = timerRouteMask << timerRouteShift
	route := t.config & routeBits
	if caps>>(v>>timerRouteShift&timerRouteMask)&1 != 0 {
		route = v & routeBits
	}
	t.config = v&timerBits | route
	t.comparator &= t.mask()
	t.period &= t.mask()
}

// set writes the bits of the comparator that are in mask. In periodic mode that
// is the period, and the value only if software has said so. HPET §2.3.9.2.2.
func (t *timer) set(v, mask uint64) {
	if t.config&timerPeriodic == 0 || t.config&timerSet != 0 {
		t.comparator = (t.comparator&^mask | v&mask) & t.mask()
	}
	if t.config&timerPeriodic != 0 {
		t.period = (t.period&^mask | v&mask) & t.mask()
	}
	t.config &^= timerSet
}

// arm finds out when the counter reaches the comparator: not now, if it is there,
// but when it has come around.
func (h *HPET) arm(t *timer) {
	if !h.enabled() {
		t.due, t.armed = 0, false
		return
	}
	wait := (t.comparator - h.now()) & t.mask()
	if wait == 0 {
		wait = t.mask() + 1
	}
	t.wait(h.tick(), wait)
}

// wait makes the timer due so many ticks after a tick; 0 is never.
func (t *timer) wait(tick, ticks uint64) {
	t.due, t.armed = tick+ticks, ticks != 0 && ticks < farTick && tick < farTick
	if !t.armed {
		t.due = 0
	}
}

// pass tells whether the timer has become due by a tick, and makes it due for the
// next time.
func (t *timer) pass(tick uint64) bool {
	if !t.armed || tick < t.due {
		return false
	}
	again := t.mask() + 1 // when the counter has come around
	if t.config&timerPeriodic != 0 && t.period != 0 {
		again = t.period
	}
	if again == 0 {
		t.wait(tick, 0)
		return true
	}
	n := (tick - t.due) / again // that nobody noticed
	if t.config&timerPeriodic != 0 {
		t.comparator = (t.comparator + (n+1)*again) & t.mask()
	}
	t.wait(t.due+n*again, again)
	return true
}

// fire is the clock's.
func (h *HPET) fire() {
	h.settle()
	h.step()
}

// settle does what has become due.
func (h *HPET) settle() {
	tick := h.tick()
	for i := range h.timers {
		t := &h.timers[i]
		if !t.pass(tick) {
			continue
		}
		if t.config&timerLevel != 0 {
			h.status |= 1 << i
			h.drive()
		} else if t.config&timerInterrupts != 0 {
			h.pulse(h.line(i))
		}
	}
}

// step brings lines and clock in step with the registers. Timers that nobody
// would notice, or whose level is pending, do not wake the machine.
func (h *HPET) step() {
	h.drive()
	first := uint64(2 * farTick)
	for i := range h.timers {
		pending := h.status>>i&1 != 0
		if t := &h.timers[i]; t.armed && t.config&timerInterrupts != 0 && !pending {
			first = min(first, t.due)
		}
	}
	if first == 2*farTick {
		h.wake.Stop()
		return
	}
	h.wake.Set(max(first*tickTime, h.clock.Now()+h.least()))
}

// least is how long to wait at least.
func (h *HPET) least() uint64 {
	for i := range h.timers {
		if t := &h.timers[i]; t.config&timerPeriodic != 0 && t.period < minWait/tickTime {
			return minWait
		}
	}
	return 0
}

func (t *timer) state(c *state.Codec) {
	c.U32(&t.config)
	c.U64(&t.comparator)
	c.U64(&t.period)
	c.U64(&t.due)
	c.Bool(&t.armed)
	if c.Loading() {
		t.config &= timerBits | timerRouteMask<<timerRouteShift
		t.comparator &= t.mask()
		t.period &= t.mask()
	}
}
