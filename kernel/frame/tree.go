package frame

import "math/bits"

// maxLevels is the depth of a tree over 2^30 bits: every frame of 4 TiB.
const maxLevels = 5

// tree is a bitmap with 64-ary summaries: bit i of level n+1 is set when word
// i of level n is not zero. The top level is a single word. A search goes up
// until a word holds a candidate and down again along it, so it costs two
// words a level however empty the bitmap is.
type tree struct {
	levels [maxLevels][]uint64
	depth  int
}

// treeWords is the number of words that a tree over n bits needs.
func treeWords(n int) int {
	total := 0
	for {
		n = (n + 63) >> 6
		total += n
		if n == 1 {
			return total
		}
	}
}

// init lays a tree over n bits out in zeroed memory, and returns what of the
// memory is left.
func (t *tree) init(memory []uint64, n int) []uint64 {
	t.depth = 0
	for {
		n = (n + 63) >> 6
		t.levels[t.depth], memory = memory[:n], memory[n:]
		t.depth++
		if n == 1 {
			return memory
		}
	}
}

func (t *tree) has(i int) bool {
	return t.levels[0][i>>6]>>(uint(i)&63)&1 != 0
}

func (t *tree) set(i int) {
	for l := 0; l < t.depth; l++ {
		w := &t.levels[l][i>>6]
		old := *w
		*w = old | 1<<(uint(i)&63)
		if old != 0 {
			return
		}
		i >>= 6
	}
}

func (t *tree) clear(i int) {
	for l := 0; l < t.depth; l++ {
		w := &t.levels[l][i>>6]
		*w &^= 1 << (uint(i) & 63)
		if *w != 0 {
			return
		}
		i >>= 6
	}
}

// below is the highest set bit under i, or -1.
func (t *tree) below(i int) int {
	if i == 0 {
		return -1
	}
	i--
	here := uint64(2) // level 0: bit i itself counts
	for l := 0; l < t.depth; l++ {
		if w := t.levels[l][i>>6] & (here<<(uint(i)&63) - 1); w != 0 {
			return t.descend(l, i&^63|(bits.Len64(w)-1))
		}
		here = 1 // above: bit i stands for the word just searched
		i >>= 6
	}
	return -1
}

// descend follows bit i of level l, which is set, to the highest bit of level
// 0 that it stands for.
func (t *tree) descend(l, i int) int {
	for l > 0 {
		l--
		i = i<<6 | (bits.Len64(t.levels[l][i]) - 1)
	}
	return i
}
