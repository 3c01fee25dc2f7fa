package ata

import (
	"encoding/binary"
	"strings"
	"testing"
)

func words(p *[SectorSize]byte) (w [256]uint16) {
	for i := range w {
		w[i] = binary.LittleEndian.Uint16(p[2*i:])
	}
	return w
}

// chars is text as a host reads it.
func chars(w []uint16) string {
	var b strings.Builder
	for _, v := range w {
		b.WriteByte(byte(v >> 8))
		b.WriteByte(byte(v))
	}
	return b.String()
}

func TestADiskIdentifiesItself(t *testing.T) {
	const sectors = 1 << 32
	d := Drive{Model: "RINGO DISK", Serial: "1\x00é", Sectors: sectors, Default: DefaultGeometry(sectors),
		Current: Geometry{100, 4, 17}, Multiple: 8, WriteCache: true, Mode: DefaultMode}
	var p [SectorSize]byte
	d.Identify(&p)
	w := words(&p)
	for i, want := range map[int]uint16{
		0: 0x40, 1: 16383, 3: 16, 6: 63, 47: 0x8010, 49: 0x0f00, 53: 7, 54: 100, 55: 4, 56: 17, 57: 6800, 58: 0,
		59: 0x108, 60: 0xffff, 61: 0xfff, 63: 0x407, 64: 3, 65: 120, 80: 0x78, 82: 0x4028, 83: 0x7400, 84: 0x4000,
		85: 0x4028, 86: 0x3400, 87: 0x4000, 88: 0, 93: 0x6001, 100: 0, 101: 0, 102: 1, 103: 0, 255: 0,
	} {
		if w[i] != want {
			t.Errorf("word %d is %#x, want %#x", i, w[i], want)
		}
	}
	if got := chars(w[27:47]); got != "RINGO DISK"+strings.Repeat(" ", 30) {
		t.Errorf("model %q", got)
	}
	if got := chars(w[10:20]); got != "1"+strings.Repeat(" ", 19) {
		t.Errorf("serial %q", got)
	}
	d.WriteCache, d.UDMA, d.Mode = false, true, 0x45
	d.Identify(&p)
	if w := words(&p); w[85] != 0x4008 || w[63] != 7 || w[88] != 0x203f {
		t.Errorf("words 85, 63 and 88 are %#x, %#x, %#x", w[85], w[63], w[88])
	}
}

func TestACDIdentifiesItself(t *testing.T) {
	d := Drive{Model: "RINGO CD", Mode: DefaultMode}
	var p [SectorSize]byte
	d.IdentifyPacket(&p)
	w := words(&p)
	for i, want := range map[int]uint16{0: 0x85c0, 49: 0x0f00, 63: 0x407, 80: 0x78, 82: 0x4218, 85: 0x4218, 60: 0, 100: 0} {
		if w[i] != want {
			t.Errorf("word %d is %#x, want %#x", i, w[i], want)
		}
	}
}

func TestGeometry(t *testing.T) {
	for sectors, want := range map[uint64]Geometry{
		0: {1, 16, 63}, 1008 * 20: {20, 16, 63}, 1 << 40: {16383, 16, 63},
	} {
		if got := DefaultGeometry(sectors); got != want {
			t.Errorf("%d sectors: %+v, want %+v", sectors, got, want)
		}
	}
	g, ok := NewGeometry(10000, 5, 17)
	if !ok || g != (Geometry{117, 5, 17}) || g.Capacity() != 117*85 {
		t.Errorf("%+v, %v", g, ok)
	}
	for lba := range uint64(9000) {
		c, h, s := g.CHS(lba)
		if back, ok := g.LBA(c, h, s); !ok || back != lba {
			t.Fatalf("sector %d is %d/%d/%d, which is %d, %v", lba, c, h, s, back, ok)
		}
	}
	for _, bad := range [][2]uint8{{0, 0}, {0, 18}, {5, 1}, {15, 17}} {
		if _, ok := g.LBA(0, bad[0], bad[1]); ok {
			t.Errorf("head %d, sector %d is an address", bad[0], bad[1])
		}
	}
	for _, bad := range [][2]uint8{{0, 1}, {1, 0}, {17, 1}} {
		if _, ok := NewGeometry(1, bad[0], bad[1]); ok {
			t.Errorf("%d heads of %d sectors is a geometry", bad[0], bad[1])
		}
	}
	var zero Geometry
	zero.CHS(1 << 60)
}

func TestTransferModes(t *testing.T) {
	d := Drive{}
	for mode, want := range map[uint8]bool{0: true, 1: true, 2: false, 8: true, 0xc: true, 0xd: false, 0x10: false,
		0x20: true, 0x22: true, 0x23: false, 0x40: false, 0x80: false, 0xff: false} {
		if got := d.ModeSupported(mode); got != want {
			t.Errorf("mode %#x: %v", mode, got)
		}
	}
	d.UDMA = true
	if !d.ModeSupported(0x45) || d.ModeSupported(0x46) {
		t.Error("Ultra DMA modes")
	}
}
