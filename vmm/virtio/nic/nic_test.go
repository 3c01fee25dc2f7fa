package nic

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/virtio"
	"github.com/ringo-vmm/ringo/vmm/virtio/virtiotest"
)

func TestFramesGoOutAndComeInByEveryTransport(t *testing.T) {
	for _, name := range virtiotest.Names {
		for _, packed := range []bool{false, true} {
			for _, mergeable := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s,packed=%v,mergeable=%v", name, packed, mergeable), func(t *testing.T) {
					o := options{transport: name, packed: packed && name != "legacy", features: all}
					if !mergeable {
						o.features &^= FeatureMergeable
					}
					r := newRig(t, o)
					header := headerBytes
					if name == "legacy" && !mergeable {
						header = headerLegacy
					}
					for i := range 30 {
						out := frame(other, 60+i)
						r.send(1, make([]byte, header), out, uint32(5+i))
						if len(r.port.sent) != i+1 || !bytes.Equal(r.port.sent[i].Data, out) || r.port.sent[i].Offload != (ether.Offload{}) {
							t.Fatalf("%d frames sent", len(r.port.sent))
						}
						rooms := r.rooms(0, 1, 1600)
						in := frame(own, 60+i)
						if !r.dev.NIC().Receive(ether.Frame{Data: in}) {
							t.Fatal("no room")
						}
						h, data, n := r.got(0, rooms, header)
						if n != 1 || !bytes.Equal(data, in) || header == headerBytes && le.Uint16(h[headerBuffers:]) != 1 {
							t.Fatalf("%d buffers, header %x, %d bytes", n, h, len(data))
						}
					}
				})
			}
		}
	}
}

func TestALargeFrameTakesSeveralBuffers(t *testing.T) {
	for _, packed := range []bool{false, true} {
		r := newRig(t, options{packed: packed})
		rooms := r.rooms(0, 8, 1000)
		in := frame(own, 5000)
		r.dev.NIC().Receive(ether.Frame{Data: in})
		h, data, n := r.got(0, rooms, headerBytes)
		if n != 6 || le.Uint16(h[headerBuffers:]) != 6 || !bytes.Equal(data, in) {
			t.Errorf("%d buffers, header %x, %d bytes", n, h, len(data))
		}
		// Two are left, which is not enough; four more are.
		if !r.dev.NIC().Receive(ether.Frame{Data: in}) {
			t.Error("a frame is lost that can wait")
		}
		if _, _, ok := r.Get(0); ok {
			t.Error("half a frame")
		}
		rooms = append(rooms[6:], r.rooms(0, 4, 1000)...)
		h, data, n = r.got(0, rooms, headerBytes)
		if n != 6 || le.Uint16(h[headerBuffers:]) != 6 || !bytes.Equal(data, in) {
			t.Errorf("later: %d buffers, header %x, %d bytes", n, h, len(data))
		}
	}
}

func TestAFrameThatNoBufferCanTakeIsLost(t *testing.T) {
	r := newRig(t, options{features: simple})
	rooms := r.rooms(0, 4, 100)
	if r.dev.NIC().Receive(ether.Frame{Data: frame(own, 200)}) {
		t.Error("it is taken")
	}
	if !r.dev.NIC().Receive(ether.Frame{Data: frame(own, 80)}) {
		t.Error("a smaller one is not")
	}
	if _, data, n := r.got(0, rooms, headerBytes); n != 1 || len(data) != 80 || r.dev.Stats().NoRoom != 1 {
		t.Errorf("%d buffers, %d bytes, %+v", n, len(data), r.dev.Stats())
	}
	rig := newRig(t, options{})
	rig.rooms(0, 256, 20)
	if rig.dev.NIC().Receive(ether.Frame{Data: frame(own, 9000)}) {
		t.Error("it is taken by a ring that is too small as a whole")
	}
}

func TestOffloadsGoBothWays(t *testing.T) {
	r := newRig(t, options{})
	h := make([]byte, headerBytes)
	h[headerFlags], h[headerSegment] = flagChecksum, segmentTCP6|segmentECN
	le.PutUint16(h[headerLength:], 66)
	le.PutUint16(h[headerSize:], 1440)
	le.PutUint16(h[headerStart:], 54)
	le.PutUint16(h[headerOffset:], 16)
	out := frame(other, 30000)
	r.send(1, h, out, 4096)
	want := ether.Offload{Checksum: true, Start: 54, Offset: 16, Segment: ether.SegmentTCP6, Header: 66, Size: 1440}
	if len(r.port.sent) != 1 || r.port.sent[0].Offload != want || !bytes.Equal(r.port.sent[0].Data, out) {
		t.Fatalf("sent %d, %+v", len(r.port.sent), r.port.sent[0].Offload)
	}
	if f := r.dev.NIC().Features(); f != (ether.Features{Checksum: true, TCP4: true, TCP6: true, Tail: true}) {
		t.Errorf("takes %+v", f)
	}
	rooms := r.rooms(0, 20, 4096)
	r.dev.NIC().Receive(ether.Frame{Data: frame(own, 30000), Offload: want})
	got, _, n := r.got(0, rooms, headerBytes)
	h[headerSegment] = segmentTCP6
	le.PutUint16(h[headerBuffers:], uint16(n))
	if !bytes.Equal(got, h) || n != 8 {
		t.Errorf("header %x, want %x", got, h)
	}
	// What the driver takes can be changed.
	if a := r.command(classOffloads, offloadsSet, FeatureGuestChecksum, 0, 0, 0, 0, 0, 0, 0); a != answerOK {
		t.Errorf("answer %d", a)
	}
	if f := r.dev.NIC().Features(); f != (ether.Features{Checksum: true, Tail: true}) {
		t.Errorf("takes %+v", f)
	}
	if r.dev.NIC().Receive(ether.Frame{Data: frame(own, 30000), Offload: want}) {
		t.Error("it takes what it does not want")
	}
}

