package queue

import (
	"encoding/binary"
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/ram"
)

var le = binary.LittleEndian

// area is a part of a ring in the guest's memory. It is smaller than a block of
// that memory, so it has two pieces at the most.
type area struct {
	first, second []byte
}

// newArea is the n bytes at guest-physical address gpa, a multiple of align.
func newArea(m *ram.RAM, name string, gpa, n, align uint64) (area, error) {
	if gpa%align != 0 {
		return area{}, fmt.Errorf("%s at %#x is not a multiple of %d", name, gpa, align)
	}
	if n > ram.BlockSize || !m.Contains(gpa, n) {
		return area{}, fmt.Errorf("%s at %#x, %d bytes, is not in memory", name, gpa, n)
	}
	first := m.Span(gpa)
	if uint64(len(first)) >= n {
		return area{first: first[:n]}, nil
	}
	n -= uint64(len(first))
	return area{first, m.Span(gpa + uint64(len(first)))[:n]}, nil
}

// at is the bytes from offset off, to the end of the piece. An element of a
// ring never lies in both pieces, for the ring is aligned to its size.
func (a *area) at(off uint32) []byte {
	if off < uint32(len(a.first)) {
		return a.first[off:]
	}
	return a.second[off-uint32(len(a.first)):]
}
