package lapic

import "github.com/ringo-vmm/ringo/vmm/state"

// Bus is what connects the local APICs of a virtual machine with each other
// and with the I/O APICs. New puts LAPICs on it.
type Bus struct {
	// EOI, if not nil, is told of the end of each level-triggered interrupt.
	EOI func(vector uint8)

	lapics []*LAPIC
	turn   int // who had the last interrupt of lowest priority
}

// Send delivers a message to the local APICs that it is for. accepted is false
// if none of them took it.
func (b *Bus) Send(m Message) (accepted bool) {
	if m.Mode == LowestPriority {
		return b.sendLowest(m)
	}
	if m.Shorthand == NoShorthand && !m.Logical && m.Dest < uint32(len(b.lapics)) {
		// Ids usually are positions: one look finds the only receiver.
		if l := b.lapics[m.Dest]; l.cfg.ID == m.Dest {
			return l.Enabled() && l.receive(m)
		}
	}
	for _, l := range b.lapics {
		if l.matches(m) && l.receive(m) {
			accepted = true
		}
	}
	return accepted
}

// sendLowest delivers to one of those that match. Which one has the lowest
// priority is up to the chip set; here they take turns. Intel SDM vol. 3
// §11.6.2.4.
func (b *Bus) sendLowest(m Message) (accepted bool) {
	for range b.lapics {
		b.turn++
		if b.turn >= len(b.lapics) {
			b.turn = 0
		}
		if l := b.lapics[b.turn]; l.matches(m) && l.receive(m) {
			return true
		}
	}
	return false
}

// matches tells whether a message is for this local APIC. Intel SDM vol. 3
// §11.6.2.
func (l *LAPIC) matches(m Message) bool {
	switch {
	case !l.Enabled():
		return false
	case m.Shorthand == Others:
		return m.From != l.cfg.ID
	case m.Shorthand == Self:
		return m.From == l.cfg.ID
	case m.Shorthand == All || m.Dest == Broadcast:
		return true
	case !m.Logical:
		return m.Dest == l.cfg.ID
	case l.X2():
		ldr := x2LDR(l.cfg.ID)
		return m.Dest>>16 == ldr>>16 && m.Dest&ldr&0xffff != 0
	}
	ldr, dest := l.ldr>>destBit, m.Dest&0xff
	switch l.dfr >> dfrModelBit {
	case modelFlat:
		return ldr&dest != 0
	case modelCluster:
		return ldr>>4 == dest>>4 && ldr&dest&0xf != 0
	}
	return false
}

// x2LDR is the logical id that goes with an APIC id in x2APIC mode. Intel SDM
// vol. 3 §11.12.10.2.
func x2LDR(id uint32) uint32 { return id>>4<<16 | 1<<(id&0xf) }

// receive takes a message that matches.
func (l *LAPIC) receive(m Message) (accepted bool) {
	switch m.Mode {
	case Fixed, LowestPriority:
		return l.Accept(m.Vector, m.Level)
	case NMI:
		l.cfg.NMI()
	case INIT:
		l.init()
	case StartUp:
		l.startUp(m.Vector)
	case ExtINT:
		l.extINT = true
		l.cfg.Notify()
	default:
		return false
	}
	return true
}

// init is INIT: all but the id and IA32_APIC_BASE is reset, and processors
// other than the boot processor wait. Intel SDM vol. 3 §11.4.7.3, §9.4.
func (l *LAPIC) init() {
	l.waiting = l.base&baseBSP == 0
	l.withdraw()
	l.pvEOI = 0
	l.resetRegisters()
	l.cfg.Init()
}

// startUp is a start-up IPI, which a processor that runs ignores. Intel SDM
// vol. 3 §9.4.
func (l *LAPIC) startUp(vector uint8) {
	if l.waiting {
		l.waiting = false
		l.cfg.StartUp(vector)
	}
}

// State names the state of the bus itself.
func (b *Bus) State(c *state.Codec) {
	c.Version("apic bus", 1)
	turn := b.turn
	c.Int(&turn)
	if turn < 0 || turn > len(b.lapics) {
		c.Fail("turn %d of %d processors", turn, len(b.lapics))
		return
	}
	b.turn = turn
}
