//go:build tamago && linux

package main

import (
	"sync/atomic"
	"time"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// starting is the processor that is being started, of which there is one at a
// time. The first processor gives it orders, and it answers each.
var starting struct {
	apicID uint32
	order  atomic.Uint64 // counts them
	answer atomic.Uint64 // the last one that has been answered
	what   int           // the order, one of those below
	adjust uint64        // with orderAdjust: what is added to its TSC
	tsc    uint64        // the answer to orderTSC
}

const (
	orderStart  = iota // arrive
	orderTSC           // read the TSC
	orderAdjust        // change it
	orderJoin          // run threads; there is no answer
)

// startNext is where the trampoline ends. It knows these by name.
var (
	nextArea    uint64 // memory for the processor that starts; the first to come takes it
	nextRoot    uint64 // the kernel's page tables, for CR3
	startedFunc = started
)

// prepareStart makes everything ready for the processor with an APIC id.
func prepareStart(apicID uint32, area uint64) {
	starting.apicID = apicID
	giveOrder(orderStart)
	nextRoot = space.Root()
	atomic.StoreUint64(&nextArea, area)
}

// cancelStart lets no processor come up any more.
func cancelStart() { atomic.StoreUint64(&nextArea, 0) }

// hasStarted waits for the processor to come up.
func hasStarted(wait time.Duration) bool {
	const poll = 100 * time.Microsecond
	for deadline := time.Now().Add(wait); ; time.Sleep(poll) {
		switch {
		case answered():
			return true
		case time.Now().After(deadline):
			return false
		}
	}
}

func giveOrder(what int) {
	starting.what = what
	starting.order.Add(1)
}

func answered() bool { return starting.answer.Load() == starting.order.Load() }

// started is what a processor does that has come up, on its own stack, with a g
// that is not one, and with interrupts off: set itself up, follow the orders,
// and leave for the threads.
func started(area uint64) {
	s := &starting
	amd64.WriteMSR(msr.PAT, pageAttributes)
	amd64.WriteCR4(amd64.ReadCR4() | amd64.CR4PGE)
	thread.InitProcessor(uintptr(area), s.apicID)
	if lapic.Enable() != nil || lapic.ID() != s.apicID {
		// It is one that came too late, or cannot be reached.
		amd64.Halt()
	}
	startTimer()
	initLocalNMIs()
	for seen := uint64(0); ; amd64.Pause() {
		n := s.order.Load()
		if n == seen {
			continue
		}
		switch s.what {
		case orderTSC:
			s.tsc = amd64.RDTSC()
		case orderAdjust:
			amd64.WriteMSR(msr.TSC, amd64.RDTSC()+s.adjust)
		case orderJoin:
			thread.Join()
			return
		}
		seen = n
		s.answer.Store(n)
	}
}

// initLocalNMIs wires the NMIs that the MADT names to the calling processor.
func initLocalNMIs() {
	nmis := tables.MADT.LocalNMIs
	for i := range nmis {
		if n := &nmis[i]; n.All {
			lapic.SetNMI(int(n.LINT), n.Flags.ActiveLow())
		}
	}
}
