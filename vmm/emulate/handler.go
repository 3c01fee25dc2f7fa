package emulate

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Types of gates that lead to code. APM vol. 2 table 4-5.
const (
	gate16   = 0x6 // an interrupt gate; one more is a trap gate
	gate32   = 0xe
	gateTrap = 1
)

// Handler is the linear address of the guest's handler of a vector. ok is false
// when there is none, or it is a task. APM vol. 2 §8.2, §4.8.4.
func Handler(s *x86.State, mem Memory, vector uint8) (linear uint64, ok bool) {
	const realEntry, longEntry = 4, 16
	long := s.EFER&x86.EFERLMA != 0
	size := descriptorSize
	switch {
	case s.CR0&x86.CR0PE == 0:
		size = realEntry
	case long:
		size = longEntry
	}
	at := int(vector) * size
	if at+size-1 > int(s.IDTR.Limit) {
		return 0, false
	}
	p, err := systemPlace(s, mem, s.IDTR.Base+uint64(at), size, 0)
	if err != nil {
		return 0, false
	}
	var gate [longEntry]byte
	p.get(mem, gate[:])
	offset, selector := uint64(binary.LittleEndian.Uint16(gate[:])), binary.LittleEndian.Uint16(gate[2:])
	if size == realEntry {
		return uint64(selector)<<4 + offset, true
	}
	switch kind := gate[5] & 0xf &^ gateTrap; {
	case kind == gate32:
		offset |= uint64(binary.LittleEndian.Uint16(gate[6:])) << 16
	case kind != gate16 || long:
		return 0, false
	}
	if long {
		return offset | uint64(binary.LittleEndian.Uint32(gate[8:]))<<32, true
	}
	d, ok, err := readDescriptor(s, mem, selector, false)
	if err != nil || !ok {
		return 0, false
	}
	return uint64(uint32(d.segment(selector).Base + offset)), true
}
