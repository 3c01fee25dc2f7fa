package rng

import (
	"bytes"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/virtio/virtiotest"
)

func fill(p []byte) {
	for i := range p {
		p[i] = byte(i + 1)
	}
}

func TestBuffersComeBackWithRandomBytes(t *testing.T) {
	for _, name := range virtiotest.Names {
		for _, packed := range []bool{false, name != "legacy"} {
			m := virtiotest.NewMachine(t)
			d := virtiotest.Start(m, virtiotest.Open(m, name, New(fill), packed), ^uint64(0))
			for size, want := range map[int]uint32{1: 1, 16: 16, 256: 256, 5000: 256} {
				in := m.Room(size)
				d.Add(0, nil, in.Cut(100))
				d.Kick(0)
				_, n, ok := d.Get(0)
				expect := make([]byte, want)
				fill(expect)
				if !ok || n != want || !bytes.Equal(m.Bytes(in)[:n], expect) {
					t.Errorf("%s: %d bytes of %d, used %v", name, n, size, ok)
				}
			}
		}
	}
}

func TestABufferWithoutRoomComesBackEmpty(t *testing.T) {
	m := virtiotest.NewMachine(t)
	d := virtiotest.Start(m, virtiotest.Open(m, "modern", New(fill), false), ^uint64(0))
	d.Add(0, []virtiotest.Piece{m.Room(8)}, nil)
	d.Kick(0)
	if _, n, ok := d.Get(0); !ok || n != 0 {
		t.Errorf("%d bytes, used %v", n, ok)
	}
}

func TestStateSurvives(t *testing.T) {
	m := virtiotest.NewMachine(t)
	a := virtiotest.Open(m, "mmio", New(fill), false)
	virtiotest.Start(m, a, ^uint64(0))
	devicetest.Survives(t, a.Core(), virtiotest.Open(m, "mmio", New(fill), false).Core())
}

// FuzzBuffers has a driver ask with any buffers.
func FuzzBuffers(f *testing.F) {
	f.Add(false, []byte{0, 0, 1, 0, 4, 0, 1, 2, 3, 4, 0, 0, 255, 0})
	f.Add(true, []byte{0, 1, 16, 7, 0, 0, 2, 0})
	f.Fuzz(func(t *testing.T, packed bool, script []byte) {
		m := virtiotest.NewMachine(t)
		d := virtiotest.Start(m, virtiotest.Open(m, "modern", New(fill), packed), ^uint64(0))
		d.Play(script)
		devicetest.Survives(t, d.Core(), virtiotest.Open(m, "modern", New(fill), packed).Core())
	})
}
