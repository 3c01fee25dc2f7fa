package vga

import "testing"

// fill gives the four planes bytes at an offset, and loads the latch with them.
func (r *rig) fill(off int, p [4]uint8) {
	copy(r.planesAt(off), p[:])
}

func (r *rig) planes(off int) [4]uint8 { return [4]uint8(r.planesAt(off)) }

func TestWriteModes(t *testing.T) {
	old := [4]uint8{0x0f, 0xf0, 0x00, 0xff}
	for _, tt := range []struct {
		name string
		gc   map[uint8]uint8
		mask uint8
		v    uint8
		want [4]uint8
	}{
		{"mode 0", nil, 0xf, 0xa5, [4]uint8{0xa5, 0xa5, 0xa5, 0xa5}},
		{"map mask", nil, 0x5, 0xa5, [4]uint8{0xa5, 0xf0, 0xa5, 0xff}},
		{"rotate", map[uint8]uint8{gcRotate: 3}, 0xf, 0x81, [4]uint8{0x30, 0x30, 0x30, 0x30}},
		{"set/reset", map[uint8]uint8{gcSetReset: 0xa, gcEnableSetReset: 0x6}, 0xf, 0x3c, [4]uint8{0x3c, 0xff, 0x00, 0x3c}},
		{"bit mask", map[uint8]uint8{gcBitMask: 0x3c}, 0xf, 0xa5, [4]uint8{0x27, 0xe4, 0x24, 0xe7}},
		{"and", map[uint8]uint8{gcRotate: 1 << 3}, 0xf, 0x3c, [4]uint8{0x0c, 0x30, 0x00, 0x3c}},
		{"or", map[uint8]uint8{gcRotate: 2 << 3}, 0xf, 0x3c, [4]uint8{0x3f, 0xfc, 0x3c, 0xff}},
		{"xor", map[uint8]uint8{gcRotate: 3 << 3}, 0xf, 0x3c, [4]uint8{0x33, 0xcc, 0x3c, 0xc3}},
		{"xor, masked", map[uint8]uint8{gcRotate: 3 << 3, gcBitMask: 0xf0}, 0xf, 0x3c, [4]uint8{0x3f, 0xc0, 0x30, 0xcf}},
		{"mode 2", map[uint8]uint8{gcMode: 2, gcBitMask: 0x0f}, 0xf, 0x05, [4]uint8{0x0f, 0xf0, 0x0f, 0xf0}},
		{"mode 3", map[uint8]uint8{gcMode: 3, gcSetReset: 0x3, gcRotate: 4, gcBitMask: 0xfe}, 0xf, 0x21, [4]uint8{0x1f, 0xf2, 0x00, 0xed}},
	} {
		r := newRig(t)
		r.use(mode12)
		r.fill(0x1234, old)
		r.peek(0xa1234) // to the latch
		for i, v := range tt.gc {
			r.set(portGC, i, v)
		}
		r.set(portSeq, seqMapMask, tt.mask)
		r.poke(0xa1234, tt.v)
		if got := r.planes(0x1234); got != tt.want {
			t.Errorf("%s: planes % x, want % x", tt.name, got, tt.want)
		}
	}
}

func TestWriteMode1CopiesTheLatch(t *testing.T) {
	r := newRig(t)
	r.use(mode12)
	r.fill(5, [4]uint8{1, 2, 3, 4})
	r.set(portGC, gcMode, 1)
	r.set(portGC, gcBitMask, 0) // has no effect
	r.peek(0xa0005)
	r.poke(0xa0006, 0x99)
	if got := r.planes(6); got != [4]uint8{1, 2, 3, 4} {
		t.Errorf("planes % x", got)
	}
}

func TestReadModes(t *testing.T) {
	r := newRig(t)
	r.use(mode12)
	r.fill(7, [4]uint8{0b1010, 0b1100, 0b1111, 0b0000})
	for n, want := range []uint8{0b1010, 0b1100, 0b1111, 0} {
		r.set(portGC, gcReadMap, uint8(n))
		if got := r.peek(0xa0007); got != want {
			t.Errorf("plane %d reads %#b, want %#b", n, got, want)
		}
	}
	r.set(portGC, gcMode, gcReadCompare)
	r.set(portGC, gcCompare, 0x6)
	r.set(portGC, gcDontCare, 0xf)
	if got := r.peek(0xa0007); got != 0b0100 {
		t.Errorf("pixels of colour 6 are %#b", got)
	}
	r.set(portGC, gcDontCare, 0x4)
	if got := r.peek(0xa0007); got != 0b1111 {
		t.Errorf("pixels with plane 2 set are %#b", got)
	}
	r.set(portGC, gcDontCare, 0)
	if got := r.peek(0xa0007); got != 0xff {
		t.Errorf("pixels of any colour are %#b", got)
	}
}

