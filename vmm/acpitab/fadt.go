package acpitab

// Layout of the FADT, ACPI 6.4 §5.2.9. Offsets are from the start of the table;
// what is not named is 0: no SMI command port, since the machine is always in
// ACPI mode, and no second blocks.
const (
	fadtFACS          = 36
	fadtDSDT          = 40
	fadtSCI           = 46
	fadtPM1aEvent     = 56
	fadtPM1aControl   = 64
	fadtPMTimer       = 76
	fadtGPE0          = 80
	fadtPM1EventLen   = 88
	fadtPM1ControlLen = 89
	fadtPMTimerLen    = 91
	fadtGPE0Len       = 92
	fadtC2Latency     = 96
	fadtC3Latency     = 98
	fadtCentury       = 108
	fadtBootArch      = 109
	fadtFlags         = 112
	fadtResetRegister = 116
	fadtResetValue    = 128
	fadtMinorRevision = 131
	fadtXDSDT         = 140
	fadtXPM1aEvent    = 148
	fadtXPM1aControl  = 172
	fadtXPMTimer      = 208
	fadtXGPE0         = 220
	fadtHypervisor    = 268
	fadtSize          = 276

	fadtRevision = 6
	fadtMinor    = 4

	pm1EventLen   = 4 // bytes
	pm1ControlLen = 2
	pmTimerLen    = 4
	noCState      = 0xffff // a latency beyond the limit: the state does not exist
	centuryIndex  = 0x32   // in CMOS memory, where PCs have it
)

// IA-PC boot architecture flags, ACPI 6.4 §5.2.9.3.
const (
	bootArchLegacy = 1 << 0 // there are devices on the ISA bus
	bootArch8042   = 1 << 1
	bootArchNoVGA  = 1 << 2
)

// Fixed feature flags, ACPI 6.4 §5.2.9, table 5.10.
const (
	flagWBINVD        = 1 << 0
	flagC1            = 1 << 2
	flagNoPowerButton = 1 << 4 // or one that is a device
	flagNoSleepButton = 1 << 5
	flagNoRTCWake     = 1 << 6
	flagTimer32       = 1 << 8
	flagReset         = 1 << 10
)

// fadt is the table, for FACS and DSDT at guest-physical addresses.
func (c *Config) fadt(facs, dsdt uint64) []byte {
	var b [fadtSize]byte
	le.PutUint32(b[fadtFACS:], uint32(facs))
	le.PutUint32(b[fadtDSDT:], uint32(dsdt))
	le.PutUint64(b[fadtXDSDT:], dsdt)
	le.PutUint16(b[fadtSCI:], SCI)

	le.PutUint32(b[fadtPM1aEvent:], uint32(c.PM1Event))
	le.PutUint32(b[fadtPM1aControl:], uint32(c.PM1Control))
	le.PutUint32(b[fadtPMTimer:], uint32(c.PMTimer))
	b[fadtPM1EventLen], b[fadtPM1ControlLen], b[fadtPMTimerLen] = pm1EventLen, pm1ControlLen, pmTimerLen
	copy(b[fadtXPM1aEvent:], genericAddress(spaceIO, 8*pm1EventLen, accessWord, uint64(c.PM1Event)))
	copy(b[fadtXPM1aControl:], genericAddress(spaceIO, 8*pm1ControlLen, accessWord, uint64(c.PM1Control)))
	copy(b[fadtXPMTimer:], genericAddress(spaceIO, 8*pmTimerLen, accessDWord, uint64(c.PMTimer)))

	if c.GPE != 0 {
		le.PutUint32(b[fadtGPE0:], uint32(c.GPE))
		b[fadtGPE0Len] = c.GPELength
		copy(b[fadtXGPE0:], genericAddress(spaceIO, 8*c.GPELength, accessByte, uint64(c.GPE)))
	}

	le.PutUint16(b[fadtC2Latency:], noCState)
	le.PutUint16(b[fadtC3Latency:], noCState)
	b[fadtCentury] = centuryIndex
	b[fadtMinorRevision] = fadtMinor
	copy(b[fadtHypervisor:], "RINGO")

	flags := uint32(flagWBINVD | flagC1 | flagNoSleepButton | flagNoRTCWake)
	if !c.PowerButton {
		flags |= flagNoPowerButton
	}
	if c.PMTimer32 {
		flags |= flagTimer32
	}
	if c.ResetPort != 0 {
		flags |= flagReset
		copy(b[fadtResetRegister:], genericAddress(spaceIO, 8, accessByte, uint64(c.ResetPort)))
		b[fadtResetValue] = c.ResetValue
	}
	le.PutUint32(b[fadtFlags:], flags)

	arch := uint16(bootArchLegacy)
	if c.I8042 {
		arch |= bootArch8042
	}
	if !c.VGA {
		arch |= bootArchNoVGA
	}
	le.PutUint16(b[fadtBootArch:], arch)
	return table("FACP", fadtRevision, b[headerSize:])
}
