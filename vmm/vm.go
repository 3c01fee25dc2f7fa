package vmm

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/ringo-vmm/ringo/vmm/bus"
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/sched"
)

// Host is what a virtual machine needs of the machine it runs on.
type Host interface {
	// Now is the host's monotonic clock in ns.
	Now() uint64
	// TSC is the time-stamp counter.
	TSC() uint64
	// Scheduler shares the machine's processors out.
	Scheduler() *sched.Scheduler
	// NewAlarm makes an alarm that stores 1 in rang.
	NewAlarm(rang *atomic.Uint32) (Alarm, error)
	// Rendezvous returns when every other processor of the machine has taken
	// an interrupt since it was called, or does nothing.
	Rendezvous()
	// AllocBlock is a block of memory for a guest; FreeBlock takes it back.
	AllocBlock() (ram.Block, error)
	FreeBlock(ram.Block)
	// Log is a line about the machine, for the kernel's log.
	Log(format string, args ...any)
}

// Alarm interrupts whatever the processor does, a guest too, at a time.
type Alarm interface {
	// Set sets the alarm to a time of the host's clock in ns, in place of
	// what it was set to; never is all ones.
	Set(at uint64)
	// Move makes the calling goroutine run on a processor and nowhere else,
	// or with -1 anywhere. What the alarm is set to is lost.
	Move(processor int)
	// Ring interrupts that processor, unless it is the caller's.
	Ring()
	Close()
}

// Overlay is where guest-physical addresses are not what RAM says, for
// instructions that are executed in software. Load is the memory that a read
// finds, to the end of its page at least, and Store what a write changes; nil is
// no memory, so that a device answers. here is false where RAM is right.
type Overlay interface {
	Load(gpa uint64) (b []byte, here bool)
	Store(gpa uint64) (b []byte, here bool)
}

// VM is a virtual machine: memory, processors, and devices on two buses.
type VM struct {
	Name string

	// Devices is the device lock: whoever calls a device, or changes the
	// buses, holds it.
	Devices sync.Mutex
	Ports   bus.Ports
	Memory  bus.Memory
	RAM     *ram.RAM
	// Overlay is what the machine has in place of RAM at some addresses; nil
	// is nothing. It is set before the machine runs.
	Overlay Overlay

	// current is who holds the device lock: a processor's number plus 1, 0
	// for anybody else.
	current int32
	still   atomic.Int32 // processors that nothing but an INIT or NMI wakes

	host   Host
	engine Engine
	space  Space
	group  *sched.Group
	cpus   []*VCPU
	clock  clock
	limit  limit
	closes []func()
	lifetime
}

// New makes a machine with memory (bytes, whole blocks) and no devices or
// processors. Those will belong to group, which the machine closes in the end,
// as it does when there is an error.
func New(name string, host Host, engine Engine, memory uint64, group *sched.Group) (*VM, error) {
	vm := &VM{Name: name, host: host, engine: engine, group: group}
	vm.clock.host = host
	vm.gate.init()
	vm.clock.earlier = func() { vm.Current().kick(attendTimer) }
	vm.done = make(chan struct{})
	vm.Ports.Unclaimed = func(port uint16, write bool) {
		vm.log("no device at port %#x (%s)", port, direction(write))
	}
	vm.Memory.Unclaimed = func(gpa uint64, write bool) {
		vm.log("no device at address %#x (%s)", gpa, direction(write))
	}
	if err := vm.allocate(memory); err != nil {
		vm.free()
		return nil, err
	}
	return vm, nil
}

func direction(write bool) string {
	if write {
		return "write"
	}
	return "read"
}

