package virtiotest

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/virtio/queue"
)

// Flags of descriptors. VIRTIO 1.2 §2.7.5, §2.8.
const (
	Next     = 1 << 0
	Write    = 1 << 1
	Indirect = 1 << 2
	avail    = 1 << 7
	used     = 1 << 15
)

const descSize = 16

// Ring is the driver's side of a queue.
type Ring struct {
	queue.Layout
	m        *Machine
	packed   bool
	eventIdx bool
	Indirect bool // buffers are put in indirect tables

	free   []uint16         // ids
	slots  map[uint16]int   // descriptors of each id in use
	chains map[uint16][]int // split: which
	descs  []uint16         // split: free descriptors

	next, last uint16 // index or slot of the next available and used one
	nextWrap   bool
	lastWrap   bool
	added      uint16
	busy       int // descriptors
}

// NewRing makes a ring in memory, by the layout of legacy devices.
func NewRing(m *Machine, size uint16, packed, eventIdx bool) *Ring {
	r := &Ring{m: m, packed: packed, eventIdx: eventIdx, slots: map[uint16]int{}, chains: map[uint16][]int{}, nextWrap: true, lastWrap: true}
	n := uint64(size)
	base := m.Alloc(int(n)*32 + 3*4096)
	m.Write(base, make([]byte, n*32+2*4096))
	r.Layout = queue.Layout{Size: size, Desc: base, Driver: base + n*descSize}
	r.Device = (r.Driver + 2*n + 6 + 4095) &^ 4095
	for i := range size {
		r.free, r.descs = append(r.free, i), append(r.descs, i)
	}
	return r
}

// Desc writes a descriptor: of a split ring its last word is the next one, of a
// packed one id and flags change places.
func (r *Ring) desc(at uint64, p Piece, flags, extra uint16) {
	var b [descSize]byte
	binary.LittleEndian.PutUint64(b[:], p.GPA)
	binary.LittleEndian.PutUint32(b[8:], p.Len)
	if r.packed {
		flags, extra = extra, flags
	}
	binary.LittleEndian.PutUint16(b[12:], flags)
	binary.LittleEndian.PutUint16(b[14:], extra)
	r.m.Write(at, b[:])
}

// Add makes a buffer available and returns its id.
func (r *Ring) Add(out, in []Piece) uint16 {
	if len(r.free) == 0 {
		r.m.Fatal("the ring is full")
	}
	id := r.free[0]
	r.free = r.free[1:]
	all := append(append([]Piece(nil), out...), in...)
	flag := func(i int) uint16 {
		if i >= len(out) {
			return Write
		}
		return 0
	}
	if r.Indirect {
		table := Piece{r.m.Alloc(descSize * len(all)), uint32(descSize * len(all))}
		for i, p := range all {
			f := flag(i)
			if i < len(all)-1 && !r.packed {
				f |= Next
			}
			r.desc(table.GPA+uint64(descSize*i), p, f, uint16(i+1))
		}
		all = []Piece{table}
		flag = func(int) uint16 { return Indirect }
	}
	r.slots[id] = len(all)
	r.busy += len(all)
	if r.packed {
		r.addPacked(id, all, flag)
	} else {
		r.addSplit(id, all, flag)
	}
	r.added++
	return id
}

// addSplit uses the ids as numbers of heads.
func (r *Ring) addSplit(id uint16, all []Piece, flag func(int) uint16) {
	at := id
	r.take(id, id)
	for i, p := range all {
		f, next := flag(i), uint16(0)
		if i < len(all)-1 {
			next = r.descs[len(r.descs)-1]
			r.take(id, next)
			f |= Next
		}
		r.desc(r.Desc+uint64(at)*descSize, p, f, next)
		at = next
	}
	r.m.setWord(r.Driver+4+2*uint64(r.next%r.Size), id)
	r.next++
	r.m.setWord(r.Driver+2, r.next)
}

