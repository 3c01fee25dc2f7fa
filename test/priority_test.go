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
	t.Parallel()
	exits := regexp.MustCompile(`control register +(\d+)`)
	for _, m := range []struct {
		name string
		most int
	}{{"qemu-svm", 2 * guests.PriorityWaits}, {"bochs-vmx", 0}, {"bochs-svm", 2 * guests.PriorityWaits}} {
		t.Run(m.name, func(t *testing.T) {
			table, n := exitsOf(t, m.name, "priority"), 0
			if match := exits.FindStringSubmatch(table); match != nil {
				n, _ = strconv.Atoi(match[1])
			}
			t.Logf("%d exits by %d moves", n, 2*guests.PriorityMoves)
			if n > m.most {
				t.Errorf("%d exits by moves to and from CR8, at most %d are needed:\n%s", n, m.most, table)
			}
		})
	}
}

// Interrupts end in the guest's memory, and not by an exit each. The guest's own
// checks say which do.
func TestInterruptsEndWithoutAnExit(t *testing.T) {
	const others = 100 // what else it does with the local APIC
	exits := regexp.MustCompile(`memory +(\d+)`)
	for _, machine := range []string{"qemu-svm", "bochs-vmx", "bochs-svm"} {
		t.Run(machine, func(t *testing.T) {
			table, n := exitsOf(t, machine, "pv-eoi"), 0
			if match := exits.FindStringSubmatch(table); match != nil {
				n, _ = strconv.Atoi(match[1])
			}
			t.Logf("%d exits by accesses to the local APIC for %d interrupts", n, guests.PVEOIInterrupts)
			if n < guests.PVEOIInterrupts || n > guests.PVEOIInterrupts+others {
				t.Errorf("%d exits by accesses to the local APIC, want %d to send as many interrupts, and at most %d others:\n%s",
					n, guests.PVEOIInterrupts, others, table)
			}
		})
	}
}

// exitsOf is the table of its exits when a micro-guest has come to its end on a
// machine, where it stands still.
func exitsOf(t *testing.T, machine, guest string) (table string) {
	t.Helper()
	g, ok := guests.Find(guest)
	if !ok {
		t.Fatalf("there is no guest %s", guest)
	}
	g = g.Still()
	modules, err := microguests.Write(t.TempDir(), []guests.Guest{g})
	if err != nil {
		t.Fatal(err)
	}
	c := boot(t, emu.Options{Machine: machine, Modules: modules})
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
	still, console := regexp.MustCompile(g.Expect), ""
	for try := 0; !still.MatchString(console); try++ {
		if try == 100 {
			t.Fatalf("its console:\n%s", console)
		}
		do("vm wait " + g.Name + " 1")
		console = do("vm console " + g.Name)
	}
	table = do("vm exits " + g.Name)
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
	return table
}
