package vswitch

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// large is a frame of TCP to be segmented, whose payload of n bytes is for the
// most part in its tail.
func large(from, to *station, n int) (f ether.Frame, whole []byte) {
	b := append(append(to.mac[:], from.mac[:]...), 8, 0, 0x45, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(40+n))
	b = append(b, 0, 0, 0, 0, 64, ether.ProtoTCP, 0, 0)
	b = append(append(b, from.ip[:]...), to.ip[:]...)
	b = append(b, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 5<<4, 1<<4, 0, 0, 0, 0, 0, 0)
	for i := range n {
		b = append(b, byte(i*7))
	}
	f = ether.Frame{Data: b[:ether.HeadSize], Offload: ether.Offload{Checksum: true, Start: 34, Offset: 16, Segment: ether.SegmentTCP4, Size: 1000}}
	f.Tail = [][]byte{b[ether.HeadSize:1000], b[1000:]}
	return f, bytes.Clone(b)
}

func TestATailComesWithTheFrame(t *testing.T) {
	whole := ether.Features{Checksum: true, TCP4: true}
	tails := whole
	tails.Tail = true
	for _, c := range []struct {
		name     string
		features ether.Features
		tap      bool
		frames   int
		tails    int
	}{
		{"taken as it is", tails, false, 1, 2},
		{"taken whole", whole, false, 1, 0},
		{"cut", ether.Features{Tail: true}, false, 5, 0},
		{"looked at", tails, true, 1, 0},
	} {
		l := newLAN(t)
		a, b, trunk := l.plug(1, PortConfig{VLAN: 5, Name: "a"}), l.plug(2, PortConfig{VLAN: 5, Name: "b"}), l.plug(3, PortConfig{Name: "t", Trunk: []uint16{5}})
		b.features, trunk.features = c.features, tails
		b.mac = ether.Broadcast // for the trunk has it too
		if c.tap {
			b.port.Capture(new(peeker))
		}
		f, want := large(a, b, 5000)
		a.port.Send(f)
		got := b.take()
		if len(got) != c.frames || b.tails != c.tails || c.frames == 1 && !bytes.Equal(got[0], want) {
			t.Errorf("%s: %d frames, %d pieces of tails", c.name, len(got), b.tails)
		}
		tagged := append(append(bytes.Clone(want[:12]), 0x81, 0, 0, 5), want[12:]...)
		if got := trunk.take(); len(got) != 1 || trunk.tails != 0 || !bytes.Equal(got[0], tagged) {
			t.Errorf("%s: the trunk has %d frames", c.name, len(got))
		}
		if n := a.port.Counters().Sent.Bytes; n != uint64(len(want)) {
			t.Errorf("%s: %d bytes sent", c.name, n)
		}
		// The other way, the tag goes.
		f.Data, f.Tail = tagged[:ether.HeadSize], [][]byte{tagged[ether.HeadSize:]}
		f.Start += ether.TagSize
		b.features = tails
		trunk.port.Send(f)
		if got := b.take(); len(got) != 1 || !bytes.Equal(got[0], want) {
			t.Errorf("%s: from the trunk come %d frames", c.name, len(got))
		}
		trunk.port.Capture(new(peeker))
		trunk.port.Send(f)
		if got := b.take(); len(got) != 1 || !bytes.Equal(got[0], want) {
			t.Errorf("%s: looked at twice: %d frames", c.name, len(got))
		}
	}
}
