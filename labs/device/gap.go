//go:build !solution

package device

import (
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// Watchdog is a timer that bites. A guest feeds it by writing a number of ms to
// its port; 0 switches it off. When the time is over it barks: its line goes up,
// and the time begins once more. When it is over a second time, the machine is
// reset. Feeding it, or switching it off, takes the line down.
type Watchdog struct {
	// GAP: what does it have to remember?
}

// New makes a watchdog that is off. bite resets the machine.
func New(clock device.Clock, line device.IRQ, bite func()) *Watchdog {
	return &Watchdog{} // GAP
}

// In reads how many ms are left, rounded up; 0 if it is off.
func (w *Watchdog) In(off uint16, size int) uint32 {
	return 0 // GAP
}

// Out feeds it: v is a time in ms, up to 65535. More bits than 16 are ignored.
func (w *Watchdog) Out(off uint16, size int, v uint32) {
	// GAP
}

// Reset switches it off.
func (w *Watchdog) Reset() {
	// GAP
}

// State names what must be saved, and after a load brings timer and line in step.
func (w *Watchdog) State(c *state.Codec) {
	c.Version("watchdog", 1)
	// GAP
}
