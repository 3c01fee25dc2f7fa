package vmm_test

import (
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

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
