package manager

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/pc"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
)

// flat describes a machine that starts at 0x8000.
func flat(name, more string) string {
	return "[[vm]]\nname = \"" + name + "\"\nmemory = \"4M\"\nkernel = \"image\"\nboot = \"flat\"\naddress = 0x8000\nmode = 64\n" + more
}

// rig is a manager on a host that counts.
type rig struct {
	*Manager
	t     *testing.T
	host  *vmmtest.Host
	ended chan Ended
}

func newRig(t *testing.T, config string, exits ...vmmtest.Exit) *rig {
	t.Helper()
	r := &rig{t: t, host: &vmmtest.Host{}, ended: make(chan Ended, 10)}
	r.Manager = New(Options{
		Host: r.host, Engine: func() (vmm.Engine, error) { return &vmmtest.Engine{Exits: exits}, nil },
		CPUID: cpuidtest.QEMUEPYC.CPUID(), TSCHz: vmmtest.TSCHz, Wall: func() int64 { return 0 },
		Module:     func(name string) ([]byte, bool) { return []byte{0xf4}, name == "image" },
		PostMortem: func(vm *vmm.VM) string { return "post-mortem of " + vm.Name },
		Ended:      func(_ *Machine, e Ended) { r.ended <- e },
	})
	for _, err := range r.Configure([]byte(config)) {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, v := range r.Machines() {
			if v.State() != Off {
				v.Destroy()
			}
		}
		if n := r.host.Blocks(); n != 0 {
			t.Errorf("%d blocks of memory were not given back", n)
		}
	})
	return r
}

// machine is the first machine, started.
func (r *rig) machine() *Machine {
	r.t.Helper()
	v := r.Machines()[0]
	if err := v.Start(); err != nil {
		r.t.Fatal(err)
	}
	return v
}

// end waits for a machine's end.
func (r *rig) end() Ended {
	r.t.Helper()
	select {
	case e := <-r.ended:
		return e
	case <-time.After(10 * time.Second):
		r.t.Fatal("the machine has not ended")
	}
	panic("unreachable")
}

func TestEachWayToEnd(t *testing.T) {
	stop := vmmtest.Stop
	for _, c := range []struct {
		name    string
		exit    vmmtest.Exit
		want    string
		crashed bool
	}{
		{"debug exit", vmmtest.Out(0xf4, 1, 7), "exited with 7", false},
		{"S5", vmmtest.Out(0x604, 2, 1<<13|5<<10), "powered off", false},
		{"HLT with interrupts off", func(c *vmmtest.CPU, e *vmm.Exit) { c.S.RFLAGS &^= 1 << 9; e.Reason = vmm.ReasonHLT }, "halted with interrupts off", true},
		{"shutdown", stop(vmm.ReasonShutdown), "triple fault", true},
		{"bad state", func(c *vmmtest.CPU, e *vmm.Exit) { c.Err = errors.New("CR0 is odd"); e.Reason = vmm.ReasonInvalid }, "failed: the guest's state cannot be entered: CR0 is odd", true},
		{"unknown exit", stop(vmm.ReasonUnknown), "failed: exit by unknown at RIP 0x8000 is not handled", true},
		{"bug", func(*vmmtest.CPU, *vmm.Exit) { panic("oops") }, "failed: bug in Ringo: oops", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, flat("a", "restart = false\n"), c.exit)
			v := r.machine()
			e := r.end()
			if !strings.HasPrefix(e.String(), c.want) {
				t.Errorf("ended: %v, want %s", e, c.want)
			}
			if c.crashed != e.Crashed() && c.name != "HLT with interrupts off" || e.Crashed() != (e.PostMortem != "") {
				t.Errorf("crashed %v, post-mortem %q", e.Crashed(), e.PostMortem)
			}
			if v.State() != Off {
				t.Errorf("the machine is %v", v.State())
			}
		})
	}
}

func TestResetsStartTheMachineAgain(t *testing.T) {
	n := 0
	r := newRig(t, flat("a", ""), func(c *vmmtest.CPU, e *vmm.Exit) {
		if n++; n < 3 {
			vmmtest.Out(0xcf9, 1, 6)(c, e)
		} else {
			vmmtest.Out(0xf4, 1, 0)(c, e)
		}
	})
	v := r.machine()
	if e := r.end(); e.How != vmm.Exited || v.Starts() != 3 {
		t.Errorf("%v after %d starts", e, v.Starts())
	}
}

// A guest that resets itself over and over can be ended at any moment, between
// two runs too.
func TestAMachineThatResetsItselfStaysOffWhenDestroyed(t *testing.T) {
	for range 20 {
		r := newRig(t, flat("a", ""), vmmtest.Out(0xcf9, 1, 6))
		v := r.machine()
		for deadline := time.Now().Add(5 * time.Second); v.Starts() <= quickResets || v.State() != Off; {
			if time.Now().After(deadline) {
				t.Fatal("the machine does not reset itself")
			}
		}
		if err := v.Destroy(); err != nil {
			t.Fatalf("a machine that is about to start again is not destroyed: %v", err)
		}
		r.end()
		if starts := v.Starts(); v.State() != Off || starts > quickResets+1 {
			t.Fatalf("it is %v after %d starts", v.State(), starts)
		}
		if err := v.Destroy(); err == nil {
			t.Error("a machine that is off was destroyed")
		}
	}
}