func TestALargeFrameGoesFromMemoryToMemory(t *testing.T) {
	for _, packed := range []bool{false, true} {
		a, b := newRig(t, options{packed: packed}), newRig(t, options{packed: packed})
		rooms := b.rooms(0, 40, 4099)
		b.rooms(0, 1, 9)
		a.port.back = b.dev.NIC()
		h := make([]byte, headerBytes)
		h[headerFlags], h[headerSegment] = flagChecksum, segmentTCP4
		le.PutUint16(h[headerSize:], 1000)
		for _, n := range []int{ether.HeadSize - 1, ether.HeadSize, ether.HeadSize + 1, 4087, 4088, 60000} {
			out := frame(own, n)
			a.send(1, h, out, 3001)
			got, data, k := b.got(0, rooms[:(n+headerBytes+4098)/4099], headerBytes)
			if !bytes.Equal(data, out) || got[headerSegment] != segmentTCP4 || int(le.Uint16(got[headerBuffers:])) != k {
				t.Errorf("packed %v, %d bytes: %d in %d buffers, header %x", packed, n, len(data), k, got)
			}
			rooms = rooms[k:]
			if tail := len(a.port.tails); (n > ether.HeadSize) != (tail > 0) {
				t.Errorf("%d bytes: %d pieces of tail", n, tail)
			}
		}
	}
}

func TestWhatWasNotNegotiatedIsNotSent(t *testing.T) {
	for name, h := range map[string][]byte{
		"checksum": {headerFlags: flagChecksum, headerBytes - 1: 0},
		"segments": {headerSegment: segmentTCP4, headerBytes - 1: 0},
		"unknown":  {headerSegment: 3, headerBytes - 1: 0},
	} {
		r := newRig(t, options{features: simple})
		r.send(1, h, frame(other, 60), 4096)
		if len(r.port.sent) != 0 || r.dev.Stats().BadSend != 1 {
			t.Errorf("%s: sent %d", name, len(r.port.sent))
		}
	}
	r := newRig(t, options{})
	r.send(1, make([]byte, 5), nil, 4096)
	r.send(1, make([]byte, headerBytes), make([]byte, ether.MaxFrame+1), 1<<20)
	if len(r.port.sent) != 0 || r.dev.Stats().BadSend != 2 {
		t.Errorf("sent %d", len(r.port.sent))
	}
}

func TestOnlyFramesThatTheGuestWantsComeIn(t *testing.T) {
	r := newRig(t, options{})
	rooms := r.rooms(0, 30, 1600)
	taken := func(to ether.MAC) bool {
		r.dev.NIC().Receive(ether.Frame{Data: frame(to, 60)})
		_, _, n := r.got(0, rooms[:1], headerBytes)
		return n == 1
	}
	check := func(what string, wantOwn, wantOther, wantGroup bool) {
		t.Helper()
		if taken(own) != wantOwn || taken(other) != wantOther || taken(group) != wantGroup || !taken(ether.Broadcast) {
			t.Errorf("%s: not so", what)
		}
	}
	check("as after reset", true, true, true)
	r.command(classRX, rxPromiscuous, 0)
	check("not promiscuous", true, false, false)
	r.command(classRX, rxAllMulticast, 1)
	check("all groups", true, false, true)
	r.command(classRX, rxAllMulticast, 0)
	table := append([]byte{0, 0, 0, 0, 1, 0, 0, 0}, group[:]...)
	if a := r.command(classMAC, macTable, table...); a != answerOK {
		t.Errorf("answer %d", a)
	}
	check("one group", true, false, true)
	r.command(classMAC, macTable, make([]byte, 8)...)
	r.command(classMAC, macAddress, other[:]...)
	check("another address", false, true, false)
	r.M.Do(func() {
		if r.Config(5, 1) != uint64(other[5]) {
			t.Error("the configuration space has the old address")
		}
	})
}

