package emulate

import "github.com/ringo-vmm/ringo/vmm/x86"

// virtualAttributes are those of every segment in virtual-8086 mode. APM vol. 2
// §10.5.
const (
	virtualAttributes = x86.AttrPresent | x86.AttrUser | x86.AttrWritable | x86.AttrAccessed | 3<<5
	virtualLimit      = 0xffff
	virtualCPL        = 3
)

// segments loads the segment registers of a new task, which has their
// selectors already. SDM vol. 3 table 7-1.
func (t *Task) segments(s *x86.State, mem Memory) error {
	virtual := s.RFLAGS&x86.FlagVM != 0
	if virtual {
		s.CPL = virtualCPL
		for i := range x86.LDTR {
			sel := s.Seg[i].Selector
			s.Seg[i] = x86.Segment{Selector: sel, Attributes: virtualAttributes, Limit: virtualLimit, Base: uint64(sel) << 4}
		}
	}
	ldt, err := t.ldt(s, mem, s.Seg[x86.LDTR].Selector)
	if err != nil {
		return err
	}
	s.Seg[x86.LDTR] = ldt
	if virtual {
		return nil
	}
	for _, i := range [...]int{x86.CS, x86.SS, x86.DS, x86.ES, x86.FS, x86.GS} {
		g, err := t.segment(s, mem, i, s.Seg[i].Selector)
		if err != nil {
			return err
		}
		s.Seg[i] = g
	}
	return nil
}

// ldt is LDTR with a selector, which may be null.
func (t *Task) ldt(s *x86.State, mem Memory, selector uint16) (g x86.Segment, err error) {
	g.Selector = selector
	if selector&^selectorRPL == 0 {
		return g, nil
	}
	d, ok, err := readDescriptor(s, mem, selector&^selectorLDT, false)
	if err != nil {
		return g, err
	}
	got := d.segment(selector)
	if !ok || selector&selectorLDT != 0 || got.Attributes&(x86.AttrPresent|x86.AttrUser) != x86.AttrPresent || got.Attributes.Type() != typeLDT {
		return g, t.fault(x86.InvalidTSS, selector)
	}
	return got, nil
}

// segment is one of the other registers with a selector.
func (t *Task) segment(s *x86.State, mem Memory, n int, selector uint16) (g x86.Segment, err error) {
	g.Selector = selector
	if selector&^selectorRPL == 0 && n != x86.CS && n != x86.SS {
		return g, nil
	}
	d, ok, err := readDescriptor(s, mem, selector, false)
	if err != nil {
		return g, err
	}
	got := d.segment(selector)
	if !ok || !fit(n, got.Attributes, uint8(selector&selectorRPL), s.CPL) {
		return g, t.fault(x86.InvalidTSS, selector)
	}
	if got.Attributes&x86.AttrPresent == 0 {
		if n == x86.SS {
			return g, t.fault(x86.StackFault, selector)
		}
		return g, t.fault(x86.SegmentNotPresent, selector)
	}
	if got.Attributes&x86.AttrAccessed == 0 {
		if d, _, err = readDescriptor(s, mem, selector, true); err != nil {
			return g, err
		}
		d.setType(mem, 0, uint8(x86.AttrAccessed))
		got.Attributes |= x86.AttrAccessed
	}
	return got, nil
}

// fit tells whether a segment's type and privilege level are those that a
// register of a task may have.
func fit(n int, a x86.Attributes, rpl, cpl uint8) bool {
	code, conforming := a&x86.AttrCode != 0, a&(x86.AttrCode|x86.AttrExpandDown) == x86.AttrCode|x86.AttrExpandDown
	switch {
	case a&x86.AttrUser == 0:
		return false
	case n == x86.CS:
		return code && (a.DPL() == cpl || conforming && a.DPL() < cpl)
	case n == x86.SS:
		return !code && a&x86.AttrWritable != 0 && a.DPL() == cpl && rpl == cpl
	case code && a&x86.AttrReadable == 0:
		return false
	}
	return conforming || a.DPL() >= max(rpl, cpl)
}
