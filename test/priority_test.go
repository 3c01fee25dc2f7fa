//go:build boot

package test

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/microguests"
	"github.com/ringo-vmm/ringo/vmm/guests"
)

// Moves to and from CR8 do not exit, but for those that let an interrupt through:
// on AMD's processors these, and the next of each, on Intel's none.
func TestCR8IsTheGuests(t *testing.T) {
	g, ok := guests.Find("priority")
	if !ok {
		t.Fatal("there is no guest")
	}
	g = g.Still()
	modules, err := microguests.Write(t.TempDir(), []guests.Guest{g})
	if err != nil {
		t.Fatal(err)
	}
	still, exits := regexp.MustCompile(g.Expect), regexp.MustCompile(`control register +(\d+)`)
	for _, m := range []struct {
		name string
		most int
	}{{"qemu-svm", 2 * guests.PriorityWaits}, {"bochs-vmx", 0}, {"bochs-svm", 2 * guests.PriorityWaits}} {
		t.Run(m.name, func(t *testing.T) {
			c := boot(t, emu.Options{Machine: m.name, Modules: modules})
			monitor, err := microguests.Attach(t.Context(), c.vm)
			if err != nil {
				t.Fatalf("%v%s", err, c.last())
			}
			do := func(command string) string {
				text, err := monitor.Do(t.Context(), command)
				if err != nil {
					t.Fatalf("%v%s", err, c.last())
				}
				return text
			}
			do("vm start " + g.Name)
			console := ""
			for try := 0; !still.MatchString(console); try++ {
				if try == 100 {
					t.Fatalf("its console:\n%s", console)
				}
				do("vm wait " + g.Name + " 1")
				console = do("vm console " + g.Name)
			}
			table, n := do("vm exits "+g.Name), 0
			if match := exits.FindStringSubmatch(table); match != nil {
				n, _ = strconv.Atoi(match[1])
			}
			t.Logf("%d exits by %d moves", n, 2*guests.PriorityMoves)
			if n > m.most {
				t.Errorf("%d exits by moves to and from CR8, at most %d are needed:\n%s", n, m.most, table)
			}
			c.Send("poweroff\n").Exit(emu.Stopped, 0)
		})
	}
}
