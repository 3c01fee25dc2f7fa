package i8042

import "github.com/ringo-vmm/ringo/vmm/state"

// Port92Port is the port that Port92 is for.
const Port92Port = 0x92

const (
	port92Reset = 1 << 0 // going high resets the machine
	port92A20   = 1 << 1
)

// Port92 is the fast way to the A20 gate and to a reset, beside the keyboard
// controller's. It is a device.Ports for one port. As there, the gate is a bit
// and no more.
type Port92 struct {
	v     uint8
	reset func()
}

// NewPort92 makes the port. reset is as in Wires.
func NewPort92(reset func()) *Port92 { return &Port92{reset: reset, v: port92A20} }

// Reset leaves the A20 gate open.
func (p *Port92) Reset() { p.v = port92A20 }

// In reads the port.
func (p *Port92) In(uint16, int) uint32 { return highOnes | uint32(p.v) }

// Out writes the port.
func (p *Port92) Out(_ uint16, _ int, v uint32) {
	old := p.v
	p.v = uint8(v) & (port92Reset | port92A20)
	if p.v&^old&port92Reset != 0 {
		p.reset()
	}
}

// State is device.Stateful's.
func (p *Port92) State(c *state.Codec) {
	c.Version("port92", 1)
	c.U8(&p.v)
	p.v &= port92Reset | port92A20
}
