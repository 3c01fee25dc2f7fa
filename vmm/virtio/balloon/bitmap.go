package balloon

import "math/bits"

// bitmap is a set of pages. It has no words before the first page is set.
type bitmap struct {
	words []uint64
	count int
}

// set puts page i in the set or takes it out; changed says that it was not so
// before.
func (m *bitmap) set(i uint64, in bool) (changed bool) {
	word, bit := i/64, uint64(1)<<(i%64)
	if word >= uint64(len(m.words)) {
		if !in {
			return false
		}
		m.words = append(m.words, make([]uint64, word+1-uint64(len(m.words)))...)
	}
	if (m.words[word]&bit != 0) == in {
		return false
	}
	m.words[word] ^= bit
	if in {
		m.count++
	} else {
		m.count--
	}
	return true
}

// each calls f for each page in the set.
func (m *bitmap) each(f func(i uint64)) {
	for n, word := range m.words {
		for ; word != 0; word &= word - 1 {
			f(uint64(n)*64 + uint64(bits.TrailingZeros64(word)))
		}
	}
}
