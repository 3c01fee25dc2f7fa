package block

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// pattern is n bytes that differ from place to place.
func pattern(n int, seed byte) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i*7+i>>8) ^ seed
	}
	return p
}

// oddSize ends inside a cluster.
const oddSize = 3*clusterSize + 5*SectorSize

func all(t testing.TB, b Backend) []byte {
	t.Helper()
	p := bytes.Repeat([]byte{0xee}, int(b.Size()))
	if n, err := b.ReadAt(p, 0); n != len(p) {
		t.Fatalf("%d bytes, %v", n, err)
	}
	return p
}

func write(t testing.TB, b Backend, p []byte, off int64) {
	t.Helper()
	if n, err := b.WriteAt(p, off); n != len(p) || err != nil {
		t.Fatalf("%d bytes at %#x: wrote %d, %v", len(p), off, n, err)
	}
}

func wantAll(t testing.TB, what string, b Backend, want []byte) {
	t.Helper()
	if !bytes.Equal(all(t, b), want) {
		t.Errorf("%s: other bytes", what)
	}
}

func TestAnOverlayLeavesItsBaseUntouched(t *testing.T) {
	base := pattern(oddSize, 1)
	want := bytes.Clone(base)
	o := NewOverlay(NewBytes(base, true), 1<<20)
	write(t, o, []byte("hello"), clusterSize-2)
	copy(want[clusterSize-2:], "hello")
	wantAll(t, "overlay", o, want)
	if !bytes.Equal(base, pattern(oddSize, 1)) {
		t.Error("the base has changed")
	}
	if o.Used() != 2*(clusterSize+entrySize) {
		t.Errorf("%d bytes are used, want two clusters", o.Used())
	}
}

func TestSnapshotsAreRevertedTo(t *testing.T) {
	o := NewOverlay(Empty(oddSize), 1<<20)
	var was [4][]byte
	for i := range was {
		was[i] = all(t, o)
		if i > 0 {
			if n, err := o.Snapshot(); n != i || err != nil {
				t.Fatalf("snapshot %d, %v, want %d", n, err, i)
			}
		}
		write(t, o, pattern(clusterSize, byte(i)), int64(i)*clusterSize/2)
	}
	for _, i := range []int{3, 3, 2, 1, 0} {
		if err := o.Revert(i); err != nil || o.Snapshots() != i {
			t.Fatalf("reverted to %d: %v, %d snapshots", i, err, o.Snapshots())
		}
		wantAll(t, "reverted", o, was[i])
		write(t, o, []byte("later"), 100)
	}
	if o.Used() != clusterSize+entrySize {
		t.Errorf("%d bytes are used, want one cluster", o.Used())
	}
	for _, n := range []int{-1, 1} {
		if err := o.Revert(n); err == nil || !strings.Contains(err.Error(), "no snapshot") {
			t.Errorf("reverted to %d: %v", n, err)
		}
	}
	for range MaxSnapshots {
		o.Snapshot()
	}
	if _, err := o.Snapshot(); err == nil {
		t.Error("snapshots without end")
	}
}

