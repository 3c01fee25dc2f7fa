package vmm

import "fmt"

// How is the way in which a machine came to its end.
type How uint8

// The ways. After Failed and TripleFault somebody wants to know why: what the
// processors' state says is kept until the machine is closed.
const (
	Stopped     How = iota // the host took its power away
	Exited                 // the guest wrote to the debug exit port; Code is what
	PoweredOff             // the guest switched the machine off
	Reset                  // the guest asked for a reset
	Halted                 // halted with interrupts off: nothing could wake it
	TripleFault            // an exception could not be delivered, nor the double fault for that
	Failed                 // the machine cannot go on, through no fault that a guest can handle: Err
)

// Ending is how and why a machine ended.
type Ending struct {
	How  How
	Code uint32 // for Exited
	Err  error  // for Failed
	CPU  int    // the processor it happened on
}

// String is the ending in words: what follows "ended: ".
func (e Ending) String() string {
	switch e.How {
	case Stopped:
		return "stopped"
	case Exited:
		return fmt.Sprintf("exited with %d", e.Code)
	case PoweredOff:
		return "powered off"
	case Reset:
		return "reset"
	case Halted:
		return "halted with interrupts off"
	case TripleFault:
		return "triple fault"
	}
	return fmt.Sprintf("failed: %v", e.Err)
}

// Crashed tells whether the guest did not want this.
func (e Ending) Crashed() bool { return e.How >= TripleFault }
