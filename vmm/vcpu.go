package vmm

import (
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/ringo-vmm/ringo/vmm/emulate"
	"github.com/ringo-vmm/ringo/vmm/policy"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Interrupts is where a processor's interrupts come from. Its methods are
// called with the device lock held.
type Interrupts interface {
	// Pending tells whether there is an interrupt that the processor would
	// take if its RFLAGS.IF were set.
	Pending() bool
	// Take acknowledges that interrupt and returns its vector.
	Take() (vector uint8, ok bool)
}

// What a vCPU must look at before it enters its guest again.
const (
	attendInterrupt = 1 << iota // Interrupts may have something
	attendTimer                 // the first deadline has changed
	attendControl               // somebody wants something: control
)

// VCPU is a virtual processor: a goroutine that runs the guest and handles its
// exits.
type VCPU struct {
	ID int

	vm   *VM
	cpu  CPU
	gpr  *[16]uint64
	exit Exit
	irq  Interrupts // nil: the processor gets no interrupts

	cpuid     *policy.CPUID
	msrs      *policy.MSRs
	emulator  *emulate.Emulator
	state     x86.State // scratch, as the emulator wants it
	tscOffset uint64

	attention atomic.Uint32
	rang      atomic.Uint32 // the host's alarm has gone off
	alarm     Alarm
	alarmAt   uint64 // what it is set to

	halted atomic.Bool
	wake   chan struct{} // ends a halt
	stop   atomic.Bool
	done   chan struct{}
	why    error // why the processor has stopped

	Stats Stats
}

// never is an alarm that does not go off.
const never = math.MaxUint64

// NewVCPU adds a processor to a machine. It runs when Start is called.
func (vm *VM) NewVCPU(irq Interrupts) (*VCPU, error) {
	cpu, err := vm.engine.NewCPU(vm.space)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", vm.Name, err)
	}
	c := &VCPU{ID: len(vm.cpus), vm: vm, cpu: cpu, gpr: cpu.GPR(), irq: irq, alarmAt: never, wake: make(chan struct{}, 1), done: make(chan struct{})}
	if c.alarm, err = vm.host.NewAlarm(&c.rang); err != nil {
		cpu.Close()
		return nil, fmt.Errorf("%s: %w", vm.Name, err)
	}
	vm.cpus = append(vm.cpus, c)
	return c, nil
}

// Start runs the processor until something ends it.
func (c *VCPU) Start() { go c.run() }

// Wait waits for the processor to end and says why it did.
func (c *VCPU) Wait() error {
	<-c.done
	return c.why
}

// Stop ends the processor soon.
func (c *VCPU) Stop() {
	c.stop.Store(true)
	c.kick(attendControl)
}

// Notify is for interrupt controllers: there may be an interrupt.
func (c *VCPU) Notify() { c.kick(attendInterrupt) }

// kick makes the processor look at something before it goes on.
func (c *VCPU) kick(what uint32) {
	c.attention.Or(what)
	if c.halted.Load() {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
}

// run is the life of a processor: attend to what has come up, enter the guest,
// handle the exit.
func (c *VCPU) run() {
	defer close(c.done)
	defer c.alarm.Close()
	c.kick(attendTimer | attendInterrupt)
	c.Stats.left = c.vm.host.TSC()
	for c.why == nil {
		if c.attention.Load()|c.rang.Load() != 0 && !c.attend() {
			return
		}
		c.cpu.Run(&c.exit)
		c.Stats.account(&c.exit)
		c.Stats.record(c)
		handlers[c.exit.Reason](c)
	}
}

// attend sees to timers and interrupts. It tells false when the processor
// shall end.
func (c *VCPU) attend() bool {
	c.attention.Store(0)
	if c.stop.Load() {
		return false
	}
	c.vm.Devices.Lock()
	c.tick()
	c.inject()
	c.vm.Devices.Unlock()
	return true
}

// tick fires the timers that are due, and sets the alarm to the next.
func (c *VCPU) tick() {
	c.rang.Store(0)
	c.vm.clock.expire()
	at := uint64(never)
	if next, ok := c.vm.clock.next(); ok {
		at = next
	}
	if at != c.alarmAt || at != never && at <= c.vm.host.Now() {
		c.alarmAt = at
		c.alarm.Set(at)
	}
}

// inject queues an interrupt if the guest would take one now, else asks to be
// told when it would.
func (c *VCPU) inject() {
	if c.irq == nil {
		return
	}
	if c.irq.Pending() && c.cpu.CanInterrupt() {
		if vector, ok := c.irq.Take(); ok {
			c.cpu.Interrupt(vector)
		}
	}
	c.cpu.Window(c.irq.Pending())
}

// halt waits for an interrupt.
func (c *VCPU) halt() {
	if c.cpu.Flags()&x86.FlagIF == 0 {
		c.end(fmt.Errorf("halted with interrupts off"))
		return
	}
	begin := c.vm.host.Now()
	// Whoever kicks from here on finds the processor halted and wakes it.
	c.halted.Store(true)
	for {
		c.attention.Store(0)
		if c.stop.Load() {
			break
		}
		c.vm.Devices.Lock()
		c.tick()
		pending := c.irq != nil && c.irq.Pending()
		c.vm.Devices.Unlock()
		if pending {
			c.attention.Or(attendInterrupt)
			break
		}
		c.sleep()
	}
	c.halted.Store(false)
	c.Stats.Idle += c.vm.host.Now() - begin
}

// sleep waits for a kick or the first deadline.
func (c *VCPU) sleep() {
	if c.alarmAt == never {
		<-c.wake
		return
	}
	now := c.vm.host.Now()
	if now >= c.alarmAt {
		return
	}
	timer := time.NewTimer(time.Duration(c.alarmAt - now))
	defer timer.Stop()
	select {
	case <-c.wake:
	case <-timer.C:
	}
}

// end stops the processor for a reason.
func (c *VCPU) end(why error) {
	if c.why == nil {
		c.why = why
	}
}

// CPU is the engine's side, for the monitor and for what sets the processor
// up. The processor must not run.
func (c *VCPU) CPU() CPU { return c.cpu }
