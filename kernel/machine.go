//go:build tamago

package main

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// machine is the hardware as the thread layer sees it, a thread.Machine. All
// of it runs with interrupts off.
type machine struct{}

func (machine) Now() uint64  { return now() }
func (machine) Wall() uint64 { return wallStart }

func (machine) Acknowledge() { lapic.EOI() }

func (machine) Kick(apicID uint32) { kick(apicID) }

func (machine) NMI(apicID uint32) { lapic.SendNMI(apicID) }

func (machine) Flush(va, pages uint64) { flush(va, pages) }

func (machine) SetTimer(deadline uint64) { setTimer(deadline) }

func (machine) Interrupt(vector uint8) bool { return interrupt(vector) }

func (machine) Print(p []byte) {
	// Output of the Go runtime and of the layer: a panic, most of the time.
	lockLog()
	kernelLog.AppendBytes(0, now(), p)
	unlockLog()
	print(p)
}

func (machine) Random(p []byte) { random(p) }

func (machine) Readable(va uint64) bool { return space.Walk(va).OK }

func (machine) Halt() { amd64.Halt() }

func (machine) Stop(why thread.Stop) { stop(why) }
