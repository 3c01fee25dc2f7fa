package qcow2

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/block"
)

// content is the disk that the images in testdata have. They were made of it with
//
//	qemu-img convert -O qcow2 -o cluster_size=512 raw.img plain.qcow2
//	qemu-img convert -c -O qcow2 -o cluster_size=4096,compat=0.10 raw.img packed.qcow2
func content() []byte {
	d := make([]byte, 256<<10)
	for i := 8 << 10; i < 12<<10+300; i++ {
		d[i] = byte(i % 251)
	}
	for i := 100 << 10; i < 102<<10; i++ {
		d[i] = "Ringo "[i%6]
	}
	d[len(d)-1] = 0x5a
	return d
}

func load(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var images = []string{"plain.qcow2", "packed.qcow2"}

func TestImagesAreRead(t *testing.T) {
	want := content()
	for _, name := range images {
		data := load(t, name)
		b, err := New(data)
		if err != nil {
			t.Fatal(err)
		}
		if !Is(data) || Is(want) || b.Size() != uint64(len(want)) || !b.ReadOnly() {
			t.Errorf("%s: %d bytes, read-only %v", name, b.Size(), b.ReadOnly())
		}
		for _, r := range [][2]int{{0, len(want)}, {8000, 5000}, {100<<10 + 5, 1}, {len(want) - 512, 512}, {512, 512}} {
			got := make([]byte, r[1])
			if n, err := b.ReadAt(got, int64(r[0])); n != len(got) || err != nil || !bytes.Equal(got, want[r[0]:r[0]+r[1]]) {
				t.Errorf("%s: %d bytes at %d: %d, %v, or others", name, r[1], r[0], n, err)
			}
		}
		if n, err := b.ReadAt(make([]byte, 2), int64(len(want)-1)); n != 1 || err != io.EOF {
			t.Errorf("%s: across the end: %d, %v", name, n, err)
		}
		if n, err := b.ReadAt(make([]byte, 2), int64(len(want))); n != 0 || err != io.EOF {
			t.Errorf("%s: behind the end: %d, %v", name, n, err)
		}
		if _, err := b.WriteAt([]byte{1}, 0); !errors.Is(err, block.ErrReadOnly) {
			t.Errorf("%s: written: %v", name, err)
		}
	}
}

func TestAnOverlayOnAnImage(t *testing.T) {
	b, err := New(load(t, "packed.qcow2"))
	if err != nil {
		t.Fatal(err)
	}
	o := block.NewOverlay(b, 1<<20)
	want := content()
	copy(want[9000:], "changed")
	if _, err := o.WriteAt([]byte("changed"), 9000); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(want))
	if _, err := o.ReadAt(got, 0); err != nil || !bytes.Equal(got, want) {
		t.Errorf("it is another disk: %v", err)
	}
	if err := o.Commit(); !errors.Is(err, block.ErrReadOnly) {
		t.Errorf("commit: %v", err)
	}
}

func TestABadHeaderIsAnError(t *testing.T) {
	be := binary.BigEndian
	for want, damage := range map[string]func(d []byte) []byte{
		"no header in 71 bytes":             func(d []byte) []byte { return d[:71] },
		"no header in 103 bytes":            func(d []byte) []byte { return d[:103] },
		"version 4, want 2 or 3":            func(d []byte) []byte { d[hdrVersion+3] = 4; return d },
		"clusters of 2^8 bytes":             func(d []byte) []byte { d[hdrClusterBits+3] = 8; return d },
		"clusters of 2^22 bytes":            func(d []byte) []byte { d[hdrClusterBits+3] = 22; return d },
		"a disk of 1125899906842625 bytes":  func(d []byte) []byte { be.PutUint64(d[hdrSize:], 1<<50+1); return d },
		"on top of another file":            func(d []byte) []byte { d[hdrBacking+7] = 200; return d },
		"encrypted":                         func(d []byte) []byte { d[hdrEncryption+3] = 1; return d },
		"features 0x14 are not known":       func(d []byte) []byte { d[hdrIncompatible+7] = 0x14; return d },
		"4294967295 entries":                func(d []byte) []byte { be.PutUint32(d[hdrL1Entries:], 1<<32-1); return d },
		"entries at 0xfffffffffffffff8":     func(d []byte) []byte { be.PutUint64(d[hdrL1:], 1<<64-8); return d },
		"has 1 entries, a disk of 262144":   func(d []byte) []byte { be.PutUint32(d[hdrL1Entries:], 1); return d },
		"unsupported compression":           func(d []byte) []byte { d[hdrIncompatible+7], d[104] = 8, 1; return d },
		"failed to read L1 table: invalid ": func(d []byte) []byte { be.PutUint64(d[hdrL1:], 0); return d },
	} {
		if b, err := New(damage(load(t, "plain.qcow2"))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, error %v, want %s", b, err, want)
		}
	}
}

func TestADamagedTableCostsTheRead(t *testing.T) {
	data := load(t, "plain.qcow2")
	l1 := binary.BigEndian.Uint64(data[hdrL1:])
	binary.BigEndian.PutUint64(data[l1:], 1<<40)
	b, err := New(data)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := b.ReadAt(make([]byte, 512), 0); n != 0 || err == nil || !strings.HasPrefix(err.Error(), "qcow2: at 0x0: ") {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := b.ReadAt(make([]byte, 512), 100<<10); err != nil {
		t.Errorf("what another table leads to: %v", err)
	}
}

// An image is part of what a user got from somewhere. Whatever it has, reading
// ends, and in the disk or an error.
func FuzzImage(f *testing.F) {
	for _, name := range images {
		f.Add(load(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := New(data)
		if err != nil {
			return
		}
		p := make([]byte, 70<<10)
		for _, off := range []uint64{0, 1, 100 << 10, b.Size() / 2, b.Size() - min(b.Size(), 512), b.Size()} {
			n, err := b.ReadAt(p, int64(off))
			if n < 0 || n > len(p) || n < len(p) && err == nil {
				t.Fatalf("%d bytes at %d, %v", n, off, err)
			}
		}
	})
}
