//go:build tamago

package main

import (
	"runtime"
	"time"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// stopCommand ends the machine.
func stopCommand(name, help string, reason int) monitor.Command {
	return monitor.Command{Name: name, Group: "machine", Help: help, Run: func(c *monitor.Context, args []string) error {
		stopMachine(reason)
		return nil
	}}
}

// panics are the ways to bring the kernel down on purpose, so that what it
// prints then can be looked at and tested.
var panics = []struct {
	name, help string
	run        func()
}{
	{"go", "a Go panic that nobody recovers", func() { go panic("asked for by the monitor") }},
	{"stack", "endless recursion", func() { go func() { recurse(0) }() }},
	{"runtime", "a fault where the Go runtime cannot handle one", unhandledFault},
	{"layer", "a fault in the thread layer", func() { inLayer(func() { *(*int)(address(0x10)) = 1 }) }},
	{"layer-stack", "endless recursion in the thread layer", func() { inLayer(func() { recurse(0) }) }},
	{"double-fault", "a fault that cannot be delivered", doubleFault},
	{"interrupt", "an interrupt that nobody expects", amd64.SoftwareInterrupt},
	{"nmi", "a non-maskable interrupt to this processor", func() { inLayer(func() { lapic.SendNMI(lapic.ID()) }) }},
	{"hang", "interrupts off for ever", func() { inLayer(amd64.Halt) }},
}

var panicCommand = monitor.Command{
	Name: "panic", Usage: "[HOW]", Group: "kernel", Help: "bring the kernel down, to see what it says; without HOW list the ways",
	Run: func(c *monitor.Context, args []string) error {
		for _, p := range panics {
			if len(args) == 0 {
				c.Printf("%-13s %s\n", p.name, p.help)
			} else if p.name == args[0] {
				p.run()
				// Most never come here; a goroutine needs time to die.
				time.Sleep(time.Second)
				return nil
			}
		}
		if len(args) == 0 {
			return nil
		}
		return monitor.BadInput("there is no way %q", args[0])
	},
	Complete: func(args []string) (names []string) {
		for _, p := range panics {
			names = append(names, p.name)
		}
		return names
	},
}

// recurse has a frame large enough to cross a guard page soon.
//
//go:noinline
func recurse(depth int) int {
	var frame [256]int
	frame[depth&255] = depth
	return recurse(depth+1) + frame[(depth+1)&255]
}

// doubleFault makes the exception stack unusable and then faults.
func doubleFault() {
	inLayer(func() {
		thread.BreakFaultStack()
		*(*int)(address(0x10)) = 1
	})
}

// threadsCommand shows the thread layer.
var threadsCommand = show("threads", "kernel", "list the Go runtime's threads and the processors", func(c *monitor.Context) {
	for _, t := range thread.Threads() {
		ago := sinceEntry() - time.Duration(t.Since)
		c.Printf("%4d %-8s %10v cpu %d", t.ID, t.State, ago.Round(time.Millisecond), t.Processor)
		if t.Pinned {
			c.Printf("  pinned")
		}
		if t.WaitsOn != 0 {
			c.Printf("  on %#x", t.WaitsOn)
		}
		if t.Deadline != 0 {
			c.Printf("  until %v", time.Duration(t.Deadline))
		}
		if f := runtime.FuncForPC(t.PC); f != nil {
			c.Printf("  at %s", f.Name())
		}
		c.Printf("\n")
	}
	for _, p := range thread.Processors() {
		c.Printf("processor %d, APIC id %d: thread %d, %d ready, %d interrupts, %d switches, %d pages backed, idle %v\n",
			p.Index, p.APICID, p.Thread, p.Ready, p.Interrupts, p.Switches, p.Faults, time.Duration(p.Idle).Round(time.Millisecond))
	}
})
