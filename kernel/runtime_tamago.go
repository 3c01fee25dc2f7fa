//go:build tamago && !linux

package main

import (
	"runtime/debug"
	"runtime/goos"
	_ "unsafe" // for go:linkname

	"github.com/ringo-vmm/ringo/kernel/frame"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// TamaGo's Go runtime, instead of making Linux system calls, takes its memory
// from the variables of package runtime/goos and calls that package's hooks.
// The functions with a go:linkname are those hooks.

// TamaGo's heap is one block of RAM, with the first stack at its top: half of
// the memory at most, between 16 and 256 MiB, and below 4 GiB because TamaGo
// may know no heap elsewhere.
const (
	heapShare    = 2
	heapMaxOrder = 16 // of package frame, like the next
	heapMinOrder = 12
	stackOffset  = 256 // of the stack's top, from the end of the block, in bytes
)

const errNoHeap thread.Error = "runtime: no free block of 16 MiB for the Go heap"

// startRuntime makes the thread in which TamaGo's runtime starts. Pre-runtime.
func startRuntime() error {
	total := frames.Stats().Total
	var start, size uint64
	err := error(errNoHeap)
	for order := heapMaxOrder; err != nil && order >= heapMinOrder; order-- {
		if size = frame.BlockSize(order); size <= total/heapShare {
			start, err = frames.Alloc(order, frame.Below4G, frame.GoHeap)
		}
	}
	if err != nil {
		return errNoHeap
	}
	goos.RamStart, goos.RamSize, goos.RamStackOffset = uint(start), uint(size), stackOffset
	goos.Bloc = uintptr(start)
	return thread.RunOn(&runtimeMemory, uintptr(start+size-stackOffset))
}

// The heap cannot grow beyond its block, so the collector must know in time.
func init() { debug.SetMemoryLimit(int64(goos.RamSize / 8 * 7)) }

// hwinit0 is called when the runtime has its first g, before it can allocate.
//
//go:linkname hwinit0 runtime/goos.Hwinit0
func hwinit0() {
	thread.Adopt()
	goos.Idle = idle
	goos.Exit = thread.Exit
}

// hwinit1 is called when the runtime can allocate: there is nothing left to do.
//
//go:linkname hwinit1 runtime/goos.Hwinit1
func hwinit1() {}

// initRNG has nothing to do: early did it.
//
//go:linkname initRNG runtime/goos.InitRNG
func initRNG() {}

//go:linkname getRandomData runtime/goos.GetRandomData
func getRandomData(b []byte) { inLayer(func() { random(b) }) }

// nanotime is the only clock of TamaGo's runtime, which takes it for the time
// of day too: in ns since 1970.
//
//go:linkname nanotime runtime/goos.Nanotime
func nanotime() int64 { return int64(wallStart + now()) }

// printk writes a byte of the runtime's own messages.
//
//go:linkname printk runtime/goos.Printk
func printk(c byte) {
	text := [1]byte{c}
	inLayer(func() { print(text[:]) })
}

// longestIdle bounds a wait of the scheduler, in ns, when it knows of no timer.
const longestIdle = 1_000_000_000

// idle halts the processor, but for its interrupts, when no goroutine is ready
// before a time of nanotime, which is 0 if no timer runs.
func idle(until int64) {
	deadline := now() + longestIdle
	if until > 0 {
		deadline = min(deadline, uint64(max(until-int64(wallStart), 1)))
	}
	thread.SleepUntil(deadline)
}

// unhandledFault faults, which is the end: TamaGo's runtime makes no panic of
// a fault.
func unhandledFault() { *(*int)(address(0x10)) = 1 }
