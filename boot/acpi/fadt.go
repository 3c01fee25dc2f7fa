package acpi

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// FADT is the Fixed ACPI Description Table: the power management registers and
// facts about the platform. ACPI 6.4 §5.2.9.
type FADT struct {
	Revision      uint8
	MinorRevision uint8  // 0 before ACPI 5.1
	DSDT          uint64 // host-physical address, 0 if none

	// SCI is the ISA interrupt of the power management events: level-triggered
	// and active low unless the MADT overrides it.
	SCI uint16
	// Writing ACPIEnable to the 8-bit port SMICommand hands the power
	// management registers over from firmware. SMICommand is 0 when the
	// machine has no such port: it is always in ACPI mode then.
	SMICommand  uint16
	ACPIEnable  uint8
	ACPIDisable uint8

	// The power management registers; from the X_ fields where those hold an
	// address, else from the 32-bit fields. ACPI 6.4 §4.8.3.
	PM1aEvent   GenericAddress
	PM1bEvent   GenericAddress
	PM1aControl GenericAddress
	PM1bControl GenericAddress
	PMTimer     GenericAddress
	PMTimer32   bool // the timer has 32 bits, not 24

	// ResetRegister restarts the machine when ResetValue is written to it as
	// a byte, if ResetSupported. ACPI 6.4 §4.8.3.6.
	ResetRegister  GenericAddress
	ResetValue     uint8
	ResetSupported bool

	// HardwareReduced says that the registers above do not exist, except the
	// reset register. ACPI 6.4 §4.1.
	HardwareReduced bool
	SleepControl    GenericAddress // of hardware-reduced machines, §4.8.3.7

	// From the IA-PC boot architecture flags. Before revision 3 of the table
	// they do not exist and these are as on a PC/AT.
	Has8042 bool // keyboard controller
	NoVGA   bool // VGA must not be probed
	NoMSI   bool // message signaled interrupts must not be enabled
}

// Layout of the FADT, ACPI 6.4 §5.2.9.
const (
	fadtDSDT          = 40
	fadtSCI           = 46
	fadtSMICommand    = 48
	fadtACPIEnable    = 52
	fadtACPIDisable   = 53
	fadtPM1aEvent     = 56
	fadtPM1bEvent     = 60
	fadtPM1aControl   = 64
	fadtPM1bControl   = 68
	fadtPMTimer       = 76
	fadtPM1EventLen   = 88 // bytes, of each event block
	fadtPM1ControlLen = 89
	fadtPMTimerLen    = 91
	fadtBootArch      = 109
	fadtFlags         = 112
	fadtSizeV1        = 116
	fadtResetRegister = 116
	fadtResetValue    = 128
	fadtMinorRevision = 131
	fadtXDSDT         = 140
	fadtXPM1aEvent    = 148
	fadtXPM1bEvent    = 160
	fadtXPM1aControl  = 172
	fadtXPM1bControl  = 184
	fadtXPMTimer      = 208
	fadtSleepControl  = 244
	fadtSize          = 276

	fadtMinorMask       = 0xF // of the byte at fadtMinorRevision; the rest is errata
	fadtWithBootArch    = 3   // first revision with the field at fadtBootArch
	fadtMaxLegacyLength = 31  // so that its bits fit GenericAddress.Width
)

// Fixed feature flags, ACPI 6.4 §5.2.9.
const (
	flagTimer32         = 1 << 8  // TMR_VAL_EXT
	flagReset           = 1 << 10 // RESET_REG_SUP
	flagHardwareReduced = 1 << 20 // HW_REDUCED_ACPI
)

// IA-PC boot architecture flags, ACPI 6.4 §5.2.9.3.
const (
	bootArch8042  = 1 << 1
	bootArchNoVGA = 1 << 2
	bootArchNoMSI = 1 << 3
)

