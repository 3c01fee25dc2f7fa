// Package ioapic is a virtual machine's I/O APIC: 24 interrupt inputs, each of
// which is turned into a message to the local APICs as its redirection entry
// says. The virtual machine registers it at guest-physical address Address,
// devices pull the lines, and the local APICs' bus tells it of the end of
// level-triggered interrupts.
//
// It follows the data sheet of the Intel 82093AA (order number 290566). It has
// the EOI register of its successors in chip sets, version 20h: Intel ICH10
// data sheet (319973) §13.5.
package ioapic

import (
	"math/bits"

	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/lapic"
)

const (
	Address = 0xfec0_0000 // guest-physical, where a PC has it
	Size    = 0x1000      // bytes of address space
	Pins    = 24          // interrupt inputs
)

// IOAPIC is an I/O APIC.
type IOAPIC struct {
	send func(lapic.Message) (accepted bool)

	id     uint32 // identification register
	index  uint8  // IOREGSEL
	entry  [Pins]uint64
	pins   uint32 // levels of the inputs, a bit each
	remote uint32 // inputs whose level interrupt was accepted and has not ended
	lines  [Pins]line
}

// New makes an I/O APIC as power-on leaves it, with all inputs masked. send
// delivers its messages: the Send of a lapic.Bus.
func New(send func(lapic.Message) (accepted bool)) *IOAPIC {
	a := &IOAPIC{send: send}
	for n := range a.lines {
		a.lines[n] = line{a, n}
	}
	a.Reset()
	return a
}

// Reset masks all inputs and clears all registers. The lines stay as the
// devices drive them. 82093AA §3.2.
func (a *IOAPIC) Reset() {
	a.id, a.index, a.remote = 0, 0, 0
	for n := range a.entry {
		a.entry[n] = entryMasked
	}
}

// line is one interrupt input.
type line struct {
	ioapic *IOAPIC
	gsi    int
}

func (l *line) Set(level bool) { l.ioapic.SetLine(l.gsi, level) }

// Line is the input of a global system interrupt, 0 to Pins-1.
func (a *IOAPIC) Line(gsi int) device.IRQ { return &a.lines[gsi] }

// SetLine sets the level of an input, 0 to Pins-1. Levels are of assertion, as
// devices here have them: the polarity that the guest sets is remembered and
// not looked at, since guests that were told otherwise, or nothing, set that of
// a real PCI line.
func (a *IOAPIC) SetLine(gsi int, level bool) {
	if uint(gsi) >= Pins {
		return
	}
	bit := uint32(1) << gsi
	if a.pins&bit != 0 == level {
		return
	}
	a.pins ^= bit
	if level {
		a.assert(gsi)
	}
}

// assert sends the interrupt of an input that has become active, or, if it is
// level-triggered, that is. On a masked input, an edge is lost. 82093AA §3.2.4,
// interrupt mask.
func (a *IOAPIC) assert(gsi int) {
	e := a.entry[gsi]
	// An I/O APIC has no start-up: that delivery mode is reserved.
	if e&entryMasked != 0 || mode(e) == lapic.StartUp {
		return
	}
	bit := uint32(1) << gsi
	level := triggersByLevel(e)
	if level && a.remote&bit != 0 {
		return
	}
	accepted := a.send(lapic.Message{
		Dest:    lapic.Dest8(uint8(e >> entryDestBit)),
		Vector:  uint8(e),
		Mode:    mode(e),
		Logical: e&entryLogical != 0,
		Level:   level,
	})
	if level && accepted {
		a.remote |= bit
	}
}

// EOI ends the level interrupts of a vector. One whose line is still asserted
// is sent again.
func (a *IOAPIC) EOI(vector uint8) {
	for left := a.remote; left != 0; left &= left - 1 {
		gsi := bits.TrailingZeros32(left)
		if gsi < Pins && uint8(a.entry[gsi]) == vector {
			a.remote &^= 1 << gsi
			if a.pins>>gsi&1 != 0 {
				a.assert(gsi)
			}
		}
	}
}
