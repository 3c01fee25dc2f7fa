//go:build tamago

package main

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/kernel/frame"
	"github.com/ringo-vmm/ringo/kernel/klog"
	"github.com/ringo-vmm/ringo/kernel/thread"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/sched"
)

// vmHost is this machine as virtual machines and engines see it: a vmm.Host
// and a vmm.Frames.
type vmHost struct{}

// Now is the host's clock.
func (vmHost) Now() uint64 { return now() }

// TSC is the time-stamp counter.
func (vmHost) TSC() uint64 { return amd64.TSC() }

// Log logs a line.
func (vmHost) Log(format string, args ...any) { logf(klog.Info, format, args...) }

// Scheduler shares the processors out among the guests.
func (vmHost) Scheduler() *sched.Scheduler { return scheduler() }

// Rendezvous has every other processor drop no translation at all, which it does
// in an interrupt.
func (vmHost) Rendezvous() {
	thread.Call(func(*struct{}) { thread.Shootdown(0, 0) }, &struct{}{})
}

// NewAlarm makes an alarm.
func (vmHost) NewAlarm(rang *atomic.Uint32) (vmm.Alarm, error) {
	a, ok := thread.NewAlarm(rang)
	if !ok {
		return nil, errors.New("no memory for an alarm")
	}
	return &hostAlarm{Alarm: a}, nil
}

// hostAlarm is a vmm.Alarm. On a machine with one processor a guest's goroutine
// may change threads, which is faster.
type hostAlarm struct {
	thread.Alarm
	processor atomic.Uint32 // index plus 1 of the one that its goroutine is kept on; 0 is none
}

// Move keeps the calling goroutine on a processor, or lets it go.
func (a *hostAlarm) Move(processor int) {
	if thread.Count() == 1 {
		return
	}
	if a.processor.Swap(uint32(processor+1)) != 0 {
		thread.Unpin()
	}
	if processor >= 0 {
		thread.PinTo(uint32(processor))
	}
}

// Ring interrupts the guest.
func (a *hostAlarm) Ring() {
	if p := a.processor.Load(); p != 0 {
		thread.Kick(p - 1)
	}
}

const blockOrder = ram.BlockShift - frame.Shift

// AllocBlock is a block of guest memory, filled with bytes that trap.
func (vmHost) AllocBlock() (ram.Block, error) {
	pa, err := allocFrames(blockOrder, frame.GuestRAM)
	if err != nil {
		return ram.Block{}, err
	}
	b := ram.Block{Host: pa, Data: amd64.Bytes(uintptr(pa), ram.BlockSize)}
	b.Data[0] = guestPoison
	for n := 1; n < len(b.Data); n *= 2 {
		copy(b.Data[n:], b.Data[:n])
	}
	return b, nil
}

// guestPoison is INT3: a guest that runs into memory it never wrote traps.
const guestPoison = 0xcc

// FreeBlock scrubs a block and takes it back.
func (vmHost) FreeBlock(b ram.Block) {
	clear(b.Data)
	freeFrames(b.Host, blockOrder, frame.GuestRAM)
}

// AllocPages is vmm.Frames'.
func (vmHost) AllocPages(order int) (uint64, error) {
	pa, err := allocFrames(order, frame.Device)
	if err == nil {
		clear(amd64.Bytes(uintptr(pa), pageSize<<order))
	}
	return pa, err
}

// FreePages is vmm.Frames'.
func (vmHost) FreePages(pa uint64, order int) { freeFrames(pa, order, frame.Device) }

// Exclusive is vmm.Frames'.
func (vmHost) Exclusive(f func()) { inLayer(f) }

// allocFrames and freeFrames use the frame allocator from a goroutine.
func allocFrames(order int, owner frame.Owner) (uint64, error) {
	var r struct {
		pa uint64
		ok bool
	}
	thread.Call(func(*struct{}) {
		pa, err := frames.Alloc(order, frame.Any, owner)
		r.pa, r.ok = pa, err == nil
	}, &struct{}{})
	if !r.ok {
		return 0, errors.New("out of memory")
	}
	return r.pa, nil
}

func freeFrames(pa uint64, order int, owner frame.Owner) {
	thread.Call(func(*struct{}) { freed(frames.Free(pa, order, owner), pa) }, &struct{}{})
}

// hostEngine is the engine of this machine, made and enabled when the first
// guest wants it.
var hostEngine = sync.OnceValues(newEngine)
