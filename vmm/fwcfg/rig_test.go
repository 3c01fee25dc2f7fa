package fwcfg

import (
	"encoding/binary"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/ram"
)

// memory is a guest's memory of so many MiB.
func memory(t testing.TB, mib int) *ram.RAM {
	t.Helper()
	blocks := make([]ram.Block, mib*(1<<20)/ram.BlockSize)
	b := make([]byte, ram.BlockSize) // one for all: large machines are cheap
	for i := range blocks {
		blocks[i].Data = b
		if i < 4 {
			blocks[i].Data = make([]byte, ram.BlockSize)
		}
	}
	m, err := ram.New(blocks)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

type rig struct {
	*Device
	m *ram.RAM
	t testing.TB
}

func newRig(t testing.TB) *rig {
	m := memory(t, 8)
	return &rig{New(m), m, t}
}

func (r *rig) choose(key uint16) { r.Out(0, 2, uint32(key)) }

// bytes reads n bytes of an item by the data port.
func (r *rig) bytes(key uint16, n int) []byte {
	r.choose(key)
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.In(1, 1))
	}
	return b
}

const blockAt = 0x7000 // where the control block is in memory

// dma has the device carry out a control block, and returns its control then.
func (r *rig) dma(control, length uint32, addr uint64) uint32 {
	r.t.Helper()
	b := binary.BigEndian.AppendUint32(nil, control)
	b = binary.BigEndian.AppendUint32(b, length)
	b = binary.BigEndian.AppendUint64(b, addr)
	if err := r.m.Write(blockAt, b); err != nil {
		r.t.Fatal(err)
	}
	r.Out(4, 4, 0)
	r.Out(8, 4, swap(blockAt))
	r.m.Read(blockAt, b)
	return binary.BigEndian.Uint32(b)
}

// file finds a file as firmware does, by the directory, and reads it by DMA.
func (r *rig) file(name string) []byte {
	r.t.Helper()
	n := int(binary.BigEndian.Uint32(r.bytes(0x19, 4)))
	dir := r.bytes(0x19, 4+64*n)[4:]
	for ; len(dir) > 0; dir = dir[64:] {
		var want [56]byte
		copy(want[:], name)
		if [56]byte(dir[8:64]) != want {
			continue
		}
		size := binary.BigEndian.Uint32(dir)
		key := binary.BigEndian.Uint16(dir[4:])
		if got := r.dma(uint32(key)<<16|8|2, size, 1<<20); got != 0 {
			r.t.Fatalf("%s: DMA ends with %#x", name, got)
		}
		b := make([]byte, size)
		r.m.Read(1<<20, b)
		return b
	}
	r.t.Fatalf("there is no file %s", name)
	return nil
}
