package vga

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/device"
)

// planeSize is the size of one of the four planes in bytes.
const planeSize = 64 << 10

type window VGA

// Window is the device for WindowSize bytes at memmap.Video.
func (v *VGA) Window() device.MMIO { return (*window)(v) }

// Read is device.MMIO's. An access of several bytes is several accesses of one,
// as on the adapter's 8-bit bus, but for the linear modes.
func (w *window) Read(off uint64, size int) uint64 {
	v := (*VGA)(w)
	if v.path.linear {
		if off >= bankSize {
			return ^uint64(0)
		}
		return readBytes(v.mem, v.path.bank+off, size)
	}
	var r uint64
	for i := range size {
		r |= uint64(v.readByte(off+uint64(i))) << (8 * i)
	}
	return r
}

// Write is device.MMIO's.
func (w *window) Write(off uint64, size int, b uint64) {
	v := (*VGA)(w)
	if v.path.linear {
		if off < bankSize {
			writeBytes(v.mem, v.path.bank+off, size, b)
		}
		return
	}
	for i := range size {
		v.writeByte(off+uint64(i), uint8(b>>(8*i)))
	}
}

type framebuffer VGA

// Framebuffer is the device for the linear framebuffer: all of the memory.
func (v *VGA) Framebuffer() device.MMIO { return (*framebuffer)(v) }

// Read is device.MMIO's.
func (f *framebuffer) Read(off uint64, size int) uint64 { return readBytes(f.mem, off, size) }

// Write is device.MMIO's.
func (f *framebuffer) Write(off uint64, size int, b uint64) { writeBytes(f.mem, off, size, b) }

// readBytes reads size bytes (1, 2, 4 or 8), all ones if they are not all there.
func readBytes(mem []byte, off uint64, size int) uint64 {
	if off >= uint64(len(mem)) || uint64(size) > uint64(len(mem))-off {
		return ^uint64(0)
	}
	switch p := mem[off:]; size {
	case 1:
		return uint64(p[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(p))
	case 4:
		return uint64(binary.LittleEndian.Uint32(p))
	default:
		return binary.LittleEndian.Uint64(p)
	}
}

// writeBytes writes size bytes (1, 2, 4 or 8) if there is room for them.
func writeBytes(mem []byte, off uint64, size int, b uint64) {
	if off >= uint64(len(mem)) || uint64(size) > uint64(len(mem))-off {
		return
	}
	switch p := mem[off:]; size {
	case 1:
		p[0] = uint8(b)
	case 2:
		binary.LittleEndian.PutUint16(p, uint16(b))
	case 4:
		binary.LittleEndian.PutUint32(p, uint32(b))
	default:
		binary.LittleEndian.PutUint64(p, b)
	}
}