func TestDestroyWinsOverTheGuestsReset(t *testing.T) {
	inside, ending := make(chan struct{}), make(chan struct{})
	r := newRig(t, flat("a", ""), func(c *vmmtest.CPU, e *vmm.Exit) {
		close(inside)
		<-ending
		vmmtest.Out(0xf4, 1, 0)(c, e)
	})
	v := r.machine()
	<-inside
	v.pc.VM.End(vmm.Ending{How: vmm.Reset}) // the guest's, a moment before
	done := make(chan error)
	go func() { done <- v.Destroy() }()
	for {
		v.change.Lock()
		seen := v.unwanted
		v.change.Unlock()
		if seen {
			break
		}
	}
	close(ending)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	r.end()
	if v.State() != Off || v.Starts() != 1 {
		t.Errorf("it is %v after %d starts", v.State(), v.Starts())
	}
}

func TestABugInThePostMortemCostsThePostMortem(t *testing.T) {
	r := newRig(t, flat("a", ""), vmmtest.Stop(vmm.ReasonShutdown))
	r.PostMortem = func(*vmm.VM) string { panic("oops") }
	r.machine()
	if e := r.end(); !strings.Contains(e.PostMortem, "oops") {
		t.Errorf("the post-mortem is %q", e.PostMortem)
	}
}

func TestResetsEndAMachineThatDoesNotRestart(t *testing.T) {
	r := newRig(t, flat("a", "restart = false\n"), vmmtest.Out(0xcf9, 1, 6))
	v := r.machine()
	if e := r.end(); e.How != vmm.Reset || v.Starts() != 1 {
		t.Errorf("%v after %d starts", e, v.Starts())
	}
}

// A machine that is not told to end stays halted.
func TestPauseStopsTimeAndResumeGoesOn(t *testing.T) {
	r := newRig(t, flat("a", ""))
	v := r.machine()
	if err := v.Resume(); err == nil {
		t.Error("a machine that runs was resumed")
	}
	if err := v.Pause(); err != nil || v.State() != Paused {
		t.Fatalf("%v, %v", err, v.State())
	}
	if err := v.Pause(); err == nil {
		t.Error("a paused machine was paused")
	}
	var tsc, now uint64
	look := func(p *pc.PC) error { now = p.VM.Clock().Now(); tsc = p.CPU.TSC(); return nil }
	v.Still(look)
	was := now
	for start := r.host.Now(); r.host.Now() < start+2_000_000; {
	}
	v.Still(look)
	if now != was {
		t.Errorf("%d ns went by in a paused machine", now-was)
	}
	if err := v.Resume(); err != nil || v.State() != Running {
		t.Fatalf("%v, %v", err, v.State())
	}
	before := tsc
	v.Still(look)
	if now <= was || tsc-before > 1_500_000 {
		t.Errorf("after the pause: time %d, then %d; the TSC jumped by %d", was, now, tsc-before)
	}
	if err := v.Pause(); err != nil {
		t.Fatal(err)
	}
	if err := v.Destroy(); err != nil || v.State() != Off {
		t.Errorf("a paused machine is not destroyed: %v, %v", err, v.State())
	}
}

func TestDestroyAndStartOverAndOver(t *testing.T) {
	r := newRig(t, flat("a", ""))
	v := r.machine()
	for range 200 {
		if err := v.Reset(); err != nil {
			t.Fatal(err)
		}
		<-r.ended
	}
	if v.Starts() != 201 || r.host.Blocks() != 2 {
		t.Errorf("%d starts, %d blocks", v.Starts(), r.host.Blocks())
	}
}

func TestWhatCannotStartCostsItself(t *testing.T) {
	good := flat("good", "")
	for _, c := range []struct{ name, config, want string }{
		{"missing module", strings.Replace(flat("bad", ""), "image", "nothing", 1), "line 4: vm bad: kernel: there is no boot module nothing"},
		{"empty kernel", strings.Replace(flat("bad", ""), `kernel = "image"`, `kernel = "empty"`, 1), "line 4: vm bad: kernel:"},
		{"no fit", strings.Replace(flat("bad", ""), "0x8000", "0x40000000", 1), "line 6: vm bad: address: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, c.config+good)
			r.Module = func(name string) ([]byte, bool) {
				if name == "empty" {
					return nil, true
				}
				return []byte{0xf4}, name == "image"
			}
			errs := r.StartAll()
			if len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), c.want) || strings.Contains(errs[0].Error(), "\n") {
				t.Errorf("errors %v, want one that begins %q", errs, c.want)
			}
			if v, _ := r.Find("good"); v.State() != Running {
				t.Error("the other machine does not run")
			}
			if _, err := r.Find("nobody"); err == nil {
				t.Error("there is a machine that nobody configured")
			}
		})
	}
}

func TestAutostart(t *testing.T) {
	r := newRig(t, flat("a", "autostart = false\n")+flat("b", ""))
	if errs := r.StartAll(); errs != nil {
		t.Fatal(errs)
	}
	if m := r.Machines(); m[0].State() != Off || m[1].State() != Running {
		t.Errorf("%v and %v", m[0].State(), m[1].State())
	}
}

func TestNoEngineIsAnErrorOfTheMachine(t *testing.T) {
	r := newRig(t, flat("a", ""))
	r.Options.Engine = func() (vmm.Engine, error) { return nil, errors.New("no SVM") }
	if err := r.Machines()[0].Start(); err == nil || !strings.Contains(err.Error(), "vm a: no SVM") {
		t.Error(err)
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	r := newRig(t, flat("a", ""))
	v := r.machine()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := v.Wait(ctx); err != context.Canceled {
		t.Error(err)
	}
}
