package atapi

import "encoding/binary"

// START STOP UNIT. SFF-8020i §10.8.25.
const (
	startLoad  = 3 // start and load
	startEject = 2
	startBits  = 3
)

// Media events. MMC-3 §6.6.6, Table 124.
const (
	eventNone    = 0
	eventNew     = 2
	eventRemoved = 3
)

// startStop opens and closes the tray. To spin up or down is nothing here.
func (c *CD) startStop(cdb *[PacketSize]byte) Reply {
	switch cdb[4] & startBits {
	case startEject:
		if c.locked {
			return c.fail(senseLocked)
		}
		if !c.open {
			c.open, c.event = true, eventRemoved
		}
	case startLoad:
		if c.open {
			c.open = false
			c.event = eventNew
			c.attention = c.disk != nil
		}
	}
	return Reply{}
}

// GET EVENT STATUS NOTIFICATION. MMC-3 §6.6.
const (
	eventPolled    = 1 // asynchronous notification is not supported
	eventMedia     = 4 // class
	eventNoClass   = 0x80
	eventDoorOpen  = 1
	eventHasMedium = 2
)

// eventStatus tells what happened to the medium since it was last asked.
func (c *CD) eventStatus(cdb *[PacketSize]byte, buf []byte) Reply {
	if cdb[1]&eventPolled == 0 {
		return c.fail(senseField)
	}
	allowed := binary.BigEndian.Uint16(cdb[7:])
	clear(buf[:8])
	buf[3] = 1 << eventMedia // classes that there are
	if cdb[4]&(1<<eventMedia) == 0 {
		buf[2] = eventNoClass
		return data(4, allowed)
	}
	buf[1], buf[2] = 4, eventMedia // bytes that follow the header, class
	buf[4] = c.event
	if c.open {
		buf[5] |= eventDoorOpen
	} else if c.disk != nil {
		buf[5] |= eventHasMedium
	}
	c.event = eventNone
	return data(8, allowed)
}
