// Package vga is a VGA adapter: IBM's registers and its 256 KiB of memory in
// four planes, text and graphics modes, and the linear framebuffer of Bochs and
// QEMU's "stdvga", as a PCI function that VGA BIOSes and kernels know. It draws
// nothing by itself: Text is the text screen, ANSI shows that on a terminal,
// and Image is a picture of what a monitor would show.
//
// Whoever builds the machine makes a VGA, registers Ports at PortBase, VBE at
// VBEBase and Window at memmap.Video, and adds Function to the PCI bus.
//
// The package follows the IBM Personal System/2 Hardware Interface Technical
// Reference, "Video Subsystem" (IBM VGA), as Intel's graphics programmer's
// reference manuals (965 Express PRM vol. 3 part 1, ch. 2, VGA registers) and
// FreeVGA restate it, and QEMU's docs/specs/standard-vga with Bochs' "VBE
// display HOWTO" for the rest. Bits that no software is known to use are kept
// and have no effect: split-pixel panning, preset row scan, the cursor skew.
package vga

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/device"
)

// Where the adapter is registered: on the port bus, and, for WindowSize bytes at
// memmap.Video, in memory.
const (
	PortBase   = 0x3b0
	PortCount  = 0x30
	VBEBase    = 0x1ce
	VBEPorts   = 3
	WindowSize = 128 << 10
)

// Sizes of video memory in bytes, a power of two.
const (
	MinMemory     = 256 << 10 // the four planes
	MaxMemory     = 256 << 20
	DefaultMemory = 16 << 20
)

// VGA is the adapter.
type VGA struct {
	clock device.Clock
	mem   []byte // dword n holds byte n of each plane, plane 0 first

	misc    uint8
	feature uint8
	seq     bank
	gc      bank
	crtc    bank
	attr    attribute
	dac     dac
	latch   uint32 // one byte of each plane
	vbe     vbe
	path    datapath // follows from seq, gc, misc and vbe
}

// bank is registers behind an index.
type bank struct {
	index uint8
	regs  [crtcCount]uint8
}

// New makes an adapter with video memory mem, whose size is a power of two from
// MinMemory to MaxMemory. What is in memory stays there.
func New(clock device.Clock, mem []byte) (*VGA, error) {
	if n := len(mem); n < MinMemory || n > MaxMemory || n&(n-1) != 0 {
		return nil, fmt.Errorf("vga: %d bytes of memory are no power of two from %d to %d", n, MinMemory, MaxMemory)
	}
	v := &VGA{clock: clock, mem: mem}
	v.Reset()
	return v, nil
}

// Reset is power-on's: no mode is set, and the screen is blank. The memory is
// empty.
func (v *VGA) Reset() {
	*v = VGA{clock: v.clock, mem: v.mem}
	clear(v.mem)
	v.dac.mask = 0xff
	v.vbe.reset()
	v.update()
}

// update brings what follows from registers in step with them.
func (v *VGA) update() { v.path = v.newDatapath() }
