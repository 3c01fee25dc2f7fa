// Package pmtimer reads the ACPI power management timer, a free-running
// counter of a fixed rate and the second choice of reference for calibrating
// the clock. Package kernel is its caller; it finds the port and the width in
// the FADT. It follows ACPI 6.4 §4.8.2.1.
//
// Everything here is pre-runtime: it allocates nothing.
package pmtimer

import "github.com/ringo-vmm/ringo/amd64"

// Hz is the rate at which every power management timer counts. ACPI 6.4
// §4.8.2.1.
const Hz = 3_579_545

// The two widths that exist: the FADT's flag TMR_VAL_EXT says which. ACPI 6.4
// §5.2.9 table 5.10.
const (
	narrow = 24
	wide   = 32
)

// Timer is the power management timer.
type Timer struct {
	io    amd64.PortIO
	port  uint16
	width uint
}

// Init names the timer's port, PM_TMR_BLK of the FADT, and whether the FADT's
// flag TMR_VAL_EXT gives it 32 bits in place of 24. Nothing is switched on:
// the timer always runs, if it is there.
func (t *Timer) Init(io amd64.PortIO, port uint16, tmrValExt bool) {
	t.io, t.port, t.width = io, port, narrow
	if tmrValExt {
		t.width = wide
	}
}

// Name returns what a log calls the counter.
func (t *Timer) Name() string { return "PM timer" }

// Read returns the ticks counted, which wrap every 4.7 s at 24 bits. The bits
// above the width are reserved, and dropped.
func (t *Timer) Read() uint64 { return uint64(t.io.In32(t.port)) & (1<<t.width - 1) }

// Hz returns the rate in ticks a second.
func (t *Timer) Hz() uint64 { return Hz }

// Width returns the size of the counter in bits.
func (t *Timer) Width() uint { return t.width }
