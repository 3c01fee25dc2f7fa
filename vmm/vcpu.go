package vmm

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringo-vmm/ringo/vmm/emulate"
	"github.com/ringo-vmm/ringo/vmm/policy"
	"github.com/ringo-vmm/ringo/vmm/sched"
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
	// NMI tells whether a non-maskable interrupt has come, and takes it.
	NMI() bool
}

// What a vCPU must look at before it enters its guest again.
const (
	attendInterrupt = 1 << iota // Interrupts may have something
	attendTimer                 // the first deadline has changed
	attendControl               // the machine ends or pauses
	attendFlush                 // guest-physical addresses have changed
	attendYield                 // a goroutine has work, which goes first
)

// VCPU is a virtual processor: a goroutine that runs the guest and handles its
// exits.
type VCPU struct {
	ID  int
	tag int32 // what it is in VM.current

	vm      *VM
	devices *sync.Mutex // the device lock
	cpu     CPU
	look    *x86.State // what CPU.Look returns
	gpr     *[16]uint64
	exit    Exit
	irq     Interrupts // nil: the processor gets no interrupts

	cpuid     *policy.CPUID
	msrs      *policy.MSRs
	local     LocalAPIC // nil: it has none
	emulator  *emulate.Emulator
	state     x86.State // scratch, for all of it
	tscOffset uint64
	nmi       bool // one waits for its window

	Bell
	alarm   Alarm
	alarmAt uint64      // what it is set to
	timer   *time.Timer // for waits, which the alarm does not end

	turn  *sched.Turn
	holds bool // it has its turn
	place int  // index of the host's processor that it is on, -1 for none yet

	waiting bool          // for a start-up IPI
	startUp atomic.Uint32 // the one that came: its vector and startUpValid
	reset   atomic.Bool   // an INIT came
	began   bool          // the processor has begun anew
	settled atomic.Bool   // it counts in VM.still

	halted atomic.Bool   // it waits for something
	wake   chan struct{} // ends that

	Stats Stats
}

// never is an alarm that does not go off.
const never = math.MaxUint64

// NewVCPU adds a processor to a machine that has not been started. The first
// runs from the start; the others wait for a start-up IPI.
func (vm *VM) NewVCPU(irq Interrupts) (*VCPU, error) {
	cpu, err := vm.engine.NewCPU(vm.space)
	if err != nil {
		return nil, err
	}
	c := &VCPU{ID: len(vm.cpus), tag: int32(len(vm.cpus) + 1), waiting: len(vm.cpus) > 0, vm: vm, devices: &vm.Devices, cpu: cpu, look: cpu.Look(), gpr: cpu.GPR(), irq: irq, alarmAt: never, wake: make(chan struct{}, 1), timer: time.NewTimer(math.MaxInt64), place: -1}
	if c.alarm, err = vm.host.NewAlarm(&c.Rang); err != nil {
		cpu.Close()
		return nil, err
	}
	c.turn = vm.group.NewTurn(func() { c.kick(attendTimer) })
	cpu.Watch(&c.Bell)
	vm.cpus = append(vm.cpus, c)
	return c, nil
}

// Notify is for interrupt controllers: there may be an interrupt. The device
// lock is held.
func (c *VCPU) Notify() {
	if c.vm.current == c.tag { // it is the processor's own doing, and it is awake
		c.Attention.Or(attendInterrupt)
		return
	}
	c.kick(attendInterrupt)
}

// kick makes the processor look at something before it goes on.
func (c *VCPU) kick(what uint32) {
	c.Attention.Or(what)
	c.stir()
	if c.halted.Load() {
		if what == attendInterrupt && c.vm.gate.closed.Load() == 0 {
			c.turn.Begin() // in time, though its goroutine may have to wait for the caller's
		}
		select {
		case c.wake <- struct{}{}:
		default:
		}
		return
	}
	c.alarm.Ring() // it may be in the guest, on another processor
}

// run is the life of a processor: attend to what has come up, enter the guest,
// handle the exit.
func (c *VCPU) run() {
	defer c.alarm.Move(-1)
	defer c.finish()
	c.vm.gate.enter()
	if c.waiting && !c.awaitStartUp() {
		return
	}
	c.Attention.Or(attendTimer | attendInterrupt)
	c.Stats.begin(c.vm.host.TSC())
	for {
		if c.Attention.Load()|c.Rang.Load() != 0 {
			if !c.attend() {
				return
			}
		}
		c.cpu.Run(&c.exit)
		c.note()
		handlers[c.exit.Reason%reasonSlots](c)
	}
}

// finish ends the processor's run. A bug in a device model ends its machine,
// and nothing else.
func (c *VCPU) finish() {
	vm := c.vm
	if bug := recover(); bug != nil {
		vm.End(Ending{How: Failed, Err: fmt.Errorf("bug in Ringo: %v\n%s", bug, debug.Stack()), CPU: c.ID})
		if vm.current == c.tag {
			c.unlock()
		}
	}
	c.cpu.Leave()
	c.turn.End()
	vm.gate.leave()
	if vm.left.Add(-1) == 0 {
		close(vm.done)
	}
}

// lock and unlock take the device lock for this processor.
func (c *VCPU) lock() {
	c.devices.Lock()
	c.vm.current = c.tag
}

func (c *VCPU) unlock() {
	c.vm.current = 0
	c.devices.Unlock()
}

