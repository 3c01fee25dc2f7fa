// Package ram is a guest's memory: guest-physical addresses on blocks of host
// memory. The blocks are large, so that nested page tables need few entries,
// and need not be contiguous; nothing here knows where they come from.
package ram

import (
	"encoding/binary"
	"fmt"
)

// Block sizes and the layout of a guest's memory. On a PC, memory that would
// lie where devices below 4 GiB are is found above 4 GiB instead.
const (
	BlockShift = 21
	BlockSize  = 1 << BlockShift // bytes; blocks are aligned to it

	LowEnd    = 3 << 30 // end of the memory below the devices, at the most
	HighStart = 4 << 30
	MaxSize   = 1 << 40
)

// Block is BlockSize bytes of host memory.
type Block struct {
	Host uint64 // host-physical address, for the nested page tables
	Data []byte // the same memory
}

// RAM is a guest's memory. Its methods may be used by several goroutines: the
// guest's processors write it at any time in any case.
type RAM struct {
	size   uint64
	low    uint64 // bytes below LowEnd, from address 0
	blocks []Block
}

// New makes a guest's memory of whole blocks.
func New(blocks []Block) (*RAM, error) {
	size := uint64(len(blocks)) << BlockShift
	if size == 0 || size > MaxSize {
		return nil, fmt.Errorf("ram: %d blocks of %d MiB are no memory a guest can have", len(blocks), BlockSize>>20)
	}
	for i, b := range blocks {
		if len(b.Data) != BlockSize {
			return nil, fmt.Errorf("ram: block %d has %d bytes", i, len(b.Data))
		}
	}
	return &RAM{size: size, low: min(size, LowEnd), blocks: blocks}, nil
}

// Size is the number of bytes in all.
func (r *RAM) Size() uint64 { return r.size }

// Low is the end of the memory below 4 GiB: a guest-physical address.
func (r *RAM) Low() uint64 { return r.low }

// High is the end of the memory above 4 GiB, HighStart if there is none.
func (r *RAM) High() uint64 { return HighStart + r.size - r.low }

// Range calls f for each block with its guest-physical address.
func (r *RAM) Range(f func(gpa uint64, b Block)) {
	for i, b := range r.blocks {
		gpa := uint64(i) << BlockShift
		if gpa >= r.low {
			gpa += HighStart - r.low
		}
		f(gpa, b)
	}
}

// Span is the memory from guest-physical address gpa to the end of its block,
// nil if there is no memory there.
func (r *RAM) Span(gpa uint64) []byte {
	i := gpa
	switch {
	case gpa < r.low:
	case gpa >= HighStart && gpa-HighStart < r.size-r.low:
		i = gpa - HighStart + r.low
	default:
		return nil
	}
	return r.blocks[i>>BlockShift].Data[i&(BlockSize-1):]
}

// Contains tells whether all n bytes at guest-physical address gpa are memory.
func (r *RAM) Contains(gpa, n uint64) bool {
	return gpa < r.low && n <= r.low-gpa ||
		gpa >= HighStart && gpa < r.High() && n <= r.High()-gpa
}

// Error says which bytes are not memory.
type Error struct {
	GPA uint64
	Len uint64
}

func (e *Error) Error() string {
	return fmt.Sprintf("ram: %d bytes at guest-physical %#x are not all memory", e.Len, e.GPA)
}

// Read copies len(p) bytes at guest-physical address gpa to p.
func (r *RAM) Read(gpa uint64, p []byte) error {
	if !r.Contains(gpa, uint64(len(p))) {
		return &Error{gpa, uint64(len(p))}
	}
	for len(p) > 0 {
		n := copy(p, r.Span(gpa))
		p, gpa = p[n:], gpa+uint64(n)
	}
	return nil
}

// Write copies p to guest-physical address gpa.
func (r *RAM) Write(gpa uint64, p []byte) error {
	if !r.Contains(gpa, uint64(len(p))) {
		return &Error{gpa, uint64(len(p))}
	}
	for len(p) > 0 {
		n := copy(r.Span(gpa), p)
		p, gpa = p[n:], gpa+uint64(n)
	}
	return nil
}

// Fill sets n bytes at guest-physical address gpa to b.
func (r *RAM) Fill(gpa, n uint64, b byte) error {
	if !r.Contains(gpa, n) {
		return &Error{gpa, n}
	}
	for n > 0 {
		s := r.Span(gpa)
		s = s[:min(uint64(len(s)), n)]
		for i := range s {
			s[i] = b
		}
		gpa, n = gpa+uint64(len(s)), n-uint64(len(s))
	}
	return nil
}

// Uint64 is the little-endian 64-bit word at guest-physical address gpa, a
// multiple of 8; ok is false when there is no memory.
func (r *RAM) Uint64(gpa uint64) (v uint64, ok bool) {
	s := r.Span(gpa &^ 7)
	if s == nil {
		return 0, false
	}
	return binary.LittleEndian.Uint64(s), true
}
