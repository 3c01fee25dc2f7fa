package emulate

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Fields of a selector, which are those of an error code too. APM vol. 2 §4.5.1
// and §8.4.1.
const (
	selectorRPL   = 3
	selectorLDT   = 1 << 2
	selectorIndex = 0xfff8
	codeSelector  = 0xfffc // what an error code has of a selector
)

// descriptorSize is the size of a descriptor outside long mode, in bytes.
const descriptorSize = 8

// Types of system segments. APM vol. 2 table 4-5.
const (
	typeLDT  = 2
	typeTSS  = 1 // a TSS16; bit 3 is set for a TSS32
	typeBusy = 2 // of a TSS
	typeWide = 8
)

// descriptor is an entry of a descriptor table.
type descriptor struct {
	value uint64
	at    place
}

// readDescriptor reads the entry of the GDT or LDT that a selector names. ok is
// false when there is none. The access is the processor's own, whatever the
// privilege level.
func readDescriptor(s *x86.State, mem Memory, selector uint16, write bool) (d descriptor, ok bool, err error) {
	base, limit := s.GDTR.Base, uint32(s.GDTR.Limit)
	if selector&selectorLDT != 0 {
		ldt := &s.Seg[x86.LDTR]
		if ldt.Attributes&x86.AttrPresent == 0 {
			return d, false, nil
		}
		base, limit = ldt.Base, ldt.Limit
	}
	at := uint32(selector & selectorIndex)
	if selector&^selectorRPL == 0 || at+descriptorSize-1 > limit {
		return d, false, nil
	}
	var acc x86.Access
	if write {
		acc = x86.Write
	}
	if d.at, err = systemPlace(s, mem, uint64(uint32(base)+at), descriptorSize, acc); err != nil {
		return d, false, err
	}
	var b [descriptorSize]byte
	d.at.get(mem, b[:])
	d.value = binary.LittleEndian.Uint64(b[:])
	return d, true, nil
}

// setType changes bits of the descriptor's type, in memory too.
func (d *descriptor) setType(mem Memory, clear, set uint8) {
	const typeShift = 40
	d.value = d.value&^(uint64(clear)<<typeShift) | uint64(set)<<typeShift
	var b [descriptorSize]byte
	binary.LittleEndian.PutUint64(b[:], d.value)
	d.at.put(mem, b[:], 5, 6)
}

// segment is the segment register that is loaded with it. APM vol. 2 §4.7.1.
func (d *descriptor) segment(selector uint16) x86.Segment {
	v := d.value
	g := x86.Segment{
		Selector: selector, Attributes: x86.Attributes(v>>40&0xff | v>>44&0xf00),
		Limit: uint32(v&0xffff | v>>32&0xf0000), Base: v>>16&0xffffff | v>>32&0xff000000,
	}
	if g.Attributes&x86.AttrPages != 0 {
		g.Limit = g.Limit<<12 | 0xfff
	}
	return g
}

// systemPlace is memory at a linear address, for an access that the processor
// makes for itself.
func systemPlace(s *x86.State, mem Memory, linear uint64, size int, acc x86.Access) (p place, err error) {
	p.size, p.first = size, min(size, int(pageSize-linear&pageMask))
	next := linear + uint64(p.first)
	if s.EFER&x86.EFERLMA == 0 {
		linear, next = uint64(uint32(linear)), uint64(uint32(next))
	}
	for i, at := range [...]uint64{linear, next} {
		if i == 1 && p.first == size {
			break
		}
		if p.gpa[i], err = s.TranslateFor(mem, at, acc); err != nil {
			return p, err
		}
		n := p.first
		if i == 1 {
			n = size - p.first
		}
		if b := mem.Span(p.gpa[i]); len(b) < n {
			return p, &noMemory{linear: at, gpa: p.gpa[i]}
		}
	}
	return p, nil
}

// get reads all of a place that is memory.
func (p *place) get(mem Memory, to []byte) {
	copy(to[:p.first], mem.Span(p.gpa[0]))
	if p.first < p.size {
		copy(to[p.first:p.size], mem.Span(p.gpa[1]))
	}
}

// put writes the bytes of b from one to another to such a place. What is no RAM
// stays as it is.
func (p *place) put(mem Memory, b []byte, from, to int) {
	if from < p.first {
		copy(mem.RAM(p.gpa[0]+uint64(from)), b[from:min(to, p.first)])
	}
	if to > p.first {
		begin := max(from, p.first)
		copy(mem.RAM(p.gpa[1]+uint64(begin-p.first)), b[begin:to])
	}
}
