package ether

import (
	"bytes"
	"encoding/binary"
	"testing"
)

func TestAddressesAreReadAndWritten(t *testing.T) {
	m, err := ParseMAC("52:54:00:Ab:cd:0f")
	if err != nil || m != (MAC{0x52, 0x54, 0, 0xab, 0xcd, 0x0f}) || m.String() != "52:54:00:ab:cd:0f" {
		t.Errorf("%v, %v", m, err)
	}
	for _, s := range []string{"", "52", "52:54:00:12:34", "52:54:00:12:34:56:", "52:54:00:12:34:567", "52-54-00-12-34-56", "52:54:00:12:34:5g", "52:54:00:12:3456"} {
		if _, err := ParseMAC(s); err == nil {
			t.Errorf("%q is taken for an address", s)
		}
	}
	if !Broadcast.Multicast() || m.Multicast() {
		t.Error("groups")
	}
}

// slowSum adds as RFC 1071 says, word by word.
func slowSum(b []byte, begun uint16) uint16 {
	s := uint32(begun)
	for i, v := range b {
		if i%2 == 0 {
			s += uint32(v) << 8
		} else {
			s += uint32(v)
		}
		s = s>>16 + s&0xffff
	}
	return uint16(s>>16 + s&0xffff)
}

func FuzzSum(f *testing.F) {
	f.Add([]byte{}, uint16(0))
	f.Add(bytes.Repeat([]byte{0xff}, 33), uint16(0xffff))
	f.Add([]byte{0x80, 0, 0x7f, 0xff, 1, 2, 3, 4, 5}, uint16(7))
	f.Fuzz(func(t *testing.T, b []byte, begun uint16) {
		got, want := Sum(b, begun), slowSum(b, begun)
		if got%0xffff != want%0xffff || (got == 0) != (want == 0) {
			t.Errorf("sum of %x from %#x is %#x, want %#x", b, begun, got, want)
		}
	})
}

// tcp makes a frame of TCP with n bytes of payload, without its checksum.
func tcp(v6 bool, vlan bool, options, n int) Frame {
	b := make([]byte, 12, MaxFrame)
	copy(b, "\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01")
	if vlan {
		b = append(b, 0x81, 0, 0, 5)
	}
	total := tcpMin + options + n
	seg := SegmentTCP4
	if v6 {
		seg = SegmentTCP6
		b = append(b, 0x86, 0xdd, 0x60, 0, 0, 0, byte(total>>8), byte(total), ProtoTCP, 64)
		b = append(b, "\xfe\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\xfe\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"...)
	} else {
		total += ipv4Min
		b = append(b, 8, 0, 0x45, 0, byte(total>>8), byte(total), 0xff, 0xfe, 0x40, 0, 64, ProtoTCP, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2)
	}
	start := len(b)
	b = append(b, 0x12, 0x34, 0, 80, 0xff, 0xff, 0xff, 0, 0, 0, 0, 9, byte((tcpMin+options)/4<<4), 0x98|tcpFIN, 4, 0, 0, 0, 0, 0)
	b = append(b, make([]byte, options)...)
	for i := range n {
		b = append(b, byte(i*7))
	}
	return Frame{Data: b, Offload: Offload{Checksum: true, Start: uint16(start), Offset: tcpChecksum, Segment: seg, Size: 1000}}
}

// finish is all frames that become of f.
func finish(f Frame, to Features) (all []Frame) {
	var w Finisher
	w.Finish(f, to)
	for {
		g, ok := w.Next()
		if !ok {
			return all
		}
		g.Data = bytes.Clone(g.Data)
		all = append(all, g)
	}
}

// verify checks a packet's checksums and lengths, and returns what TCP carries.
func verify(t *testing.T, f Frame) (payload []byte, seq uint32, flags byte) {
	t.Helper()
	h, ok := Parse(f.Data)
	if !ok || h.End != len(f.Data) {
		t.Fatalf("bad frame %x", f.Data)
	}
	ip := f.Data[h.Network:h.Transport]
	if h.Type == TypeIPv4 && Sum(ip, 0) != 0xffff {
		t.Errorf("the header's sum is %#x", Sum(ip, 0))
	}
	p := f.Data[h.Transport:]
	if s := Sum(p, pseudo(ip, ProtoTCP, len(p))); !f.Checksum && s != 0xffff {
		t.Errorf("the sum of TCP is %#x", s)
	}
	if f.Checksum && binary.BigEndian.Uint16(p[tcpChecksum:]) != pseudo(ip, ProtoTCP, len(p)) {
		t.Error("the pseudo-header's sum is wrong")
	}
	return p[p[12]>>4*4:], binary.BigEndian.Uint32(p[4:]), p[13]
}

