package inspect

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// hostile is a rig whose state and memory are rubbish, but for so much that
// some of it leads somewhere.
func hostile(seed uint64, bytes []byte) *rig {
	rng := rand.New(rand.NewPCG(seed, 1))
	r := newRig(bytes...)
	if rng.IntN(3) == 0 {
		r.protected()
	}
	value := func() uint64 {
		switch rng.IntN(4) {
		case 0:
			return rng.Uint64()
		case 1:
			return rng.Uint64N(2 * memorySize)
		case 2:
			return -rng.Uint64N(4096)
		}
		return rng.Uint64N(64)
	}
	// The whole state, as bytes, with some of them changed.
	size := binary.Size(&r.s)
	raw := make([]byte, size)
	binary.Encode(raw, binary.LittleEndian, &r.s)
	for range rng.IntN(20) {
		binary.LittleEndian.PutUint64(raw[rng.IntN(size-8):], value())
	}
	binary.Decode(raw, binary.LittleEndian, &r.s)
	r.s.CPL &= 3
	for i := range r.s.GPR {
		r.s.GPR[i] = value()
	}
	for range rng.IntN(200) {
		r.m.put64(rng.Uint64N(0xc000)&^7, value())
	}
	if rng.IntN(4) == 0 {
		copy(r.m[memorySize-len(bytes):], bytes)
		r.s.RIP = memorySize - uint64(len(bytes))
	}
	return r
}

// look looks at a rig in every way.
func look(w io.Writer, r *rig, seed uint64) {
	Registers(w, &r.s)
	Faults(w, &r.s, r.m, nil)
	Faults(w, &r.s, r.m, &Event{Vector: x86.Vector(seed), Exception: seed>>8&1 != 0, Software: seed>>9&1 != 0})
	place(w, &r.s, r.m)
	Walk(w, &r.s, r.m, seed)
	Memory(w, Linear(&r.s, r.m), r.s.GPR[0], 256)
	Memory(w, Physical(r.m), r.s.GPR[1], 256)
	Disassemble(w, &r.s, r.m, r.s.GPR[2], 8)
}

func TestAnyStateGivesSomeText(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		bytes := make([]byte, 15)
		for i := range bytes {
			bytes[i] = byte(rng.Uint32())
		}
		seed := rng.Uint64()
		var b strings.Builder
		look(&b, hostile(seed, bytes), seed)
		if n := b.Len(); n == 0 || n > 1<<16 {
			t.Fatalf("seed %#x, code % x: %d bytes of text", seed, bytes, n)
		}
	}
}

func FuzzLook(f *testing.F) {
	f.Add(uint64(1), []byte{0x48, 0x8b, 0x18})
	f.Add(uint64(14), []byte{0x0f, 0x0b})
	f.Add(uint64(8), []byte{0xf3, 0x48, 0xa5})
	f.Fuzz(func(t *testing.T, seed uint64, bytes []byte) {
		look(io.Discard, hostile(seed, bytes[:min(len(bytes), 64)]), seed)
	})
}
