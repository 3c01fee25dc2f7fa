//go:build tamago

package main

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/kernel/klog"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// Ports that end an emulator.
const (
	portDebugExit = 0xf4   // QEMU's isa-debug-exit: exit status v<<1 | 1
	portBochs     = 0x8900 // Bochs: the text "Shutdown"
	portKeyboard  = 0x64   // 8042 command port
	portReset     = 0xcf9  // reset control register of Intel's chipsets
	keyboardReset = 0xfe   // pulse the processor's reset line
	resetHard     = 0x06   // system and CPU reset
	resetHardArm  = 0x02
)

// firmwareEnd is what ACPI says about power-off and reset, once its tables are
// read: ports and the values to write to them.
var firmwareEnd struct {
	powerOff [2]portWrite
	reset    portWrite
}

// portWrite is a write to an I/O port; one with width 0 does nothing.
type portWrite struct {
	port  uint16
	width uint8 // in bits
	value uint32
}

func (w portWrite) do() {
	switch p := (amd64.Ports{}); w.width {
	case 8:
		p.Out8(w.port, uint8(w.value))
	case 16:
		p.Out16(w.port, uint16(w.value))
	case 32:
		p.Out32(w.port, w.value)
	}
}

// stop prints why, ends the machine, and does not return.
func stop(why thread.Stop) {
	l := stopLine.Reset().Str("ringo: exit ").Dec(uint64(why)).Byte(' ').Str(why.String()).Byte('\n')
	print(l.Bytes())
	switch why {
	case thread.StopReboot:
		reboot()
	case thread.StopPowerOff:
		endEmulator(why)
		for _, w := range firmwareEnd.powerOff {
			w.do()
		}
		print(stringBytes("It is now safe to turn the machine off.\n"))
	default:
		endEmulator(why)
		print(stringBytes("The machine is halted.\n"))
	}
	amd64.Halt()
}

var stopLine klog.Line

// endEmulator ends QEMU or Bochs. On hardware the ports answer nothing.
func endEmulator(why thread.Stop) {
	p := amd64.Ports{}
	p.Out8(portDebugExit, uint8(why))
	for _, c := range stringBytes("Shutdown") {
		p.Out8(portBochs, c)
	}
}

// reboot resets the machine by all means there are, the kindest first.
func reboot() {
	p := amd64.Ports{}
	firmwareEnd.reset.do()
	settle()
	p.Out8(portKeyboard, keyboardReset)
	settle()
	p.Out8(portReset, resetHardArm)
	p.Out8(portReset, resetHard)
	settle()
	// A fault without a descriptor table shuts the processor down.
	amd64.LoadIDT(0, 1)
	amd64.UndefinedInstruction()
}

// settle gives a reset time to happen: a port access takes about 1 µs.
func settle() {
	for range 50_000 {
		amd64.Ports{}.In8(0x80)
	}
}
