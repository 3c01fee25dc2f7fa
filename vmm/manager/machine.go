package manager

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/console"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

// Machine is a virtual machine: its description, and the running one if it
// runs. Its methods may be called from any goroutine.
type Machine struct {
	Config  *config.VM
	Console *console.Console // outlives resets and ends

	manager *Manager

	// change is held by whoever starts, pauses, resets or ends the machine.
	change sync.Mutex

	mu     sync.Mutex
	pc     *pc.PC // nil while it does not run
	paused bool
	ended  chan struct{} // closed when the run under way is over and all is given back
	last   *Ended        // nil while it has never ended
	starts int
	fresh  int // how many resets in a row came at once
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
	p, err := v.build()
	if err != nil {
		return err
	}
	v.mu.Lock()
	v.pc, v.paused, v.ended = p, false, make(chan struct{})
	v.starts++
	ended := v.ended
	v.mu.Unlock()
	p.VM.Start()
	go v.follow(p, ended)
	return nil
}

// follow sees to the end of a run.
func (v *Machine) follow(p *pc.PC, ended chan struct{}) {
	<-p.VM.Done()
	v.change.Lock()
	again := v.over(p)
	v.change.Unlock()
	close(ended)
	if again {
		v.restart()
	} else if e, _ := v.Last(); v.manager.Ended != nil {
		v.manager.Ended(v, e)
	}
}

// over takes in how a run ended, and gives everything back. It tells whether
// the machine shall be started again.
func (v *Machine) over(p *pc.PC) (again bool) {
	e := Ended{After: p.Age()}
	e.Ending, _ = p.VM.Ending()
	if e.Crashed() && v.manager.PostMortem != nil {
		e.PostMortem = v.manager.PostMortem(p.VM)
	}
	v.mu.Lock()
	v.pc, v.last = nil, &e
	v.mu.Unlock()
	p.VM.Close()
	if e.How == vmm.Reset && v.Config.Restart {
		return true
	}
	return false
}

// A guest that asks for a reset as soon as it runs, over and over, does it this
// often at full speed, and then once in a pause.
const (
	quickResets = 3
	quick       = time.Second
)

// restart starts the machine again after a reset that its guest asked for.
func (v *Machine) restart() {
	if e, _ := v.Last(); e.After > quick {
		v.fresh = 0
	} else if v.fresh++; v.fresh > quickResets {
		time.Sleep(quick)
	}
	if err := v.Start(); err != nil {
		v.manager.Host.Log("%v", err)
	}
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
		p.VM.Pause()
	default:
		p.VM.Resume()
	}
	return nil
}

// Destroy ends the machine, if it runs, and gives back what it had.
func (v *Machine) Destroy() error { return v.end(vmm.Stopped) }

// Reset starts the machine again from its beginning.
func (v *Machine) Reset() error {
	if err := v.end(vmm.Stopped); err != nil {
		return err
	}
	return v.Start()
}

// end ends the run and waits until all is given back.
func (v *Machine) end(how vmm.How) error {
	v.change.Lock()
	p, err := v.running()
	if err != nil {
		v.change.Unlock()
		return err
	}
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

// Wait waits until the machine is off, or ctx ends.
func (v *Machine) Wait(ctx context.Context) error {
	v.mu.Lock()
	ended := v.ended
	off := v.pc == nil
	v.mu.Unlock()
	if off || ended == nil {
		return nil
	}
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
