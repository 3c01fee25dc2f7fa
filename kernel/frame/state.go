package frame

// A state is the byte a frame has in the metadata. In the first frame of an
// allocated block it holds the owner (upper 3 bits) and the order (lower 5);
// everywhere else the owner is Free and the lower bits are a mark.
type state uint8

const (
	plain state = 0    // memory, and no allocated block starts here
	freed state = 0x1e // as plain, and a block that started here was freed once
	hole  state = 0x1f // not memory
)

const orderMask = 0x1f

func allocated(o Owner, order int) state { return state(o)<<5 | state(order) }

func (s state) owner() Owner { return Owner(s >> 5) }
func (s state) order() int   { return int(s & orderMask) }

// states is the array of state bytes, packed in words because that is what
// Memory gives. Frame i is byte i%8 of word i/8.
type states []uint64

func (t states) get(i int) state {
	return state(t[i>>3] >> (uint(i) & 7 * 8))
}

func (t states) set(i int, s state) {
	shift := uint(i) & 7 * 8
	t[i>>3] = t[i>>3]&^(0xff<<shift) | uint64(s)<<shift
}

// fill sets frames from up to, not including, to.
func (t states) fill(from, to int, s state) {
	for ; from < to && from&7 != 0; from++ {
		t.set(from, s)
	}
	for ; from+8 <= to; from += 8 {
		t[from>>3] = uint64(s) * 0x0101010101010101
	}
	for ; from < to; from++ {
		t.set(from, s)
	}
}

// skip is the first frame at or after i, below end, that is memory; or end.
func (t states) skip(i, end int) int {
	for i < end {
		switch {
		case i&7 == 0 && t[i>>3] == uint64(hole)*0x0101010101010101:
			i += 8
		case t.get(i) == hole:
			i++
		default:
			return i
		}
	}
	return end
}
