//go:build !tamago

package svm

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm"
)

// class is a class of exceptions. APM vol. 2 §8.2.9, SDM vol. 3 table 6-4.
type class int

const (
	benign class = iota
	contributes
	pageFault
	doubleFault
)

var classes = [amd64.Exceptions]class{
	0: contributes, 10: contributes, 11: contributes, 12: contributes, 13: contributes,
	14: pageFault, 8: doubleFault,
}

// What comes of two exceptions, the second met in delivering the first.
// APM vol. 2 table 8-3, SDM vol. 3 table 6-5.
var together = [4][4]string{
	benign:      {"second", "second", "second", "second"},
	contributes: {"second", "#DF", "second", "second"},
	pageFault:   {"second", "#DF", "#DF", "second"},
	doubleFault: {"shutdown", "shutdown", "shutdown", "shutdown"},
}

func TestTwoExceptions(t *testing.T) {
	c := running(t, cpuidtest.QEMUEPYC)
	for first := range uint8(amd64.Exceptions) {
		if first == uint8(amd64.NMI) || first == uint8(amd64.Breakpoint) || first == uint8(amd64.Overflow) {
			continue // no exception, or not delivered again
		}
		for second := range uint8(amd64.Exceptions) {
			code := amd64.Vector(second).HasErrorCode()
			exit(t, c, ExitNPF, func(v *VMCB) { v.ExitIntInfo = EventValid | EventException | Event(first) })
			c.Exception(second, 0x28, code)
			want := EventValid | EventException | Event(second)
			if code {
				want |= EventErrorValid | 0x28<<32
			}
			switch together[classes[first]][classes[second]] {
			case "#DF":
				want = EventValid | EventException | EventErrorValid | 8
			case "shutdown":
				var e vmm.Exit
				entered := false
				onRun(t, func(*context, *VMCB) { entered = true })
				if c.Run(&e); e.Reason != vmm.ReasonShutdown || entered {
					t.Errorf("%d in %d: %v, entered %v, want a shutdown", second, first, e.Reason, entered)
				}
				continue
			}
			if v := enter(t, c); v.EventInj != want {
				t.Errorf("%d in %d: EVENTINJ is %#x, want %#x", second, first, v.EventInj, want)
			}
		}
	}
}

// An interrupt that the processor has taken and could not deliver is lost, as
// on hardware: its handler was not found, and the exception says so.
func TestAnExceptionInDeliveringSomethingElse(t *testing.T) {
	c := running(t, cpuidtest.QEMUEPYC)
	for _, first := range []Event{EventValid | EventInterrupt | 0x30, EventValid | EventInterrupt | 14, EventValid | EventNMI | 2} {
		exit(t, c, ExitNPF, func(v *VMCB) { v.ExitIntInfo = first })
		c.Exception(13, 0x182, true)
		if v := enter(t, c); v.EventInj != 0x182_8000_0b0d {
			t.Errorf("#GP in %#x: EVENTINJ is %#x", first, v.EventInj)
		}
		if v := enter(t, c); v.EventInj != 0 {
			t.Errorf("#GP in %#x: then comes %#x", first, v.EventInj)
		}
	}
}

func TestATripleFaultIsAnExit(t *testing.T) {
	c := running(t, cpuidtest.QEMUEPYC)
	c.context.entered, c.context.left = 100, 200
	exit(t, c, ExitNPF, func(v *VMCB) { v.ExitIntInfo = EventValid | EventException | EventErrorValid | 8 })
	c.Exception(14, 2, true)
	e := vmm.Exit{Reason: vmm.ReasonPort, Length: 2, Entered: 1, Left: 2}
	c.Run(&e)
	want := vmm.Exit{Reason: vmm.ReasonShutdown, RIP: c.RIP(), Entered: 200, Left: 200}
	if e != want {
		t.Errorf("%+v, want\n%+v", e, want)
	}
	if v := enter(t, c); v.EventInj != 0 || !c.CanInterrupt() {
		t.Errorf("the processor is reset and EVENTINJ is %#x", v.EventInj)
	}
}