func TestChain4SpreadsBytesOverPlanes(t *testing.T) {
	r := newRig(t)
	r.use(mode13)
	r.Window().Write(0x100, 8, 0x8877665544332211)
	if a, b := r.planes(0x100), r.planes(0x104); a != [4]uint8{0x11, 0x22, 0x33, 0x44} || b != [4]uint8{0x55, 0x66, 0x77, 0x88} {
		t.Errorf("planes % x and % x", a, b)
	}
	if got := r.Window().Read(0x102, 4); got != 0x66554433 {
		t.Errorf("reads %#x", got)
	}
	r.set(portSeq, seqMapMask, 0xd)
	r.poke(0xa0101, 0xff)
	if got := r.peek(0xa0101); got != 0x22 {
		t.Errorf("a plane that is masked reads %#x", got)
	}
}

func TestTextIsInEvenAndOddPlanes(t *testing.T) {
	r := newRig(t)
	r.TextMode()
	r.Window().Write(0x18000+6, 4, 0x1f421e41)
	if a, b := r.planes(6), r.planes(8); a != [4]uint8{'A', 0x1e, 0, 0} || b != [4]uint8{'B', 0x1f, 0, 0} {
		t.Errorf("planes % x and % x", a, b)
	}
	if got := r.Window().Read(0x18000+7, 2); got != 0x421e {
		t.Errorf("reads %#x", got)
	}
}

func TestAFontIsLoadedIntoPlane2(t *testing.T) {
	r := newRig(t)
	r.TextMode()
	r.set(portSeq, seqMapMask, 4)
	r.set(portSeq, seqMode, 7)
	r.set(portGC, gcReadMap, 2)
	r.set(portGC, gcMode, 0)
	r.set(portGC, gcMisc, 0)
	for i := range uint64(32) {
		r.poke(0xa0000+'A'*32+i, uint8(i))
	}
	if got := r.planes('A'*32 + 5); got != [4]uint8{0, 0, 5, 0} || r.peek(0xa0000+'A'*32+5) != 5 {
		t.Errorf("planes % x", got)
	}
}

func TestMemoryIsWhereTheRegistersPutIt(t *testing.T) {
	for _, tt := range []struct {
		gc  uint8
		in  []uint64
		out []uint64
	}{
		{0 << 2, []uint64{0xa0000, 0xaffff, 0xb0000, 0xbffff}, nil},
		{1 << 2, []uint64{0xa0000, 0xaffff}, []uint64{0xb0000, 0xb8000}},
		{2 << 2, []uint64{0xb0000, 0xb7fff}, []uint64{0xa0000, 0xaffff, 0xb8000}},
		{3 << 2, []uint64{0xb8000, 0xbffff}, []uint64{0xa0000, 0xb0000, 0xb7fff}},
	} {
		r := newRig(t)
		r.use(mode12)
		r.set(portGC, gcMisc, tt.gc)
		for _, a := range tt.in {
			r.poke(a, 0x42)
			if got := r.peek(a); got != 0x42 {
				t.Errorf("map %d: %#x reads %#x", tt.gc>>2, a, got)
			}
		}
		for _, a := range tt.out {
			r.poke(a, 0x43)
			if got := r.peek(a); got != 0xff {
				t.Errorf("map %d: %#x reads %#x", tt.gc>>2, a, got)
			}
		}
		r.out(portMisc, 1)
		if got := r.peek(tt.in[0]); got != 0xff {
			t.Errorf("with memory off, %#x reads %#x", tt.in[0], got)
		}
	}
}

func benchmarkWindow(b *testing.B, prepare func(r *rig), off uint64, size int) {
	r := newRig(b)
	prepare(r)
	w := r.Window()
	b.ReportAllocs()
	b.SetBytes(int64(size))
	for b.Loop() {
		w.Write(off, size, 0x0741)
	}
}

func BenchmarkText(b *testing.B) {
	benchmarkWindow(b, func(r *rig) { r.TextMode() }, 0x18000, 2)
}
func BenchmarkPlanar(b *testing.B) { benchmarkWindow(b, func(r *rig) { r.use(mode12) }, 0x1000, 4) }
func BenchmarkChain4(b *testing.B) { benchmarkWindow(b, func(r *rig) { r.use(mode13) }, 0x1000, 4) }
func BenchmarkBanked(b *testing.B) {
	benchmarkWindow(b, func(r *rig) { r.extended(640, 480, 8, 0) }, 0x1000, 4)
}

func BenchmarkRead(b *testing.B) {
	r := newRig(b)
	r.use(mode12)
	w := r.Window()
	b.ReportAllocs()
	for b.Loop() {
		w.Read(0x1000, 4)
	}
}

func BenchmarkStatus1(b *testing.B) {
	r := newRig(b)
	r.TextMode()
	b.ReportAllocs()
	for b.Loop() {
		r.in(portStatus1)
	}
}