func TestCommitWritesTheBase(t *testing.T) {
	base := pattern(oddSize, 1)
	o := NewOverlay(NewBytes(base, false), 1<<20)
	write(t, o, []byte("one"), 10)
	write(t, o, []byte("end"), oddSize-3)
	o.Snapshot()
	write(t, o, []byte("two"), 10)
	if err := o.Discard(clusterSize, clusterSize); err != nil {
		t.Fatal(err)
	}
	want := all(t, o)
	if err := o.Commit(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(base, want) {
		t.Error("the base has other bytes")
	}
	if o.Used() != 0 || o.Snapshots() != 0 {
		t.Errorf("%d bytes and %d snapshots are left", o.Used(), o.Snapshots())
	}
	if err := NewOverlay(Empty(512), 0).Commit(); !errors.Is(err, ErrReadOnly) {
		t.Errorf("committed to a read-only base: %v", err)
	}
}

func TestAFailedCommitLosesNothing(t *testing.T) {
	f := &faulty{Backend: NewBytes(pattern(oddSize, 1), false)}
	o := NewOverlay(f, 1<<20)
	write(t, o, []byte("one"), 10)
	write(t, o, []byte("two"), 2*clusterSize)
	want := all(t, o)
	f.broken = errors.New("worn out")
	if err := o.Commit(); !errors.Is(err, f.broken) {
		t.Errorf("committed: %v", err)
	}
	f.broken = nil
	wantAll(t, "after the error", o, want)
	if err := o.Commit(); err != nil {
		t.Error(err)
	}
	wantAll(t, "base", f, want)
}

func TestMemoryIsBounded(t *testing.T) {
	o := NewOverlay(Empty(1<<40), 2*(clusterSize+entrySize))
	write(t, o, []byte{1}, 0)
	write(t, o, []byte{2}, clusterSize)
	if n, err := o.WriteAt(make([]byte, 3), 2*clusterSize-1); n != 1 || !errors.Is(err, ErrNoSpace) {
		t.Errorf("wrote %d bytes, %v", n, err)
	}
	if err := o.Discard(0, 1<<40); err != nil || o.Used() != 0 {
		t.Errorf("all discarded: %v, %d bytes are used", err, o.Used())
	}
	write(t, o, []byte{3}, 1<<39)
	write(t, o, []byte{3}, 1<<38)

	o = NewOverlay(NewBytes(pattern(4*clusterSize, 1), true), 2*entrySize)
	if err := o.Discard(0, 4*clusterSize); !errors.Is(err, ErrNoSpace) || o.Used() > 2*entrySize {
		t.Errorf("zeros without end: %v, %d bytes", err, o.Used())
	}
}

func TestBackendsRefuseWhatIsOutside(t *testing.T) {
	for name, b := range map[string]Backend{
		"bytes":   NewBytes(make([]byte, oddSize), false),
		"overlay": NewOverlay(Empty(oddSize), 1<<20),
	} {
		p := make([]byte, 10)
		for off, want := range map[int64]int{oddSize - 10: 10, oddSize - 9: 9, oddSize: 0, oddSize + 1: 0, -1: 0, 1<<63 - 1: 0} {
			if n, err := b.ReadAt(p, off); n != want || (err == io.EOF) != (want < 10) {
				t.Errorf("%s: read at %#x: %d, %v", name, off, n, err)
			}
			if n, err := b.WriteAt(p, off); n != want || (err == nil) != (want == 10) {
				t.Errorf("%s: write at %#x: %d, %v", name, off, n, err)
			}
			if err := b.Discard(off, 10); (err == nil) != (want == 10) {
				t.Errorf("%s: discard at %#x: %v", name, off, err)
			}
		}
		if err := b.Discard(0, -1); err == nil {
			t.Errorf("%s: a negative length", name)
		}
	}
	for _, b := range []Backend{NewBytes(make([]byte, 512), true), Empty(512)} {
		_, err := b.WriteAt([]byte{1}, 0)
		if !errors.Is(err, ErrReadOnly) || !errors.Is(b.Discard(0, 1), ErrReadOnly) {
			t.Errorf("%T: written: %v", b, err)
		}
	}
}

func TestABaseThatLiesAboutItsSizeIsAnError(t *testing.T) {
	o := NewOverlay(&faulty{Backend: Empty(512), size: 4 * clusterSize}, 1<<20)
	if _, err := o.ReadAt(make([]byte, 1024), 0); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read: %v", err)
	}
	if _, err := o.WriteAt([]byte{1}, clusterSize); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("write: %v", err)
	}
}

// model is an overlay beside plain slices that do the same.
type model struct {
	o     *Overlay
	base  []byte
	now   []byte
	saved [][]byte
}

func newModel() *model {
	m := &model{base: pattern(oddSize, 9)}
	m.now = bytes.Clone(m.base)
	m.saved = [][]byte{bytes.Clone(m.base)}
	m.o = NewOverlay(NewBytes(m.base, false), 64*(clusterSize+entrySize))
	return m
}

// step does one operation on both.
func (m *model) step(t testing.TB, op byte, at, length uint32, v byte) {
	t.Helper()
	off := int64(at % oddSize)
	n := min(int64(length%(2*clusterSize)), oddSize-off)
	var err error
	switch op % 16 {
	default:
		p := bytes.Repeat([]byte{v}, int(n))
		_, err = m.o.WriteAt(p, off)
		copy(m.now[off:], p)
	case 8, 9, 10:
		err = m.o.Discard(off, n)
		clear(m.now[off : off+n])
	case 11, 12:
		if m.o.Snapshots() < 4 {
			_, err = m.o.Snapshot()
			m.saved = append(m.saved, bytes.Clone(m.now))
		}
	case 13, 14:
		i := int(v) % len(m.saved)
		err = m.o.Revert(i)
		m.now, m.saved = bytes.Clone(m.saved[i]), m.saved[:i+1]
	case 15:
		err = m.o.Commit()
		m.saved = [][]byte{bytes.Clone(m.now)}
	}
	if err != nil {
		t.Fatalf("operation %d at %#x+%#x: %v", op%16, off, n, err)
	}
}

func (m *model) check(t testing.TB) {
	t.Helper()
	wantAll(t, "overlay", m.o, m.now)
	if !bytes.Equal(m.base, m.saved[0]) {
		t.Error("base: other bytes")
	}
	var used uint64
	for _, l := range m.o.layers {
		used += l.size()
	}
	if m.o.Used() != used {
		t.Errorf("%d bytes are used, %d counted", used, m.o.Used())
	}
}

func TestRandomOperationsMatchPlainBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	m := newModel()
	for range 600 {
		at, length := r.Uint32(), r.Uint32()
		if r.IntN(2) == 0 {
			at, length = at&^(clusterSize-1), clusterSize
		}
		m.step(t, byte(r.Uint32()), at, length, byte(r.Uint32()))
		m.check(t)
		if t.Failed() {
			return
		}
	}
}

func FuzzOverlay(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x01\x09\x00\x00\x00\x02\x0b\x00\x00\x00\x00\x00\x00\x00\x01\x03\x0d\x00\x00\x00\x00\x0f\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := newModel()
		for n := 0; len(b) >= 5 && n < 50; b, n = b[5:], n+1 {
			m.step(t, b[0], uint32(b[1])<<10|uint32(b[2]), uint32(b[3])<<9|uint32(b[2]), b[4])
		}
		m.check(t)
	})
}
