package manager

import (
	"encoding/binary"
	"strings"
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

// imageOf is a qcow2 image that says that its disk has so many bytes, with an
// empty table of clusters at the file's end. QEMU, docs/interop/qcow2.txt.
func imageOf(size uint64) []byte {
	const table, entries, clusterBits = 104, 8, 16
	b := make([]byte, table+8*entries)
	copy(b, "QFI\xfb")
	be := binary.BigEndian
	be.PutUint32(b[4:], 3)
	be.PutUint32(b[20:], clusterBits)
	be.PutUint64(b[24:], size)
	be.PutUint32(b[36:], entries)
	be.PutUint64(b[40:], table)
	be.PutUint32(b[96:], 4)
	be.PutUint32(b[100:], table)
	return b
}

// The format of a disk is what its file was when the configuration was read,
// whatever a guest makes of it.
func TestFormatsOfDisks(t *testing.T) {
	image, damaged, raw := imageOf(3<<20), imageOf(3<<20), make([]byte, 1<<20)
	damaged[7] = 9
	files := map[string][]byte{"image": {0xf4}, "good": image, "bad": damaged, "raw": raw}
	for _, tt := range []struct {
		keys, want string
		size       uint64
	}{
		{`file = "good"`, "", 3 << 20},
		{`file = "good", mode = "readonly"`, "", 3 << 20},
		{`file = "good", mode = "write"`, "vm a: disk: number 1: a qcow2 image cannot be written", 0},
		{`file = "bad"`, "vm a: disk[0]: qcow2: version 9, want 2 or 3", 0},
		{`file = "bad", mode = "readonly"`, "vm a: disk: number 1: qcow2: version 9", 0},
		{`file = "raw", mode = "write"`, "", 1 << 20},
	} {
		clear(raw)
		r := newRig(t, "")
		r.Module = func(name string) ([]byte, bool) { return files[name], true }
		if errs := r.Configure([]byte(flat("a", "autostart = false\ndisk = [{ "+tt.keys+" }]\n"))); errs != nil {
			t.Fatal(errs)
		}
		copy(raw, image) // as a guest may
		v, err := r.Find("a")
		if err != nil {
			t.Fatal(err)
		}
		switch err := v.Start(); {
		case tt.want != "":
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v, want %s", tt.keys, err, tt.want)
			}
			continue
		case err != nil:
			t.Fatal(err)
		}
		p, err := v.running()
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Disks()[0].Size(); got != tt.size {
			t.Errorf("%s: %d bytes, want %d", tt.keys, got, tt.size)
		}
	}
}