func TestLargeFramesAreCut(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		for _, vlan := range []bool{false, true} {
			for _, to := range []Features{{}, {Checksum: true}} {
				f := tcp(v6, vlan, 12, 30500)
				whole := bytes.Clone(f.Data[f.Start+tcpMin+12:])
				f.Data = append(f.Data, 1, 2, 3) // padding
				if !f.Check() {
					t.Fatal("the frame is refused")
				}
				before := bytes.Clone(f.Data)
				all := finish(f, to)
				if len(all) != 31 {
					t.Fatalf("%d frames", len(all))
				}
				if !bytes.Equal(before, f.Data) {
					t.Error("the frame itself has changed")
				}
				var got []byte
				for i, g := range all {
					if g.Checksum != to.Checksum || g.Segment != SegmentNone {
						t.Errorf("left to do: %+v", g.Offload)
					}
					p, seq, flags := verify(t, g)
					if seq != 0xffffff00+uint32(len(got)) {
						t.Errorf("sequence number %#x", seq)
					}
					if (flags&(tcpFIN|tcpPSH) != 0) != (i == 30) || (flags&tcpCWR != 0) != (i == 0) || flags&0x10 == 0 {
						t.Errorf("segment %d has the flags %#x", i, flags)
					}
					if h, _ := Parse(g.Data); !v6 && binary.BigEndian.Uint16(g.Data[h.Network+4:]) != uint16(0xfffe+i) {
						t.Error("the packet's number does not count up")
					}
					got = append(got, p...)
				}
				if !bytes.Equal(got, whole) {
					t.Error("other bytes")
				}
				if all := finish(f, Features{Checksum: true, TCP4: true, TCP6: true}); len(all) != 1 || all[0].Segment == SegmentNone {
					t.Error("cut for a peer that does it itself")
				}
			}
		}
	}
}

// split is a frame with all that may be in its tail there, in pieces.
func split(f Frame) Frame {
	if f.Segment == SegmentNone || len(f.Data) <= HeadSize {
		return f
	}
	b := f.Data[HeadSize:]
	f.Data = f.Data[:HeadSize]
	for n := 1; len(b) > n; n *= 3 {
		f.Tail, b = append(f.Tail, b[:n]), b[n:]
	}
	f.Tail = append(f.Tail, b)
	return f
}

// same tells whether two frames are the same but for where their bytes are.
func same(a, b Frame) bool {
	return a.Offload == b.Offload && a.Len() == b.Len() && bytes.Equal(a.Flatten(make([]byte, MaxFrame)).Data, b.Flatten(make([]byte, MaxFrame)).Data)
}

func TestATailIsPartOfTheFrame(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		for _, padding := range []int{0, 1, 200, 3000} {
			for _, n := range []int{1, 50, 70, 71, 5000} {
				flat := tcp(v6, true, 12, n)
				flat.Data = append(flat.Data, make([]byte, padding)...)
				f := split(flat)
				if !flat.Check() || !f.Check() || !same(f, flat) {
					t.Errorf("%d bytes and %d: %d bytes in %d pieces, want %d", n, padding, f.Len(), len(f.Tail), flat.Len())
				}
				q := NewQueue(1, MaxFrame)
				if q.Put(f); n == 5000 {
					if g, _ := q.Get(); !same(g, f) {
						t.Error("a queue has another")
					}
				}
			}
		}
	}
	short := split(tcp(false, false, 0, 3000))
	short.Tail = append([][]byte{short.Data[HeadSize-1:]}, short.Tail...)
	short.Data = short.Data[:HeadSize-1]
	plain := split(tcp(false, false, 0, 3000))
	plain.Segment = SegmentNone
	if short.Check() || plain.Check() {
		t.Error("a tail is taken that may not be")
	}
}

func TestChecksumsAreComputed(t *testing.T) {
	f := tcp(false, false, 0, 101)
	f.Segment = SegmentNone
	h, _ := Parse(f.Data)
	ip := f.Data[h.Network:]
	binary.BigEndian.PutUint16(ip[10:], ^Sum(ip[:20], 0))
	binary.BigEndian.PutUint16(f.Data[f.Start+16:], pseudo(ip, ProtoTCP, 121))
	if !f.Check() {
		t.Fatal("refused")
	}
	all := finish(f, Features{})
	if len(all) != 1 || all[0].Checksum {
		t.Fatalf("%+v", all)
	}
	verify(t, all[0])
	if Checksum(0xffff) != 0xffff || Checksum(1) != 0xfffe {
		t.Error("a checksum of 0 says that there is none")
	}
}

