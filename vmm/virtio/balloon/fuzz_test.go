package balloon

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/virtio/virtiotest"
)

// FuzzBuffers has a driver give and take any pages.
func FuzzBuffers(f *testing.F) {
	f.Add(false, []byte{0, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 4, 0, 1, 0, 0, 0, 2, 10, 0, 4, 0, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Fuzz(func(t *testing.T, packed bool, script []byte) {
		r := newRig(t, packed)
		r.Play(script)
		if r.dev.Given() != len(r.host.given) {
			t.Fatalf("%d pages, %d given", r.dev.Given(), len(r.host.given))
		}
		fresh := New(r.M.RAM, &host{t, map[uint64]bool{}})
		devicetest.Survives(t, r.Core(), virtiotest.Open(r.M, "modern", fresh, packed).Core())
	})
}
