package vmm_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/sched"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// A machine that stands still takes no processor, whatever comes in for it.
func TestAnInterruptDuringAPauseTakesNoProcessor(t *testing.T) {
	host := &vmmtest.Host{}
	vm, c, irq, _ := machineOn(t, host,
		func(cpu *vmmtest.CPU, e *vmm.Exit) { cpu.S.RFLAGS |= x86.FlagIF; e.Reason, e.Length = vmm.ReasonHLT, 1 },
		vmmtest.Out(0xf4, 1, 0))
	vm.Start()
	for u := host.Scheduler().Usage()[0]; u.Slices == 0 || u.State != sched.Idle; u = host.Scheduler().Usage()[0] {
		runtime.Gosched() // until it has halted
	}
	vm.Pause()
	vm.Devices.Lock()
	irq.vector = 0x40
	c.Notify()
	vm.Devices.Unlock()
	if u := host.Scheduler().Usage()[0]; u.State != sched.Idle {
		t.Errorf("it is %v while it is paused", u.State)
	}
	vm.Resume()
	<-vm.Done()
}

// To look at a machine is not an interrupt: a guest that has halted does not
// go on behind its HLT.
func TestAPauseDoesNotEndAHalt(t *testing.T) {
	vm, c, irq, _ := machine(t,
		func(cpu *vmmtest.CPU, e *vmm.Exit) { cpu.S.RFLAGS |= x86.FlagIF; e.Reason, e.Length = vmm.ReasonHLT, 1 },
		vmmtest.Out(0xf4, 1, 0))
	vm.Start()
	for range 100 {
		vm.Still(func() {
			if _, ended := vm.Ending(); ended || c.Stats.Exits() > 1 {
				t.Fatal("the guest has gone on without an interrupt")
			}
		})
		time.Sleep(100 * time.Microsecond)
	}
	vm.Devices.Lock()
	irq.vector = 0x40
	c.Notify()
	vm.Devices.Unlock()
	<-vm.Done()
	if idle := c.Idle(); idle > uint64(time.Minute) {
		t.Errorf("idle for %d ns", idle)
	}
}
