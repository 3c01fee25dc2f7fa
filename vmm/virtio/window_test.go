package virtio_test

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/virtio"
	"github.com/ringo-vmm/ringo/vmm/virtio/virtiotest"
)

// windowAt is where a function has its capability. VIRTIO 1.2 §4.1.4.9.
func windowAt(t *testing.T, d *virtio.PCI) uint8 {
	t.Helper()
	f := d.Function
	for at := uint8(f.Read(0x34, 1)); at != 0; at = uint8(f.Read(at+1, 1)) {
		if f.Read(at, 1) == 9 && f.Read(at+3, 1) == 5 {
			return at
		}
	}
	t.Fatal("there is none")
	return 0
}

func TestTheWindowReachesNothingElse(t *testing.T) {
	echo := &echo{config: [12]byte{1, 2, 3, 4, 5, 6, 7, 8}}
	d, err := virtio.NewPCI(echo, virtiotest.NewMachine(t).Wiring(false))
	if err != nil {
		t.Fatal(err)
	}
	f, at := d.Function, windowAt(t, d)
	const config = 0x2000 // of the device, in BAR 4
	for _, c := range []struct {
		bar, off, length uint32
		want             uint32
	}{
		{4, config, 4, 0x04030201},
		{4, config + 2, 2, 0x0403},
		{4, config + 3, 1, 0x04},
		{0, 0x14, 4, 0x04030201}, // the legacy registers' end with it
		{1, 0, 4, 0},             // the table of interrupts
		{2, 0, 4, 0},
		{255, config, 4, 0},
		{4, config + 1, 2, 0},
		{4, config, 3, 0},
		{4, config, 0, 0},
		{4, config, 8, 0},
		{4, config, 1 << 31, 0},
		{4, 16 << 10, 4, 0},
		{4, 1<<32 - 4, 4, 0},
		{0, 128, 4, 0},
	} {
		f.Write(at+4, 1, c.bar)
		f.Write(at+8, 4, c.off)
		f.Write(at+12, 4, c.length)
		if got := f.Read(at+16, 4); got != c.want {
			t.Errorf("%d bytes at %#x of BAR %d are %#x, want %#x", c.length, c.off, c.bar, got, c.want)
		}
		before := echo.config
		if f.Write(at+16, 4, f.Read(at+16, 4)); echo.config != before {
			t.Errorf("%d bytes at %#x of BAR %d: written back, %x has become %x", c.length, c.off, c.bar, before, echo.config)
		}
	}
}

func TestPartsOfTheWindowsData(t *testing.T) {
	echo := &echo{config: [12]byte{1, 2, 3, 4}}
	d, err := virtio.NewPCI(echo, virtiotest.NewMachine(t).Wiring(false))
	if err != nil {
		t.Fatal(err)
	}
	f, at := d.Function, windowAt(t, d)
	f.Write(at+4, 1, 4)
	f.Write(at+8, 4, 0x2000)
	f.Write(at+12, 4, 4)
	if got := f.Read(at+18, 2) & 0xffff; got != 0x0403 {
		t.Errorf("the upper half is %#x", got)
	}
	f.Write(at+12, 4, 2)
	f.Write(at+16, 4, 0xaabbccdd)
	if want := [12]byte{0xdd, 0xcc, 3, 4}; echo.config != want {
		t.Errorf("two bytes written: %x", echo.config)
	}
	before := echo.config
	if f.Write(at+17, 1, 0xee); echo.config != before {
		t.Errorf("%x has become %x by a write behind the first byte", before, echo.config)
	}
}
