package gdb

import (
	"fmt"
	"strings"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// layout is the registers as gdb is told of them, in a target description (GDB
// manual, appendix G). The first features are gdb's own, whose registers and
// order it knows; the last is ours.
type layout struct {
	name      string // gdb's name of the architecture
	registers []register
	general   int   // so many, from the first, are in the packet g
	quick     []int // those that come with a stop
	xml       string
}

// The layouts. A guest can be in both modes one after the other, but gdb reads
// the description once: it is that of the mode in which gdb finds the guest.
var (
	layout64 = newLayout("i386:x86-64", 8)
	layout32 = newLayout("i386", 4)
)

// choose takes the layout that the first processor's mode asks for.
func (s *Server) choose() {
	s.layout = s.forced
	if s.layout == nil {
		s.target.State(0, &s.state)
		s.layout = layout32
		if s.state.EFER&x86.EFERLMA != 0 {
			s.layout = layout64
		}
	}
}

// gdbGPRs are the general registers in gdb's order for 64 and 32 bits.
var (
	gdbGPRs64 = []int{x86.RAX, x86.RBX, x86.RCX, x86.RDX, x86.RSI, x86.RDI, x86.RBP, x86.RSP,
		x86.R8, x86.R9, x86.R10, x86.R11, x86.R12, x86.R13, x86.R14, x86.R15}
	gdbGPRs32 = []int{x86.RAX, x86.RCX, x86.RDX, x86.RBX, x86.RSP, x86.RBP, x86.RSI, x86.RDI}
)

var gprNames = [...]string{"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"}

// gprName is a general register's name for a word of so many bytes.
func gprName(n, word int) string {
	switch {
	case n >= len(gprNames):
		return fmt.Sprintf("r%d", n)
	case word == 4:
		return "e" + gprNames[n]
	}
	return "r" + gprNames[n]
}

// builder makes a layout.
type builder struct {
	*layout
	text strings.Builder
}

func newLayout(name string, word int) *layout {
	b := &builder{layout: &layout{name: name}}
	fmt.Fprintf(&b.text, `<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target version="1.0"><architecture>%s</architecture>`, name)
	b.core(word)
	b.sse(word)
	if word == 8 {
		b.feature("org.gnu.gdb.i386.segments")
		b.add(base("fs_base", x86.FS), base("gs_base", x86.GS))
		b.end()
	}
	b.general = len(b.registers)
	b.feature("org.ringo-vmm.system")
	b.system(word)
	b.end()
	b.text.WriteString("</target>")
	b.xml = b.text.String()
	return b.layout
}

func (b *builder) feature(name string) { fmt.Fprintf(&b.text, `<feature name="%s">`, name) }

func (b *builder) end() { b.text.WriteString("</feature>") }

// add adds registers to the feature.
func (b *builder) add(registers ...register) {
	for _, r := range registers {
		group := ""
		if b.general != 0 {
			group = ` group="system"`
		}
		fmt.Fprintf(&b.text, `<reg name="%s" bitsize="%d" type="%s" regnum="%d"%s/>`, r.name, 8*r.size, r.kind, len(b.registers), group)
		b.registers = append(b.registers, r)
	}
}

// core is the feature that gdb asks for first: general registers, selectors, and
// the x87 registers, which we do not have.
func (b *builder) core(word int) {
	b.feature("org.gnu.gdb.i386.core")
	b.flags("i386_eflags", 4, x86.RFLAGSBits)
	order, integer := gdbGPRs64, "int64"
	if word == 4 {
		order, integer = gdbGPRs32, "int32"
	}
	for _, n := range order {
		kind := integer
		if n == x86.RSP || n == x86.RBP {
			kind = "data_ptr"
			b.quick = append(b.quick, len(b.registers))
		}
		b.add(register{
			name: gprName(n, word), size: word, kind: kind,
			value: func(s *x86.State) uint64 { return s.GPR[n] },
			set:   func(s *x86.State, v uint64) { s.GPR[n] = v },
		})
	}
	b.quick = append(b.quick, len(b.registers))
	b.add(
		word64(gprIP(word), "code_ptr", func(s *x86.State) *uint64 { return &s.RIP }).of(word),
		word64("eflags", "i386_eflags", func(s *x86.State) *uint64 { return &s.RFLAGS }).of(4),
	)
	for _, n := range []int{x86.CS, x86.SS, x86.DS, x86.ES, x86.FS, x86.GS} {
		b.add(selector(n))
	}
	for i := range 8 {
		b.add(register{name: fmt.Sprintf("st%d", i), size: 10, kind: "i387_ext"})
	}
	for _, name := range []string{"fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop"} {
		b.add(register{name: name, size: 4, kind: "int"})
	}
	b.end()
}

func gprIP(word int) string {
	if word == 4 {
		return "eip"
	}
	return "rip"
}

// sse is the SSE registers.
func (b *builder) sse(word int) {
	b.feature("org.gnu.gdb.i386.sse")
	b.text.WriteString(`<vector id="v4f" type="ieee_single" count="4"/><vector id="v2d" type="ieee_double" count="2"/>` +
		`<vector id="v16i8" type="int8" count="16"/><vector id="v8i16" type="int16" count="8"/><vector id="v4i32" type="int32" count="4"/>` +
		`<vector id="v2i64" type="int64" count="2"/><union id="vec128"><field name="v4_float" type="v4f"/><field name="v2_double" type="v2d"/>` +
		`<field name="v16_int8" type="v16i8"/><field name="v8_int16" type="v8i16"/><field name="v4_int32" type="v4i32"/>` +
		`<field name="v2_int64" type="v2i64"/><field name="uint128" type="uint128"/></union>`)
	for i := range 2 * word {
		b.add(register{name: fmt.Sprintf("xmm%d", i), size: 16, kind: "vec128", xmm: i + 1})
	}
	b.add(register{name: "mxcsr", size: 4, kind: "int"})
	b.end()
}

// flags adds a type whose bits have the names that format gives them.
func (b *builder) flags(id string, size int, format func(uint64) string) {
	fmt.Fprintf(&b.text, `<flags id="%s" size="%d">`, id, size)
	for i := range 8 * size {
		if name := format(1 << i); name != "" && !strings.Contains(name, " ") && !strings.Contains(name, "=") {
			fmt.Fprintf(&b.text, `<field name="%s" start="%d" end="%d"/>`, name, i, i)
		}
	}
	b.text.WriteString("</flags>")
}
