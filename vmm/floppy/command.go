package floppy

// Commands, without the bits for several tracks, density and skipping. 82077AA
// §5.1, Table 5-1.
const (
	cmdSpecify     = 0x03
	cmdDriveStatus = 0x04
	cmdWrite       = 0x05
	cmdRead        = 0x06
	cmdRecalibrate = 0x07
	cmdSense       = 0x08
	cmdReadID      = 0x0a
	cmdFormat      = 0x0d
	cmdDumpReg     = 0x0e
	cmdSeek        = 0x0f
	cmdVersion     = 0x10
	cmdPerp        = 0x12
	cmdConfigure   = 0x13
	cmdLock        = 0x14

	opcodeBits = 0x1f
	bitMT      = 0x80 // several tracks; LOCK's bit, too

	commandMax = 10 // bytes of a command or a result
	version    = 0x90

	specifyND = 1 // of SPECIFY's last byte: no DMA

	// CONFIGURE's second byte. Its LOCK keeps the rest from a reset.
	configPoll   = 1 << 4 // do not poll the drives
	configNoFIFO = 1 << 5
	configSeek   = 1 << 6 // a transfer seeks by itself
)

// lengths is how many bytes each command has; 0 if there is none.
var lengths = [opcodeBits + 1]int{
	cmdSpecify: 3, cmdDriveStatus: 2, cmdWrite: 9, cmdRead: 9, cmdRecalibrate: 2, cmdSense: 1, cmdReadID: 2,
	cmdFormat: 6, cmdDumpReg: 1, cmdSeek: 3, cmdVersion: 1, cmdPerp: 2, cmdConfigure: 4, cmdLock: 1,
}

// Status registers of results. 82077AA §5.4.
const (
	st0Abnormal = 1 << 6
	st0Invalid  = 2 << 6
	st0Ready    = 3 << 6 // a drive's ready line changed, as after a reset
	st0SeekEnd  = 1 << 5
	st0Head     = 1 << 2

	st1Missing   = 1 << 0 // no address mark: no disk, or another data rate
	st1Protected = 1 << 1
	st1NoData    = 1 << 2 // no such sector
	st1CRC       = 1 << 5
	st1Overrun   = 1 << 4
	st1End       = 1 << 7 // past the last sector

	st3Protected = 1 << 6
	st3Ready     = 1<<5 | 1<<3
	st3Track0    = 1 << 4
)

func (c *Controller) readFIFO() uint8 {
	if c.phase != resultPhase || c.status()&msrRQM == 0 {
		return 0
	}
	v := c.bytes[c.at]
	if c.at == 0 && c.sense == 0 && !c.seeked {
		c.raise(false)
	}
	if c.at++; c.at == c.n {
		c.await()
	}
	return v
}

func (c *Controller) writeFIFO(v uint8) {
	if c.phase != commandPhase || c.status()&msrRQM == 0 {
		return
	}
	if c.at == 0 {
		c.n = lengths[v&opcodeBits]
		if c.n == 0 {
			c.result(st0Invalid)
			return
		}
	}
	c.bytes[c.at] = v
	if c.at++; c.at == c.n {
		c.execute()
	}
}

// result begins the result phase.
func (c *Controller) result(b ...uint8) {
	c.phase, c.at = resultPhase, 0
	c.n = copy(c.bytes[:], b)
}

// selected is the drive that a command names, nil if there is none.
func (c *Controller) selected() *drive {
	if n := c.bytes[1] & dorDrive; n < drives {
		return &c.drives[n]
	}
	return nil
}

func (c *Controller) execute() {
	b := &c.bytes
	switch b[0] & opcodeBits {
	case cmdSpecify:
		c.specify = [2]uint8{b[1], b[2]}
	case cmdConfigure:
		c.config = [2]uint8{b[2], b[3]}
	case cmdPerp:
		c.perp = b[1]
	case cmdSeek:
		c.seek(b[2])
	case cmdRecalibrate:
		c.seek(0)
	case cmdSense:
		c.senseInterrupt()
		return
	case cmdDriveStatus:
		c.driveStatus()
		return
	case cmdVersion:
		c.result(version)
		return
	case cmdLock:
		c.lock = b[0]&bitMT != 0
		c.result(c.lockBit() >> 3)
		return
	case cmdDumpReg:
		c.result(c.drives[0].cylinder, c.drives[1].cylinder, 0, 0, c.specify[0], c.specify[1], perTrack,
			c.lockBit()|c.perp&0x7f, c.config[0], c.config[1])
		return
	default:
		c.access()
		return
	}
	c.await()
}

// lockBit is the lock as DUMPREG tells it.
func (c *Controller) lockBit() uint8 {
	if c.lock {
		return 0x80
	}
	return 0
}

// seek moves a head, and interrupts. 82077AA §5.2.2.
func (c *Controller) seek(cylinder uint8) {
	c.st0 = st0SeekEnd | c.bytes[1]&(st0Head|dorDrive)
	if d := c.selected(); d != nil {
		d.cylinder = min(cylinder, cylinders-1)
		d.changed = d.changed && d.disk == nil
	}
	c.seeked = true
	c.raise(true)
}

// senseInterrupt tells why the controller interrupted: a drive at a time after
// a reset, or a seek that is over. 82077AA §5.2.4.
func (c *Controller) senseInterrupt() {
	switch {
	case c.sense > 0:
		n := resetInterrupts - c.sense
		c.sense--
		cylinder := uint8(0)
		if n < drives {
			cylinder = c.drives[n].cylinder
		}
		c.result(st0Ready|n, cylinder)
	case c.seeked:
		c.seeked = false
		cylinder := uint8(0)
		if n := c.st0 & dorDrive; n < drives {
			cylinder = c.drives[n].cylinder
		}
		c.result(c.st0, cylinder)
	default:
		c.result(st0Invalid)
		return
	}
	c.raise(false)
}

func (c *Controller) driveStatus() {
	v := st3Ready | c.bytes[1]&(st0Head|dorDrive)
	if d := c.selected(); d != nil {
		if d.cylinder == 0 {
			v |= st3Track0
		}
		if d.disk != nil && d.disk.ReadOnly() {
			v |= st3Protected
		}
	}
	c.result(v)
}
