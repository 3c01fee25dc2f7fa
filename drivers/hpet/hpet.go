// Package hpet drives the main counter of a high precision event timer, the
// first choice of reference for calibrating the clock. Package kernel is its
// caller; it finds the registers through the ACPI HPET table. It follows
// Intel's IA-PC HPET Specification 1.0a, §2.3.
//
// Everything here is pre-runtime: it allocates nothing.
package hpet

import "github.com/ringo-vmm/ringo/amd64"

// WindowSize is the size of the register window in bytes.
const WindowSize = 1024

// Registers, by byte offset. IA-PC HPET §2.3.1.
const (
	regCapabilities = 0x000
	regPeriod       = 0x004 // the upper half of the capabilities
	regConfig       = 0x010
	regCounterLow   = 0x0f0
	regCounterHigh  = 0x0f4
	regTimer        = 0x100 // configuration of the first comparator
	timerStride     = 0x20
)

// The capabilities register. IA-PC HPET §2.3.4.
const (
	capRevision     = 0xff // 0 is not allowed
	capLastTimerBit = 8
	capLastTimer    = 0x1f
	cap64Bit        = 1 << 13

	// maxPeriod is the longest tick that is allowed, in femtoseconds: 100 ns.
	maxPeriod = 0x05f5e100
	// minPeriod is the shortest tick we believe, in femtoseconds: 1 ns.
	minPeriod = 1_000_000
	fsPerSec  = 1_000_000_000_000_000
)

// The configuration registers. IA-PC HPET §2.3.5, §2.3.8.
const (
	configEnable    = 1 << 0
	configLegacy    = 1 << 1 // comparators 0 and 1 replace the PIT's and RTC's interrupts
	timerIntEnable  = 1 << 2
	reservedAllOnes = ^uint32(0)
)

// Error is an error that needs no allocation: its text, one line.
type Error string

// Error returns the text.
func (e Error) Error() string { return string(e) }

// The errors of this package.
const (
	ErrAbsent   Error = "hpet: the capabilities register does not name an HPET"
	ErrPeriod   Error = "hpet: the tick is not between 1 ns and 100 ns"
	ErrDisabled Error = "hpet: the counter did not take its enable bit"
)

// HPET is the main counter.
type HPET struct {
	mmio   amd64.MMIO
	period uint32
	wide   bool
}

// Start sets the main counter counting; mmio is the register window of
// WindowSize bytes, mapped uncached. It turns the comparators' interrupts off,
// so that one the firmware used cannot interrupt us. The errors are ErrAbsent,
// ErrPeriod and ErrDisabled.
func (h *HPET) Start(mmio amd64.MMIO) error {
	caps := mmio.Read32(regCapabilities)
	if caps == reservedAllOnes || caps&capRevision == 0 {
		return ErrAbsent
	}
	period := mmio.Read32(regPeriod)
	if period < minPeriod || period > maxPeriod {
		return ErrPeriod
	}
	h.mmio, h.period, h.wide = mmio, period, caps&cap64Bit != 0
	for i := range uintptr(caps>>capLastTimerBit&capLastTimer) + 1 {
		reg := regTimer + i*timerStride
		mmio.Write32(reg, mmio.Read32(reg)&^uint32(timerIntEnable))
	}
	config := mmio.Read32(regConfig)&^uint32(configLegacy) | configEnable
	mmio.Write32(regConfig, config)
	if mmio.Read32(regConfig)&configEnable == 0 {
		return ErrDisabled
	}
	return nil
}

// Name returns what a log calls the counter.
func (h *HPET) Name() string { return "HPET" }

// Read returns the low half of the main counter. A whole 64-bit counter takes
// three accesses, which would blur a measurement.
func (h *HPET) Read() uint64 { return uint64(h.mmio.Read32(regCounterLow)) }

// Hz returns the rate in ticks a second, rounded.
func (h *HPET) Hz() uint64 { return (fsPerSec + uint64(h.period)/2) / uint64(h.period) }

// Width returns the number of bits that Read gives.
func (h *HPET) Width() uint { return 32 }

// Period returns the length of a tick in femtoseconds.
func (h *HPET) Period() uint32 { return h.period }

// Count returns the whole main counter: 64 bits, or 32 where the hardware has
// no more. The upper half is read on both sides of the lower one; when it has
// moved, the lower half has just started again from 0.
func (h *HPET) Count() uint64 {
	if !h.wide {
		return h.Read()
	}
	before := h.mmio.Read32(regCounterHigh)
	low := h.mmio.Read32(regCounterLow)
	high := h.mmio.Read32(regCounterHigh)
	if high != before {
		low = h.mmio.Read32(regCounterLow)
	}
	return uint64(high)<<32 | uint64(low)
}
