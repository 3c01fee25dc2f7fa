package pc

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
)

// Virtio devices are where the configuration says, and saved with the machine.
func TestVirtioDevicesAreOnTheirBus(t *testing.T) {
	const vendor, block, entropy, magic = 0x1af4, 0x1001, 0x1005, 0x74726976
	for _, where := range []config.Virtio{"", config.VirtioPCI, config.VirtioMMIO} {
		newPC := func() *PC {
			c := machine(&host{now: 1})
			c.Virtio, c.RNG = where, true
			c.Disks = []Disk{{Data: make([]byte, 1<<20), Bus: config.BusVirtio}}
			return build(t, c)
		}
		p := newPC()
		for i, id := range []uint32{block, entropy} {
			p.VM.Ports.Out(0xcf8, 4, uint32(1<<31|(firstSlot+i)<<11))
			got, want := p.VM.Ports.In(0xcfc, 4), id<<16|vendor
			if where == config.VirtioMMIO {
				got, want = uint32(p.VM.Memory.Read(windowBase+uint64(i)*windowSize, 4)), magic
			}
			if got != want {
				t.Errorf("%q: device %d is %#x, want %#x", where, i, got, want)
			}
		}
		devicetest.Survives(t, p, newPC())
		if n := len(p.extended); n != 2 {
			t.Errorf("%q: %d devices are saved, want 2", where, n)
		}
		p.Reset()
	}
}

func TestACDHasNoPlaceAtVirtio(t *testing.T) {
	c := machine(&host{now: 1})
	c.Disks = []Disk{{Data: make([]byte, 1<<20), CD: true, Bus: config.BusVirtio}}
	if p, err := New(c); err == nil {
		p.VM.Close()
		t.Error("it has")
	}
}
