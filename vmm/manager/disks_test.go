package manager

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/block"
)

// What a guest has written is on its disks after a reset, and gone when the
// machine has ended.
func TestOverlaysOutliveResets(t *testing.T) {
	r := newRig(t, flat("a", "disk = [{ file = \"disk\" }]\n"))
	data := make([]byte, 1<<20)
	r.Module = func(name string) ([]byte, bool) {
		if name == "image" {
			return []byte{0xf4}, true
		}
		return data, true
	}
	v := r.machine()
	overlay := func() *block.Overlay {
		p, err := v.running()
		if err != nil {
			t.Fatal(err)
		}
		o := p.Disks()[0].Overlay()
		if o == nil {
			t.Fatal("the disk has no overlay")
		}
		return o
	}
	first := func() byte {
		var b [1]byte
		if _, err := overlay().ReadAt(b[:], 0); err != nil {
			t.Fatal(err)
		}
		return b[0]
	}
	if _, err := overlay().WriteAt([]byte{7}, 0); err != nil {
		t.Fatal(err)
	}
	if err := v.Reset(); err != nil {
		t.Fatal(err)
	}
	if got := first(); got != 7 {
		t.Errorf("after a reset the disk begins with %d", got)
	}
	if err := v.Destroy(); err != nil {
		t.Fatal(err)
	}
	r.machine()
	if got := first(); got != 0 || data[0] != 0 {
		t.Errorf("after the machine's end the disk begins with %d, its file with %d", got, data[0])
	}
}
