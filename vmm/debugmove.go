package vmm

import (
	"github.com/ringo-vmm/ringo/vmm/emulate"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Bits of debug registers. APM vol. 2 §13.1.1.
const (
	dr6Ones  = 0xffff_0ff0
	dr6Bits  = 0xffff_efff
	dr7Ones  = 1 << 10
	dr7Bits  = 0xffff_2fff
	addressN = 4 // DR0 to DR3
)

// debugMove is a move to or from a debug register while a debugger has the
// processor's own. The guest's are only kept.
func (c *VCPU) debugMove(m *emulate.Move) {
	c.cpu.State(&c.state)
	s := &c.state
	number := m.Number
	if number == 4 || number == 5 {
		if s.CR4&x86.CR4DE != 0 {
			c.fault(x86.InvalidOpcode)
			return
		}
		number += 2 // their other names
	}
	v := c.gpr[m.Register]
	switch {
	case number > 7:
		c.fault(x86.InvalidOpcode)
		return
	case s.CPL != 0, m.Write && number >= addressN && v>>32 != 0:
		c.fault(x86.GeneralProtection)
		return
	}
	var at *uint64
	switch number {
	case 6:
		at = &s.DR6
		v = v&dr6Bits | dr6Ones
	case 7:
		at = &s.DR7
		v = v&dr7Bits | dr7Ones
	default:
		at = &s.DR[number]
	}
	if m.Write {
		*at = v
		c.cpu.SetState(s)
	} else {
		c.gpr[m.Register] = *at
	}
	c.behind(uint8(m.Length))
}
