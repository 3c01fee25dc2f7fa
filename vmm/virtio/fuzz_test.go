package virtio_test

import (
	"bytes"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
	"github.com/ringo-vmm/ringo/vmm/virtio"
	"github.com/ringo-vmm/ringo/vmm/virtio/virtiotest"
)

// loadBad loads a state of which byte i is another.
func loadBad(d *virtio.Core, b []byte, i int) {
	bad := bytes.Clone(b)
	bad[i] ^= 0xff
	d.State(state.Loader(bad))
	for q := range echoQueues {
		d.Queue(q).Notify(true)
	}
}

// access is one of a fuzzed guest: where, what size, and a value.
type access struct {
	kind, off byte
	size      int
	v         uint64
}

func accesses(script []byte) (list []access) {
	for ; len(script) >= 4; script = script[4:] {
		size := 1 << (script[0] >> 4 & 3)
		v := uint64(script[2]) | uint64(script[3])<<8
		if script[0]&0x40 != 0 {
			v = v<<12 | v>>4 // an address, likely
		}
		list = append(list, access{script[0] & 0xf, script[1], size, v})
	}
	return list
}

// seeds start a queue and notify, by the modern registers, the legacy ones and
// MMIO.
func seeds(f *testing.F) {
	f.Add([]byte{0x01, 20, 3, 0, 0x21, 8, 1, 0, 0x21, 12, 1, 0, 0x01, 20, 11, 0, 0x61, 32, 0, 1, 0x61, 40, 0, 2, 0x61, 48, 0, 3, 0x11, 28, 1, 0, 0x01, 20, 15, 0, 0x15, 0, 0, 0, 0x00, 20, 0, 0})
	f.Add([]byte{0x04, 18, 3, 0, 0x24, 8, 1, 0, 0x04, 18, 7, 0, 0x14, 16, 0, 0, 0x03, 19, 0, 0})
	f.Add([]byte{0x21, 0x70, 3, 0, 0x21, 0x24, 1, 0, 0x21, 0x20, 1, 0, 0x21, 0x70, 11, 0, 0x61, 0x80, 0, 1, 0x61, 0x90, 0, 2, 0x61, 0xa0, 0, 3, 0x21, 0x38, 8, 0, 0x21, 0x44, 1, 0, 0x21, 0x70, 15, 0, 0x21, 0x50, 0, 0})
}

// again saves the device, loads another with that, and saves that.
func again(t *testing.T, d, fresh *virtio.Core) {
	b := devicetest.Save(d)
	l := state.Loader(b)
	fresh.State(l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(devicetest.Save(fresh), b) {
		t.Fatal("a load makes another device")
	}
}

// FuzzAccessPCI has a guest do anything to the registers and the configuration
// space of a PCI device.
func FuzzAccessPCI(f *testing.F) {
	seeds(f)
	m := virtiotest.NewMachine(f)
	open := func(t *testing.T) *virtio.PCI {
		d, err := virtio.NewPCI(&echo{limit: 4}, m.Wiring(true))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		m.Log = nil
		d := open(t)
		legacy := virtio.Legacy(d)
		for _, a := range accesses(script) {
			region := uint64(a.kind&7) >> 1 << 12 // common, ISR, device, notify
			switch {
			case a.kind&8 != 0:
				size := min(a.size, 4)
				d.Function.Write(a.off, size, uint32(a.v))
			case a.kind == 3:
				legacy.In(uint16(a.off)&0x7f, min(a.size, 4))
			case a.kind == 4:
				legacy.Out(uint16(a.off)&0x7f, min(a.size, 4), uint32(a.v))
			case a.kind&1 == 0:
				d.Read(region|uint64(a.off), a.size)
			case a.kind == 5:
				d.Write(0x3000|uint64(a.off), a.size, a.v)
			default:
				d.Write(region|uint64(a.off), a.size, a.v)
			}
		}
		m.Clock.Advance(1)
		again(t, &d.Core, &open(t).Core)
	})
}

// FuzzAccessMMIO has a guest do anything to the registers of an MMIO device.
func FuzzAccessMMIO(f *testing.F) {
	seeds(f)
	m := virtiotest.NewMachine(f)
	f.Fuzz(func(t *testing.T, script []byte) {
		m.Log = nil
		var lines [2]devicetest.Line
		var devices [2]*virtio.MMIO
		for i := range devices {
			var err error
			if devices[i], err = virtio.NewMMIO(&echo{limit: 4}, m.Wiring(true), &lines[i]); err != nil {
				t.Fatal(err)
			}
		}
		d := devices[0]
		for _, a := range accesses(script) {
			off := uint64(a.off) | uint64(a.kind>>1&1)<<8
			if a.kind&1 == 0 {
				d.Read(off, a.size)
			} else {
				d.Write(off, a.size, a.v)
			}
		}
		m.Clock.Advance(1)
		again(t, &d.Core, &devices[1].Core)
		if lines[0].Level != lines[1].Level {
			t.Fatal("a load leaves the line behind")
		}
	})
}
