package apic

import "github.com/ringo-vmm/ringo/amd64"

// The window of an I/O APIC and the registers behind it. 82093AA §3.0.
const (
	ioSelect = 0x00 // byte offset: which register
	ioWindow = 0x10 // byte offset: its contents

	ioRegID       = 0x00
	ioRegVersion  = 0x01
	ioRegRedirect = 0x10 // two registers a pin, low half first

	ioIDBit        = 24
	ioIDMask       = 0xf
	ioVersionMask  = 0xff
	ioMaxEntryBit  = 16
	ioMaxEntryMask = 0xff
	// ioMaxEntry is the highest number of a last pin that the data sheet's
	// register layout has room for.
	ioMaxEntry = 239
)

// A redirection entry. 82093AA §3.2.4.
const (
	redirVector    = 0xff
	redirModeBit   = 8
	redirPending   = 1 << 12
	redirActiveLow = 1 << 13
	redirRemoteIRR = 1 << 14
	redirLevel     = 1 << 15
	redirMasked    = 1 << 16
	redirDestBit   = 24 // in the high half
)

// IOAPIC is one I/O APIC. Its registers are reached through an index and a
// window, so callers serialise all calls on one I/O APIC and keep interrupt
// handlers on the same processor out.
type IOAPIC struct {
	mmio    amd64.MMIO
	id      uint8
	version uint8
	pins    int
}

// Init finds out what is at mmio, the I/O APIC's register window (at least 32
// bytes, mapped uncached), and masks all its pins. The error is
// ErrIOAPICVersion.
func (a *IOAPIC) Init(mmio amd64.MMIO) error {
	a.mmio = mmio
	v := a.read(ioRegVersion)
	last := v >> ioMaxEntryBit & ioMaxEntryMask
	if v == 0 || v == ^uint32(0) || last > ioMaxEntry {
		return ErrIOAPICVersion
	}
	a.version = uint8(v & ioVersionMask)
	a.pins = int(last) + 1
	a.id = uint8(a.read(ioRegID) >> ioIDBit & ioIDMask)
	for pin := range a.pins {
		a.writeLow(pin, redirMasked)
	}
	return nil
}

// ID returns the I/O APIC's own id, which interrupt routing does not use.
func (a *IOAPIC) ID() uint8 { return a.id }

// Version returns the version: 0x11 is the 82093AA, 0x20 and above have their
// own EOI register.
func (a *IOAPIC) Version() uint8 { return a.version }

// Pins returns the number of interrupt inputs.
func (a *IOAPIC) Pins() int { return a.pins }

func (a *IOAPIC) read(reg uint32) uint32 {
	a.mmio.Write32(ioSelect, reg)
	return a.mmio.Read32(ioWindow)
}

func (a *IOAPIC) write(reg, v uint32) {
	a.mmio.Write32(ioSelect, reg)
	a.mmio.Write32(ioWindow, v)
}

func (a *IOAPIC) readLow(pin int) uint32      { return a.read(ioRegRedirect + uint32(pin)*2) }
func (a *IOAPIC) readHigh(pin int) uint32     { return a.read(ioRegRedirect + uint32(pin)*2 + 1) }
func (a *IOAPIC) writeLow(pin int, v uint32)  { a.write(ioRegRedirect+uint32(pin)*2, v) }
func (a *IOAPIC) writeHigh(pin int, v uint32) { a.write(ioRegRedirect+uint32(pin)*2+1, v) }
func (a *IOAPIC) checkPin(pin int) (bad error) {
	if pin < 0 || pin >= a.pins {
		return ErrIOAPICPin
	}
	return nil
}

// Redirection is where an I/O APIC pin sends its interrupts.
type Redirection struct {
	Vector    uint8
	Dest      uint32 // APIC id of the processor, at most 254
	ActiveLow bool   // polarity
	Level     bool   // trigger mode
	Masked    bool

	// What Entry reads back; Route ignores it.
	Mode      uint8 // delivery mode; Route sets 0, fixed
	Pending   bool  // sent, not yet accepted
	RemoteIRR bool  // level interrupt accepted, not yet ended
}

// Route sets where pin sends its interrupts. The pin is masked while its entry
// is half written. The errors are ErrIOAPICPin, ErrVector and ErrDestination.
func (a *IOAPIC) Route(pin int, r Redirection) error {
	if err := a.checkPin(pin); err != nil {
		return err
	}
	if r.Vector < minVector {
		return ErrVector
	}
	if r.Dest >= xDestBroadcast {
		return ErrDestination
	}
	low := uint32(r.Vector)
	if r.ActiveLow {
		low |= redirActiveLow
	}
	if r.Level {
		low |= redirLevel
	}
	a.writeLow(pin, low|redirMasked)
	a.writeHigh(pin, r.Dest<<redirDestBit)
	if !r.Masked {
		a.writeLow(pin, low)
	}
	return nil
}

// Mask stops interrupts from pin.
func (a *IOAPIC) Mask(pin int) error {
	if err := a.checkPin(pin); err != nil {
		return err
	}
	a.writeLow(pin, a.readLow(pin)|redirMasked)
	return nil
}

// Unmask lets interrupts from pin through again.
func (a *IOAPIC) Unmask(pin int) error {
	if err := a.checkPin(pin); err != nil {
		return err
	}
	a.writeLow(pin, a.readLow(pin)&^uint32(redirMasked))
	return nil
}

// Entry reads back where pin sends its interrupts.
func (a *IOAPIC) Entry(pin int) (Redirection, error) {
	if err := a.checkPin(pin); err != nil {
		return Redirection{}, err
	}
	low := a.readLow(pin)
	return Redirection{
		Vector:    uint8(low & redirVector),
		Dest:      a.readHigh(pin) >> redirDestBit,
		ActiveLow: low&redirActiveLow != 0,
		Level:     low&redirLevel != 0,
		Masked:    low&redirMasked != 0,
		Mode:      uint8(low >> redirModeBit & 7),
		Pending:   low&redirPending != 0,
		RemoteIRR: low&redirRemoteIRR != 0,
	}, nil
}
