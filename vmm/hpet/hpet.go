// Package hpet is a high precision event timer block: a 64-bit counter of 10 MHz
// and three comparators, one-shot or periodic, that interrupt by I/O APIC inputs
// or in place of the PIT and the RTC. It follows the IA-PC HPET Specification
// 1.0a ("HPET").
//
// Whoever builds the machine makes an HPET, registers it for Size bytes at
// memmap.HPET, and gives the PIT and the RTC the lines that it has for them.
// Interrupts by messages (FSB) are left out, as the capabilities say.
package hpet

import "github.com/ringo-vmm/ringo/vmm/device"

// Size is how much of the address space the block has, in bytes.
const Size = 1024

// ID is the low half of the capabilities register, which the ACPI table repeats:
// revision 1, three comparators, 64 bits, legacy replacement, Intel's vendor id
// as all have it. HPET §2.3.4.
const ID = 1 | (comparators-1)<<8 | 1<<13 | 1<<15 | 0x8086<<16

const (
	comparators = 3
	tickTime    = 100 // ns
	femtosecond = 1_000_000
	tickPeriod  = tickTime * femtosecond // the longest there can be, HPET §2.3.4
)

// Registers, by offset. HPET §2.3.1.
const (
	regCapabilities = 0x000
	regConfig       = 0x010
	regStatus       = 0x020
	regCounter      = 0x0f0
	regTimers       = 0x100 // and so much further on for each
	timerStride     = 0x020
	timerConfig     = 0x00
	timerComparator = 0x08
)

// General configuration. HPET §2.3.5.
const (
	configEnable = 1 << 0
	configLegacy = 1 << 1
	configBits   = configEnable | configLegacy
)

// Configuration of a timer. HPET §2.3.8.
const (
	timerLevel      = 1 << 1
	timerInterrupts = 1 << 2
	timerPeriodic   = 1 << 3
	timerCan        = 1<<4 | 1<<5 // be periodic, have 64 bits
	timerSet        = 1 << 6      // the next write to the comparator is its value too
	timer32         = 1 << 8
	timerRouteShift = 9
	timerRouteMask  = 31
	timerBits       = timerLevel | timerInterrupts | timerPeriodic | timerSet | timer32
)

// Wires are the interrupt lines that the block can pull.
type Wires struct {
	// Inputs are the I/O APIC's, by number; nil for one that is not wired.
	Inputs [32]device.IRQ
	// PIT and RTC are ISA interrupt lines 0 and 8. They are those devices'
	// own unless the guest has set legacy replacement: see HPET.PIT.
	PIT, RTC device.IRQ
}

// HPET is the block: a device.MMIO.
type HPET struct {
	clock device.Clock
	wake  device.Timer
	lines [lineCount]device.IRQ
	caps  uint32 // inputs that are wired

	config  uint8
	status  uint8  // a bit for each timer whose level is pending
	counter uint64 // while it stands still; else its value at tick 0
	timers  [comparators]timer

	driven uint64             // lines that levels hold up, bit by bit
	guests [legacyLines]guest // PIT and RTC
}

// New makes a block.
func New(clock device.Clock, w Wires) *HPET {
	h := &HPET{clock: clock}
	h.wake = clock.NewTimer(h.fire)
	copy(h.lines[:], w.Inputs[:])
	h.lines[linePIT], h.lines[lineRTC] = w.PIT, w.RTC
	for i, line := range w.Inputs {
		if line != nil {
			h.caps |= 1 << i
		}
	}
	for i := range h.guests {
		h.guests[i].hpet = h
	}
	return h
}

// Reset is device.Resetter's.
func (h *HPET) Reset() {
	h.config, h.status, h.counter = 0, 0, 0
	h.timers = [comparators]timer{}
	h.step()
}

// tick is the time in ticks.
func (h *HPET) tick() uint64 { return h.clock.Now() / tickTime }

func (h *HPET) enabled() bool { return h.config&configEnable != 0 }

// now is the counter.
func (h *HPET) now() uint64 {
	if h.enabled() {
		return h.counter + h.tick()
	}
	return h.counter
}

// Read reads size bytes at off.
func (h *HPET) Read(off uint64, size int) uint64 {
	h.settle()
	return h.register(off&^7) >> (8 * (off & 7))
}

func (h *HPET) register(off uint64) uint64 {
	switch off {
	case regCapabilities:
		return tickPeriod<<32 | ID
	case regConfig:
		return uint64(h.config)
	case regStatus:
		return uint64(h.status)
	case regCounter:
		return h.now()
	}
	if t := h.timer(off); t != nil {
		switch off % timerStride {
		case timerConfig:
			return uint64(h.caps)<<32 | uint64(t.config) | timerCan
		case timerComparator:
			return t.comparator
		}
	}
	return 0
}

// timer is the comparator whose registers are at off, nil if there is none.
func (h *HPET) timer(off uint64) *timer {
	if i := (off - regTimers) / timerStride; off >= regTimers && i < comparators {
		return &h.timers[i]
	}
	return nil
}

// Write writes size bytes at off. Only aligned accesses of 4 and 8 bytes are
// possible (HPET §2.3.2); others do nothing.
func (h *HPET) Write(off uint64, size int, v uint64) {
	if size < 4 || off%uint64(size) != 0 {
		return
	}
	h.settle()
	mask := ^uint64(0)
	if size == 4 {
		mask = 0xffffffff << (8 * (off & 4))
		v <<= 8 * (off & 4)
	}
	h.write(off&^7, v, mask)
	h.step()
}

// write writes the bits of a register that are in mask.
func (h *HPET) write(off, v, mask uint64) {
	switch off {
	case regConfig:
		h.configure(uint8(uint64(h.config)&^mask|v&mask) & configBits)
	case regStatus:
		h.status &^= uint8(v & mask)
	case regCounter:
		h.setCounter(h.now()&^mask | v&mask)
	}
	t := h.timer(off)
	if t == nil {
		return
	}
	switch off % timerStride {
	case timerConfig:
		t.configure(uint32(uint64(t.config)&^mask|v&mask), h.caps)
		if t.config&timerLevel == 0 {
			h.status &^= 1 << ((off - regTimers) / timerStride)
		}
	case timerComparator:
		t.set(v, mask)
	default:
		return
	}
	h.arm(t)
}

// configure starts and stops the counter.
func (h *HPET) configure(config uint8) {
	counter := h.now()
	h.config = config
	h.setCounter(counter)
}

func (h *HPET) setCounter(v uint64) {
	if h.counter = v; h.enabled() {
		h.counter -= h.tick()
	}
	for i := range h.timers {
		h.arm(&h.timers[i])
	}
}
