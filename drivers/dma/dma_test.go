package dma_test

import (
	"testing"

	"github.com/ringo-vmm/ringo/drivers/dma"
	"github.com/ringo-vmm/ringo/drivers/dma/dmatest"
)

func TestBufferIsAsLargeAsAskedAndAligned(t *testing.T) {
	m := dmatest.New(t)
	for _, c := range []struct{ size, got int }{{1, 4096}, {4096, 4096}, {4097, 8192}, {512 << 10, 512 << 10}, {512<<10 + 1, 1 << 20}} {
		b, err := dma.Alloc(m, c.size)
		if err != nil || len(b.Data) != c.got || b.Phys%uint64(c.got) != 0 {
			t.Errorf("%d bytes: got %d at %#x, %v; want %d", c.size, len(b.Data), b.Phys, err, c.got)
		}
		b.Free()
		b.Free() // of nothing
	}
	if m.InUse() != 0 {
		t.Errorf("%d buffers are left", m.InUse())
	}
}

func TestNoMemoryIsAnError(t *testing.T) {
	m := dmatest.New(t)
	m.Left = 0
	if b, err := dma.Alloc(m, 1); err == nil || b.Data != nil {
		t.Errorf("got %v, %v", b, err)
	}
	if _, err := dma.Alloc(dmatest.New(t), 0); err == nil {
		t.Error("no bytes are no error")
	}
}

func TestWordsAreLittleEndianInPlace(t *testing.T) {
	b, err := dma.Alloc(dmatest.New(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	dma.Words[uint32](b, 8, 4)[1] = 0x11223344
	if b.Data[12] != 0x44 || b.Data[15] != 0x11 || dma.Words[uint16](b, 14, 1)[0] != 0x1122 || dma.Words[uint64](b, 8, 1)[0] != 0x11223344<<32 {
		t.Errorf("bytes % x", b.Data[8:24])
	}
}