// attend sees to what has come up. It tells false when the processor shall
// end.
func (c *VCPU) attend() bool {
	what := c.Attention.Swap(0)
	if what&attendControl != 0 && !c.control() {
		return false
	}
	if what&attendFlush != 0 {
		c.cpu.FlushTLB()
	}
	if what&attendYield != 0 {
		runtime.Gosched()
	}
	if !c.holds || what&attendTimer|c.Rang.Load() != 0 {
		if c.takeTurn() {
			what |= attendTimer
		}
	}
	c.lock()
	if what&attendTimer|c.Rang.Load() != 0 {
		c.tick()
	}
	c.inject()
	c.unlock()
	return true
}

// control waits while the machine is paused. It tells false when it ends.
func (c *VCPU) control() bool {
	vm := c.vm
	if vm.ending.Load() == nil && vm.gate.closed.Load() != 0 {
		stamp := vm.host.TSC()
		c.standStill()
		c.Stats.skip(vm.host.TSC() - stamp)
		c.Attention.Or(attendInterrupt | attendTimer)
	}
	if c.reset.Swap(false) {
		c.initialize()
	}
	return vm.ending.Load() == nil && (!c.waiting || c.awaitStartUp())
}

// standStill waits for the end of a pause.
func (c *VCPU) standStill() {
	c.cpu.Leave()
	c.endTurn()
	c.vm.gate.leave()
	c.vm.gate.enter()
}

// tick fires the timers that are due, and sets the alarm to the next.
func (c *VCPU) tick() {
	c.Rang.Store(0)
	c.vm.clock.expire()
	at := uint64(never)
	if next, ok := c.vm.clock.next(); ok {
		at = next
	}
	if c.holds {
		at = min(at, c.turn.Until())
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
	c.nmi = c.nmi || c.irq.NMI()
	if c.nmi && c.cpu.CanNMI() {
		c.nmi = false
		c.cpu.NMI()
		c.Stats.event = eventNMI
	}
	pending := c.irq.Pending()
	if pending && c.cpu.CanInterrupt() {
		if vector, ok := c.irq.Take(); ok {
			c.cpu.Interrupt(vector)
			c.Stats.event = eventInterrupt | uint16(vector)
		}
		pending = c.irq.Pending()
	}
	c.cpu.Window(pending)
}

// halt waits for an interrupt, over pauses of the machine too.
func (c *VCPU) halt() {
	dead := c.cpu.Flags()&x86.FlagIF == 0
	if c.ready(dead) {
		c.Attention.Or(attendInterrupt)
		return
	}
	begin, stamp, away := c.vm.clock.Now(), c.vm.host.TSC(), c.Stats.away
	c.began = false
	// Whoever kicks from here on finds the processor halted and wakes it.
	c.halted.Store(true)
	for c.Attention.Swap(0)&attendControl == 0 || c.control() {
		c.endTurn()
		c.lock()
		c.tick()
		c.unlock()
		if c.ready(dead) || c.began {
			break
		}
		if dead && c.settle() {
			c.end(Ending{How: Halted})
			break
		}
		c.sleep(nil)
	}
	c.stir()
	c.halted.Store(false)
	c.Attention.Or(attendControl | attendInterrupt | attendTimer)
	c.Stats.Idle += c.vm.clock.Now() - begin
	c.Stats.skip(c.vm.host.TSC() - stamp - (c.Stats.away - away)) // the rest it was paused
}

// ready tells whether there is an interrupt to wake up for: an NMI, if the
// guest has the others off.
func (c *VCPU) ready(dead bool) bool {
	if c.irq == nil {
		return false
	}
	c.lock()
	c.nmi = c.nmi || c.irq.NMI()
	ready := c.nmi || !dead && c.irq.Pending()
	c.unlock()
	return ready
}

// sleep waits for a kick, the first deadline, or what comes from another
// channel.
func (c *VCPU) sleep(other <-chan struct{}) {
	now := c.vm.host.Now()
	if now >= c.alarmAt {
		return
	}
	c.timer.Reset(time.Duration(min(c.alarmAt-now, math.MaxInt64))) // a Duration has a sign
	select {
	case <-c.wake:
	case <-other:
	case <-c.timer.C:
	}
	c.timer.Stop()
}

// end ends the machine because of this processor.
func (c *VCPU) end(e Ending) {
	e.CPU = c.ID
	c.vm.End(e)
}

// fail ends the machine because it cannot go on.
func (c *VCPU) fail(format string, args ...any) {
	c.end(Ending{How: Failed, Err: fmt.Errorf(format, args...)})
}

// CPU is the engine's side, for the monitor and for what sets the processor
// up. The machine must stand still.
func (c *VCPU) CPU() CPU { return c.cpu }

// Exit is the last exit. The machine must stand still.
func (c *VCPU) Exit() *Exit { return &c.exit }

// MSR reads a model-specific register as the guest would. The machine must
// stand still.
func (c *VCPU) MSR(num uint32) (v uint64, ok bool) {
	c.vm.Devices.Lock()
	defer c.vm.Devices.Unlock()
	return c.msrs.Read(num)
}

// CPUID answers as the guest's CPUID instruction would. The machine must stand
// still.
func (c *VCPU) CPUID(leaf, sub uint32) (eax, ebx, ecx, edx uint32) {
	c.cpu.State(&c.state)
	return c.cpuid.Lookup(leaf, sub, c.state.CR4, c.state.XCR0, 0)
}
