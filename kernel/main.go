//go:build tamago

// Package main is the Ringo kernel: the order in which the machine is brought
// up, and the wiring between the packages that do it.
//
// Reading order: start_amd64.s and early.go (from the boot loader to the Go
// runtime), physical.go and space.go (memory), time.go and interrupts.go, then
// this file (from the runtime to the monitor), firmware.go, serial.go and
// commands.go.
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/ringo-vmm/ringo/kernel/klog"
)

// version names the build; the linker may set it.
var version = "development"

// maxStack bounds a goroutine's stack in bytes, so that endless recursion is a
// panic long before it has eaten the machine.
const maxStack = 64 << 20

// main brings up what needs the Go runtime and becomes the monitor.
func main() {
	debug.SetMaxStack(maxStack)
	logf(klog.Info, "runtime: %s on %s, GOMAXPROCS %d", runtime.Version(), processorName(), runtime.GOMAXPROCS(0))
	bringUp("screen", initScreen)
	bringUp("firmware", initFirmware)
	bringUp("clock", refineClock)
	bringUp("interrupts", initInterrupts)
	bringUp("processors", initProcessors)
	bringUp("devices", initPCI)
	bringUp("network", initNICs)
	bringUp("monitor", initSerial)
	bringUp("gdb", initGDB)
	bringUp("gdb", initGuestLines)
	bringUp("keyboard", initKeyboard)
	inLayer(func() { stage("running") })
	logf(klog.Info, "ready after %v", sinceEntry().Round(time.Millisecond/10))
	bringUp("machines", initMachines)
	runMonitor()
}

// bringUp runs a stage of the bring-up. What fails is missing from then on, and
// the machine goes on without it.
func bringUp(name string, step func() error) {
	inLayer(func() { stage(name) })
	if err := step(); err != nil {
		logf(klog.Warn, "%s: warning: %v", name, err)
	}
}

// logf logs a line, from a goroutine.
func logf(level klog.Level, format string, args ...any) {
	var line struct {
		text [klog.MaxText]byte
		n    int
	}
	line.n = copy(line.text[:], fmt.Sprintf(format, args...))
	speaking.Lock()
	defer speaking.Unlock()
	inLayer(func() { logEnd(level, logLine().Text(line.text[:line.n])) })
}

// sinceEntry is the time since the kernel's entry.
func sinceEntry() time.Duration { return time.Duration(now()) }
