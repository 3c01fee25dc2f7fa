package manager

import (
	"context"
	"time"

	"github.com/ringo-vmm/ringo/vmm/console"
	"github.com/ringo-vmm/ringo/vmm/vga"
)

// The terminal that screens are drawn for, and how often.
const (
	screenRows   = 25
	screenPeriod = 50 * time.Millisecond
	screenBuffer = 64 << 10
)

// LeaveScreen sets a terminal right on which ShowScreen has drawn.
var LeaveScreen = vga.Leave(screenRows)

// ShowScreen draws the machine's display on its Screen, as terminals show it,
// until ctx ends: all of it, and then what changes. What is typed at the Screen
// are the machine's keys.
func (v *Machine) ShowScreen(ctx context.Context) {
	ticker := time.NewTicker(screenPeriod)
	defer ticker.Stop()
	ansi := vga.NewANSI(writer{v.Screen}, screenRows)
	var text vga.Text
	said := ""
	for {
		what := "it is off"
		if p, err := v.running(); err == nil {
			what = p.Text(&text)
		}
		switch {
		case what == "":
			ansi.Draw(&text)
		case what != said:
			ansi.Invalidate()
			writer{v.Screen}.Write([]byte("\r\n[" + what + "]\r\n"))
		}
		said = what
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// writer writes to a console.
type writer struct{ *console.Console }

// Write is io.Writer's and never fails.
func (w writer) Write(p []byte) (int, error) {
	for _, b := range p {
		w.WriteByte(b)
	}
	return len(p), nil
}
