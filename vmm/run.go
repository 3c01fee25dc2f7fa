package vmm

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/ringo-vmm/ringo/vmm/sched"
)

// lifetime is what a machine knows about its run.
type lifetime struct {
	gate    gate
	ending  atomic.Pointer[Ending] // nil while it runs
	left    atomic.Int32           // processors that have not ended
	done    chan struct{}          // closed when none is left
	started uint64                 // host time in ns
	frozen  uint64                 // the host's TSC when it was paused, 0 while it runs
	pausing sync.Mutex             // one Pause or Resume at a time

	debugger atomic.Pointer[Debugger] // nil: none is attached
}

// Start runs the processors. It is called once.
func (vm *VM) Start() {
	vm.started = vm.host.Now()
	vm.left.Store(int32(len(vm.cpus)))
	for _, c := range vm.cpus {
		go c.run()
	}
}

// SetShare changes what the machine gets of the host's processors.
func (vm *VM) SetShare(p sched.Params) error { return vm.group.Set(p) }

// Started is the host's time in ns at which the machine was started.
func (vm *VM) Started() uint64 { return vm.started }

// End ends the machine soon. Whoever is first decides how. It may be called
// from anywhere, a device too.
func (vm *VM) End(e Ending) {
	if vm.ending.CompareAndSwap(nil, &e) {
		vm.kickAll()
		if d := vm.debugger.Load(); d != nil {
			d.ended()
		}
	}
}

// Ending is how the machine ended; ok is false while it has not.
func (vm *VM) Ending() (e Ending, ok bool) {
	if p := vm.ending.Load(); p != nil {
		return *p, true
	}
	return Ending{}, false
}

// Done is closed when the machine has ended and no processor runs any more.
func (vm *VM) Done() <-chan struct{} { return vm.done }

// Wait waits for the machine's end, or for ctx's.
func (vm *VM) Wait(ctx context.Context) (Ending, error) {
	select {
	case <-vm.done:
		e, _ := vm.Ending()
		return e, nil
	case <-ctx.Done():
		return Ending{}, ctx.Err()
	}
}

// Pause makes the machine stand still, its time included, and waits until it
// does. Each Pause wants its Resume.
func (vm *VM) Pause() {
	vm.pausing.Lock()
	defer vm.pausing.Unlock()
	first := vm.gate.closed.Add(1) == 1
	vm.kickAll()
	vm.gate.drain()
	vm.Devices.Lock()
	for _, c := range vm.cpus {
		c.turn.End() // an interrupt may just have woken it
	}
	if first {
		vm.clock.pause()
		vm.frozen = vm.host.TSC()
	}
	vm.Devices.Unlock()
}

// Resume lets the machine go on where it was paused.
func (vm *VM) Resume() {
	vm.pausing.Lock()
	defer vm.pausing.Unlock()
	if vm.gate.closed.Load() == 1 {
		vm.Devices.Lock()
		vm.clock.resume()
		lost := vm.host.TSC() - vm.frozen
		vm.frozen = 0
		for _, c := range vm.cpus {
			c.setTSCOffset(c.tscOffset - lost)
		}
		vm.Devices.Unlock()
	}
	vm.gate.open()
}

// Still runs f while the machine stands still, so that f can look at
// processors, memory and devices.
func (vm *VM) Still(f func()) {
	vm.Pause()
	defer vm.Resume()
	f()
}

// CPUs are the machine's processors.
func (vm *VM) CPUs() []*VCPU { return vm.cpus }

func (vm *VM) kickAll() {
	for _, c := range vm.cpus {
		c.kick(attendControl)
	}
}
