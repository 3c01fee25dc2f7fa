// Package pit is a virtual Intel 8254 programmable interval timer as a PC has
// it: counter 0 drives interrupt request 0, counter 1 is there, and counter 2's
// GATE and OUT are bits of port 0x61, which package pit is too. It follows the
// 8254 data sheet (Intel order number 231164) and, for port 0x61, the ICH
// data sheets (NMI Status and Control Register).
//
// The counters are computed from the virtual machine's clock when the guest
// looks at them. Only counter 0 has a timer.
package pit

import "github.com/ringo-vmm/ringo/vmm/device"

// Port numbers on a PC, for the bus.
const (
	Base      = 0x40 // counters 0-2, then the control word
	Ports     = 4
	Port61    = 0x61
	Line      = 0 // ISA interrupt request of counter 0
	regSelect = 3 // offset of the control word
)

// PIT is the timer. It is a device.Ports for the four ports from Base.
type PIT struct {
	clock    device.Clock
	counters [3]counter
	irq      output
	port61   uint8 // the bits of port 0x61 that are written and read back
}

// New makes a timer that pulls an interrupt line. When the host was too busy
// to deliver ticks of counter 0 in time, at most catchUp of them are delivered
// late, at twice the rate; the rest are lost.
func New(clock device.Clock, irq device.IRQ, catchUp int) *PIT {
	p := &PIT{clock: clock}
	p.irq.line, p.irq.catchUp = irq, uint64(max(catchUp, 0))
	p.irq.timer = clock.NewTimer(p.tick)
	p.Reset()
	return p
}

// Reset leaves the counters without a mode, as power-on does, and GATE 2 low.
func (p *PIT) Reset() {
	p.counters = [3]counter{{gate: true}, {gate: true}, {}}
	p.port61 = 0
	p.irq.owed, p.irq.seen = 0, 0
	p.irq.timer.Stop()
	p.irq.set(false)
}

// In reads the ports from Base. The 8254 is a chip of 8 bits: wider accesses
// are one for each byte. The control word reads as all ones.
func (p *PIT) In(off uint16, size int) uint32 {
	t := ticksAt(p.clock.Now())
	var v uint32
	for i := range size {
		b := uint8(0xff)
		if at := int(off) + i; at < regSelect {
			b = p.counters[at].read(t)
		}
		v |= uint32(b) << (8 * i)
	}
	return v
}

// Out writes the ports from Base.
func (p *PIT) Out(off uint16, size int, v uint32) {
	t := ticksAt(p.clock.Now())
	for i := range size {
		b := uint8(v >> (8 * i))
		switch at := int(off) + i; {
		case at == 0:
			p.settle(t)
			p.counters[0].write(b, t)
			p.reprogrammed(t)
		case at < regSelect:
			p.counters[at].write(b, t)
		case at == regSelect:
			p.command(b, t)
		}
	}
}

// command takes a control word.
func (p *PIT) command(v uint8, t uint64) {
	if v>>6 == selectReadBack {
		for i := range p.counters {
			if v>>1&(1<<i) == 0 {
				continue
			}
			if v&readBackNoCount == 0 {
				p.counters[i].latchCount(t)
			}
			if v&readBackNoStatus == 0 {
				p.counters[i].latchStatus(t)
			}
		}
		return
	}
	c := &p.counters[v>>6]
	if v>>4&3 == accessLatch {
		c.latchCount(t)
		return
	}
	if c != &p.counters[0] {
		c.program(v)
		return
	}
	p.settle(t)
	c.program(v)
	p.reprogrammed(t)
}
