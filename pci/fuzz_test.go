package pci

import (
	"hash/maphash"
	"testing"
)

// wildSpace answers every read with something made of the seed, the address
// and how often it was asked; data comes first for bus 0.
type wildSpace struct {
	data    []byte
	seed    maphash.Seed
	steady  bool
	reads   uint64
	density uint8
}

func (w *wildSpace) Read32(a Address, off uint16) uint32 {
	w.reads++
	at := (int(a.Bus)<<11|int(a.Device)<<6|int(a.Function)<<3)*4 + int(off)
	if len(w.data) >= 4 {
		at %= len(w.data) - 3
		v := uint32(w.data[at]) | uint32(w.data[at+1])<<8 | uint32(w.data[at+2])<<16 | uint32(w.data[at+3])<<24
		if !w.steady {
			v += uint32(w.reads * 0x9e3779b9)
		}
		if off == regID && uint8(at) > w.density {
			return absent
		}
		return v
	}
	return uint32(maphash.Comparable(w.seed, [2]any{a, off}))
}

func (w *wildSpace) Write32(Address, uint16, uint32) {}

// FuzzScan: a scan of any configuration space ends, and nothing that comes of
// it panics.
func FuzzScan(f *testing.F) {
	f.Add([]byte{}, true, uint8(255))
	f.Add([]byte{0x86, 0x80, 0x37, 0x12, 0x07, 0x01, 0x10, 0x00, 2, 0, 0, 6, 0, 0, 0x81, 0}, true, uint8(40))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x00, 0x11, 0x05, 0x40, 0x40}, false, uint8(128))
	seed := maphash.MakeSeed()
	f.Fuzz(func(t *testing.T, data []byte, steady bool, density uint8) {
		w := &wildSpace{data: data, seed: seed, steady: steady, density: density}
		devices, _ := Scan(w, 0, 0, 1)
		for _, d := range devices {
			_ = d.String()
			for _, b := range d.BARs {
				if b.Size == 0 || b.Size&(b.Size-1) != 0 || b.Base+b.Size-1 < b.Base {
					t.Fatalf("%v: %v", d.Address, b)
				}
			}
			if m, err := d.MSI(); err == nil {
				_ = m.Enable(Message{0xfee0_0000, 0x30})
			}
			if m, err := d.MSIX(); err == nil {
				bar, err := d.BAR(int(d.Read32(m.off+msixTable) & msixBIR))
				if steady && (err != nil || m.Phys < bar.Base || m.Phys+m.Size > bar.Base+bar.Size && bar.Base+bar.Size != 0) {
					t.Fatalf("%v: table of %d bytes at %#x in %v, %v", d.Address, m.Size, m.Phys, bar, err)
				}
			}
		}
	})
}
