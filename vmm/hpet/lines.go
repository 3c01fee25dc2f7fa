package hpet

import "github.com/ringo-vmm/ringo/vmm/device"

// Lines, by index: the I/O APIC's inputs, and the two that legacy replacement is
// for. HPET §2.3.5, LEG_RT_CNF.
const (
	linePIT     = 32
	lineRTC     = 33
	lineCount   = 34
	legacyLines = 2
)

// line is the line that a timer interrupts by.
func (h *HPET) line(i int) int {
	if h.legacy() && i < legacyLines {
		return linePIT + i
	}
	return int(h.timers[i].config >> timerRouteShift & timerRouteMask)
}

func (h *HPET) legacy() bool { return h.config&configLegacy != 0 }

// levels is the lines that are up: those of pending levels, unless the block is
// off, and those that the PIT and the RTC hold up.
func (h *HPET) levels() (lines uint64) {
	for i := range h.timers {
		const both = timerLevel | timerInterrupts
		if h.enabled() && h.status>>i&1 != 0 && h.timers[i].config&both == both {
			lines |= 1 << h.line(i)
		}
	}
	for i := range h.guests {
		if h.guests[i].level && !h.legacy() {
			lines |= 1 << (linePIT + i)
		}
	}
	return lines
}

// drive brings the lines in step with the levels.
func (h *HPET) drive() {
	lines := h.levels()
	changed := lines ^ h.driven
	h.driven = lines
	for i := 0; changed>>i != 0; i++ {
		if changed>>i&1 != 0 {
			h.pull(i, lines>>i&1 != 0)
		}
	}
}

func (h *HPET) pull(i int, level bool) {
	if h.lines[i] != nil {
		h.lines[i].Set(level)
	}
}

// pulse gives a line an edge, if no level holds it up.
func (h *HPET) pulse(i int) {
	if h.driven>>i&1 == 0 {
		h.pull(i, true)
		h.pull(i, false)
	}
}

// guest is the line of a device that legacy replacement takes it from: a
// device.IRQ.
type guest struct {
	hpet  *HPET
	level bool
}

// Set is device.IRQ's.
func (g *guest) Set(level bool) {
	g.level = level
	g.hpet.drive()
}

// PIT is the line for the PIT to pull: ISA interrupt 0, or nothing while the
// guest has legacy replacement on.
func (h *HPET) PIT() device.IRQ { return &h.guests[0] }

// RTC is the line for the real-time clock to pull: ISA interrupt 8, or nothing.
func (h *HPET) RTC() device.IRQ { return &h.guests[1] }
