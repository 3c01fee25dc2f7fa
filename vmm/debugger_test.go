package vmm_test

import (
	"encoding/binary"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/policy"
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// nextStop is the Stop that comes.
func nextStop(t *testing.T, d *vmm.Debugger) vmm.Stop {
	t.Helper()
	select {
	case s := <-d.Stops():
		return s
	case <-time.After(20 * time.Second):
		t.Fatal("nothing stops the machine")
	}
	panic("not reached")
}

func attach(t *testing.T, vm *vmm.VM) *vmm.Debugger {
	t.Helper()
	d, err := vm.Attach()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vm.Attach(); err == nil {
		t.Fatal("two debuggers on one machine")
	}
	return d
}

var goOn = []vmm.Action{vmm.Continue}

// A machine to debug: what its engine's processor is, once it has run.
func debugged(t *testing.T, exits ...vmmtest.Exit) (*vmm.VM, *vmm.VCPU, *vmm.Debugger, func() *vmmtest.CPU) {
	t.Helper()
	var cpu *vmmtest.CPU
	all := []vmmtest.Exit{func(c *vmmtest.CPU, e *vmm.Exit) { cpu = c; e.Reason = vmm.ReasonHost }}
	all = append(all, exits...)
	all = append(all, vmmtest.Out(0xf4, 1, 7))
	vm, c, _, _ := machine(t, all...)
	d := attach(t, vm)
	vm.Start()
	return vm, c, d, func() *vmmtest.CPU { return cpu }
}

func finish(t *testing.T, vm *vmm.VM, d *vmm.Debugger) {
	t.Helper()
	d.Detach()
	select {
	case <-vm.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("the machine has not ended")
	}
	if e, _ := vm.Ending(); e.Code != 7 {
		t.Errorf("ended: %v", e)
	}
}

func debugExit(cause vmm.DebugCause) vmmtest.Exit {
	return func(c *vmmtest.CPU, e *vmm.Exit) { e.Reason, e.Cause = vmm.ReasonDebug, cause }
}

// A debugger that attaches first sees the guest before its first instruction,
// and the guest stops where the hooks say.
func TestADebuggerStopsWhereItWants(t *testing.T) {
	const place = 0xffff_fff0 // where the processor begins
	var asked []uint64
	vm, c, d, engine := debugged(t,
		debugExit(vmm.CauseBreakpoint),
		debugExit(1<<2),
		func(c *vmmtest.CPU, e *vmm.Exit) {
			e.Reason, e.Vector = vmm.ReasonException, uint8(x86.GeneralProtection)
		},
		vmmtest.Out(0x100, 1, 0),
	)
	if n := c.Stats.Exits(); n != 0 {
		t.Fatalf("%d exits before the machine goes on", n)
	}
	d.Set(vmm.Hooks{
		Breakpoint: func(cpu int, linear uint64) bool { asked = append(asked, linear); return true },
		Vectors:    1 << x86.GeneralProtection,
		Reasons:    1 << vmm.ReasonPort,
		Watch:      [4]vmm.Watch{2: {Address: 0x1234, Size: 4, Kind: vmm.WatchWrite}},
	})
	for _, want := range []vmm.Stop{
		{Cause: vmm.StopBreakpoint},
		{Cause: vmm.StopWatch, Number: 2},
		{Cause: vmm.StopException, Number: int(x86.GeneralProtection)},
		{Cause: vmm.StopExit, Number: int(vmm.ReasonPort)},
	} {
		d.Resume(goOn)
		if got := nextStop(t, d); got != want {
			t.Errorf("stopped: %+v, want %+v", got, want)
		}
	}
	if len(asked) != 1 || asked[0] != place {
		t.Errorf("asked about breakpoints at %#x", asked)
	}
	if w := engine().Wanted; !w.Breakpoints || w.Vectors != 1<<x86.GeneralProtection|1<<x86.InvalidOpcode || w.Watch[2].Address != 0x1234 || w.Step {
		t.Errorf("the engine was asked for %+v", w)
	}
	finish(t, vm, d)
	if got := engine().Injected; len(got) != 1 || got[0] != x86.GeneralProtection {
		t.Errorf("the guest got %v", got)
	}
	if engine().Wanted != (vmm.Debug{}) {
		t.Errorf("behind Detach the engine is asked for %+v", engine().Wanted)
	}
}

// An INT1 that is not the debugger's is the guest's.
func TestAGuestKeepsItsOwnINT1(t *testing.T) {
	rip := uint64(0)
	vm, _, d, engine := debugged(t,
		func(c *vmmtest.CPU, e *vmm.Exit) { rip = c.S.RIP; debugExit(vmm.CauseBreakpoint)(c, e) },
		func(c *vmmtest.CPU, e *vmm.Exit) { rip = c.S.RIP - rip; e.Reason = vmm.ReasonHost },
	)
	d.Resume(goOn)
	if s := nextStop(t, d); s.Cause != vmm.StopEnded {
		t.Errorf("%+v", s)
	}
	finish(t, vm, d)
	if got := engine().Injected; rip != 1 || len(got) != 1 || got[0] != x86.DebugTrap {
		t.Errorf("it got %v, %d bytes further", got, rip)
	}
}

// A step ends behind its instruction, whoever has executed that, or at the
// handler of its exception.
func TestSteps(t *testing.T) {
	const handler = 0x12345
	var asked []vmm.Debug
	noting := func(x vmmtest.Exit) vmmtest.Exit {
		return func(c *vmmtest.CPU, e *vmm.Exit) { asked = append(asked, c.Wanted); x(c, e) }
	}
	vm, c, d, _ := debugged(t,
		noting(func(c *vmmtest.CPU, e *vmm.Exit) { c.S.RIP++; debugExit(vmm.CauseStep)(c, e) }),
		noting(vmmtest.Stop(vmm.ReasonHost)), // no instruction yet
		noting(vmmtest.Out(0x100, 1, 0)),
		noting(func(c *vmmtest.CPU, e *vmm.Exit) { e.Reason, e.Vector = vmm.ReasonException, 6 }),
		noting(func(c *vmmtest.CPU, e *vmm.Exit) {
			c.S.RIP, c.S.Seg[x86.CS].Base = handler, 0
			debugExit(1<<0)(c, e)
		}),
	)
	binary.LittleEndian.PutUint32(vm.RAM.Span(6*4), handler&0xf|handler>>4<<16)
	step := []vmm.Action{vmm.Step}
	for i, entries := range []int{1, 3, 5} {
		d.Resume(step)
		if s := nextStop(t, d); s.Cause != vmm.StopStepped || len(asked) != entries {
			t.Errorf("step %d: %+v, %d entries, want %d", i, s, len(asked), entries)
		}
	}
	for i, w := range asked {
		deliver := i == 4
		if w.Step == deliver || deliver && w.Watch[0] != (vmm.Watch{Address: handler, Size: 1, Kind: vmm.WatchExecute}) {
			t.Errorf("entry %d: the engine was asked for %+v", i, w)
		}
	}
	if rip := c.CPU().RIP(); rip != handler {
		t.Errorf("RIP is %#x", rip)
	}
	finish(t, vm, d)
}

// Interrupts stay out of steps.
func TestNoInterruptComesInAStep(t *testing.T) {
	vm, _, irq, _ := machine(t,
		func(c *vmmtest.CPU, e *vmm.Exit) { c.S.RFLAGS |= x86.FlagIF; vmmtest.Out(0x100, 1, 0)(c, e) },
		vmmtest.Out(0x100, 1, 0),
		func(c *vmmtest.CPU, e *vmm.Exit) {
			vmmtest.Out(0xf4, 1, uint32(len(c.Injected))+6)(c, e)
		})
	irq.vector = 0x40
	d := attach(t, vm)
	vm.Start()
	for range 2 {
		d.Resume([]vmm.Action{vmm.Step})
		if s := nextStop(t, d); s.Cause != vmm.StopStepped || irq.vector != 0x40 {
			t.Fatalf("%+v, and the interrupt is %#x", s, irq.vector)
		}
	}
	finish(t, vm, d)
}

// A machine that runs can be interrupted, and one that ends says so.
func TestInterruptAndEnd(t *testing.T) {
	spin := func(c *vmmtest.CPU, e *vmm.Exit) {}
	again := func(c *vmmtest.CPU, e *vmm.Exit) { e.Reason = vmm.ReasonHost }
	spin = func(c *vmmtest.CPU, e *vmm.Exit) { again(c, e); c.Again(spin) }
	vm, _, _, _ := machine(t, spin)
	d := attach(t, vm)
	vm.Start()
	for range 50 {
		d.Resume(goOn)
		d.Interrupt()
		if s := nextStop(t, d); s.Cause != vmm.StopAsked {
			t.Fatalf("%+v", s)
		}
		d.Interrupt() // it stands still already
	}
	d.Resume(goOn)
	vm.End(vmm.Ending{How: vmm.Exited, Code: 7})
	if s := nextStop(t, d); s.Cause != vmm.StopEnded {
		t.Fatalf("%+v", s)
	}
	finish(t, vm, d)
}

// A triple fault stops the machine before it ends it. One that stands still can
// be ended without its debugger.
func TestATripleFaultIsStoppedAt(t *testing.T) {
	vm, _, d, _ := debugged(t, vmmtest.Stop(vmm.ReasonShutdown))
	d.Set(vmm.Hooks{Reasons: 1 << vmm.ReasonShutdown})
	d.Resume(goOn)
	if s := nextStop(t, d); s.Cause != vmm.StopExit || s.Number != int(vmm.ReasonShutdown) {
		t.Errorf("%+v", s)
	}
	if _, ended := vm.Ending(); ended {
		t.Error("it has ended")
	}
	vm.End(vmm.Ending{How: vmm.Exited, Code: 7})
	select {
	case <-vm.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("the machine has not ended")
	}
	d.Detach()
}

// Of two processors that stop at once both are heard of, and one that is held
// executes nothing.
func TestSeveralProcessors(t *testing.T) {
	const cpus = 3
	var arrived atomic.Int32
	together := func(c *vmmtest.CPU, e *vmm.Exit) {
		arrived.Add(1)
		for i := 0; i < 1_000_000 && arrived.Load() < cpus; i++ { // the others may be held
			runtime.Gosched()
		}
		debugExit(1<<0)(c, e)
	}
	vm, err := vmmtest.VM("test", &vmmtest.Host{}, &vmmtest.Engine{Exits: []vmmtest.Exit{
		vmmtest.Stop(vmm.ReasonHost), debugExit(vmm.CauseBreakpoint), vmmtest.Stop(vmm.ReasonHost), together,
	}}, ram.BlockSize)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(vm.Close)
	for i := range cpus {
		c, err := vm.NewVCPU(&interrupts{})
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			c.StartUp(1)
		}
	}
	d := attach(t, vm)
	vm.Start()
	d.Set(vmm.Hooks{Breakpoint: func(int, uint64) bool { return true }, Watch: [4]vmm.Watch{{Kind: vmm.WatchExecute, Size: 1}}})
	d.Resume([]vmm.Action{vmm.Continue, vmm.Hold, vmm.Hold})
	if s := nextStop(t, d); s != (vmm.Stop{CPU: 0, Cause: vmm.StopBreakpoint}) {
		t.Fatalf("%+v", s)
	}
	for _, c := range vm.CPUs()[1:] {
		if n := c.Stats.Exits(); n > 1 || c.Stats.Count[vmm.ReasonDebug] != 0 {
			t.Errorf("processor %d has made %d exits, though it is held", c.ID, n)
		}
	}
	seen := map[vmm.Stop]int{{CPU: 0, Cause: vmm.StopBreakpoint}: 1}
	resume := func(do ...vmm.Action) {
		d.Resume(do)
		seen[nextStop(t, d)]++
	}
	resume(vmm.Hold, vmm.Continue, vmm.Hold)
	resume(vmm.Hold, vmm.Hold, vmm.Continue)
	for range cpus {
		resume(vmm.Continue, vmm.Continue, vmm.Continue)
	}
	for i := range cpus {
		if seen[vmm.Stop{CPU: i, Cause: vmm.StopBreakpoint}] != 1 || seen[vmm.Stop{CPU: i, Cause: vmm.StopWatch}] != 1 {
			t.Errorf("stops: %v", seen)
		}
	}
	vm.End(vmm.Ending{How: vmm.Exited, Code: 7})
	finish(t, vm, d)
}

