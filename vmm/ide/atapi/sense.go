package atapi

import "github.com/ringo-vmm/ringo/vmm/state"

// sense is why a command failed: key, additional code and its qualifier.
type sense struct{ key, code, qualifier uint8 }

// Sense data. SPC-2 §7.23.2, Tables 107 and 108.
var (
	senseMedium    = sense{3, 0x11, 0} // unrecovered read error
	senseOpen      = sense{2, 0x3a, 2} // medium not present, tray open
	senseEmpty     = sense{2, 0x3a, 1} // medium not present, tray closed
	senseOpcode    = sense{5, 0x20, 0} // invalid command operation code
	senseRange     = sense{5, 0x21, 0} // logical block address out of range
	senseField     = sense{5, 0x24, 0} // invalid field in the packet
	senseSaving    = sense{5, 0x39, 0} // saving parameters not supported
	senseLocked    = sense{5, 0x53, 2} // medium removal prevented
	senseChanged   = sense{6, 0x28, 0} // medium may have changed
	senseBroken    = sense{4, 0x44, 0} // internal target failure
	senseFixed     = uint8(0x70)       // current error, fixed format
	senseSize      = 18                // bytes
	senseKeyInByte = uint(4)           // shift of the key in the error register
)

// fail ends a command with an error.
func (c *CD) fail(s sense) Reply {
	c.sense = s
	return Reply{Kind: Failed}
}

// ReadFailed is called when blocks that a packet asked for cannot be read, and
// TransferFailed when they could not be handed over.
func (c *CD) ReadFailed()     { c.sense = senseMedium }
func (c *CD) TransferFailed() { c.sense = senseBroken }

// Error is the error register after a command that failed. SFF-8020i §5.4.
func (c *CD) Error() uint8 { return c.sense.key << senseKeyInByte }

// requestSense tells why the last command failed, once.
func (c *CD) requestSense(cdb *[PacketSize]byte, buf []byte) Reply {
	if c.attention && c.sense == (sense{}) {
		c.attention, c.sense = false, senseChanged
	}
	clear(buf[:senseSize])
	buf[0], buf[2] = senseFixed, c.sense.key
	buf[7] = uint8(senseSize - 8)
	buf[12], buf[13] = c.sense.code, c.sense.qualifier
	c.sense = sense{}
	return data(senseSize, uint16(cdb[4]))
}

// State is device.Stateful's, for the controller to call.
func (c *CD) State(s *state.Codec) {
	s.Bool(&c.open)
	s.Bool(&c.locked)
	s.Bool(&c.attention)
	s.U8(&c.event)
	s.U8(&c.sense.key)
	s.U8(&c.sense.code)
	s.U8(&c.sense.qualifier)
	if s.Loading() && c.sense.key > 0xf {
		s.Fail("sense key %#x", c.sense.key)
	}
}