func TestCommandsThatCannotBe(t *testing.T) {
	r := newRig(t, options{pairs: 2})
	for _, c := range [][]byte{
		{9, 9}, {classRX, rxPromiscuous}, {classRX, 9, 1}, {classMAC, macTable, 1, 0, 0}, {classMAC, macTable, 255, 255, 255, 255, 0, 0, 0, 0},
		{classMAC, macTable, 0, 0, 0, 0, 0, 0, 0, 0, 1}, {classMAC, macAddress, 1}, {classPairs, pairsSet, 0, 0}, {classPairs, pairsSet, 3, 0},
		{classPairs, pairsSet, 1}, {classOffloads, offloadsSet, 1},
	} {
		if a := r.command(c[0], c[1], c[2:]...); a != answerError {
			t.Errorf("% x: answer %d", c, a)
		}
	}
	if a := r.command(classMAC, macTable, make([]byte, 2000)...); a != answerError {
		t.Errorf("a long one: answer %d", a)
	}
	if _, broken := r.Broken(); broken {
		t.Error("the device broke")
	}
}

func TestAFlowComesBackByItsPair(t *testing.T) {
	r := newRig(t, options{pairs: 4})
	if a := r.command(classPairs, pairsSet, 3, 0); a != answerOK {
		t.Fatal("pairs are refused")
	}
	udp := func(from, to byte) []byte {
		b := append(append(own[:], other[:]...), 8, 0, 0x45, 0, 0, 46)
		b = append(b, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, from, 10, 0, 0, to, 1, from, 1, to)
		return append(b, make([]byte, 22)...)
	}
	for pair := range 3 {
		r.send(2*pair+1, make([]byte, headerBytes), udp(10, byte(20+pair)), 4096)
	}
	for _, pair := range []int{2, 0, 1} {
		rooms := r.rooms(2*pair, 1, 1600)
		r.dev.NIC().Receive(ether.Frame{Data: udp(byte(20+pair), 10)})
		if _, _, n := r.got(2*pair, rooms, headerBytes); n != 1 {
			t.Errorf("what was sent by pair %d comes back by another", pair)
		}
	}
	single := newRig(t, options{pairs: 4, features: all &^ FeatureMultiQueue})
	if a := single.command(classRX, rxPromiscuous, 0); single.dev.controlQueue() != 2 || a != answerOK {
		t.Errorf("control queue %d", single.dev.controlQueue())
	}
}

func TestTheLink(t *testing.T) {
	r := newRig(t, options{})
	rooms := r.rooms(0, 2, 1600)
	r.M.Do(func() {
		r.dev.SetLink(false)
		if r.Interrupts() != 1 || r.Config(configStatus, 2) != 0 || r.Config(configMTU, 2) != 1500 {
			t.Error("the driver does not learn of it")
		}
	})
	r.send(1, make([]byte, headerBytes), frame(other, 60), 4096)
	if len(r.port.sent) != 0 || r.dev.NIC().Receive(ether.Frame{Data: frame(own, 60)}) {
		t.Error("frames pass a link that is down")
	}
	r.M.Do(func() { r.dev.SetLink(true) })
	if !r.dev.NIC().Receive(ether.Frame{Data: frame(own, 60)}) {
		t.Error("no frame passes")
	}
	if _, _, n := r.got(0, rooms, headerBytes); n != 1 {
		t.Error("no frame comes")
	}
}

func TestABufferThatIsTooSmallForAHeaderBreaksTheDevice(t *testing.T) {
	r := newRig(t, options{})
	r.rooms(0, 1, 4)
	r.dev.NIC().Receive(ether.Frame{Data: frame(own, 60)})
	if _, broken := r.Broken(); !broken {
		t.Error("it goes on")
	}
}

func TestManyFramesAreSentInParts(t *testing.T) {
	r := newRig(t, options{})
	one := r.M.Put(append(make([]byte, headerBytes), frame(other, 60)...))
	for range 2*budget + 3 {
		r.Add(1, []virtiotest.Piece{one}, nil)
	}
	r.Kick(1)
	if n := len(r.port.sent); n != budget {
		t.Errorf("%d at once", n)
	}
	r.M.Do(func() { r.M.Clock.Advance(1) })
	if n := len(r.port.sent); n != 2*budget+3 {
		t.Errorf("%d in all", n)
	}
}

func TestStateSurvives(t *testing.T) {
	for _, packed := range []bool{false, true} {
		r := newRig(t, options{pairs: 2, packed: packed})
		r.command(classRX, rxPromiscuous, 0)
		r.command(classMAC, macTable, append(append([]byte{1, 0, 0, 0}, other[:]...), append([]byte{1, 0, 0, 0}, group[:]...)...)...)
		r.command(classPairs, pairsSet, 2, 0)
		rooms := r.rooms(0, 2, 1600)
		f := &rig{port: &port{}}
		f.open(r.M, 2)
		tr := virtiotest.Open(r.M, "modern", f.dev, packed)
		r.M.Do(func() { devicetest.Survives(t, r.Core(), tr.Core()) })
		if f.dev.NIC().Features() != r.dev.NIC().Features() || f.dev.pairs != 2 || len(f.dev.addresses) != 2 {
			t.Error("the driver's settings are lost")
		}
		f.dev.NIC().Receive(ether.Frame{Data: frame(group, 60)})
		if _, _, n := r.got(0, rooms, headerBytes); n != 1 {
			t.Error("no frame comes after the load")
		}
	}
}

var _ virtio.Device = (*Device)(nil)
