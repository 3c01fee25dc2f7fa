package pit

import "github.com/ringo-vmm/ringo/vmm/device"

// output is counter 0's OUT as the interrupt controllers see it. What counts
// is its rising edges; where OUT is low for a while in modes 2 and 3 the line
// is only low for a moment, which no edge-triggered input can tell.
type output struct {
	line    device.IRQ
	level   bool
	timer   device.Timer
	seen    uint64 // rising edges accounted for since the control word
	owed    uint64 // rising edges to deliver
	catchUp uint64
}

// minGap is the least time between two ticks in ns. A guest that asks for more
// gets ticks merged into one, as a PC that cannot keep up does.
const minGap = 20_000

func (o *output) set(level bool) {
	if level != o.level {
		o.level = level
		o.line.Set(level)
	}
}

func (o *output) pulse() {
	o.set(false)
	o.set(true)
}

// account adds the rising edges up to tick t to those owed.
func (p *PIT) account(t uint64) {
	c := &p.counters[0]
	c.sync(t)
	if n := c.rises(t); n > p.irq.seen {
		p.irq.owed = min(p.irq.owed+n-p.irq.seen, 1+p.irq.catchUp)
		p.irq.seen = n
	}
}

// settle delivers a tick that is due before the guest changes the counter, and
// forgives the rest.
func (p *PIT) settle(t uint64) {
	p.account(t)
	if p.irq.owed > 0 {
		p.irq.pulse()
	}
	p.irq.owed = 0
}

// reprogrammed brings line and timer in step with what was written.
func (p *PIT) reprogrammed(t uint64) {
	c := &p.counters[0]
	p.irq.seen = c.rises(t)
	p.irq.set(c.out(t))
	p.arm(t, 0)
}

// tick is the timer's.
func (p *PIT) tick() {
	now := p.clock.Now()
	t := ticksAt(now)
	p.account(t)
	if p.irq.owed > 0 {
		p.irq.owed--
		p.irq.pulse()
	}
	p.arm(t, now+minGap)
}

// arm sets the timer for the next rising edge, not before a time in ns. While
// ticks are owed, it comes after half a period.
func (p *PIT) arm(t, earliest uint64) {
	c := &p.counters[0]
	at, ok := c.nextRise(t)
	if p.irq.owed > 0 {
		if soon := t + c.n/2; !ok || at > soon {
			at, ok = soon, true
		}
	}
	if !ok {
		p.irq.timer.Stop()
		return
	}
	p.irq.timer.Set(max(nanosOf(at), earliest))
}
