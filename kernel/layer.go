//go:build tamago

package main

import (
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64/paging"
	"github.com/ringo-vmm/ringo/kernel/frame"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// inLayer runs f with interrupts off on this processor. f must not allocate,
// block or store pointers; it may use what is pre-runtime.
func inLayer(f func()) { thread.CallUnlocked(func(*struct{}) { f() }, &struct{}{}) }

// recalibrate is calibrate once the Go runtime runs and uses the timer.
func recalibrate() {
	thread.Call(func(*struct{}) {
		calibrate()
		startTimer()
		thread.TimerLost()
	}, &struct{}{})
}

// mapDevice maps device registers, size bytes at host-physical address pa,
// uncached, and returns their host-virtual address.
func mapDevice(pa, size uint64) (uintptr, error) { return mapAs(pa, size, deviceFlags) }

// mapScreen is mapDevice for a framebuffer, to which writes may be combined.
func mapScreen(pa, size uint64) (uintptr, error) { return mapAs(pa, size, screenFlags) }

func mapAs(pa, size uint64, flags paging.Entry) (uintptr, error) {
	var r struct {
		va     uint64
		failed bool
	}
	thread.Call(func(*struct{}) {
		va, err := mapEarly(pa, size, flags)
		r.va, r.failed = va, err != nil
	}, &struct{}{})
	if r.failed {
		return 0, paging.ErrPhysical
	}
	return uintptr(r.va), nil
}

// mapped tells whether all of size bytes at va can be read.
func mapped(va, size uint64) bool {
	ok := size <= 1<<47 && va+size >= va
	thread.Call(func(*struct{}) {
		for at := pageDown(va); ok && at < va+size; at += pageSize {
			t := space.Walk(at)
			ok = t.OK
			if ok {
				at = at&^(t.Level.Size()-1) + t.Level.Size() - pageSize
			}
		}
	}, &struct{}{})
	return ok
}

// firmwareMemory is physical memory as the firmware's tables are read: what
// the loader's map does not name is out of reach.
type firmwareMemory struct{}

func (firmwareMemory) Bytes(pa uint64, n int) []byte {
	if pa == 0 || n < 0 || pa >= directEnd || uint64(n) > directEnd-pa || !mapped(pa, uint64(n)) {
		return nil
	}
	return unsafe.Slice((*byte)(address(pa)), n)
}

// frameStats is the state of the frame allocator.
func frameStats() (s frame.Stats) {
	thread.Call(func(s *frame.Stats) { *s = frames.Stats() }, &s)
	return s
}

// Reasons to stop, for the monitor.
const (
	reasonReboot   = int(thread.StopReboot)
	reasonPowerOff = int(thread.StopPowerOff)
)

// stopMachine ends the machine from a goroutine.
func stopMachine(reason int) { inLayer(func() { stop(thread.Stop(reason)) }) }
