//go:build boot

package test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/microguests"
	"github.com/ringo-vmm/ringo/vmm/guests"
)

// The accessed and dirty bits of nested page tables tell a guest's working set:
// what it uses in each turn, and not what it has used before, nor less because
// its processor has cached the bits.
func TestWorkingSet(t *testing.T) {
	t.Parallel()
	want := regexp.MustCompile(fmt.Sprintf(`accessed +0 +%d .*\s+written +0 +%d `, guests.WorkingReads+guests.WorkingWrites, guests.WorkingWrites))
	for _, machine := range []string{"qemu-svm", "bochs-vmx", "bochs-svm"} {
		t.Run(machine, func(t *testing.T) {
			modules, err := microguests.Write(t.TempDir(), []guests.Guest{guests.Working})
			if err != nil {
				t.Fatal(err)
			}
			c := boot(t, emu.Options{Machine: machine, Modules: modules}).Expect(`ringo> `)
			c.Send("vm start working\n").Expect(`ringo> `)
			for round := range 3 {
				got := ""
				// What came before its first turn is there once, and a turn on a
				// slow machine may not be over when it is asked for.
				for try := 0; !want.MatchString(got); try++ {
					if try == 50 {
						t.Fatalf("round %d: %q, want %v", round, got, want)
					}
					got = c.Send("vm dirty\n").Match(`accessed.*\s+written.*\n`)[0]
				}
			}
			c.Send("poweroff\n").Exit(emu.Stopped, 0)
		})
	}
}
