package pc

import "github.com/ringo-vmm/ringo/vmm/lapic"

// A message-signalled interrupt: the guest-physical address that the function
// writes to, and the dword. Intel SDM vol. 3 §11.11.1, §11.11.2.
const (
	messageBase     = 0xfee00000
	messageBits     = 20 // that the address has below
	messageDestBit  = 12
	messageRedirect = 1 << 3 // one of those that it is for, of lowest priority
	messageLogical  = 1 << 2
	messageModeBit  = 8
	messageMode     = 7
	messageAssert   = 1 << 14
	messageLevel    = 1 << 15
	messageVector   = 0xff
)

// message delivers a message-signalled interrupt. The manual has the logical
// bit count with the redirection hint alone; processors and guests let it count
// always. A message to any other address is a write of the guest's choice, which
// goes nowhere.
func (p *PC) message(address uint64, data uint32) {
	if address>>messageBits != messageBase>>messageBits || data&(messageLevel|messageAssert) == messageLevel {
		return
	}
	m := lapic.Message{
		Dest:    lapic.Dest8(uint8(address >> messageDestBit)),
		Vector:  uint8(data & messageVector),
		Mode:    lapic.Mode(data >> messageModeBit & messageMode),
		Logical: address&messageLogical != 0,
		Level:   data&messageLevel != 0,
	}
	if m.Mode == lapic.Fixed && address&(messageRedirect|messageLogical) == messageRedirect|messageLogical {
		m.Mode = lapic.LowestPriority
	}
	p.bus.Send(m)
}
