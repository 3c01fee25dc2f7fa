package thread

import (
	"sync/atomic"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/kernel/klog"
)

// out is the line that the layer prints. There is one, since a line on the
// stack would escape to the heap through Print.
var out struct {
	busy atomic.Bool
	line klog.Line
}

// line begins a line, which end prints.
func line() *klog.Line {
	// The holder may be what has just died: do not wait for it for long.
	for i := 0; i < 1_000_000 && !out.busy.CompareAndSwap(false, true); i++ {
		amd64.Pause()
	}
	return out.line.Reset()
}

// end prints the line that line began.
func end(*klog.Line) {
	layer.machine.Print(out.line.Byte('\n').Bytes())
	out.busy.Store(false)
}
