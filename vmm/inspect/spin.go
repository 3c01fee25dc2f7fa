package inspect

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm"
)

// What a loop looks like in a trace.
const (
	spinExits = 512 // so many exits are looked at
	spinLeast = 64  // with fewer, nothing is said
	spinHost  = 16  // interrupts of the host, which come rarely
	spinCode  = 256 // bytes that a loop is at most long
	spinRest  = 8   // one in so many may be something else, as in a loop with a time limit
)

// spin tells what a processor does over and over: polls one port or address, or
// runs in a small circle. It is empty if the last exits do not look like that.
// A guest that hangs in its firmware does one of the two.
func spin(vm *vmm.VM, c *vmm.VCPU) string {
	var polled, hosted []vmm.Trace
	others := 0
	for _, t := range c.Stats.Last(spinExits) {
		switch t.Reason {
		case vmm.ReasonPort, vmm.ReasonMemory:
			polled = append(polled, t)
		case vmm.ReasonHost, vmm.ReasonWindow, vmm.ReasonPause:
			hosted = append(hosted, t)
		default:
			others++
		}
	}
	switch {
	case len(polled) >= spinLeast && others <= len(polled)/spinRest:
		return poll(vm, polled)
	case len(hosted) >= spinHost && others+len(polled) <= len(hosted)/spinRest:
		if low, high := extent(hosted); high-low < spinCode {
			return fmt.Sprintf("loops at RIP %#x-%#x", low, high)
		}
	}
	return ""
}

// poll tells which one place these accesses are reads of, if they are from a
// small piece of code.
func poll(vm *vmm.VM, list []vmm.Trace) string {
	type place struct {
		reason vmm.Reason
		at     uint64
	}
	counts := map[place]int{}
	for _, t := range list {
		if !t.Write {
			counts[place{t.Reason, t.Info}]++
		}
	}
	for p, n := range counts {
		low, high := extent(list)
		if n < len(list)-len(list)/spinRest || high-low >= spinCode {
			continue
		}
		if p.reason == vmm.ReasonPort {
			return fmt.Sprintf("polls port %#x %s at RIP %#x", p.at, nobody(vm.Ports.Name(uint16(p.at))), low)
		}
		return fmt.Sprintf("polls address %#x %s at RIP %#x", p.at, nobody(vm.Memory.Name(p.at)), low)
	}
	return ""
}

// extent is the lowest and the highest RIP of a trace.
func extent(list []vmm.Trace) (low, high uint64) {
	low = list[0].RIP
	for _, t := range list {
		low, high = min(low, t.RIP), max(high, t.RIP)
	}
	return low, high
}
