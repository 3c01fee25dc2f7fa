package vmm_test

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// starter is a device that sets a timer when it is written to.
type starter struct{ start func() }

func (s starter) In(uint16, int) uint32   { return 0 }
func (s starter) Out(uint16, int, uint32) { s.start() }

// A guest that sets a timer and then never stops of its own accord is
// interrupted at the timer's time.
func TestATimerThatTheGuestSetsInterruptsIt(t *testing.T) {
	const spins = 20_000_000
	injected := false
	loop := func(cpu *vmmtest.CPU, e *vmm.Exit) {}
	n := 0
	loop = func(cpu *vmmtest.CPU, e *vmm.Exit) {
		injected = len(cpu.Injected) != 0
		if n++; injected || n > spins {
			vmmtest.Out(0xf4, 1, 0)(cpu, e)
			return
		}
		e.Reason = vmm.ReasonHost
		cpu.Again(loop)
	}
	vm, c, irq, _ := machine(t,
		func(cpu *vmmtest.CPU, e *vmm.Exit) { cpu.S.RFLAGS |= x86.FlagIF; e.Reason = vmm.ReasonHost },
		vmmtest.Out(0x300, 1, 0), loop)
	timer := vm.Clock().NewTimer(func() { irq.vector = 0x77; c.Notify() })
	vm.Ports.Register("starter", 0x300, 1, starter{func() { timer.Set(vm.Clock().Now() + 1_000_000) }})
	if run(t, vm); !injected {
		t.Error("the timer's interrupt has not come")
	}
}