// parseFADT reads a FADT of any revision, header included. It returns nil and
// adds a problem when the table is shorter than that of ACPI 1.0. A register
// that cannot be is reported and left out.
func parseFADT(table []byte, p *problems) *FADT {
	if len(table) < fadtSizeV1 {
		p.addf("FADT: %d bytes, want at least %d", len(table), fadtSizeV1)
		return nil
	}
	// Fields beyond the end of an older table read as zero, which means absent.
	var b [fadtSize]byte
	copy(b[:], table)
	u16, u32 := binary.LittleEndian.Uint16, binary.LittleEndian.Uint32

	flags := u32(b[fadtFlags:])
	f := &FADT{
		Revision:        b[headerRevision],
		MinorRevision:   b[fadtMinorRevision] & fadtMinorMask,
		DSDT:            binary.LittleEndian.Uint64(b[fadtXDSDT:]),
		SCI:             u16(b[fadtSCI:]),
		ACPIEnable:      b[fadtACPIEnable],
		ACPIDisable:     b[fadtACPIDisable],
		PMTimer32:       flags&flagTimer32 != 0,
		ResetRegister:   parseGenericAddress(b[fadtResetRegister:]),
		ResetValue:      b[fadtResetValue],
		ResetSupported:  flags&flagReset != 0,
		HardwareReduced: flags&flagHardwareReduced != 0,
		SleepControl:    parseGenericAddress(b[fadtSleepControl:]),
		Has8042:         true,
	}
	if f.DSDT == 0 {
		f.DSDT = uint64(u32(b[fadtDSDT:]))
	}
	if port := u32(b[fadtSMICommand:]); port <= lastPort {
		f.SMICommand = uint16(port)
	} else {
		p.addf("FADT: SMI command port %#x", port)
	}
	if f.Revision >= fadtWithBootArch {
		arch := u16(b[fadtBootArch:])
		f.Has8042 = arch&bootArch8042 != 0
		f.NoVGA = arch&bootArchNoVGA != 0
		f.NoMSI = arch&bootArchNoMSI != 0
	}
	f.PM1aEvent = fadtRegister(&b, "PM1a event block", fadtXPM1aEvent, fadtPM1aEvent, fadtPM1EventLen, p)
	f.PM1bEvent = fadtRegister(&b, "PM1b event block", fadtXPM1bEvent, fadtPM1bEvent, fadtPM1EventLen, p)
	f.PM1aControl = fadtRegister(&b, "PM1a control block", fadtXPM1aControl, fadtPM1aControl, fadtPM1ControlLen, p)
	f.PM1bControl = fadtRegister(&b, "PM1b control block", fadtXPM1bControl, fadtPM1bControl, fadtPM1ControlLen, p)
	f.PMTimer = fadtRegister(&b, "PM timer", fadtXPMTimer, fadtPMTimer, fadtPMTimerLen, p)
	return f
}

// fadtRegister is the register block called name: the one at offset x (an X_
// field) if that holds a usable address, else the I/O port at offset legacy,
// with the length in bytes at offset length.
func fadtRegister(b *[fadtSize]byte, name string, x, legacy, length int, p *problems) GenericAddress {
	g := parseGenericAddress(b[x:])
	if g.usable() {
		return g
	}
	if g.Address != 0 {
		p.addf("FADT: X_ address of the %s: %v", name, g)
	}
	g = GenericAddress{
		Space:   SystemIO,
		Width:   min(b[length], fadtMaxLegacyLength) * 8,
		Address: uint64(binary.LittleEndian.Uint32(b[legacy:])),
	}
	if g.usable() {
		return g
	}
	if g.Address != 0 {
		p.addf("FADT: %s: %v", name, g)
	}
	return GenericAddress{}
}

// String is the table, one fact a line.
func (f *FADT) String() string {
	bits := 24
	if f.PMTimer32 {
		bits = 32
	}
	return strings.Join([]string{
		fmt.Sprintf("FADT revision %d.%d, DSDT at %#x", f.Revision, f.MinorRevision, f.DSDT),
		fmt.Sprintf("hardware-reduced: %v", f.HardwareReduced),
		fmt.Sprintf("SCI: IRQ %d", f.SCI),
		fmt.Sprintf("SMI command port %#x: ACPI on %#x, off %#x", f.SMICommand, f.ACPIEnable, f.ACPIDisable),
		fmt.Sprintf("PM1a event block: %v", f.PM1aEvent),
		fmt.Sprintf("PM1b event block: %v", f.PM1bEvent),
		fmt.Sprintf("PM1a control block: %v", f.PM1aControl),
		fmt.Sprintf("PM1b control block: %v", f.PM1bControl),
		fmt.Sprintf("PM timer: %v, counts %d bits", f.PMTimer, bits),
		fmt.Sprintf("reset register: %v, value %#x, supported: %v", f.ResetRegister, f.ResetValue, f.ResetSupported),
		fmt.Sprintf("sleep control register: %v", f.SleepControl),
		fmt.Sprintf("8042: %v, VGA: %v, MSI: %v", f.Has8042, !f.NoVGA, !f.NoMSI),
	}, "\n")
}
