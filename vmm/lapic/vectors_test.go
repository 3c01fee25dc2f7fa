package lapic

import (
	"math/rand/v2"
	"testing"
)

func TestHighestVector(t *testing.T) {
	var v vectors
	if v.highest() != 0 {
		t.Errorf("the highest of none is %d", v.highest())
	}
	r := rand.New(rand.NewPCG(1, 2))
	want := map[uint8]bool{}
	for range 10_000 {
		n := uint8(r.UintN(256))
		if n < minVector {
			continue
		}
		if r.UintN(3) == 0 {
			v.set(n)
			want[n] = true
		} else {
			v.clear(n)
			delete(want, n)
		}
		high := uint8(0)
		for n := range want {
			high = max(high, n)
		}
		if got := v.highest(); got != high {
			t.Fatalf("the highest of %v is %d", want, got)
		}
		if v.has(n) != want[n] {
			t.Fatalf("has %d is %v", n, v.has(n))
		}
	}
}
