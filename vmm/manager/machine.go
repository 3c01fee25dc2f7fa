package manager

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/console"
	"github.com/ringo-vmm/ringo/vmm/pc"
	"github.com/ringo-vmm/ringo/vmm/sched"
)

// Machine is a virtual machine: its description, and the running one if it
// runs. Its methods may be called from any goroutine.
type Machine struct {
	Config  *config.VM
	Console *console.Console // outlives resets and ends
	Screen  *console.Console // its display and keyboard, likewise; nil without firmware

	manager  *Manager
	qcow2    []bool                      // disks that are images in this format
	adapters []pc.Adapter                // of the network, plugged in for good
	tcpLines map[uint16]*console.Console // serial lines at TCP ports, likewise; guarded by change

	// change is held by whoever starts, pauses, resets or ends the machine. It
	// guards what follows up to mu.
	change   sync.Mutex
	unwanted bool             // somebody ends the run under way: it is the last
	again    chan struct{}    // not nil while a restart is due, which closing it calls off
	fresh    int              // how many resets in a row came at once
	overlays []*block.Overlay // what the guest has written to its disks; kept over resets
	keep     bool             // the end that comes is a reset's

	mu     sync.Mutex
	pc     *pc.PC // nil while it does not run
	paused bool
	ended  chan struct{} // closed when the machine is off for good and all is given back; nil while it is off
	last   *Ended        // nil while it has never ended
	starts int
}

// Ended is how a machine's last run ended.
type Ended struct {
	vmm.Ending
	After      time.Duration // that it ran
	PostMortem string        // of one that crashed
}

// State is what a machine does.
type State uint8

// The states.
const (
	Off State = iota
	Running
	Paused
)

// String is the state in a word.
func (s State) String() string { return [...]string{"off", "running", "paused"}[s] }

// State is what the machine does now.
func (v *Machine) State() State {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.pc == nil:
		return Off
	case v.paused:
		return Paused
	}
	return Running
}

// Last is how the machine's last run ended; ok is false if none has.
func (v *Machine) Last() (e Ended, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.last == nil {
		return Ended{}, false
	}
	return *v.last, true
}

// Started is the host's time in ns at which the machine was started; ok is
// false if it is off.
func (v *Machine) Started() (at uint64, ok bool) {
	p, err := v.running()
	if err != nil {
		return 0, false
	}
	return p.VM.Started(), true
}

// Share is what the machine gets of the host's processors.
func (v *Machine) Share() sched.Params {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.Config.Share
}

