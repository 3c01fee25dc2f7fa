package thread

import (
	"math/bits"

	"github.com/ringo-vmm/ringo/amd64"
)

// Kicks between processors. Nothing may depend on how soon one arrives, so for
// stress tests they can be made late: the sender keeps a kick back until its
// own timer, or whatever else brings it into the layer, reminds it.

// kick makes another processor look at what is new.
func kick(p, other *processor) {
	if layer.kickDelay == 0 {
		layer.machine.Kick(other.apicID)
		return
	}
	if at := layer.machine.Now() + p.delay(); p.late == 0 || at < p.lateAt {
		p.lateAt = at
	}
	p.late |= 1 << other.index
}

// sendLate sends the kicks that p has kept back for long enough.
func (p *processor) sendLate(now uint64) {
	if p.late == 0 || now < p.lateAt {
		return
	}
	for ; p.late != 0; p.late &= p.late - 1 {
		layer.machine.Kick(processorAt(uint32(bits.TrailingZeros64(p.late))).apicID)
	}
}

// spinDelay is a kick's delay for one that cannot be kept back, because its
// sender waits for the answer.
func (p *processor) spinDelay() {
	if layer.kickDelay == 0 {
		return
	}
	for until := layer.machine.Now() + p.delay(); layer.machine.Now() < until; {
		amd64.Pause()
	}
}

// delay is a random delay in ns, below layer.kickDelay. The multiplier is
// Knuth's, of MMIX.
func (p *processor) delay() uint64 {
	p.seed = (p.seed + 2*uint64(p.index) + 1) * 6364136223846793005
	return p.seed >> 32 % layer.kickDelay
}
