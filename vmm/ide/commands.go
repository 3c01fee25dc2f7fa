package ide

import "github.com/ringo-vmm/ringo/vmm/ide/ata"

// handler begins a command for the drive that is selected.
type handler func(c *channel, d *drive)

// diskCommands and packetCommands are what the drives know. Other commands are
// aborted.
var diskCommands, packetCommands = commandTables()

func commandTables() (disk, packet [256]handler) {
	for code := range disk {
		if f := ata.SectorCommand(uint8(code)); f != 0 {
			disk[code] = func(c *channel, d *drive) { c.sectors(d, f) }
		}
	}
	for _, code := range []uint8{ata.CmdStandbyImmediate, ata.CmdIdleImmediate, ata.CmdStandby, ata.CmdIdle, ata.CmdSleep} {
		disk[code], packet[code] = nothing, nothing
	}
	for i := range 16 { // the low bits were a step rate
		disk[ata.CmdRecalibrate+i], disk[ata.CmdSeek+i] = nothing, seek
	}
	disk[ata.CmdFlushCache], disk[ata.CmdFlushCacheExt] = flush, flush
	disk[ata.CmdIdentify] = identify
	disk[ata.CmdInitParameters] = initParameters
	disk[ata.CmdSetMultiple] = setMultiple
	disk[ata.CmdReadNativeMax] = func(c *channel, d *drive) { c.nativeMax(d, false) }
	disk[ata.CmdReadNativeMaxExt] = func(c *channel, d *drive) { c.nativeMax(d, true) }

	packet[ata.CmdPacket] = packetCommand
	packet[ata.CmdIdentifyPacket] = identify
	packet[ata.CmdIdentify], packet[ata.CmdReadSectors] = notADisk, notADisk

	for _, t := range []*[256]handler{&disk, &packet} {
		t[ata.CmdCheckPower] = checkPower
		t[ata.CmdSetFeatures] = setFeatures
	}
	return disk, packet
}

// command takes a command. A drive that works takes none, but for a CD-ROM
// drive's DEVICE RESET.
func (c *channel) command(code uint8) {
	d := c.drive()
	switch {
	case c.resetting() || c.empty():
		return
	case code == ata.CmdDeviceReset && d.kind == cdDrive:
		c.abandon()
		d.sign()
		return
	case c.phase != idle:
		return
	case code == ata.CmdDiagnostic:
		c.reset()
		c.drives[0].intrq = c.drives[0].kind != noDrive
		return
	}
	c.control &^= ata.ControlHOB
	c.transfer = transfer{}
	var h handler
	switch d.kind {
	case noDrive:
		return
	case diskDrive:
		h = diskCommands[code]
	case cdDrive:
		h = packetCommands[code]
	}
	d.intrq, d.err = false, 0
	if h == nil {
		h = abort
	}
	h(c, d)
}

func nothing(c *channel, _ *drive) { c.complete(true) }
func abort(c *channel, _ *drive)   { c.fail(ata.ErrorABRT) }

// notADisk is how a CD-ROM drive answers a disk's commands. ATA-6 §8.15.5.2.
func notADisk(c *channel, d *drive) {
	d.signature()
	c.fail(ata.ErrorABRT)
}

func seek(c *channel, d *drive) {
	t := c.taskFile()
	if lba, _, ok := d.info.Address(&t, false); !ok || lba >= d.info.Sectors {
		c.fail(ata.ErrorIDNF)
		return
	}
	c.complete(true)
}

func checkPower(c *channel, d *drive) {
	d.setCount(ata.PowerActive)
	c.complete(true)
}

func (c *channel) nativeMax(d *drive, ext bool) {
	c.setAddress(d.info.NativeMax(ext), ext)
	c.complete(true)
}

func initParameters(c *channel, d *drive) {
	g, ok := ata.NewGeometry(d.info.Sectors, c.device&ata.DeviceHead+1, d.regs[regCount].now)
	if ok {
		d.info.Current = g
	}
	c.settle(ok)
}

func setMultiple(c *channel, d *drive) { c.settle(d.info.SetMultiple(d.regs[regCount].now)) }

func setFeatures(c *channel, d *drive) {
	c.settle(d.info.SetFeatures(d.regs[regError].now, d.regs[regCount].now))
}

// settle ends a command that sets something.
func (c *channel) settle(ok bool) {
	if !ok {
		c.fail(ata.ErrorABRT)
		return
	}
	c.complete(true)
}
