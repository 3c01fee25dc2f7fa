package x86

import "encoding/binary"

// memory is guest memory from address 0, with an alignment that atomic access
// needs.
type memory []byte

func newMemory(size int) memory { return make(memory, size) }

func (m memory) Span(gpa uint64) []byte {
	if gpa >= uint64(len(m)) {
		return nil
	}
	return m[gpa:]
}

func (m memory) put64(gpa, v uint64) { binary.LittleEndian.PutUint64(m[gpa:], v) }
func (m memory) put32(gpa uint64, v uint32) {
	binary.LittleEndian.PutUint32(m[gpa:], v)
}
func (m memory) get64(gpa uint64) uint64 { return binary.LittleEndian.Uint64(m[gpa:]) }

// long is a processor in 64-bit mode, with tables at 0x1000.
func long() *State {
	s := &State{CR0: CR0PE | CR0PG | CR0WP, CR4: CR4PAE, EFER: EFERLME | EFERLMA | EFERNXE, CR3: 0x1000}
	s.Seg[CS] = FlatCode64
	for _, i := range []int{DS, ES, SS, FS, GS} {
		s.Seg[i] = FlatData
	}
	return s
}

// protected is a processor in 32-bit protected mode with paging on.
func protected() *State {
	s := long()
	s.EFER, s.CR4 = 0, 0
	s.Seg[CS] = FlatCode32
	return s
}