func TestFramesThatCannotBeAreRefused(t *testing.T) {
	good := func() Frame { return tcp(false, false, 0, 5000) }
	for name, change := range map[string]func(f *Frame){
		"short":                   func(f *Frame) { *f = Frame{Data: f.Data[:13]} },
		"large, not to be cut":    func(f *Frame) { f.Offload = Offload{} },
		"large, checksum only":    func(f *Frame) { f.Segment = SegmentNone },
		"longer than any":         func(f *Frame) { f.Data = make([]byte, MaxFrame+1) },
		"cut without a checksum":  func(f *Frame) { f.Checksum = false },
		"checksum in the header":  func(f *Frame) { f.Start = 4 },
		"checksum behind the end": func(f *Frame) { f.Data = f.Data[:100]; f.Segment = 0; f.Offset = 0xfff0 },
		"checksum at an odd byte": func(f *Frame) { f.Data = f.Data[:100]; f.Segment = 0; f.Offset = 15 },
		"tiny pieces":             func(f *Frame) { f.Size = minSegment - 1 },
		"no pieces":               func(f *Frame) { f.Size = 0 },
		"pieces over the MTU":     func(f *Frame) { f.Size = 1461 },
		"another protocol":        func(f *Frame) { f.Segment = SegmentTCP6 },
		"no protocol there is":    func(f *Frame) { f.Segment = 3 },
		"UDP":                     func(f *Frame) { f.Data[23] = ProtoUDP },
		"a fragment":              func(f *Frame) { f.Data[20] = 0x20 },
		"TCP elsewhere":           func(f *Frame) { f.Start += 2 },
		"a header without an end": func(f *Frame) { f.Data[f.Start+12] = 0xf0; f.Data = f.Data[:60]; f.Data[17] = 46; f.Data[16] = 0 },
		"a short header of TCP":   func(f *Frame) { f.Data[f.Start+12] = 0x40 },
		"a longer packet":         func(f *Frame) { f.Data = f.Data[:4000] },
	} {
		f := good()
		change(&f)
		if f.Check() {
			t.Errorf("%s: taken", name)
		}
	}
	f := good()
	f.Header = 7 // guests may say anything
	if !f.Check() || f.Header != 54 {
		t.Errorf("header %d", f.Header)
	}
}

func FuzzFinish(f *testing.F) {
	for _, v6 := range []bool{false, true} {
		g := tcp(v6, v6, 4, 3000)
		f.Add(g.Data, true, g.Start, g.Offset, uint8(g.Segment), g.Size, false)
	}
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01\x08\x06abcdefgh"), true, uint16(14), uint16(2), uint8(0), uint16(0), true)
	f.Fuzz(func(t *testing.T, b []byte, checksum bool, start, offset uint16, segment uint8, size uint16, can bool) {
		Parse(b)
		g := Frame{Data: b, Offload: Offload{checksum, start, offset, Segment(segment), 0, size}}
		cut := split(g)
		good := g.Check()
		if cut.Check() != good || good && !same(cut, g) {
			t.Errorf("with a tail it is another: %+v, %+v", cut, g)
		}
		if !good {
			return
		}
		for _, to := range []Features{{}, {Checksum: true}, {true, can, can, can}} {
			for _, h := range finish(g, to) {
				if len(h.Data) > MaxWire && !to.TCP4 {
					t.Errorf("%d bytes", len(h.Data))
				}
				if !h.Check() {
					t.Errorf("made a frame that is refused: %+v", h)
				}
			}
		}
	})
}

func TestFinishingDoesNotAllocate(t *testing.T) {
	f := tcp(false, false, 0, 20000)
	f.Check()
	w := new(Finisher)
	if n := testing.AllocsPerRun(10, func() {
		for w.Finish(f, Features{}); ; {
			if _, ok := w.Next(); !ok {
				break
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCut64K(b *testing.B) {
	f := tcp(false, false, 0, 64000)
	f.Size = 1460
	f.Check()
	w := new(Finisher)
	b.SetBytes(64000)
	b.ReportAllocs()
	for b.Loop() {
		for w.Finish(f, Features{}); ; {
			if _, ok := w.Next(); !ok {
				break
			}
		}
	}
}
