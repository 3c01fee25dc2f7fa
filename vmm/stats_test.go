package vmm_test

import (
	"context"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/vmmtest"
)

// The time line of a processor has no holes: the guest runs from an entry to an
// exit, and is entered again after that.
func TestTheTraceTellsEntriesAndExits(t *testing.T) {
	vm, c, _, _ := machine(t, vmmtest.Out(0x100, 4, 1), vmmtest.Out(0x100, 4, 2), vmmtest.Out(0xf4, 1, 0))
	vm.Start()
	if _, err := vm.Wait(context.Background()); err != nil {
		t.Fatal(err)
	}
	last, before := c.Stats.Last(10), uint64(0)
	if len(last) != 3 {
		t.Fatalf("%d exits", len(last))
	}
	for i, x := range last {
		if x.Entered <= before || x.TSC < x.Entered {
			t.Errorf("exit %d: entered at %d, left at %d, after %d", i, x.Entered, x.TSC, before)
		}
		before = x.TSC
	}
}
