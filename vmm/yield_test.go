package vmm_test

import (
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
)

// What a device has handed to a goroutine is done when the guest asks for it at
// once, on a host with one processor too.
func TestWorkOfDevicesGoesBeforeTheGuest(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	work := make(chan struct{}, 3)
	var done atomic.Bool
	go func() {
		<-work
		done.Store(true)
	}()
	seen := false
	// Go's scheduler takes the one that yields itself now and then.
	out := vmmtest.Out(0x200, 1, 0)
	vm, _, _, _ := machine(t, out, out, out, func(cpu *vmmtest.CPU, e *vmm.Exit) {
		seen = done.Load()
		vmmtest.Out(0xf4, 1, 0)(cpu, e)
	})
	vm.Ports.Register("starter", 0x200, 1, starter{func() {
		work <- struct{}{}
		vm.Yield()
	}})
	if run(t, vm); !seen {
		t.Error("the guest runs on, and the work is not done")
	}
}
