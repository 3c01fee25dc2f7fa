package console

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/virtio/virtiotest"
)

// FuzzBuffers has a driver send anything, while bytes are typed.
func FuzzBuffers(f *testing.F) {
	f.Add(false, []byte{3, 8, 0, 1, 0, 0, 0, eventPortReady, 0, 1, 0, 2, 0, 9, 0})
	f.Add(true, []byte{3, 8, 0, 1, 0, 0, 0, eventOpen, 0, 1, 0, 4, 0, 1, 0})
	f.Fuzz(func(t *testing.T, packed bool, script []byte) {
		r := newRig(t, ^uint64(0), packed)
		half := len(script) / 2
		r.Play(script[:half])
		r.M.Do(func() {
			for _, p := range r.ports {
				p.Receive(script)
			}
		})
		r.Play(script[half:])
		fresh := &rig{}
		fresh.open(r.M)
		devicetest.Survives(t, r.Core(), virtiotest.Open(r.M, "modern", fresh.dev, packed).Core())
	})
}