// SetShare changes that, from now on if it runs.
func (v *Machine) SetShare(p sched.Params) error {
	v.change.Lock()
	defer v.change.Unlock()
	if running, err := v.running(); err == nil {
		if err := running.VM.SetShare(p); err != nil {
			return err
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.Config.Share = p
	return nil
}

// Starts is how often the machine was started, resets included.
func (v *Machine) Starts() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.starts
}

// running is the running machine, or an error that says that it is off.
func (v *Machine) running() (*pc.PC, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.pc == nil {
		return nil, fmt.Errorf("%s is off", v.Config.Name)
	}
	return v.pc, nil
}

// Still runs f while the machine stands still. The machine that f gets is f's
// only until it returns.
func (v *Machine) Still(f func(p *pc.PC) error) error {
	v.change.Lock()
	defer v.change.Unlock()
	p, err := v.running()
	if err != nil {
		return err
	}
	p.VM.Still(func() { err = f(p) })
	return err
}

// Start builds the machine and lets it run. An error names the machine and the
// key at fault.
func (v *Machine) Start() error {
	v.change.Lock()
	defer v.change.Unlock()
	if v.State() != Off {
		return fmt.Errorf("%s runs already", v.Config.Name)
	}
	return v.start()
}

// start is Start for who holds change.
func (v *Machine) start() error {
	v.callOff()
	p, err := v.build()
	if err != nil {
		return err
	}
	v.unwanted = false
	v.mu.Lock()
	v.pc, v.paused = p, false
	if v.ended == nil {
		v.ended = make(chan struct{})
	}
	v.starts++
	v.mu.Unlock()
	if v.manager.Starting != nil {
		v.manager.Starting(v, p.VM)
	}
	p.VM.Start()
	go v.follow(p)
	return nil
}

// follow sees to the end of a run, and to the next one if the guest wants that.
func (v *Machine) follow(p *pc.PC) {
	<-p.VM.Done()
	v.change.Lock()
	again, wait := v.over(p)
	v.change.Unlock()
	if again != nil && v.restart(again, wait) {
		return
	}
	v.mu.Lock()
	close(v.ended)
	v.ended = nil
	v.mu.Unlock()
	if e, _ := v.Last(); v.manager.Ended != nil {
		v.manager.Ended(v, e)
	}
}

// over takes in how a run ended, and gives everything back. If the machine
// shall be started again, after a wait, it tells what is closed when it shall
// not any more.
func (v *Machine) over(p *pc.PC) (again chan struct{}, wait time.Duration) {
	e := Ended{After: p.Age()}
	e.Ending, _ = p.VM.Ending()
	if e.Crashed() && v.manager.PostMortem != nil {
		e.PostMortem = v.postMortem(p.VM)
	}
	v.mu.Lock()
	v.pc, v.last = nil, &e
	v.mu.Unlock()
	p.VM.Close()
	if e.How != vmm.Reset || !v.Config.Restart || v.unwanted {
		if !v.keep {
			v.overlays = nil
		}
		v.keep = false
		return nil, 0
	}
	if e.After > quick {
		v.fresh = 0
	} else if v.fresh++; v.fresh > quickResets {
		wait = quick
	}
	v.again = make(chan struct{})
	return v.again, wait
}

// postMortem describes a machine that has crashed. What it looks at may be
// anything, so a bug there costs the description alone.
func (v *Machine) postMortem(vm *vmm.VM) (text string) {
	defer func() {
		if bug := recover(); bug != nil {
			text = fmt.Sprintf("bug in Ringo, in the post-mortem: %v\n", bug)
		}
	}()
	return v.manager.PostMortem(vm)
}

// A guest that asks for a reset as soon as it runs, over and over, does it this
// often at full speed, and then once in a pause.
const (
	quickResets = 3
	quick       = time.Second
)

// restart starts the machine again after a reset that its guest asked for,
// unless that is called off. It tells whether the machine runs.
func (v *Machine) restart(again chan struct{}, wait time.Duration) bool {
	select {
	case <-again:
	case <-time.After(wait):
	}
	v.change.Lock()
	defer v.change.Unlock()
	if v.again != again {
		return v.State() != Off
	}
	err := v.start()
	if err != nil {
		v.manager.Host.Log("%v", err)
	}
	return err == nil
}

// callOff calls off a restart that is due, and tells whether one was.
func (v *Machine) callOff() bool {
	due := v.again != nil
	if due {
		close(v.again)
		v.again = nil
	}
	return due
}

// Pause makes the machine stand still until Resume.
func (v *Machine) Pause() error {
	return v.hold(true, "%s is paused already")
}

// Resume lets the machine go on.
func (v *Machine) Resume() error {
	return v.hold(false, "%s is not paused")
}

func (v *Machine) hold(pause bool, already string) error {
	v.change.Lock()
	defer v.change.Unlock()
	p, err := v.running()
	if err != nil {
		return err
	}
	v.mu.Lock()
	same := v.paused == pause
	v.paused = pause
	v.mu.Unlock()
	switch {
	case same:
		return fmt.Errorf(already, v.Config.Name)
	case pause:
		p.Pause()
	default:
		p.VM.Resume()
	}
	return nil
}

// Destroy ends the machine, if it runs, and gives back what it had.
func (v *Machine) Destroy() error { return v.end(vmm.Stopped) }

// Reset starts the machine again from its beginning, with its disks as they are.
func (v *Machine) Reset() error {
	v.setKeep(true)
	if err := v.end(vmm.Stopped); err != nil {
		v.setKeep(false)
		return err
	}
	return v.Start()
}

func (v *Machine) setKeep(keep bool) {
	v.change.Lock()
	v.keep = keep
	v.change.Unlock()
}

// end ends the run and waits until all is given back.
func (v *Machine) end(how vmm.How) error {
	v.change.Lock()
	p, err := v.running()
	if err != nil {
		if v.callOff() {
			err = nil
		}
		v.change.Unlock()
		return err
	}
	v.unwanted = true
	p.VM.End(vmm.Ending{How: how})
	v.mu.Lock()
	paused, ended := v.paused, v.ended
	v.paused = false
	v.mu.Unlock()
	if paused {
		p.VM.Resume()
	}
	v.change.Unlock()
	<-ended
	return nil
}

// Wait waits until the machine is off for good, or ctx ends. A reset is no end
// of a machine that starts again.
func (v *Machine) Wait(ctx context.Context) error {
	v.mu.Lock()
	ended := v.ended
	v.mu.Unlock()
	if ended == nil {
		return nil
	}
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
