package x86

// Linear is the linear address of size bytes at an offset in a segment, after
// the checks that the processor makes: the segment's limit and type outside
// 64-bit mode, a canonical address in it. write tells a store. APM vol. 2 §4.8
// and §4.12.
func (s *State) Linear(seg int, offset uint64, size int, write bool) (uint64, *Exception) {
	d := &s.Seg[seg]
	if s.CodeBits() == 64 {
		lin := offset
		if seg == FS || seg == GS {
			lin += d.Base
		}
		last := lin + uint64(size) - 1
		if !s.Canonical(lin) || !s.Canonical(last) {
			return 0, s.segmentFault(seg)
		}
		return lin, nil
	}
	offset = uint64(uint32(offset))
	if !d.contains(offset, uint64(size)) || s.typed() && !d.allows(write) {
		return 0, s.segmentFault(seg)
	}
	return uint64(uint32(d.Base + offset)), nil
}

// segmentFault is #SS for the stack segment, #GP for the others.
func (s *State) segmentFault(seg int) *Exception {
	if seg == SS {
		return s.exception(StackFault)
	}
	return s.exception(GeneralProtection)
}

// typed tells whether the types of segments count: in real and virtual-8086
// mode they do not.
func (s *State) typed() bool { return s.CR0&CR0PE != 0 && s.RFLAGS&FlagVM == 0 }

// contains tells whether all n bytes at an offset are within the limit.
func (d *Segment) contains(offset, n uint64) bool {
	last, limit := offset+n-1, uint64(d.Limit)
	if d.Attributes&(AttrCode|AttrExpandDown) != AttrExpandDown || d.Attributes&AttrUser == 0 {
		return last <= limit
	}
	// Of an expand-down segment the limit is the last offset outside.
	top := uint64(0xffff)
	if d.Attributes&AttrBig != 0 {
		top = 0xffff_ffff
	}
	return offset > limit && last <= top
}

// allows tells whether the segment can be written, or read.
func (d *Segment) allows(write bool) bool {
	a := d.Attributes
	switch {
	case a&AttrPresent == 0 || a&AttrUser == 0:
		return false
	case write:
		return a&AttrCode == 0 && a&AttrWritable != 0
	}
	return a&AttrCode == 0 || a&AttrReadable != 0
}

// Canonical tells whether the bits of a linear address above those that paging
// translates repeat the highest of them. APM vol. 2 §5.3.1.
func (s *State) Canonical(lin uint64) bool {
	unused := uint(64 - 48)
	if s.CR4&CR4LA57 != 0 {
		unused = 64 - 57
	}
	return uint64(int64(lin<<unused)>>unused) == lin
}
