// Package rtc reads the date and time from the battery-backed real-time clock,
// an MC146818 or its like behind ports 0x70 and 0x71. Package kernel is its
// caller: once at boot, for the wall clock. It follows the MC146818 data sheet
// and, for the century, ACPI 6.4 §5.2.9.
//
// Everything here is pre-runtime: it allocates nothing.
package rtc

import "github.com/ringo-vmm/ringo/amd64"

const (
	// portIndex selects a register; its bit 7 would hold off NMIs.
	portIndex = 0x70
	portData  = 0x71
)

// Registers. MC146818 data sheet, "Address Map".
const (
	regSecond  = 0x00
	regMinute  = 0x02
	regHour    = 0x04
	regDay     = 0x07
	regMonth   = 0x08
	regYear    = 0x09
	regStatusA = 0x0a
	regStatusB = 0x0b
	regStatusD = 0x0d
	lastReg    = 0x7f

	statusAUpdating = 1 << 7
	statusB24Hours  = 1 << 1
	statusBBinary   = 1 << 2
	statusDValid    = 1 << 7
	hourPM          = 1 << 7 // of the hour, when there are 12
)

// updatePolls bounds the wait for an update of the registers to end: one takes
// 2.2 ms, and a poll is at least some tens of nanoseconds.
const updatePolls = 200_000

// readTries bounds how often the registers are read until two readings agree.
const readTries = 8

// Error is an error that needs no allocation: its text, one line.
type Error string

// Error returns the text.
func (e Error) Error() string { return string(e) }

// The errors of this package.
const (
	ErrAbsent   Error = "rtc: no real-time clock answers at ports 0x70 and 0x71"
	ErrBattery  Error = "rtc: the clock lost its power: its time is not valid"
	ErrUpdating Error = "rtc: the clock is always busy updating its registers"
	ErrUnstable Error = "rtc: no two readings of the clock agree"
	ErrValue    Error = "rtc: the clock holds something that is not a date and time"
)

// Time is a date and time of the real-time clock, by convention UTC.
type Time struct {
	Year                 int
	Month, Day           int // from 1
	Hour, Minute, Second int
}

// registers is what the clock holds, undecoded.
type registers struct {
	second, minute, hour, day, month, year, century, b uint8
}

// Read reads the clock. century is the register that holds the century, CENTURY
// of the FADT, or 0 where there is none: the year is then between 2000 and 2099.
func Read(io amd64.PortIO, century uint8) (Time, error) {
	if get(io, regStatusA) == 0xff && get(io, regStatusB) == 0xff {
		return Time{}, ErrAbsent
	}
	if get(io, regStatusD)&statusDValid == 0 {
		return Time{}, ErrBattery
	}
	if century > lastReg || century <= regStatusD {
		century = 0
	}
	for range readTries {
		first := readAll(io, century)
		if !awaitUpdate(io) {
			return Time{}, ErrUpdating
		}
		if readAll(io, century) == first {
			return first.decode(century != 0)
		}
	}
	return Time{}, ErrUnstable
}

func get(io amd64.PortIO, reg uint8) uint8 {
	io.Out8(portIndex, reg)
	return io.In8(portData)
}

// awaitUpdate waits until the registers are not being updated.
func awaitUpdate(io amd64.PortIO) bool {
	for range updatePolls {
		if get(io, regStatusA)&statusAUpdating == 0 {
			return true
		}
	}
	return false
}

func readAll(io amd64.PortIO, century uint8) registers {
	r := registers{
		second: get(io, regSecond), minute: get(io, regMinute), hour: get(io, regHour),
		day: get(io, regDay), month: get(io, regMonth), year: get(io, regYear),
		b: get(io, regStatusB),
	}
	if century != 0 {
		r.century = get(io, century)
	}
	return r
}