// take marks a descriptor as used by a buffer.
func (r *Ring) take(id, desc uint16) {
	for i, d := range r.descs {
		if d == desc {
			r.descs = append(r.descs[:i], r.descs[i+1:]...)
			break
		}
	}
	for i, d := range r.free {
		if d == desc {
			r.free = append(r.free[:i], r.free[i+1:]...)
			break
		}
	}
	r.chains[id] = append(r.chains[id], int(desc))
}

// addPacked writes the first descriptor's flags last.
func (r *Ring) addPacked(id uint16, all []Piece, flag func(int) uint16) {
	head, first := r.next, uint16(0)
	for i, p := range all {
		f := flag(i)
		if i < len(all)-1 {
			f |= Next
		}
		if r.nextWrap {
			f |= avail
		} else {
			f |= used
		}
		if i == 0 {
			first = f
			f ^= avail | used
		}
		r.desc(r.Desc+uint64(r.next)*descSize, p, f, id)
		if r.next++; r.next == r.Size {
			r.next, r.nextWrap = 0, !r.nextWrap
		}
	}
	r.m.setWord(r.Desc+uint64(head)*descSize+14, first)
}

// Get takes a used buffer: its id and how many bytes were written.
func (r *Ring) Get() (id uint16, n uint32, ok bool) {
	if r.packed {
		return r.getPacked()
	}
	if r.m.word(r.Device+2) == r.last {
		return 0, 0, false
	}
	b := r.m.Bytes(Piece{r.Device + 4 + 8*uint64(r.last%r.Size), 8})
	id, n = uint16(binary.LittleEndian.Uint32(b)), binary.LittleEndian.Uint32(b[4:])
	r.last++
	r.busy -= r.slots[id]
	for _, d := range r.chains[id] {
		r.descs, r.free = append(r.descs, uint16(d)), append(r.free, uint16(d))
	}
	delete(r.chains, id)
	r.want()
	return id, n, true
}

func (r *Ring) getPacked() (id uint16, n uint32, ok bool) {
	b := r.m.Bytes(Piece{r.Desc + uint64(r.last)*descSize, descSize})
	flags := binary.LittleEndian.Uint16(b[14:])
	if (flags&avail != 0) != r.lastWrap || (flags&used != 0) != r.lastWrap {
		return 0, 0, false
	}
	id, n = binary.LittleEndian.Uint16(b[12:]), binary.LittleEndian.Uint32(b[8:])
	r.last += uint16(r.slots[id])
	r.busy -= r.slots[id]
	if r.last >= r.Size {
		r.last, r.lastWrap = r.last-r.Size, !r.lastWrap
	}
	r.free = append(r.free, id)
	r.want()
	return id, n, true
}

// want asks for an interrupt with the next used buffer.
func (r *Ring) want() {
	switch {
	case !r.eventIdx:
	case r.packed:
		w := r.last
		if r.lastWrap {
			w |= 1 << 15
		}
		r.m.setWord(r.Driver, w)
		r.m.setWord(r.Driver+2, 2)
	default:
		r.m.setWord(r.Driver+4+2*uint64(r.Size), r.last)
	}
}

// Free is how many descriptors are free.
func (r *Ring) Free() int { return int(r.Size) - r.busy }

// Poll asks for no interrupts: without event indices, for those are passed by
// and by.
func (r *Ring) Poll() {
	if r.packed {
		r.m.setWord(r.Driver+2, 1)
	} else {
		r.m.setWord(r.Driver, 1)
	}
}

// WantsKick tells whether the device wants to be notified of what has been added
// since it was asked last.
func (r *Ring) WantsKick() bool {
	n := r.added
	r.added = 0
	switch {
	case n == 0:
		return false
	case r.packed:
		return r.m.word(r.Device+2) != 1
	case r.eventIdx:
		event := r.m.word(r.Device + 4 + 8*uint64(r.Size))
		return r.next-event-1 < n
	}
	return r.m.word(r.Device)&1 == 0
}