// A processor that has no INT1 raises #UD, which is no business of the guest's
// if the INT1 is the debugger's.
func TestINT1WithoutINT1(t *testing.T) {
	const at = 0x1000
	undefined := func(c *vmmtest.CPU, e *vmm.Exit) {
		c.S.Seg[x86.CS].Base, c.S.RIP = 0, at
		e.Reason, e.Vector = vmm.ReasonException, uint8(x86.InvalidOpcode)
	}
	for _, ours := range []bool{true, false} {
		vm, c, d, engine := debugged(t, undefined)
		id, err := policy.NewCPUID(policy.Processor{Host: cpuidtest.BochsBroadwell.CPUID(), CPUs: 1})
		if err != nil {
			t.Fatal(err)
		}
		c.SetPolicy(id, policy.NewMSRs(policy.MSRConfig{CPUID: id}))
		vm.RAM.Span(at)[0] = 0xf1
		d.Set(vmm.Hooks{Breakpoint: func(cpu int, linear uint64) bool { return ours && linear == at }})
		d.Resume(goOn)
		if s := nextStop(t, d); (s.Cause == vmm.StopBreakpoint) != ours {
			t.Errorf("%v: %+v", ours, s)
		}
		finish(t, vm, d)
		if got := engine().Injected; (len(got) == 0) != ours {
			t.Errorf("%v: the guest gets %v", ours, got)
		}
	}
}
