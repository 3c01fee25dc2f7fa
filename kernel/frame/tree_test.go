package frame

import (
	"math/rand"
	"testing"
)

func TestTreeFindsHighestSetBitBelow(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for _, n := range []int{1, 2, 63, 64, 65, 4096, 4097, 300_000} {
		var tr tree
		memory := make([]uint64, treeWords(n)+1)
		if rest := tr.init(memory, n); len(rest) != 1 {
			t.Fatalf("tree of %d bits leaves %d words, want 1", n, len(rest))
		}
		set := map[int]bool{}
		for range 500 {
			i := rng.Intn(n)
			if set[i] = !set[i]; set[i] {
				tr.set(i)
			} else {
				tr.clear(i)
			}
			if tr.has(i) != set[i] {
				t.Fatalf("%d bits: has(%d) = %v", n, i, tr.has(i))
			}
			limit, want := rng.Intn(n+1), -1
			for j, on := range set {
				if on && j < limit && j > want {
					want = j
				}
			}
			if got := tr.below(limit); got != want {
				t.Fatalf("%d bits: below(%d) = %d, want %d", n, limit, got, want)
			}
		}
	}
}
