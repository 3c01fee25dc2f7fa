// Package rtc is a virtual real-time clock and CMOS memory of a PC: a Motorola
// MC146818A (its data sheet is what the comments cite) at ports 0x70 and 0x71,
// and the second 128 bytes that chipsets have at 0x72 and 0x73.
//
// The time of day is the host's wall clock and an offset, which the guest
// moves when it sets the clock. The three interrupt flags follow from the time
// when somebody looks; timers run only while an interrupt is enabled.
package rtc

import "github.com/ringo-vmm/ringo/vmm/device"

// Port numbers on a PC, for the bus.
const (
	Base  = 0x70
	Ports = 4
	Line  = 8 // ISA interrupt request
)

// Registers (MC146818A, Address Map). CenturyRegister is a PC's own, and what
// the ACPI FADT's CENTURY field says.
const (
	regSeconds      = 0x00
	regSecondsAlarm = 0x01
	regMinutes      = 0x02
	regMinutesAlarm = 0x03
	regHours        = 0x04
	regHoursAlarm   = 0x05
	regWeekday      = 0x06 // 1 is Sunday
	regDay          = 0x07
	regMonth        = 0x08
	regYear         = 0x09
	regA            = 0x0a
	regB            = 0x0b
	regC            = 0x0c
	regD            = 0x0d

	CenturyRegister = 0x32
)

// Register A.
const (
	aUIP          = 0x80 // an update is near or under way
	aDivider      = 0x70
	aDividerReset = 0x60 // this and 0x70 hold the divider chain
	aRate         = 0x0f // of periodic interrupts
	aPowerOn      = 0x26 // 32.768 kHz; 1,024 Hz, as firmware leaves it
)

// Register B.
const (
	bSET     = 0x80 // updates are held, the guest sets the time
	bPIE     = 0x40
	bAIE     = 0x20
	bUIE     = 0x10
	bSQWE    = 0x08
	bBinary  = 0x04 // and not BCD
	b24      = 0x02 // hours are 0-23, and not 1-12 with bit 7 for PM
	bPowerOn = b24
)

// Register C. The flags are the bits of their enables in register B.
const (
	cIRQF  = 0x80
	cPF    = bPIE
	cAF    = bAIE
	cUF    = bUIE
	cFlags = cPF | cAF | cUF
)

// dVRT in register D says that the battery has not been empty.
const dVRT = 0x80

const second = 1_000_000_000 // ns

// updateTime is for how long before the time moves on UIP is set, in ns: 244 us
// of warning and the update cycle of 1984 us (MC146818A, Table 6).
const updateTime = 244_000 + 1_984_000

// RTC is the clock. It is a device.Ports for the four ports from Base.
type RTC struct {
	clock device.Clock
	wall  func() int64
	irq   device.IRQ

	index [2]uint8 // address of each of the two banks
	nmi   bool     // NMIs are masked: bit 7 of port 0x70
	cmos  [256]uint8
	a, c  uint8
	b     uint8
	level bool // of the interrupt line

	// The time is wall()+phase in ns and then shift seconds on. While it is
	// held, its bytes in cmos are what the guest set them to.
	phase int64 // 0 to a second
	shift int64

	seen  int64  // the second up to which the update and alarm flags are set
	pulse uint64 // the periodic pulse up to which the periodic flag is set
	chain uint64 // clock time in ns at which the divider chain started

	update   device.Timer // for the update and alarm interrupts
	periodic device.Timer
}

// New makes a clock that shows wall(), ns since 1970 began (in UTC, or in the
// time zone that the guest expects), and CMOS memory as Config says.
func New(clock device.Clock, irq device.IRQ, wall func() int64, c Config) *RTC {
	r := &RTC{clock: clock, wall: wall, irq: irq, index: [2]uint8{0, 0x80}, a: aPowerOn, b: bPowerOn}
	r.update = clock.NewTimer(r.changed)
	r.periodic = clock.NewTimer(r.changed)
	c.fill(&r.cmos)
	r.seen, _ = r.now()
	r.pulse = r.pulses()
	return r
}

// Reset pulls the RESET pin: interrupts are disabled and their flags cleared;
// the battery keeps the time and the memory (MC146818A, RESET).
func (r *RTC) Reset() {
	r.b &^= bPIE | bAIE | bUIE | bSQWE
	r.index, r.nmi = [2]uint8{0, 0x80}, false
	r.sync()
	r.c = 0
	r.step()
}

// NMIMasked tells whether the guest has non-maskable interrupts off.
func (r *RTC) NMIMasked() bool { return r.nmi }

// Byte is what the guest would read of the CMOS memory, save for registers A
// to D and the time.
func (r *RTC) Byte(i uint8) uint8 { return r.cmos[i] }

// SetByte sets a byte of the CMOS memory.
func (r *RTC) SetByte(i, v uint8) { r.cmos[i] = v }

// In reads the ports from Base. The addresses cannot be read back.
func (r *RTC) In(off uint16, size int) uint32 {
	var v uint32
	for i := range size {
		b := uint8(0xff)
		switch off + uint16(i) {
		case 1:
			b = r.read(r.index[0])
		case 3:
			b = r.read(r.index[1])
		}
		v |= uint32(b) << (8 * i)
	}
	return v
}

// Out writes the ports from Base. A word to an address port is an address and
// the byte for it.
func (r *RTC) Out(off uint16, size int, v uint32) {
	for i := range size {
		b := uint8(v >> (8 * i))
		switch off + uint16(i) {
		case 0:
			r.index[0], r.nmi = b&0x7f, b&0x80 != 0
		case 1:
			r.write(r.index[0], b)
		case 2:
			r.index[1] = b | 0x80
		case 3:
			r.write(r.index[1], b)
		}
	}
}

func isTime(i uint8) bool {
	switch i {
	case regSeconds, regMinutes, regHours, regWeekday, regDay, regMonth, regYear, CenturyRegister:
		return true
	}
	return false
}

func (r *RTC) read(i uint8) uint8 {
	switch {
	case isTime(i):
		return r.timeByte(i)
	case i == regA:
		if _, frac := r.now(); !r.held() && frac >= second-updateTime {
			return r.a | aUIP
		}
		return r.a
	case i == regB:
		return r.b
	case i == regC:
		return r.readC()
	case i == regD:
		return dVRT
	}
	return r.cmos[i]
}

func (r *RTC) write(i, v uint8) {
	switch {
	case isTime(i):
		r.setTimeByte(i, v)
	case i == regA:
		r.control(v&^aUIP, r.b)
	case i == regB:
		r.control(r.a, v)
	default: // registers C and D show nothing of it
		r.sync() // the alarm was another one until now
		r.cmos[i] = v
		r.step()
	}
}
