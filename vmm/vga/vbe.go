package vga

import "github.com/ringo-vmm/ringo/vmm/device"

// Bochs' display interface: an index at VBEBase, and data of 16 bits at the
// port behind it or the one behind that. Bochs, "VBE display HOWTO"; QEMU,
// docs/specs/standard-vga.
const (
	vbeID         = 0
	vbeX          = 1
	vbeY          = 2
	vbeBPP        = 3
	vbeEnable     = 4
	vbeBank       = 5
	vbeVirtWidth  = 6
	vbeVirtHeight = 7
	vbeXOffset    = 8
	vbeYOffset    = 9
	vbeMemory     = 10 // units of 64 KiB, read-only
	vbeCount      = 11

	vbeFirst, vbeLatest = 0xb0c0, 0xb0c5 // versions of the interface

	enableOn        = 1 << 0
	enableCaps      = 1 << 1 // x, y and depth read as the most there can be
	enable8Bit      = 1 << 5 // the DAC has 8 bits
	enableLFB       = 1 << 6
	enableKeep      = 1 << 7 // memory is not cleared
	enableBits      = enableOn | enableCaps | enable8Bit | enableLFB | enableKeep
	vbeMaxX         = 2560
	vbeMaxY         = 1600
	vbeMaxBPP       = 32
	bankSize        = 64 << 10
	vbeMaxVirtWidth = 1 << 13
)

// vbe is the registers of the interface. While it is on, x, y, depth and the
// virtual width are such that the screen fits into the memory.
type vbe struct {
	index uint16
	regs  [vbeCount]uint16
}

func (b *vbe) reset() {
	*b = vbe{}
	b.regs[vbeID] = vbeLatest
}

func (b *vbe) on() bool { return b.regs[vbeEnable]&enableOn != 0 }

// linear tells whether pixels are bytes one behind the other, not bits in four
// planes.
func (b *vbe) linear() bool { return b.on() && b.regs[vbeBPP] != 4 }

// deepDAC tells whether the DAC's components have 8 bits.
func (b *vbe) deepDAC() bool { return b.regs[vbeEnable]&enable8Bit != 0 }

// bank is the first byte that the window shows, of so many.
func (b *vbe) bank(size uint64) uint64 {
	if b.regs[vbeBPP] == 4 {
		size /= 4
	}
	return uint64(b.regs[vbeBank]) * bankSize & (size - 1)
}

// pixelBits is the bits of a pixel in memory; 15 take 16.
func (b *vbe) pixelBits() int { return (int(b.regs[vbeBPP]) + 1) &^ 1 }

// lineBytes is the bytes from line to line; in four planes, those of one.
func (b *vbe) lineBytes() int {
	if b.regs[vbeBPP] == 4 {
		return int(b.regs[vbeVirtWidth]) / 8
	}
	return int(b.regs[vbeVirtWidth]) * b.pixelBits() / 8
}

type vbePorts VGA

// VBE is the device for the ports from VBEBase.
func (v *VGA) VBE() device.Ports { return (*vbePorts)(v) }

// In is device.Ports'.
func (p *vbePorts) In(off uint16, _ int) uint32 {
	v := (*VGA)(p)
	if off == 0 {
		return uint32(v.vbe.index)
	}
	return uint32(v.readVBE(v.vbe.index))
}

// Out is device.Ports'. Other than 16 bits are no access.
func (p *vbePorts) Out(off uint16, size int, w uint32) {
	v := (*VGA)(p)
	switch {
	case size != 2:
	case off == 0:
		v.vbe.index = uint16(w)
	default:
		v.writeVBE(v.vbe.index, uint16(w))
	}
}

func (v *VGA) readVBE(i uint16) uint16 {
	b := &v.vbe
	switch {
	case i == vbeMemory:
		return uint16(len(v.mem) / bankSize)
	case i >= vbeCount:
		return 0
	case b.regs[vbeEnable]&enableCaps != 0 && i >= vbeX && i <= vbeBPP:
		return [...]uint16{vbeMaxX, vbeMaxY, vbeMaxBPP}[i-vbeX]
	case i == vbeVirtHeight && b.on():
		return uint16(min(v.virtualHeight(), 1<<16-1))
	}
	return b.regs[i]
}

// virtualHeight is the lines that memory has room for.
func (v *VGA) virtualHeight() int {
	size := len(v.mem)
	if v.vbe.regs[vbeBPP] == 4 {
		size /= 4
	}
	return size / max(v.vbe.lineBytes(), 1)
}

func (v *VGA) writeVBE(i, w uint16) {
	b := &v.vbe
	switch i {
	case vbeID:
		if w >= vbeFirst && w <= vbeLatest {
			b.regs[vbeID] = w
		}
	case vbeX, vbeY, vbeBPP: // for the next time that it is turned on
		if i == vbeX {
			w &^= 7
		}
		if !b.on() {
			b.regs[i] = w
		}
	case vbeEnable:
		v.enableVBE(w & enableBits)
	case vbeBank:
		b.regs[vbeBank] = w
	case vbeVirtWidth:
		v.setVirtualWidth(w)
	case vbeXOffset, vbeYOffset:
		b.regs[i] = w
	}
	v.update()
}

// enableVBE turns the extended mode on or off. One that cannot be shown stays
// off.
func (v *VGA) enableVBE(w uint16) {
	b := &v.vbe
	was := b.on()
	b.regs[vbeEnable] = w
	if !b.on() || was {
		return
	}
	x, y := b.regs[vbeX], b.regs[vbeY]
	switch b.regs[vbeBPP] {
	case 0:
		b.regs[vbeBPP] = 8
	case 4, 8, 15, 16, 24, 32:
	default:
		x = 0 // there is no such depth
	}
	b.regs[vbeVirtWidth] = x
	if x == 0 || x > vbeMaxX || y == 0 || y > vbeMaxY || v.virtualHeight() < int(y) {
		b.regs[vbeEnable] &^= enableOn
		return
	}
	b.regs[vbeBank], b.regs[vbeXOffset], b.regs[vbeYOffset] = 0, 0, 0
	if w&enableKeep == 0 {
		clear(v.mem)
	}
}

// setVirtualWidth makes lines longer than what is shown of them, if they fit.
func (v *VGA) setVirtualWidth(w uint16) {
	b := &v.vbe
	old := b.regs[vbeVirtWidth]
	if w &^= 7; w < b.regs[vbeX] || w > vbeMaxVirtWidth {
		return
	}
	if b.regs[vbeVirtWidth] = w; b.on() && v.virtualHeight() < int(b.regs[vbeY]) {
		b.regs[vbeVirtWidth] = old
	}
}
