//go:build tamago

package main

import (
	"errors"
	"strings"
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/drivers/uart"
	"github.com/ringo-vmm/ringo/kernel/hostgdb"
	"github.com/ringo-vmm/ringo/kernel/klog"
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// The debugger of Ringo itself: package hostgdb on a serial line that the
// command line names, gdb=com2 say. It gets in by Ctrl-C and as gdb connects, by
// the monitor's command gdb, at breakpoints, and when the kernel dies; with
// gdb=com2,wait as soon as the line is ready.

// debugger is static: it works while nothing else does.
var debugger struct {
	ready bool
	line  *uart.Port
	own   uart.Port // unless line is the console's
	stub  hostgdb.Stub
	chunk [64]byte
}

// initGDB reads the command line and makes the debugger ready.
func initGDB() error {
	word, ok := handover.Lookup("gdb")
	if !ok {
		return nil
	}
	name, wait, _ := strings.Cut(word, ",")
	if name == "" {
		name = "com2"
	}
	d := &debugger
	d.line = &d.own
	if c, ok := linePorts[name]; ok && consoles.hasSerial && consoles.uart.Base == c.Base {
		d.line = &consoles.uart
	} else {
		irq, err := openLine(&d.own, name)
		if err != nil {
			return err
		}
		if err := claimISA(irq, "gdb", pollDebugger); err != nil {
			return err
		}
	}
	d.stub.Init(&hostMachine)
	thread.SetDebugger(&hostMachine)
	inLayer(func() {
		d.ready = true
		if d.line == &d.own {
			d.line.EnableReceiveInterrupt()
		}
	})
	logf(klog.Info, "gdb: on %s: target remote ...", name)
	if wait == "wait" {
		inLayer(thread.Break)
	}
	return nil
}

// pollDebugger is the handler of the line's interrupt.
func pollDebugger() bool {
	d := &debugger
	n := d.line.Interrupt(d.chunk[:])
	for _, b := range d.chunk[:n] {
		if d.stub.Wants(b) {
			thread.Break()
		}
	}
	return n > 0
}

// debugDeath lets gdb look at a kernel that has died.
func debugDeath(why thread.Stop) {
	d := &debugger
	if d.ready && died(why) {
		var r thread.Registers
		index, _ := thread.Stopped(0, &r)
		d.ready = false
		print(stringBytes("ringo: gdb can look\n"))
		d.stub.Enter(hostgdb.Stop{Processor: int(index), Why: hostgdb.Fault})
	}
}

// gdbCommand stops for the debugger.
var gdbCommand = monitor.Command{
	Name: "gdb", Group: "kernel", Help: "stop, and let gdb look at Ringo",
	Run: func(c *monitor.Context, args []string) error {
		if !debugger.ready {
			return errors.New("no line for gdb: the kernel's command line names one, gdb=com2")
		}
		inLayer(thread.Break)
		return nil
	},
}

// debugMachine is the machine as the debugger sees it: a hostgdb.Machine and a
// thread.Debugger. All of it runs with interrupts off.
type debugMachine struct{}

var hostMachine debugMachine

// Breakpoint is thread.Debugger's.
func (*debugMachine) Breakpoint(va uint64) bool { return debugger.stub.Breakpoint(va) }

// reasons translates the layer's reasons to stop.
var reasons = [...]hostgdb.Why{
	thread.TrapAsked: hostgdb.Interrupted, thread.TrapBreakpoint: hostgdb.AtBreakpoint,
	thread.TrapStep: hostgdb.Stepped, thread.TrapWatch: hostgdb.Watched,
}

// Stopped is thread.Debugger's.
func (*debugMachine) Stopped(processor uint32, why thread.Trap, watch int) (step bool, one uint32) {
	r := debugger.stub.Enter(hostgdb.Stop{Processor: int(processor), Why: reasons[why], Watch: watch})
	return r.Step, uint32(r.Processor)
}

// Receive and the rest are hostgdb.Machine's.
func (*debugMachine) Receive() (byte, bool) { return debugger.line.Receive() }

func (*debugMachine) Send(p []byte) {
	for _, b := range p {
		debugger.line.WriteByte(b)
	}
}

func (*debugMachine) Processors() int { return thread.Count() }

func (*debugMachine) Registers(processor int, r *hostgdb.Registers) {
	thread.DebugRegisters(uint32(processor), (*thread.Registers)(r))
}

func (*debugMachine) SetRegisters(processor int, r *hostgdb.Registers) {
	thread.SetDebugRegisters(uint32(processor), (*thread.Registers)(r))
}

func (*debugMachine) System(s *hostgdb.System) {
	efer := amd64.MSRs{}.Read(msr.EFER)
	*s = hostgdb.System{amd64.ReadCR0(), amd64.ReadCR2(), amd64.ReadCR3(), amd64.ReadCR4(), efer}
}

// aboutLine is static because a Line on the stack would escape.
var aboutLine klog.Line

func (*debugMachine) About(processor int, text []byte) int {
	l := aboutLine.Reset().Str("processor ").Dec(uint64(processor))
	if tid := thread.DebugThread(uint32(processor)); tid != 0 {
		l.Str(", thread ").Dec(uint64(tid))
	} else {
		l.Str(", idle")
	}
	return copy(text, l.Bytes())
}

func (*debugMachine) Read(va uint64, p []byte) int {
	n := 0
	for n < len(p) {
		b := debugSpan(va+uint64(n), len(p)-n)
		if b == nil {
			break
		}
		n += copy(p[n:], b)
	}
	return n
}

// Write writes code too, which is mapped read-only.
func (*debugMachine) Write(va uint64, p []byte) int {
	cr0 := amd64.ReadCR0()
	amd64.WriteCR0(cr0 &^ amd64.CR0WP)
	n := 0
	for n < len(p) {
		b := debugSpan(va+uint64(n), len(p)-n)
		if b == nil {
			break
		}
		n += copy(b, p[n:])
	}
	amd64.WriteCR0(cr0)
	return n
}

// debugSpan is memory from va on, up to n bytes and the end of the page, nil if
// it is not mapped.
func debugSpan(va uint64, n int) []byte {
	if !space.Walk(va).OK {
		return nil
	}
	return unsafe.Slice((*byte)(address(va)), min(uint64(n), pageSize-va%pageSize))
}

func (*debugMachine) Watch(n int, va, size uint64, reads bool) { thread.Watch(n, va, size, reads) }

func (*debugMachine) Reset() { reboot() }
