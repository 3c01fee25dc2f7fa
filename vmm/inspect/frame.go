package inspect

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// pushesCode tells whether an event pushes an error code.
func pushesCode(e Event) bool {
	return e.Exception && e.Vector < 32 && hasErrorCode>>e.Vector&1 != 0
}

// frameLong checks that the frame of an event fits on the stack in long mode:
// the gate's from the TSS, the new level's from the TSS, or the present one.
// APM vol. 2 §8.9.
func (a *analysis) frameLong(e Event, g *gate, level uint8, ext uint32) *fault {
	const (
		ist1      = 0x24 // offsets in the TSS: APM vol. 2 fig. 12-8
		rsp0      = 4
		align     = 16
		frameSize = 5 * 8
	)
	n := frameSize
	if pushesCode(e) {
		n += 8
	}
	rsp, name := a.s.GPR[x86.RSP], "the stack"
	offset := uint64(0)
	switch {
	case g.ist() != 0:
		offset, name = ist1+8*(g.ist()-1), fmt.Sprintf("the stack IST%d of the TSS", g.ist())
	case level < a.s.CPL:
		offset, name = rsp0+8*uint64(level), fmt.Sprintf("the stack RSP%d of the TSS", level)
	}
	if offset != 0 {
		tr := &a.s.Seg[x86.TR]
		if offset+7 > uint64(tr.Limit) {
			return selectorFault(invalidTSS, tr.Selector, ext, fmt.Sprintf("%s lies beyond the TSS's limit %#x", name, tr.Limit))
		}
		var f *fault
		if rsp, f = a.word(name, tr.Base+offset, 8); f != nil {
			return f
		}
	}
	rsp = rsp&^(align-1) - uint64(n)
	if !a.s.Canonical(rsp) || !a.s.Canonical(rsp+uint64(n)-1) {
		return &fault{vector: x86.StackFault, code: ext, why: fmt.Sprintf("%s leads to %#x, which is not canonical", name, rsp)}
	}
	return a.push(name, rsp, n, level)
}

// push is the fault of writing n bytes of frame.
func (a *analysis) push(name string, linear uint64, n int, level uint8) *fault {
	acc := x86.Write
	if level == 3 {
		acc |= x86.User
	}
	return a.access(&a.system, fmt.Sprintf("push of %d bytes on %s", n, name), linear, n, acc)
}

// frameLegacy is frameLong outside of long mode. APM vol. 2 §8.7 and §8.8.
func (a *analysis) frameLegacy(e Event, g *gate, level uint8, ext uint32, virtual bool) *fault {
	words, width := 3, 2
	if g.wide() {
		width = 4
	}
	if pushesCode(e) {
		words++
	}
	if level == a.s.CPL && !virtual {
		n := words * width
		esp := (a.s.GPR[x86.RSP] - uint64(n)) & stackMask(&a.s)
		linear, exception := a.s.Linear(x86.SS, esp, n, true)
		if exception != nil {
			return &fault{vector: x86.StackFault, code: ext, why: fmt.Sprintf("push of %d bytes at SS:%#x, outside of the stack segment", n, esp)}
		}
		return a.push("the stack", linear, n, level)
	}
	if words += 2; virtual {
		words += 4
	}
	return a.switched(words*width, level, ext)
}

// switched checks the stack that the TSS has for a level. APM vol. 2 §8.7.3,
// fig. 12-6 and 12-7.
func (a *analysis) switched(n int, level uint8, ext uint32) *fault {
	tr := &a.s.Seg[x86.TR]
	sp, ss, width := 2+4*uint64(level), 4+4*uint64(level), 2
	if tr.Attributes.Type()&8 != 0 {
		sp, ss, width = 4+8*uint64(level), 8+8*uint64(level), 4
	}
	name := fmt.Sprintf("the stack of level %d in the TSS", level)
	if ss+1 > uint64(tr.Limit) {
		return selectorFault(invalidTSS, tr.Selector, ext, fmt.Sprintf("%s lies beyond the TSS's limit %#x", name, tr.Limit))
	}
	esp, f := a.word(name, uint64(uint32(tr.Base+sp)), width)
	if f != nil {
		return f
	}
	v, f := a.word(name, uint64(uint32(tr.Base+ss)), 2)
	if f != nil {
		return f
	}
	selector := uint16(v)
	bad := func(vector x86.Vector, is string) *fault {
		return selectorFault(vector, selector, ext, fmt.Sprintf("%s: selector %#x %s", name, selector, is))
	}
	if selector&^selectorRPL == 0 {
		return bad(invalidTSS, "is null")
	}
	d, f := a.descriptor(selector, invalidTSS, ext)
	if f != nil {
		return f
	}
	attributes := d.attributes()
	switch {
	case !d.has(x86.AttrUser|x86.AttrWritable) || d.has(x86.AttrCode) || attributes.DPL() != level || uint8(selector&selectorRPL) != level:
		return bad(invalidTSS, fmt.Sprintf("is %s, no stack for level %d", attributes, level))
	case !d.has(x86.AttrPresent):
		return bad(x86.StackFault, "is not present")
	}
	// The rest is as with a stack that has been loaded.
	next := a.s
	next.Seg[x86.SS] = x86.Segment{Selector: selector, Attributes: attributes, Limit: d.limit(), Base: d.base()}
	next.RFLAGS &^= x86.FlagVM
	esp = (esp - uint64(n)) & stackMask(&next)
	linear, exception := next.Linear(x86.SS, esp, n, true)
	if exception != nil {
		return bad(x86.StackFault, fmt.Sprintf("has no %d bytes at %#x", n, esp))
	}
	return a.push(name, linear, n, level)
}
