//go:build boot

package test

import (
	"testing"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/microguests"
	"github.com/ringo-vmm/ringo/vmm/guests"
)

// Every micro-guest sees what a PC would show it and ends as it should. Beside
// each hostile one another machine runs to its end, and the monitor answers
// all the time.
func TestMicroGuests(t *testing.T) {
	modules, err := microguests.Write(t.TempDir(), guests.All)
	if err != nil {
		t.Fatal(err)
	}
	c := boot(t, emu.Options{Modules: modules})
	monitor, err := microguests.Attach(t.Context(), c.vm)
	if err != nil {
		t.Fatalf("%v%s", err, c.last())
	}
	for _, g := range guests.All {
		t.Run(g.Name, func(t *testing.T) {
			r := monitor.Run(t.Context(), g)
			if r.Err != nil {
				t.Fatalf("%v\nits console:\n%s\nRingo's:\n%s", r.Err, r.Console, r.Output)
			}
		})
	}
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
}
