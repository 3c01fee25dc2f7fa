package inspect

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// gate is an entry of the IDT. APM vol. 2 §4.8.3 and §4.8.4.
type gate struct {
	low, high uint64 // high in long mode only
	where     string // for people
	index     uint16 // error code of what is wrong with it
}

func (g *gate) kind() uint64     { return g.low >> 40 & 0x1f }
func (g *gate) dpl() uint8       { return uint8(g.low >> 45 & 3) }
func (g *gate) present() bool    { return g.low>>47&1 != 0 }
func (g *gate) selector() uint16 { return uint16(g.low >> 16) }
func (g *gate) ist() uint64      { return g.low >> 32 & 7 }
func (g *gate) wide() bool       { return g.kind()&8 != 0 }

func (g *gate) offset() uint64 {
	offset := g.low & 0xffff
	if g.wide() {
		offset |= g.low >> 32 & 0xffff_0000
	}
	return offset | g.high<<32
}

// Types of gates.
const (
	taskGate   = 0x5
	intGate16  = 0x6
	trapGate16 = 0x7
	intGate    = 0xe
	trapGate   = 0xf
)

// deliver follows the delivery of an event through the IDT, to the last write
// of its frame on the stack. It returns the fault that ends it, or where the
// handler is. APM vol. 2 §8.6 to §8.9.
func (a *analysis) deliver(e Event) (*fault, string) {
	if a.s.CR0&x86.CR0PE == 0 {
		return a.deliverReal(e)
	}
	ext := uint32(1)
	if e.Software {
		ext = 0
	}
	g, f := a.gate(e, ext)
	if f != nil {
		return f, ""
	}
	what := fmt.Sprintf("its %s", g.where)
	if g.kind() == taskGate {
		return &fault{unknown: true, why: what + " is a task gate"}, ""
	}
	d, f := a.code(g.selector(), what, ext)
	if f != nil {
		return f, ""
	}
	complain := func(is string) *fault {
		return selectorFault(x86.GeneralProtection, g.selector(), ext, fmt.Sprintf("%s: selector %#x %s", what, g.selector(), is))
	}
	level := d.attributes().DPL()
	virtual := a.s.Mode() == x86.Virtual8086
	long := a.s.EFER&x86.EFERLMA != 0
	switch conforming := d.has(x86.AttrExpandDown); {
	case level > a.s.CPL:
		return complain(fmt.Sprintf("has DPL %d, less privileged than CPL %d", level, a.s.CPL)), ""
	case virtual && (conforming || level != 0):
		return complain("is not of level 0, which virtual-8086 mode needs"), ""
	case long && !d.has(x86.AttrLong):
		return complain("is no 64-bit code"), ""
	case conforming:
		level = a.s.CPL
	}
	handler := fmt.Sprintf("%04x:%#x", g.selector(), g.offset())
	if long {
		if f := a.frameLong(e, &g, level, ext); f != nil {
			return f, ""
		}
		if !a.s.Canonical(g.offset()) {
			return &fault{vector: x86.GeneralProtection, code: ext, why: fmt.Sprintf("%s leads to %#x, which is not canonical", what, g.offset())}, ""
		}
		return nil, handler
	}
	if f := a.frameLegacy(e, &g, level, ext, virtual); f != nil {
		return f, ""
	}
	if g.offset() > uint64(d.limit()) {
		return &fault{vector: x86.GeneralProtection, code: ext, why: fmt.Sprintf("%s leads to %#x, beyond the limit %#x of its segment", what, g.offset(), d.limit())}, ""
	}
	return nil, handler
}

// deliverReal is deliver in real mode: a table of far pointers, and three words
// on the stack. APM vol. 2 §8.6.
func (a *analysis) deliverReal(e Event) (*fault, string) {
	const entry, frame = 4, 6
	at := entry * uint64(e.Vector)
	if at+entry-1 > uint64(a.s.IDTR.Limit) {
		return &fault{vector: x86.GeneralProtection, why: fmt.Sprintf("its vector at %#x lies beyond the limit %#x of IDTR", at, a.s.IDTR.Limit)}, ""
	}
	v, f := a.word("its vector", a.s.IDTR.Base+at, entry)
	if f != nil {
		return f, ""
	}
	sp := (a.s.GPR[x86.RSP] - frame) & 0xffff
	if _, exception := a.s.Linear(x86.SS, sp, frame, true); exception != nil {
		return &fault{vector: x86.StackFault, why: fmt.Sprintf("no place on the stack, SP %#x", a.s.GPR[x86.RSP]&0xffff)}, ""
	}
	return nil, fmt.Sprintf("%04x:%#x", v>>16, v&0xffff)
}

// gate reads an event's gate and checks that it is one.
func (a *analysis) gate(e Event, ext uint32) (g gate, f *fault) {
	width := uint64(8)
	long := a.s.EFER&x86.EFERLMA != 0
	if long {
		width = 16
	}
	offset := width * uint64(e.Vector)
	linear := a.s.IDTR.Base + offset
	if !long {
		linear = uint64(uint32(linear))
	}
	g.index = uint16(e.Vector) << 3
	g.where = fmt.Sprintf("gate %#x at linear %#x", uint8(e.Vector), linear)
	const inIDT = 2 // APM vol. 2 §8.4.1
	complain := func(v x86.Vector, is string) *fault {
		return &fault{vector: v, code: uint32(g.index) | inIDT | ext, why: fmt.Sprintf("its %s %s", g.where, is)}
	}
	if offset+width-1 > uint64(a.s.IDTR.Limit) {
		return g, complain(x86.GeneralProtection, fmt.Sprintf("lies beyond the IDT's limit %#x", a.s.IDTR.Limit))
	}
	name := fmt.Sprintf("its gate %#x", uint8(e.Vector))
	if g.low, f = a.word(name, linear, 8); f != nil {
		return g, f
	}
	if long {
		if g.high, f = a.word(name, linear+8, 8); f != nil {
			return g, f
		}
		g.high = uint64(uint32(g.high))
	}
	value := fmt.Sprintf("is %016x", g.low)
	valid := g.kind() == intGate || g.kind() == trapGate
	if !long {
		valid = valid || g.kind() == taskGate || g.kind() == intGate16 || g.kind() == trapGate16
	}
	switch {
	case !valid:
		return g, complain(x86.GeneralProtection, fmt.Sprintf("%s, of type %#x, which is no gate for events", value, g.kind()))
	case e.Software && g.dpl() < a.s.CPL:
		return g, complain(x86.GeneralProtection, fmt.Sprintf("%s, whose DPL %d does not let CPL %d use it", value, g.dpl(), a.s.CPL))
	case !g.present():
		return g, complain(segmentNotThere, value+", not present")
	}
	return g, nil
}
