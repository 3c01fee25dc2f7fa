package virtiotest

import (
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/virtio"
	"github.com/ringo-vmm/ringo/vmm/virtio/queue"
)

// modern is VIRTIO 1.2 §4.1.4.
type modern struct{ *pci }

func (t *modern) read(off uint64, size int) uint64     { return t.load(t.caps[1][0], off, size) }
func (t *modern) write(off uint64, size int, v uint64) { t.store(t.caps[1][0], off, size, v) }

func (t *modern) Features() (f uint64) {
	for i := range uint64(2) {
		t.write(0, 4, i)
		f |= t.read(4, 4) << (32 * i)
	}
	return f
}

func (t *modern) SetFeatures(f uint64) {
	for i := range uint64(2) {
		t.write(8, 4, i)
		t.write(12, 4, f>>(32*i)&(1<<32-1))
	}
}

func (t *modern) Status() uint8     { return uint8(t.read(20, 1)) }
func (t *modern) SetStatus(v uint8) { t.write(20, 1, uint64(v)) }

func (t *modern) MaxSize(i int) uint16 {
	t.write(22, 2, uint64(i))
	return uint16(t.read(24, 2))
}

func (t *modern) Setup(i int, l queue.Layout) {
	t.write(22, 2, uint64(i))
	t.write(24, 2, uint64(l.Size))
	if t.msix {
		t.write(26, 2, uint64(i+1))
	}
	for n, v := range []uint64{l.Desc, l.Driver, l.Device} {
		at := 32 + 8*uint64(n)
		t.write(at, 4, v&(1<<32-1))
		t.write(at+4, 4, v>>32)
	}
	t.write(28, 2, 1)
}

// Notify uses the first notification structure for even queues, the second for
// odd ones.
func (t *modern) Notify(i int) {
	t.write(22, 2, uint64(i))
	off := t.read(30, 2)
	s := t.caps[2][i%2]
	t.store(s, off*uint64(s.multiplier), 2, uint64(i))
}

func (t *modern) Config(off uint64, size int) uint64       { return t.load(t.caps[4][0], off, size) }
func (t *modern) SetConfig(off uint64, size int, v uint64) { t.store(t.caps[4][0], off, size, v) }

func (t *modern) Interrupts() int {
	return t.interrupts(func() uint64 { return t.load(t.caps[3][0], 0, 1) })
}

// legacy is VIRTIO 1.2 §4.1.4.10.
type legacy struct{ *pci }

func (t *legacy) in(off uint16, size int) uint32 { return t.ports.In(legacyBase+off, size) }
func (t *legacy) out(off uint16, size int, v uint32) {
	t.ports.Out(legacyBase+off, size, v)
}

func (t *legacy) Features() uint64     { return uint64(t.in(0, 4)) }
func (t *legacy) SetFeatures(f uint64) { t.out(4, 4, uint32(f)) }
func (t *legacy) Status() uint8        { return uint8(t.in(18, 1)) }
func (t *legacy) SetStatus(v uint8)    { t.out(18, 1, uint32(v)) }
func (t *legacy) Notify(i int)         { t.out(16, 2, uint32(i)) }

func (t *legacy) MaxSize(i int) uint16 {
	t.out(14, 2, uint32(i))
	return uint16(t.in(12, 2))
}

func (t *legacy) Setup(i int, l queue.Layout) {
	t.out(14, 2, uint32(i))
	t.out(8, 4, uint32(l.Desc>>12))
}

func (t *legacy) Config(off uint64, size int) uint64 { return uint64(t.in(20+uint16(off), size)) }
func (t *legacy) SetConfig(off uint64, size int, v uint64) {
	t.out(20+uint16(off), size, uint32(v))
}

func (t *legacy) Interrupts() int {
	return t.interrupts(func() uint64 { return uint64(t.in(19, 1)) })
}

// mmio is VIRTIO 1.2 §4.2.
type mmio struct {
	dev  *virtio.MMIO
	line devicetest.Line
}

func (t *mmio) Core() *virtio.Core { return &t.dev.Core }

func (t *mmio) Features() (f uint64) {
	for i := range uint64(2) {
		t.dev.Write(0x14, 4, i)
		f |= t.dev.Read(0x10, 4) << (32 * i)
	}
	return f
}

func (t *mmio) SetFeatures(f uint64) {
	for i := range uint64(2) {
		t.dev.Write(0x24, 4, i)
		t.dev.Write(0x20, 4, f>>(32*i)&(1<<32-1))
	}
}

func (t *mmio) Status() uint8     { return uint8(t.dev.Read(0x70, 4)) }
func (t *mmio) SetStatus(v uint8) { t.dev.Write(0x70, 4, uint64(v)) }
func (t *mmio) Notify(i int)      { t.dev.Write(0x50, 4, uint64(i)) }

func (t *mmio) MaxSize(i int) uint16 {
	t.dev.Write(0x30, 4, uint64(i))
	return uint16(t.dev.Read(0x34, 4))
}

func (t *mmio) Setup(i int, l queue.Layout) {
	t.dev.Write(0x30, 4, uint64(i))
	t.dev.Write(0x38, 4, uint64(l.Size))
	for n, v := range []uint64{l.Desc, l.Driver, l.Device} {
		at := 0x80 + 0x10*uint64(n)
		t.dev.Write(at, 4, v&(1<<32-1))
		t.dev.Write(at+4, 4, v>>32)
	}
	t.dev.Write(0x44, 4, 1)
}

func (t *mmio) Config(off uint64, size int) uint64 { return t.dev.Read(0x100+off, size) }
func (t *mmio) SetConfig(off uint64, size int, v uint64) {
	t.dev.Write(0x100+off, size, v)
}

func (t *mmio) Interrupts() (n int) {
	n, t.line.Edges = t.line.Edges, 0
	t.dev.Write(0x64, 4, t.dev.Read(0x60, 4))
	return n
}
