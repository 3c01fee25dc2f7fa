package pmtimer

import "math/bits"

// The PM timer (ACPI 6.4 §4.8.2.1 and §4.8.3.3).
const (
	Hz   = 3579545
	Bits = 24

	// tickScale is ticks in a ns, times 2^64 and rounded up: the error is
	// less than a tick in a century.
	tickScale = Hz<<64/1_000_000_000 + 1

	// Each time the top bit toggles is an event.
	toggleShift = Bits - 1
)

func (p *PM) ticks() uint64 {
	t, _ := bits.Mul64(p.clock.Now(), tickScale)
	return t
}

// count is the timer's register.
func (p *PM) count() uint32 { return uint32(p.ticks()) & (1<<Bits - 1) }

func (p *PM) toggles() uint64 { return p.ticks() >> toggleShift }

// sync sets the timer's status bit if the top bit has toggled.
func (p *PM) sync() {
	if n := p.toggles(); n != p.seen {
		p.seen = n
		p.status |= pm1Timer
	}
}

// nextToggle is the time in ns at which the top bit toggles next.
func (p *PM) nextToggle() uint64 {
	t := (p.toggles() + 1) << toggleShift
	if t >= tickScale {
		return 1<<64 - 1
	}
	ns, _ := bits.Div64(t, 0, tickScale)
	return ns + 1
}
