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

// The consoles all show the kernel log; the serial port and the screen have a
// monitor each. Each is there or not; printing is bounded in all of them.
var consoles struct {
	lock   atomic.Bool // held for a few bytes, with interrupts off
	serial uart.Text
	uart   uart.Port
	irq    uint8 // the serial port's ISA interrupt
	vga    vga.Console
	debug  debugcon.Console

	hasSerial, hasDebug bool
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
		c.vga.Init() // an error leaves a screen that shows nothing
	}
	c.debug.IO = amd64.Ports{}
	c.hasDebug = c.debug.Probe() == nil
}

// print writes to all consoles what nobody must miss: whatever a screen shows,
// it shows this. The caller runs with interrupts off.
func print(p []byte) {
	lockConsoles()
	for _, s := range screens() {
		if s.View() != vga.Own {
			s.Show(vga.Own)
		}
		s.Write(vga.Own, p)
	}
	writeSerial(p)
	unlockConsoles()
}

// printLog writes a line of the log to the screens, and to the serial line if
// that shows the monitor.
func printLog(p []byte, serial bool) {
	lockConsoles()
	for _, s := range screens() {
		if localUsed {
			s.Line(p)
		} else if serial {
			s.Write(vga.Own, p)
		}
	}
	if serial {
		writeSerial(p)
	}
	unlockConsoles()
}

// printSerial writes to the serial line, and to the screens if they have no
// terminal of their own.
func printSerial(p []byte) {
	lockConsoles()
	writeSerial(p)
	if !localUsed {
		for _, s := range screens() {
			s.Write(vga.Own, p)
		}
	}
	unlockConsoles()
}

// onScreen does something with the screen that one sees, from a goroutine.
func onScreen(f func(s *vga.Screen)) {
	inLayer(func() {
		lockConsoles()
		f(frontScreen())
		unlockConsoles()
	})
}

// screens are the screens; one that is not there takes what it gets and does
// nothing.
func screens() [2]*vga.Screen {
	return [...]*vga.Screen{&consoles.vga.Screen, &screen.console.Screen}
}

// frontScreen is the screen that one sees: where there is a framebuffer, that.
func frontScreen() *vga.Screen {
	if screen.ready {
		return &screen.console.Screen
	}
	return &consoles.vga.Screen
}

// writeSerial writes to the serial port and to the debug console.
func writeSerial(p []byte) {
	c := &consoles
	for _, b := range p {
		if c.hasSerial {
			c.serial.WriteByte(b)
		}
		if c.hasDebug {
			c.debug.WriteByte(b)
		}
	}
}

// lockConsoles waits for the consoles. The holder may be what has just died, so
// it does not wait for long.
func lockConsoles() {
	for i := 0; i < 1_000_000 && !consoles.lock.CompareAndSwap(false, true); i++ {
		amd64.Pause()
	}
}

func unlockConsoles() { consoles.lock.Store(false) }

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
	if level > klog.Debug || verbose {
		colour(level)
		serial := level > klog.Info || !guestShown.Load() || verbose
		printLog(logShown.Reset().Record(klog.Record{NS: ns, Level: level, Text: l.Bytes()}).Byte('\n').Bytes(), serial)
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
