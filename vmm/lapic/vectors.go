package lapic

import "math/bits"

// vectors is a set of interrupt vectors: one of the IRR, ISR and TMR. Intel
// SDM vol. 3 §11.8.4.
type vectors struct {
	word  [8]uint32
	words uint8 // bit i: word[i] is not 0, so that a search looks at one word
}

func (v *vectors) set(n uint8) {
	i := n >> 5
	v.word[i] |= 1 << (n & 31)
	v.words |= 1 << i
}

func (v *vectors) clear(n uint8) {
	i := n >> 5
	v.word[i] &^= 1 << (n & 31)
	if v.word[i] == 0 {
		v.words &^= 1 << i
	}
}

func (v *vectors) has(n uint8) bool { return v.word[n>>5]>>(n&31)&1 != 0 }

// highest is the highest vector in the set, 0 if there is none.
func (v *vectors) highest() uint8 {
	if v.words == 0 {
		return 0
	}
	i := uint(bits.Len8(v.words)-1) & 7
	return uint8(i<<5 + uint(bits.Len32(v.word[i])) - 1)
}

// legal drops the vectors that no APIC delivers and counts the words anew.
func (v *vectors) legal() {
	v.word[0] &^= 1<<minVector - 1
	v.words = 0
	for i, w := range v.word {
		if w != 0 {
			v.words |= 1 << i
		}
	}
}
