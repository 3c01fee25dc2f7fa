//go:build boot

package test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/microguests"
	"github.com/ringo-vmm/ringo/vmm/guests"
)

// Why a guest cannot do on a machine what it should.
const (
	// Bochs' SVM.
	staleEvent   = "error code of a fault got" // INT n through a task gate is told as the exception before
	pendingDebug = "an intercepted #DB is raised again in the host, whose GS and TR are still the guest's"
	virtualExit  = "an exit from virtual-8086 mode ends the emulator: the flag is still set in the host's long mode"
	guestTriple  = "a guest's triple fault is the machine's"
	noInterrupt  = "no interrupt of the host's is taken while the guest's RFLAGS.IF is 0"
)

// microMachines are where micro-guests run. Those that fail do so with a text in
// the error; those that are left out would end the machine, or hang it.
var microMachines = []struct {
	name    string
	fail    map[string]string
	leftOut map[string]string
}{
	{name: "qemu-svm"},
	{name: "bochs-vmx"},
	{name: "bochs-svm", fail: map[string]string{"task-faults": staleEvent}, leftOut: map[string]string{
		"debugregs": pendingDebug, "shadow": pendingDebug, "vm86": virtualExit, "triple": guestTriple, "hostile-tables": guestTriple,
		"hostile-spin": noInterrupt,
	}},
}

// Every micro-guest sees what a PC would show it and ends as it should. Beside
// each hostile one another machine runs to its end, and the monitor answers
// all the time.
func TestMicroGuests(t *testing.T) {
	t.Parallel()
	for _, m := range microMachines {
		t.Run(m.name, func(t *testing.T) {
			aside(t, m.name)
			list := slices.DeleteFunc(slices.Clone(guests.All), func(g guests.Guest) bool {
				why, ok := m.leftOut[g.Name]
				if ok {
					t.Logf("%s is left out: %s", g.Name, why)
				}
				return ok
			})
			modules, err := microguests.Write(t.TempDir(), list)
			if err != nil {
				t.Fatal(err)
			}
			c := boot(t, emu.Options{Machine: m.name, Modules: modules})
			monitor, err := microguests.Attach(t.Context(), c.vm)
			if err != nil {
				t.Fatalf("%v%s", err, c.last())
			}
			for _, g := range list {
				t.Run(g.Name, func(t *testing.T) {
					r := monitor.Run(t.Context(), g)
					switch want := m.fail[g.Name]; {
					case want == "" && r.Err != nil:
						t.Fatalf("%v\nits console:\n%s\nRingo's:\n%s", r.Err, r.Console, r.Output)
					case want != "" && (r.Err == nil || !strings.Contains(r.Err.Error(), want)):
						t.Fatalf("%v, and it should fail: %s", r.Err, want)
					}
				})
			}
			c.Send("poweroff\n").Exit(emu.Stopped, 0)
		})
	}
}
