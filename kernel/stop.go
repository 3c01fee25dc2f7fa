//go:build tamago

package main

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/boot/acpi"
	"github.com/ringo-vmm/ringo/kernel/klog"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// Ports that end an emulator.
const (
	portDebugExit = 0xf4   // QEMU's isa-debug-exit: exit status v<<1 | 1
	portBochs     = 0x8900 // Bochs: the text "Shutdown"
	portKeyboard  = 0x64   // 8042 command port
	keyboardReset = 0xfe   // pulse the processor's reset line
	portReset     = 0xcf9  // reset control register of Intel's chipsets
	resetHard     = 0x06   // system and CPU reset
	resetHardArm  = 0x02
)

// stop prints why, ends the machine, and does not return.
func stop(why thread.Stop) {
	thread.StopOthers()
	sendCore(why)
	debugDeath(why)
	l := stopLine.Reset().Str("ringo: exit ").Dec(uint64(why)).Byte(' ').Str(why.String()).Byte('\n')
	print(l.Bytes())
	if consoles.hasSerial {
		consoles.uart.Flush()
	}
	switch why {
	case thread.StopReboot:
		reboot()
	case thread.StopPowerOff:
		endEmulator(why)
		powerOff()
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

// powerOff switches the machine off by ACPI.
func powerOff() {
	off := &firmwareOff
	for i := range off.Control {
		w := &off.Control[i]
		v := readRegister(w)
		if i == 0 && off.SMICommand != 0 && v&acpi.PM1SCIEnable == 0 {
			amd64.Ports{}.Out8(off.SMICommand, off.ACPIEnable)
			for n := 0; n < 20 && readRegister(w)&acpi.PM1SCIEnable == 0; n++ {
				settle()
			}
			v = readRegister(w)
		}
		writeRegister(w, v&^w.Mask|w.Value)
	}
	settle()
}

// readRegister and writeRegister reach a power management register. One in
// memory is by host-virtual address (reachRegisters).
func readRegister(w *acpi.RegisterWrite) uint16 {
	at := w.Register.Address
	switch {
	case w.Register.Space == acpi.SystemMemory && w.Size == 1:
		return uint16(*(*uint8)(address(at)))
	case w.Register.Space == acpi.SystemMemory:
		return *(*uint16)(address(at))
	case w.Size == 1:
		return uint16(amd64.Ports{}.In8(uint16(at)))
	}
	return amd64.Ports{}.In16(uint16(at))
}

func writeRegister(w *acpi.RegisterWrite, v uint16) {
	at := w.Register.Address
	switch {
	case w.Register.Space == acpi.SystemMemory && w.Size == 1:
		*(*uint8)(address(at)) = uint8(v)
	case w.Register.Space == acpi.SystemMemory:
		*(*uint16)(address(at)) = v
	case w.Size == 1:
		amd64.Ports{}.Out8(uint16(at), uint8(v))
	default:
		amd64.Ports{}.Out16(uint16(at), v)
	}
}

// reboot resets the machine by all means there are, the kindest first.
func reboot() {
	p := amd64.Ports{}
	if r := &firmwareReset; r.Register.Address != 0 {
		p.Out8(uint16(r.Register.Address), r.Value)
		settle()
	}
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