// allocate gives the machine its memory and maps it.
func (vm *VM) allocate(memory uint64) error {
	n := memory >> ram.BlockShift
	if memory%ram.BlockSize != 0 || n == 0 || memory > ram.MaxSize {
		return fmt.Errorf("%d bytes is not a multiple of %d MiB up to %d GiB", memory, ram.BlockSize>>20, ram.MaxSize>>30)
	}
	blocks := make([]ram.Block, 0, n)
	for range n {
		b, err := vm.host.AllocBlock()
		if err != nil {
			for _, b := range blocks {
				vm.host.FreeBlock(b)
			}
			return fmt.Errorf("%d MiB asked for, %d MiB left: %w", memory>>20, len(blocks)<<(ram.BlockShift-20), err)
		}
		blocks = append(blocks, b)
	}
	var err error
	if vm.RAM, err = ram.New(blocks); err != nil {
		return err
	}
	if vm.space, err = vm.engine.NewSpace(); err != nil {
		return err
	}
	vm.RAM.Range(func(gpa uint64, b ram.Block) {
		if err == nil {
			err = vm.space.Map(gpa, b.Host, ram.BlockSize, true)
		}
	})
	return err
}

// free gives everything back. No processor may run any more.
func (vm *VM) free() {
	vm.debugger.Store(nil)
	for _, c := range vm.cpus {
		c.alarm.Close()
		c.turn.Close()
		c.cpu.Close()
	}
	vm.cpus = nil
	vm.group.Close()
	for _, f := range vm.closes {
		f()
	}
	vm.closes = nil
	if vm.space != nil {
		vm.space.Close()
		vm.space = nil
	}
	if vm.RAM != nil {
		vm.RAM.Range(func(_ uint64, b ram.Block) { vm.host.FreeBlock(b) })
		vm.RAM = nil
	}
}

// Holder tells who has the device lock: 0 for none of the processors, else the
// processor's number plus 1.
func (vm *VM) Holder() int { return int(vm.current) }

// Current is the processor that has the device lock, the first if none has. The
// caller holds that lock.
func (vm *VM) Current() *VCPU { return vm.cpus[max(vm.current-1, 0)] }

// Yield is for devices that have handed work to a goroutine: the processor whose
// doing that is lets it run before it enters its guest again. A guest that polls
// for the work's end would else keep a processor from it for milliseconds. The
// caller holds the device lock.
func (vm *VM) Yield() { vm.Current().Attention.Or(attendYield) }

// SyncTSC makes all processors' time-stamp counters the first one's.
func (vm *VM) SyncTSC() {
	for _, c := range vm.cpus[1:] {
		c.setTSCOffset(vm.cpus[0].tscOffset)
	}
}

// Log is a line about this machine.
func (vm *VM) Log(format string, args ...any) { vm.log(format, args...) }

// OnClose has f called when the machine is closed and nothing of it runs any
// more.
func (vm *VM) OnClose(f func()) { vm.closes = append(vm.closes, f) }

// Close gives everything back. No processor may run any more.
func (vm *VM) Close() { vm.free() }

// log is a line about this machine. A guest can cause any number of them; they
// must not drown the others'.
func (vm *VM) log(format string, args ...any) {
	lost, ok := vm.limit.take(vm.host.Now())
	if lost != 0 {
		vm.host.Log("vm %s: %d lines left out", vm.Name, lost)
	}
	if ok {
		vm.host.Log("vm %s: "+format, append([]any{vm.Name}, args...)...)
	}
}

// limit is a machine's right to lines in the log: some at once, and then one
// each interval.
type limit struct {
	mu    sync.Mutex
	until uint64 // time up to which the right is used up
	lost  int
}

const (
	logInterval = 200_000_000 // ns
	logBurst    = 50
)

// take takes the right to a line at a time in ns. It tells how many were
// refused before, when one is granted again.
func (l *limit) take(now uint64) (lost int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = max(l.until, now)
	if l.until-now > logBurst*logInterval {
		l.lost++
		return 0, false
	}
	l.until += logInterval
	lost, l.lost = l.lost, 0
	return lost, true
}

// Clock is the machine's time, for its devices.
func (vm *VM) Clock() *clock { return &vm.clock }
