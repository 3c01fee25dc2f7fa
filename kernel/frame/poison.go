package frame

// Pattern is what free memory holds in poison mode: 0xCC in every byte. As an
// instruction it is INT3, which traps at once (AMD APM vol. 3, INT 3). As a
// pointer it is not canonical, with 48 bits or with 57, so using it raises #GP
// (AMD APM vol. 2 §5.3.1). As a page-table entry it is not present, and means
// nothing to package paging. As a length or a count it is absurdly large.
const Pattern = 0xcccccccccccccccc

// Poison turns poison mode on, and fills all free memory, which must therefore
// be accessible through Memory by now. From here on Free fills what it frees,
// and Alloc and AllocAt verify what they take: a block in which a word changed
// while it was free becomes Damaged, is counted in Stats, and ErrCorrupt is
// returned in its place. The mode costs a pass over memory for each of them.
func (a *Allocator) Poison() {
	a.poisoned = true
	for b, ok := a.Next(0); ok; b, ok = a.Next(b.End()) {
		if b.Owner == Free {
			a.fill(b.Start, b.Order)
		}
	}
}

func (a *Allocator) fill(pa uint64, order int) {
	for end := pa + BlockSize(order); pa < end; pa += Size {
		w := a.mem.Words(pa, words)
		for i := range w {
			w[i] = Pattern
		}
	}
}

// verify reports whether the free block at pa still holds the pattern, and
// records where it does not.
func (a *Allocator) verify(pa uint64, order int) bool {
	if !a.poisoned {
		return true
	}
	for end := pa + BlockSize(order); pa < end; pa += Size {
		for i, w := range a.mem.Words(pa, words) {
			if w != Pattern {
				a.stats.Corrupt++
				a.stats.CorruptAt = pa + uint64(i)*8
				a.stats.CorruptWord = w
				return false
			}
		}
	}
	return true
}
