package pcihost

import "testing"

// answers is a device that answers with where it is asked, and remembers what is
// written.
type answers struct {
	off   uint16
	value uint32
}

func (a *answers) In(off uint16, size int) uint32     { return uint32(off)<<8 | uint32(size) }
func (a *answers) Out(off uint16, size int, v uint32) { a.off, a.value = off, v }

func TestADeviceAnswersForPartOfTheConfiguration(t *testing.T) {
	f, err := NewFunction(Header{Vendor: 1, Device: 2})
	if err != nil {
		t.Fatal(err)
	}
	d := &answers{}
	f.Delegate(0x50, 4, d)
	for _, c := range []struct {
		off  uint8
		size int
		want uint32
	}{{0x50, 4, 4}, {0x52, 2, 0x202}, {0x53, 1, 0x301}, {0x4c, 4, 0}, {0x54, 4, 0}, {0xff, 2, allOnes}} {
		if got := f.Read(c.off, c.size); got != c.want {
			t.Errorf("%d bytes at %#x are %#x, want %#x", c.size, c.off, got, c.want)
		}
	}
	f.Write(0x52, 2, 77)
	if d.off != 2 || d.value != 77 {
		t.Errorf("%d written at %d", d.value, d.off)
	}
	f.Write(0x54, 1, 88)
	if d.value != 77 {
		t.Error("what is behind goes to the device")
	}
}
