package ram

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

// memory has n blocks. Those that no test looks into share their bytes, so
// that a large guest is cheap: own says which do not.
func memory(t testing.TB, n int, own func(i int) bool) *RAM {
	t.Helper()
	shared := make([]byte, BlockSize)
	blocks := make([]Block, n)
	for i := range blocks {
		blocks[i] = Block{Host: uint64(1000+i) << BlockShift, Data: shared}
		if own(i) {
			blocks[i].Data = make([]byte, BlockSize)
		}
	}
	r, err := New(blocks)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func all(int) bool { return true }

const lowBlocks = LowEnd >> BlockShift

// large has 4 MiB above 4 GiB; the blocks on both sides of the hole are their
// own.
func large(t testing.TB) *RAM {
	return memory(t, lowBlocks+2, func(i int) bool { return i >= lowBlocks-1 })
}

func TestNewRefuses(t *testing.T) {
	whole := Block{Data: make([]byte, BlockSize)}
	for name, blocks := range map[string][]Block{
		"no blocks":     {},
		"a short block": {whole, {Data: make([]byte, BlockSize-1)}},
		"too many":      make([]Block, MaxSize>>BlockShift+1),
	} {
		if _, err := New(blocks); err == nil || !strings.HasPrefix(err.Error(), "ram: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLayout(t *testing.T) {
	for _, test := range []struct {
		blocks          int
		size, low, high uint64
	}{
		{1, 2 << 20, 2 << 20, 4 << 30},
		{16, 32 << 20, 32 << 20, 4 << 30},
		{lowBlocks, 3 << 30, 3 << 30, 4 << 30},
		{lowBlocks + 2, 3<<30 + 4<<20, 3 << 30, 4<<30 + 4<<20},
	} {
		r := memory(t, test.blocks, func(int) bool { return false })
		if r.Size() != test.size || r.Low() != test.low || r.High() != test.high {
			t.Errorf("%d blocks: %#x bytes, to %#x and to %#x", test.blocks, r.Size(), r.Low(), r.High())
		}
		next, n := uint64(0), 0
		r.Range(func(gpa uint64, b Block) {
			if n == lowBlocks {
				next = HighStart
			}
			if gpa != next || b.Host != uint64(1000+n)<<BlockShift {
				t.Errorf("block %d is at %#x, want %#x", n, gpa, next)
			}
			next, n = next+BlockSize, n+1
		})
		if n != test.blocks {
			t.Errorf("%d blocks, want %d", n, test.blocks)
		}
	}
}

func TestContains(t *testing.T) {
	r := large(t)
	for _, test := range []struct {
		gpa, n uint64
		want   bool
	}{
		{0, 1, true}, {0, 3 << 30, true}, {0, 3<<30 + 1, false}, {3<<30 - 1, 1, true}, {3<<30 - 1, 2, false},
		{3 << 30, 1, false}, {4<<30 - 1, 1, false}, {4<<30 - 1, 2, false}, {4 << 30, 4 << 20, true},
		{4 << 30, 4<<20 + 1, false}, {4<<30 + 4<<20 - 1, 1, true}, {4<<30 + 4<<20, 1, false},
		{0, ^uint64(0), false}, {1, ^uint64(0), false}, {4 << 30, ^uint64(0), false}, {^uint64(0), 1, false}, {^uint64(0), ^uint64(0), false},
	} {
		if got := r.Contains(test.gpa, test.n); got != test.want {
			t.Errorf("%#x bytes at %#x: %v", test.n, test.gpa, got)
		}
	}
	small := memory(t, 1, all)
	if small.Contains(4<<30, 1) || small.Contains(2<<20, 1) {
		t.Error("a small guest has memory it was not given")
	}
}

func TestSpan(t *testing.T) {
	r := large(t)
	for _, test := range []struct {
		gpa uint64
		n   int
	}{
		{0, BlockSize}, {1, BlockSize - 1}, {BlockSize - 1, 1}, {3<<30 - 8, 8}, {3 << 30, 0}, {4<<30 - 1, 0},
		{4 << 30, BlockSize}, {4<<30 + 4<<20 - 1, 1}, {4<<30 + 4<<20, 0}, {^uint64(0), 0},
	} {
		if got := r.Span(test.gpa); len(got) != test.n || (got == nil) != (test.n == 0) {
			t.Errorf("%#x: %d bytes, want %d", test.gpa, len(got), test.n)
		}
	}
	r.Span(4 << 30)[5] = 0x5a
	var b [1]byte
	if err := r.Read(4<<30+5, b[:]); err != nil || b[0] != 0x5a {
		t.Errorf("%#x, %v: a span is not the memory itself", b[0], err)
	}
}

func TestReadAndWriteAcrossBlocks(t *testing.T) {
	r := memory(t, 3, all)
	r0 := rand.New(rand.NewPCG(1, 2))
	p := make([]byte, BlockSize+100)
	for i := range p {
		p[i] = byte(r0.Uint32())
	}
	if err := r.Write(BlockSize-50, p); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(p))
	if err := r.Read(BlockSize-50, got); err != nil || !bytes.Equal(got, p) {
		t.Errorf("other bytes came back, %v", err)
	}
	edge := make([]byte, 2)
	for gpa, want := range map[uint64][]byte{BlockSize - 51: {0, p[0]}, 2*BlockSize + 49: {p[len(p)-1], 0}} {
		if err := r.Read(gpa, edge); err != nil || !bytes.Equal(edge, want) {
			t.Errorf("at %#x: %x, want %x, %v", gpa, edge, want, err)
		}
	}
}

func TestErrorsChangeNothing(t *testing.T) {
	r := large(t)
	r.Span(3<<30 - 1)[0] = 1
	p := []byte{7, 7}
	for _, gpa := range []uint64{3<<30 - 1, 3 << 30, 4<<30 - 1, 4<<30 + 4<<20 - 1, ^uint64(0)} {
		for name, err := range map[string]error{"read": r.Read(gpa, p), "write": r.Write(gpa, []byte{9, 9}), "fill": r.Fill(gpa, 2, 9)} {
			var e *Error
			if !errors.As(err, &e) || e.GPA != gpa || e.Len != 2 {
				t.Errorf("%s at %#x: %v", name, gpa, err)
			}
		}
	}
	if p[0] != 7 || r.Span(3<<30 - 1)[0] != 1 || r.Span(4<<30 + 4<<20 - 1)[0] != 0 {
		t.Error("an access that failed changed bytes")
	}
}

func TestFill(t *testing.T) {
	r := memory(t, 3, all)
	if err := r.Fill(BlockSize-1, BlockSize+2, 0xcc); err != nil {
		t.Fatal(err)
	}
	for gpa, want := range map[uint64]byte{
		BlockSize - 2: 0, BlockSize - 1: 0xcc, BlockSize: 0xcc, 2*BlockSize - 1: 0xcc, 2 * BlockSize: 0xcc, 2*BlockSize + 1: 0,
	} {
		if got := r.Span(gpa)[0]; got != want {
			t.Errorf("%#x is %#x, want %#x", gpa, got, want)
		}
	}
	if err := r.Fill(0, 1<<63, 1); err == nil || strings.Contains(err.Error(), "ram: -") {
		t.Errorf("a fill of 1<<63 bytes: %v", err)
	}
	if r.Span(0)[0] != 0 {
		t.Error("a fill that does not fit began")
	}
}

func TestUint64(t *testing.T) {
	r := large(t)
	if err := r.Write(4<<30, []byte{1, 2, 3, 4, 5, 6, 7, 8}); err != nil {
		t.Fatal(err)
	}
	for _, gpa := range []uint64{4 << 30, 4<<30 + 7} {
		if v, ok := r.Uint64(gpa); v != 0x0807060504030201 || !ok {
			t.Errorf("%#x is %#x, %v", gpa, v, ok)
		}
	}
	for _, gpa := range []uint64{3 << 30, 4<<30 - 8, 4<<30 + 4<<20, ^uint64(0)} {
		if _, ok := r.Uint64(gpa); ok {
			t.Errorf("%#x is memory", gpa)
		}
	}
	if v, ok := r.Uint64(4<<30 + 4<<20 - 1); v != 0 || !ok {
		t.Errorf("the last word is %#x, %v", v, ok)
	}
}

// FuzzAccess compares accesses with a plain slice.
func FuzzAccess(f *testing.F) {
	f.Add(uint64(BlockSize-1), uint16(3), byte(5))
	f.Add(uint64(2*BlockSize), uint16(0), byte(1))
	f.Add(^uint64(0), uint16(2), byte(1))
	const blocks = 2
	r := memory(f, blocks, all)
	f.Fuzz(func(t *testing.T, gpa uint64, n uint16, v byte) {
		p := bytes.Repeat([]byte{v}, int(n))
		inside := gpa < blocks*BlockSize && uint64(n) <= blocks*BlockSize-gpa
		if err := r.Write(gpa, p); (err == nil) != inside {
			t.Fatalf("%d bytes at %#x: %v", n, gpa, err)
		}
		if !inside {
			return
		}
		got := make([]byte, n)
		if err := r.Read(gpa, got); err != nil || !bytes.Equal(got, p) {
			t.Fatalf("%d bytes at %#x: %v", n, gpa, err)
		}
		if err := r.Fill(gpa, uint64(n), 0); err != nil {
			t.Fatal(err)
		}
		if err := r.Read(gpa, got); err != nil || !bytes.Equal(got, make([]byte, n)) {
			t.Fatalf("%d bytes at %#x are not filled: %v", n, gpa, err)
		}
	})
}

func BenchmarkRead8(b *testing.B) {
	r := memory(b, 4, all)
	var p [8]byte
	b.ReportAllocs()
	for b.Loop() {
		if r.Read(BlockSize+64, p[:]) != nil {
			b.Fatal("no memory")
		}
	}
}

func BenchmarkUint64(b *testing.B) {
	r := memory(b, 4, all)
	b.ReportAllocs()
	for b.Loop() {
		r.Uint64(BlockSize + 64)
	}
}

func TestAccessesDoNotAllocate(t *testing.T) {
	r := memory(t, 4, all)
	var p [64]byte
	if n := testing.AllocsPerRun(100, func() {
		r.Read(BlockSize-8, p[:])
		r.Write(BlockSize-8, p[:])
		r.Fill(BlockSize-8, 16, 1)
		r.Span(BlockSize)
		r.Uint64(BlockSize)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
