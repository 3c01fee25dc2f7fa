package nic

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/virtio/virtiotest"
)

// FuzzBuffers has a driver send anything and command anything, with frames that
// come in between.
func FuzzBuffers(f *testing.F) {
	f.Add(false, append([]byte{1, 72, 0}, make([]byte, 72)...))
	f.Add(true, []byte{4, 3, 1, classRX, rxPromiscuous, 0, 4, 4, 1, classPairs, pairsSet, 2, 0, 0, 0, 100, 2, 0, 1})
	f.Fuzz(func(t *testing.T, packed bool, script []byte) {
		r := newRig(t, options{packed: packed, pairs: 2})
		half := len(script) / 2
		r.Play(script[:half])
		r.dev.NIC().Receive(ether.Frame{Data: frame(own, 60+half%5000)})
		r.Play(script[half:])
		if len(r.bugs) != 0 {
			t.Fatal(r.bugs)
		}
		fresh := &rig{port: &port{}}
		fresh.open(r.M, 2)
		c := virtiotest.Open(r.M, "modern", fresh.dev, packed).Core()
		r.M.Do(func() { devicetest.Survives(t, r.Core(), c) })
	})
}
