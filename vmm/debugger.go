package vmm

import (
	"errors"
	"sync"
)

// Action is what a processor does when a debugged machine goes on.
type Action uint8

// The actions.
const (
	Hold Action = iota // stand still
	Continue
	Step // one instruction
)

// StopCause is why a debugged machine stands still.
type StopCause uint8

// The causes.
const (
	StopAsked      StopCause = iota // Interrupt
	StopStepped                     // behind the instruction, or at the handler of its exception
	StopBreakpoint                  // in front of an INT1 that is the debugger's
	StopWatch                       // Number is an index of Hooks.Watch
	StopException                   // Number is the vector; the guest gets it when it goes on
	StopExit                        // Number is the Reason; the exit is handled when it goes on
	StopEnded                       // the machine has ended: only Detach is left
)

// Stop says why the machine stands still.
type Stop struct {
	CPU    int // the processor that stopped it
	Cause  StopCause
	Number int
}

// Hooks are what else a machine stops at.
type Hooks struct {
	// Breakpoint tells whether the INT1 at a linear address is the
	// debugger's, and not the guest's. Processors without INT1 stop at it
	// all the same. It is called by the processor, which
	// may run beside others. nil: none is.
	Breakpoint func(cpu int, linear uint64) bool
	// Vectors are exceptions, and Reasons exits, a bit for each: that of
	// ReasonShutdown is a triple fault.
	Vectors, Reasons uint32
	// Watch is for all processors.
	Watch [4]Watch
}

// Debugger stops a machine and lets it go on. One goroutine uses it, but for
// Interrupt. What needs a machine that stands still, VM.CPUs and the processors'
// state, may be used between a Stop and Resume.
type Debugger struct {
	vm    *VM
	cpus  []*debugged
	stops chan Stop
	hooks Hooks

	mu      sync.Mutex
	wake    sync.Cond
	running bool // the next to stop it has not come
	paused  bool // one of the machine's pauses is ours
	gone    bool // detached
}

var errDebugged = errors.New("a debugger is attached already")

// Attach makes the machine stand still for a debugger, before its first
// instruction if it has not been started.
func (vm *VM) Attach() (*Debugger, error) {
	d := &Debugger{vm: vm, stops: make(chan Stop, 1)}
	d.wake.L = &d.mu
	if !vm.debugger.CompareAndSwap(nil, d) {
		return nil, errDebugged
	}
	d.pause()
	for _, c := range vm.cpus {
		x := &debugged{CPU: c.cpu, c: c, d: d}
		d.cpus = append(d.cpus, x)
		c.cpu = x
	}
	return d, nil
}

// Detach takes everything back and lets the machine go on. If it has been closed
// there is nothing to take back; it must not be closed meanwhile.
func (d *Debugger) Detach() {
	if !d.vm.debugger.CompareAndSwap(d, nil) {
		return
	}
	d.claim()
	d.vm.Pause()
	for _, x := range d.cpus {
		x.CPU.Debug(nil)
		x.c.cpu = x.CPU
	}
	d.mu.Lock()
	d.gone = true
	d.wake.Broadcast()
	d.mu.Unlock()
	d.release()
	d.vm.Resume()
}

// Set changes what the machine stops at. It must stand still.
func (d *Debugger) Set(h Hooks) {
	d.hooks = h
	for _, x := range d.cpus {
		x.arm(false, nil)
	}
}

// Resume lets processor i do what do[i] says, until one Stop comes and all stand
// still again. The machine must stand still.
func (d *Debugger) Resume(do []Action) {
	select {
	case <-d.stops: // nobody has asked for it
	default:
	}
	d.mu.Lock()
	for i, x := range d.cpus {
		x.do.Store(uint32(do[i]))
		x.quiet = do[i] == Step
	}
	d.running = true
	d.wake.Broadcast()
	d.mu.Unlock()
	d.release()
	if d.vm.ending.Load() != nil {
		d.ended()
	}
}

// Interrupt asks for a Stop. It comes before Interrupt returns, unless another
// one does. Any goroutine may call it that is no processor's and holds no lock
// of the machine.
func (d *Debugger) Interrupt() {
	if d.claim() {
		d.pause()
		d.stops <- Stop{Cause: StopAsked}
	}
}

// Stops gets one Stop for each Resume.
func (d *Debugger) Stops() <-chan Stop { return d.stops }

// claim tells whether the caller is the one who stops the machine.
func (d *Debugger) claim() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	was := d.running
	d.running = false
	return was
}

// pause makes the machine stand still; release takes that back. A machine that
// has ended must not be kept from it.
func (d *Debugger) pause() {
	d.vm.Pause()
	d.mu.Lock()
	d.paused = true
	d.mu.Unlock()
	if d.vm.ending.Load() != nil {
		d.release()
	}
}

func (d *Debugger) release() {
	d.mu.Lock()
	was := d.paused
	d.paused = false
	d.mu.Unlock()
	if was {
		d.vm.Resume()
	}
}

// ended is the machine's end: processors that stand still have to leave. The
// caller may hold the device lock, which release wants.
func (d *Debugger) ended() {
	if d.claim() {
		d.stops <- Stop{Cause: StopEnded}
	} else {
		go d.release()
	}
	d.mu.Lock()
	d.wake.Broadcast()
	d.mu.Unlock()
}
