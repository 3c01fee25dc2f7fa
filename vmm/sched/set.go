package sched

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// MaxProcessors is how many host processors there may be.
const MaxProcessors = 64

// Set is a set of host processors, a bit each.
type Set uint64

// firstProcessors is the set of processors 0 to n-1.
func firstProcessors(n int) Set { return ^Set(0) >> (MaxProcessors - n) }

// ParseSet reads a set as users write it: numbers and ranges with commas
// between, such as "2", "2-3" or "0,2-3". The error names the part that is
// wrong.
func ParseSet(text string) (Set, error) {
	var set Set
	for part := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, ok1 := parseProcessor(from)
		last, ok2 := parseProcessor(to)
		if !ok1 || !ok2 {
			return 0, fmt.Errorf("processors %q: %q is not a processor from 0 to %d or a range of them such as 2-3",
				text, part, MaxProcessors-1)
		}
		if first > last {
			return 0, fmt.Errorf("processors %q: the range %q runs backwards", text, part)
		}
		set |= firstProcessors(last+1) &^ (1<<first - 1)
	}
	return set, nil
}

func parseProcessor(text string) (int, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 8)
	return int(n), err == nil && n < MaxProcessors
}

// Has reports whether processor n is in the set.
func (s Set) Has(n int) bool { return uint(n) < MaxProcessors && s>>n&1 != 0 }

// String is the set as ParseSet reads it; that of the empty set is empty.
func (s Set) String() string {
	var b strings.Builder
	for s != 0 {
		first := s.first()
		n := bits.TrailingZeros64(^uint64(s >> first))
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(first))
		if n > 1 {
			b.WriteByte('-')
			b.WriteString(strconv.Itoa(first + n - 1))
		}
		s &^= firstProcessors(first + n)
	}
	return b.String()
}

// first is the lowest processor of a set that is not empty.
func (s Set) first() int { return bits.TrailingZeros64(uint64(s)) }

// len is the number of processors in the set.
func (s Set) len() int { return bits.OnesCount64(uint64(s)) }
