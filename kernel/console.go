//go:build tamago

package main

import (
	"sync/atomic"
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/drivers/debugcon"
	"github.com/ringo-vmm/ringo/drivers/uart"
	"github.com/ringo-vmm/ringo/drivers/vga"
	"github.com/ringo-vmm/ringo/kernel/klog"
)

// The consoles all show the same: the kernel log, then the monitor. Each is
// there or not; printing is bounded in all of them.
var consoles struct {
	lock   atomic.Bool // held for a few bytes, with interrupts off
	serial uart.Text
	uart   uart.Port
	irq    uint8 // the serial port's ISA interrupt
	vga    vga.Console
	debug  debugcon.Console

	hasSerial, hasVGA, hasDebug bool
}

// serialBaud is what firmware and GRUB use.
const serialBaud = 115200

// initConsoles finds the consoles that need nothing but ports and the low
// megabyte. Pre-runtime.
func initConsoles() {
	c := &consoles
	for _, candidate := range uart.Candidates {
		c.uart = uart.Port{IO: amd64.Ports{}, Base: candidate.Base}
		if c.uart.Probe() == nil && c.uart.Init(serialBaud) == nil {
			c.serial.Port = &c.uart
			c.irq, c.hasSerial = candidate.IRQ, true
			break
		}
	}
	if addr, err := vga.Locate(amd64.Ports{}); err == nil {
		c.vga.IO, c.vga.Window = amd64.Ports{}, unsafe.Slice((*uint16)(address(addr)), vga.Cols*vga.Rows)
		c.hasVGA = c.vga.Init() == nil
	}
	c.debug.IO = amd64.Ports{}
	c.hasDebug = c.debug.Probe() == nil
}

// print writes to all consoles. The caller runs with interrupts off.
func print(p []byte) {
	c := &consoles
	// The holder may be what has just died: do not wait for it for long.
	for i := 0; i < 1_000_000 && !c.lock.CompareAndSwap(false, true); i++ {
		amd64.Pause()
	}
	for _, b := range p {
		if c.hasSerial {
			c.serial.WriteByte(b)
		}
		if c.hasVGA {
			c.vga.WriteByte(b)
		}
		if c.hasDebug {
			c.debug.WriteByte(b)
		}
		if screen.ready {
			screen.console.WriteByte(b)
		}
	}
	c.lock.Store(false)
}

// kernelLog is the log that the monitor shows, and its one line under way.
// Both belong to whoever holds logLock, with interrupts off.
var (
	kernelLog klog.Log
	logLock   atomic.Bool
	logText   klog.Line
	logShown  klog.Line
)

// logLine begins a line of the kernel log, which logEnd ends. Between them
// interrupts must be off. Pre-runtime.
func logLine() *klog.Line {
	lockLog()
	return logText.Reset()
}

// lockLog waits for the log. The holder may be what has just died, so it does
// not wait for long.
func lockLog() {
	for i := 0; i < 1_000_000 && !logLock.CompareAndSwap(false, true); i++ {
		amd64.Pause()
	}
}

func unlockLog() { logLock.Store(false) }

// logEnd appends the line that logLine began to the log and prints it, unless
// it is for debugging only.
func logEnd(level klog.Level, l *klog.Line) {
	ns := now()
	kernelLog.AppendBytes(level, ns, l.Bytes())
	if level > klog.Info || level > klog.Debug && !guestShown.Load() || verbose {
		colour(level)
		print(logShown.Reset().Record(klog.Record{NS: ns, Level: level, Text: l.Bytes()}).Byte('\n').Bytes())
		colour(klog.Info)
	}
	unlockLog()
}

var levelColours = [...]vga.Attr{vga.AttrDebug, vga.AttrInfo, vga.AttrWarn, vga.AttrError}

// colour makes the screens show what comes in the colour of a level.
func colour(level klog.Level) {
	consoles.vga.SetAttr(levelColours[level])
	screen.console.SetAttr(levelColours[level])
}

// verbose shows debug records on the consoles too: the word "verbose" on the
// command line.
var verbose bool

// say logs a line of constant text. Pre-runtime.
func say(text string) { logEnd(klog.Info, logLine().Str(text)) }

// stage notes that a stage of the boot begins. Pre-runtime.
func stage(name string) { kernelLog.Stage(name, now()) }

// stringBytes is the bytes of s, which must not be written to.
func stringBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
