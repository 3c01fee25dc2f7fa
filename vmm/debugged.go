package vmm

import (
	"math/bits"
	"sync/atomic"

	"github.com/ringo-vmm/ringo/vmm/emulate"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// debugged is a processor that a debugger is attached to: the engine's, with a
// Run that stops. A machine without a debugger has none, and pays nothing.
type debugged struct {
	CPU
	c      *VCPU
	d      *Debugger
	do     atomic.Uint32 // an Action
	missed *Stop         // it came when somebody else had stopped the machine

	quiet      bool // a step is to come: no interrupts
	stepping   bool
	rip        uint64 // where the step began
	pushes     bool   // by a PUSHF
	delivering bool   // of an event: the watch is ours
}

// Run is CPU's. It comes back as if the host had interrupted, and without an
// entry, when the processor shall stand still.
func (x *debugged) Run(e *Exit) {
	if x.before() {
		now := x.c.vm.host.TSC()
		// Nobody looks at the guest's next instruction if an event is under way.
		*e = Exit{Reason: ReasonHost, RIP: x.CPU.RIP(), Delivering: true, Entered: now, Left: now}
		return
	}
	x.CPU.Run(e)
	if s, ok := x.after(e); ok {
		x.endStep()
		stamp := x.c.vm.host.TSC()
		x.stop(s)
		lost := x.c.vm.host.TSC() - stamp
		e.Left += lost
		x.c.Stats.away += lost
	}
}

// CanInterrupt, CanNMI and Window are CPU's. Interrupts stay out of steps.
func (x *debugged) CanInterrupt() bool { return !x.quiet && x.CPU.CanInterrupt() }
func (x *debugged) CanNMI() bool       { return !x.quiet && x.CPU.CanNMI() }
func (x *debugged) Window(on bool)     { x.CPU.Window(on && !x.quiet) }

// before tells whether the processor has stood still, in place of an entry.
func (x *debugged) before() bool {
	switch {
	case x.missed != nil && Action(x.do.Load()) != Hold:
		s := *x.missed
		x.missed = nil
		x.rest(s)
		return true
	case Action(x.do.Load()) == Hold:
		x.rest(Stop{})
		return true
	case x.stepping:
		return x.goOn()
	case Action(x.do.Load()) == Step:
		x.stepping, x.rip = true, x.CPU.RIP()
		if !x.deliver() {
			x.CPU.Look()
			x.pushes = x.c.emulator != nil && x.c.emulator.AtPUSHF()
			x.arm(true, nil)
		}
	}
	return false
}

// deliver follows an event that goes in with the next entry to its handler.
func (x *debugged) deliver() bool {
	event, s := x.c.Stats.event, &x.c.state
	if event == 0 {
		return false
	}
	x.CPU.State(s)
	handler, ok := emulate.Handler(s, (*emulatedMemory)(x.c), uint8(event))
	if ok {
		x.delivering = true
		x.arm(false, &Watch{Address: handler, Size: 1, Kind: WatchExecute})
	}
	return ok
}

// goOn goes on with a step, after an exit. An exception that the instruction has
// raised is followed to its handler.
func (x *debugged) goOn() bool {
	switch {
	case x.c.Stats.event != 0:
		if x.deliver() {
			return false
		}
	case x.CPU.RIP() == x.rip:
		return false // it has not come further
	}
	x.endStep()
	x.rest(Stop{Cause: StopStepped})
	return true
}

// after tells whether an exit is one to stop at.
func (x *debugged) after(e *Exit) (s Stop, ok bool) {
	h := &x.d.hooks
	switch {
	case e.Reason == ReasonDebug && e.Cause&CauseBreakpoint != 0:
		if x.breakpoint() {
			return Stop{Cause: StopBreakpoint}, true
		}
		const int1 = 1
		x.CPU.Skip(int1)
		x.c.exception(uint8(x86.DebugTrap), 0, false)
		return s, false
	case e.Reason == ReasonException && e.Vector == uint8(x86.InvalidOpcode) && x.atINT1() && x.breakpoint():
		e.Reason = ReasonDebug // the guest gets no #UD for it
		return Stop{Cause: StopBreakpoint}, true
	case e.Reason == ReasonDebug && (e.Cause&CauseStep != 0 || x.delivering):
		if x.pushes && !x.delivering {
			x.hideFlag()
		}
		return Stop{Cause: StopStepped}, true
	case e.Reason == ReasonDebug:
		return Stop{Cause: StopWatch, Number: bits.TrailingZeros8(uint8(e.Cause))}, true
	case e.Reason == ReasonException && h.Vectors>>(e.Vector&31)&1 != 0:
		return Stop{Cause: StopException, Number: int(e.Vector)}, true
	case h.Reasons>>(e.Reason%reasonSlots)&1 != 0:
		return Stop{Cause: StopExit, Number: int(e.Reason)}, true
	}
	return s, false
}

// hideFlag takes the trap flag out of what PUSHF has stored while an engine
// stepped by that flag.
func (x *debugged) hideFlag() {
	s := &x.c.state
	x.CPU.State(s)
	x.c.lock()
	emulate.PushedTrap(s, (*emulatedMemory)(x.c), s.RFLAGS&x86.FlagTF != 0)
	x.c.unlock()
}

// breakpoint asks the debugger about the INT1 at RIP.
func (x *debugged) breakpoint() bool {
	ours := x.d.hooks.Breakpoint
	return ours != nil && ours(x.c.ID, x.CPU.Look().LinearRIP())
}

// atINT1 tells whether RIP is at one. QEMU has none, and raises #UD.
func (x *debugged) atINT1() bool {
	x.CPU.Look()
	return x.c.emulator != nil && x.c.emulator.AtINT1()
}

// arm tells the engine what to stop at: the hooks, and for a step that or
// another place.
func (x *debugged) arm(step bool, place *Watch) {
	h := &x.d.hooks
	want := Debug{Step: step, Breakpoints: true, Vectors: h.Vectors | 1<<x86.InvalidOpcode, Watch: h.Watch}
	if place != nil {
		want.Watch = [4]Watch{*place}
	}
	x.CPU.Debug(&want)
}

// endStep ends a step, however it came out.
func (x *debugged) endStep() {
	if x.stepping {
		x.stepping, x.delivering, x.quiet = false, false, false
		x.do.Store(uint32(Hold))
		x.arm(false, nil)
	}
}

// rest is stop between two entries. A Stop with no cause is nobody's.
func (x *debugged) rest(s Stop) {
	stamp := x.c.vm.host.TSC()
	x.stop(s)
	x.c.Stats.skip(x.c.vm.host.TSC() - stamp)
}

// stop makes the machine stand still, if the Stop says why, and waits until this
// processor shall go on.
func (x *debugged) stop(s Stop) {
	c, d := x.c, x.d
	x.CPU.Leave()
	c.endTurn()
	c.vm.gate.leave()
	if s.Cause != StopAsked {
		s.CPU = c.ID
		if d.claim() {
			x.do.Store(uint32(Hold))
			d.pause()
			d.stops <- s
		} else {
			x.missed = &s
		}
	}
	d.mu.Lock()
	for Action(x.do.Load()) == Hold && !d.gone && c.vm.ending.Load() == nil {
		d.wake.Wait()
	}
	d.mu.Unlock()
	c.vm.gate.enter()
	c.Attention.Or(attendControl | attendTimer | attendInterrupt)
}
