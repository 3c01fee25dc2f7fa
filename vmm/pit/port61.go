package pit

import "github.com/ringo-vmm/ringo/vmm/device"

// Port 0x61 (ICH, NMI Status and Control Register).
const (
	p61Gate2   = 1 << 0 // GATE of counter 2
	p61Speaker = 1 << 1 // OUT 2 reaches the speaker
	p61SERR    = 1 << 2 // disables NMIs of the system error line
	p61IOCHK   = 1 << 3 // disables NMIs of the channel check line
	p61Refresh = 1 << 4 // toggles with each refresh of memory
	p61Out2    = 1 << 5 // OUT of counter 2

	p61Written = p61Gate2 | p61Speaker | p61SERR | p61IOCHK

	refreshTicks = 18 // what firmware sets counter 1 to: 15 us
)

type port61 PIT

// Port61 is the device for port 0x61.
func (p *PIT) Port61() device.Ports { return (*port61)(p) }

// In is the hottest access of a boot: Linux polls OUT 2 for 50 ms.
func (p *port61) In(uint16, int) uint32 {
	t := ticksAt(p.clock.Now())
	v := uint32(p.port61)
	if t/refreshTicks&1 != 0 {
		v |= p61Refresh
	}
	if p.counters[2].out(t) {
		v |= p61Out2
	}
	return v | 0xffff_ff00
}

func (p *port61) Out(_ uint16, _ int, v uint32) {
	p.port61 = uint8(v) & p61Written
	p.counters[2].setGate(v&p61Gate2 != 0, ticksAt(p.clock.Now()))
}

// Speaker tells whether the guest has the speaker on, and at how many ticks a
// period (see Hz) it sounds.
func (p *PIT) Speaker() (period uint64, on bool) {
	c := &p.counters[2]
	const both = p61Gate2 | p61Speaker
	return c.n, p.port61&both == both && c.running && c.mode() == modeSquareWave
}
