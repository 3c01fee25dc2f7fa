package inspect

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// memory is guest memory from address 0.
type memory []byte

func (m memory) Span(gpa uint64) []byte {
	if gpa >= uint64(len(m)) {
		return nil
	}
	return m[gpa:]
}

func (m memory) put64(gpa uint64, values ...uint64) {
	for i, v := range values {
		binary.LittleEndian.PutUint64(m[gpa+8*uint64(i):], v)
	}
}

func (m memory) put32(gpa uint64, v uint32) { binary.LittleEndian.PutUint32(m[gpa:], v) }

// Where a rig has things. Its 2 MiB are mapped to themselves in small pages,
// but for the page at missing.
const (
	tables  = 0x1000
	ptes    = tables + 0x3000
	gdt     = 0x6000
	idt     = 0x7000
	code    = 0x8000
	stack0  = 0x9ff0
	tss     = 0xa000
	missing = 0x10_0000
	nowhere = 0x40_0000 // beyond all tables

	memorySize = 2 << 20
	p, rw, us  = 1, 2, 4
)

// Descriptors. APM vol. 2 fig. 4-20 to 4-22.
const (
	code64 = 0x0020_9a00_0000_0000
	code32 = 0x00cf_9a00_0000_ffff
	data32 = 0x00cf_9200_0000_ffff
)

// Selectors of the rig's GDT.
const (
	selCode64 = 8 * (1 + iota)
	selData
	selCode32
	selAbsent
)

// rig is a processor in 64-bit mode with a whole IDT, and its memory.
type rig struct {
	s x86.State
	m memory
}

// gate64 is an interrupt gate of 64-bit mode that leads to selector:offset.
func gate64(selector, offset, ist uint64) uint64 {
	return offset&0xffff | selector<<16 | ist<<32 | 0x8e<<40 | offset>>16&0xffff<<48
}

func newRig(instruction ...byte) *rig {
	r := &rig{m: make(memory, memorySize)}
	r.m.put64(tables, (tables+0x1000)|p|rw|us)
	r.m.put64(tables+0x1000, (tables+0x2000)|p|rw|us)
	r.m.put64(tables+0x2000, ptes|p|rw|us)
	for page := range uint64(512) {
		if page != missing>>12 {
			r.m.put64(ptes+8*page, page<<12|p|rw|us)
		}
	}
	r.m.put64(gdt, 0, code64, data32, code32, code64&^(1<<47))
	for v := range uint64(256) {
		r.m.put64(idt+16*v, gate64(selCode64, 0xc000+v, 0))
	}
	copy(r.m[code:], instruction)
	s := &r.s
	*s = x86.State{
		CR0: x86.CR0PE | x86.CR0PG | x86.CR0WP, CR3: tables, CR4: x86.CR4PAE | x86.CR4OSFXSR, EFER: x86.EFERLME | x86.EFERLMA | x86.EFERNXE,
		GDTR: x86.Table{Base: gdt, Limit: 5*8 - 1}, IDTR: x86.Table{Base: idt, Limit: 0xfff},
	}
	s.RIP, s.RFLAGS = code, x86.FlagFixed
	s.GPR[x86.RSP] = stack0
	for i := range s.Seg {
		s.Seg[i] = x86.FlatData
	}
	s.Seg[x86.CS] = x86.FlatCode64
	s.Seg[x86.TR] = x86.Segment{Selector: 0x40, Attributes: 0x8b, Limit: 0x67, Base: tss}
	return r
}

// unmap takes the page at a linear address away.
func (r *rig) unmap(linear uint64) { r.m.put64(ptes+linear>>12*8, 0) }

// want checks that text has all parts, in their order.
func want(t *testing.T, name, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, part := range parts {
		i := strings.Index(rest, part)
		if i < 0 {
			t.Errorf("%s: no %q in the right place of:\n%s", name, part, text)
			return
		}
		rest = rest[i+len(part):]
	}
}
