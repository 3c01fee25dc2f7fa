package inspect

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// descriptor is the eight bytes of a segment descriptor. APM vol. 2 §4.7.1.
type descriptor uint64

func (d descriptor) attributes() x86.Attributes {
	return x86.Attributes(d>>40&0xff | d>>44&0xf00)
}

func (d descriptor) has(a x86.Attributes) bool { return d.attributes()&a == a }

func (d descriptor) base() uint64 { return uint64(d>>16&0xff_ffff | d>>32&0xff00_0000) }

func (d descriptor) limit() uint32 {
	limit := uint32(d&0xffff | d>>32&0xf_0000)
	if d.has(x86.AttrPages) {
		limit = limit<<12 | pageMask
	}
	return limit
}

// Parts of a selector. APM vol. 2 §4.5.1.
const (
	selectorRPL   = 3
	selectorTable = 1 << 2 // the LDT
)

// descriptor reads the descriptor of a selector that is not null. bad is the
// exception for a selector that has none; ext goes into its error code.
func (a *analysis) descriptor(selector uint16, bad x86.Vector, ext uint32) (descriptor, *fault) {
	table, limit, base := "GDT", uint32(a.s.GDTR.Limit), a.s.GDTR.Base
	if selector&selectorTable != 0 {
		ldt := &a.s.Seg[x86.LDTR]
		table, limit, base = "LDT", ldt.Limit, ldt.Base
		if ldt.Attributes&x86.AttrPresent == 0 || ldt.Selector&^selectorRPL == 0 {
			return 0, selectorFault(bad, selector, ext, fmt.Sprintf("selector %#x is in the LDT, and there is none", selector))
		}
	}
	if uint32(selector|7) > limit {
		return 0, selectorFault(bad, selector, ext, fmt.Sprintf("selector %#x lies beyond the %s's limit %#x", selector, table, limit))
	}
	v, f := a.word(fmt.Sprintf("the descriptor of selector %#x", selector), base+uint64(selector&^7), 8)
	return descriptor(v), f
}

// selectorFault is an exception whose error code is a selector.
func selectorFault(v x86.Vector, selector uint16, ext uint32, why string) *fault {
	return &fault{vector: v, code: uint32(selector&^selectorRPL) | ext, why: why}
}

// code reads the code descriptor that a selector names, and checks that the
// processor could go there from its privilege level.
func (a *analysis) code(selector uint16, what string, ext uint32) (descriptor, *fault) {
	if selector&^selectorRPL == 0 {
		return 0, &fault{vector: x86.GeneralProtection, code: ext, why: fmt.Sprintf("%s has the null selector", what)}
	}
	d, f := a.descriptor(selector, x86.GeneralProtection, ext)
	if f != nil {
		f.why = what + ": " + f.why
		return 0, f
	}
	complain := func(v x86.Vector, is string) *fault {
		return selectorFault(v, selector, ext, fmt.Sprintf("%s: selector %#x, descriptor %#016x, %s", what, selector, uint64(d), is))
	}
	long := a.s.EFER&x86.EFERLMA != 0
	switch {
	case !d.has(x86.AttrUser | x86.AttrCode):
		return 0, complain(x86.GeneralProtection, "is no code segment")
	case d.has(x86.AttrLong|x86.AttrBig) && long:
		return 0, complain(x86.GeneralProtection, "has both L and D set")
	case !d.has(x86.AttrPresent):
		return 0, complain(segmentNotThere, "is not present")
	}
	return d, nil
}

// data checks that a selector can be loaded into a data or stack segment
// register. APM vol. 2 §4.10.
func (a *analysis) data(register int, selector uint16) *fault {
	bad := func(v x86.Vector, is string) *fault {
		return selectorFault(v, selector, 0, fmt.Sprintf("selector %#x for %s %s", selector, segmentNames[register], is))
	}
	stack := register == x86.SS
	if selector&^selectorRPL == 0 {
		if stack && (a.s.CodeBits() != 64 || a.s.CPL == 3) {
			return bad(x86.GeneralProtection, "is null")
		}
		return nil
	}
	d, f := a.descriptor(selector, x86.GeneralProtection, 0)
	if f != nil {
		return f
	}
	attributes := d.attributes()
	writable := d.has(x86.AttrUser|x86.AttrWritable) && attributes&x86.AttrCode == 0
	readable := d.has(x86.AttrUser) && (attributes&x86.AttrCode == 0 || attributes&x86.AttrReadable != 0)
	switch {
	case stack && (!writable || attributes.DPL() != a.s.CPL || uint8(selector&selectorRPL) != a.s.CPL):
		return bad(x86.GeneralProtection, fmt.Sprintf("is %s, no stack for CPL %d", attributes, a.s.CPL))
	case !readable:
		return bad(x86.GeneralProtection, fmt.Sprintf("is %s, which cannot be read", attributes))
	case !d.has(x86.AttrPresent) && stack:
		return bad(x86.StackFault, "is not present")
	case !d.has(x86.AttrPresent):
		return bad(segmentNotThere, "is not present")
	}
	return nil
}

var segmentNames = [...]string{x86.ES: "ES", x86.CS: "CS", x86.SS: "SS", x86.DS: "DS", x86.FS: "FS", x86.GS: "GS"}
