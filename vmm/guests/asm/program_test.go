package asm_test

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/guests/asm"
)

func TestLabels(t *testing.T) {
	for _, c := range []struct {
		name string
		bits int
		emit func(*asm.Assembler)
		want []byte
	}{
		{"a jump back is short when it reaches", 32,
			func(a *asm.Assembler) { a.Label("l"); a.Nop(); a.Jmp(asm.Ref("l")) }, []byte{0x90, 0xeb, 0xfd}},
		{"a jump back is near when it must be", 16,
			func(a *asm.Assembler) { a.Label("l"); a.Space(127); a.Jmp(asm.Ref("l")) },
			append(make([]byte, 127), 0xe9, 0x7e, 0xff)},
		{"a jump back of exactly 128 bytes is short", 16,
			func(a *asm.Assembler) { a.Label("l"); a.Space(126); a.Jmp(asm.Ref("l")) },
			append(make([]byte, 126), 0xeb, 0x80)},
		{"a jump ahead is near, 16 bits", 16,
			func(a *asm.Assembler) { a.Jmp(asm.Ref("l")); a.Nop(); a.Label("l") }, []byte{0xe9, 1, 0, 0x90}},
		{"a jump ahead is near, 64 bits", 64,
			func(a *asm.Assembler) { a.J(asm.NE, "l"); a.Nop(); a.Label("l") }, []byte{0x0f, 0x85, 1, 0, 0, 0, 0x90}},
		{"a condition back", 64,
			func(a *asm.Assembler) { a.Label("l"); a.J(asm.C, "l") }, []byte{0x72, 0xfe}},
		{"short on demand", 64,
			func(a *asm.Assembler) { a.JmpShort("l"); a.JShort(asm.Z, "l"); a.Label("l") }, []byte{0xeb, 2, 0x74, 0}},
		{"a call is near", 32,
			func(a *asm.Assembler) { a.Label("l"); a.Call(asm.Ref("l")) }, []byte{0xe8, 0xfb, 0xff, 0xff, 0xff}},
		{"loops", 16,
			func(a *asm.Assembler) { a.Label("l"); a.Loop("l"); a.Loope("l"); a.Loopne("l"); a.Jcxz("l") },
			[]byte{0xe2, 0xfe, 0xe1, 0xfc, 0xe0, 0xfa, 0xe3, 0xf8}},
		{"far, 16 bits", 16,
			func(a *asm.Assembler) { a.JmpFar(8, "l"); a.Label("l") }, []byte{0xea, 0x05, 0x80, 8, 0}},
		{"far, 32 bits", 32,
			func(a *asm.Assembler) { a.Label("l"); a.CallFar(8, "l") }, []byte{0x9a, 0, 0x80, 0, 0, 8, 0}},
		{"an address as a number", 16,
			func(a *asm.Assembler) { a.Mov(asm.SI, asm.Ref("l")); a.Push(asm.Ref("l")); a.Label("l") },
			[]byte{0xbe, 0x06, 0x80, 0x68, 0x06, 0x80}},
		{"an address as a number, 64 bits", 64,
			func(a *asm.Assembler) { a.Mov(asm.RSI, asm.Ref("l")); a.Movabs(asm.RSI, asm.Ref("l")); a.Label("l") },
			[]byte{0x48, 0xc7, 0xc6, 0x11, 0x80, 0, 0, 0x48, 0xbe, 0x11, 0x80, 0, 0, 0, 0, 0, 0}},
		{"memory at a label, 16 bits", 16,
			func(a *asm.Assembler) { a.Label("l"); a.Mov(asm.BX, asm.Mem{Base: asm.SI, Label: "l", Disp: 2}) },
			[]byte{0x8b, 0x9c, 0x02, 0x80}},
		{"memory at a label, 32 bits, moffs", 32,
			func(a *asm.Assembler) { a.Label("l"); a.Mov(asm.EAX, asm.Mem{Label: "l", Disp: 4}) },
			[]byte{0xa1, 0x04, 0x80, 0, 0}},
		{"memory at a label, 64 bits, is relative to what follows", 64,
			func(a *asm.Assembler) { a.Label("l"); a.Cmp(asm.Mem{Label: "l", Size: 4}, asm.Imm(5)) },
			[]byte{0x83, 0x3d, 0xf9, 0xff, 0xff, 0xff, 5}},
		{"memory at a label and an index, 64 bits, is not", 64,
			func(a *asm.Assembler) {
				a.Label("l")
				a.Mov(asm.EAX, asm.Mem{Label: "l", Index: asm.RCX, Scale: 4})
			},
			[]byte{0x8b, 0x04, 0x8d, 0x00, 0x80, 0, 0}},
		{"the modes mix", 16,
			func(a *asm.Assembler) { a.Inc(asm.EAX); a.Bits(32); a.Inc(asm.EAX); a.Bits(64); a.Inc(asm.EAX) },
			[]byte{0x66, 0x40, 0x40, 0xff, 0xc0}},
	} {
		a := asm.New(0x8000, c.bits)
		c.emit(a)
		got, err := a.Assemble()
		if err != nil || !bytes.Equal(got, c.want) {
			t.Errorf("%s: % x, %v, not % x", c.name, got, err, c.want)
		}
	}
}

func TestData(t *testing.T) {
	a := asm.New(0x1001, 16)
	a.Align(4)
	a.Byte(1, 2)
	a.Word(0x0304)
	a.Dword(0x05060708)
	a.Qword(0x090a0b0c0d0e0f10)
	a.Label("l")
	a.WordRef("l")
	a.DwordRef("l")
	a.QwordRef("l")
	a.Text("ab")
	a.TextZ("c")
	a.Org(a.Here() + 2)
	want := []byte{0, 0, 0, 1, 2, 4, 3, 8, 7, 6, 5, 0x10, 0xf, 0xe, 0xd, 0xc, 0xb, 0xa, 9,
		0x14, 0x10, 0x14, 0x10, 0, 0, 0x14, 0x10, 0, 0, 0, 0, 0, 0, 'a', 'b', 'c', 0, 0, 0}
	if got, err := a.Assemble(); err != nil || !bytes.Equal(got, want) {
		t.Errorf("% x, %v, not % x", got, err, want)
	}
}

// line is the line that is n lines from the call, as errors show it.
func line(n int) string {
	_, _, l, _ := runtime.Caller(1)
	return fmt.Sprintf("program_test.go:%d: ", l+n)
}

func TestMistakesAreAllReportedWithTheirLines(t *testing.T) {
	a := asm.New(0x8000, 64)
	var want []string
	a.Jmp(asm.Ref("nowhere"))
	want = append(want, line(-1)+`Jmp: there is no label "nowhere"`)
	a.Mov(asm.EAX, asm.BL)
	want = append(want, line(-1)+`Mov: operands of 4 and 1 bytes`)
	_, err := a.Assemble()
	if err == nil {
		t.Fatal("no error")
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q is not among %q", w, err)
		}
	}
}

func helper(a *asm.Assembler) {
	a.Helper()
	func() { a.Push(asm.AL) }()
}

func TestMistakesInHelpersAreThoseOfTheirCallers(t *testing.T) {
	a := asm.New(0x8000, 64)
	helper(a)
	want := line(-1) + "Push: "
	if _, err := a.Assemble(); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, not %s", err, want)
	}
}

func TestMistakes(t *testing.T) {
	at := func(m asm.Mem) func(*asm.Assembler) {
		return func(a *asm.Assembler) { a.Mov(asm.BL, m) }
	}
	for _, c := range []struct {
		bits int
		want string
		emit func(*asm.Assembler)
	}{
		{32, "64-bit", func(a *asm.Assembler) { a.Mov(asm.RAX, asm.RBX) }},
		{32, "64-bit", func(a *asm.Assembler) { a.Mov(asm.R8D, asm.EBX) }},
		{16, "64-bit", func(a *asm.Assembler) { a.Mov(asm.SIL, asm.BL) }},
		{64, "AH", func(a *asm.Assembler) { a.Mov(asm.AH, asm.R8B) }},
		{64, "does not fit in 8 bits", func(a *asm.Assembler) { a.Mov(asm.AL, asm.Imm(256)) }},
		{64, "does not fit in 32 bits", func(a *asm.Assembler) { a.Add(asm.RAX, asm.Imm(1<<31)) }},
		{64, "does not fit", at(asm.Mem{Disp: 0xfee00000})},
		{64, "Size", func(a *asm.Assembler) { a.Mov(asm.Mem{Base: asm.RAX}, asm.Imm(1)) }},
		{64, "memory to memory", func(a *asm.Assembler) { a.Mov(asm.Mem{Size: 4}, asm.Mem{}) }},
		{64, "CR0", func(a *asm.Assembler) { a.Mov(asm.CR0, asm.EAX) }},
		{64, "moved to", func(a *asm.Assembler) { a.Mov(asm.Imm(5), asm.EAX) }},
		{64, "CS", func(a *asm.Assembler) { a.Mov(asm.CS, asm.AX) }},
		{64, "16-bit addresses", at(asm.Mem{Base: asm.BX})},
		{32, "64-bit addresses", at(asm.Mem{Base: asm.RBX})},
		{32, "part of this address", at(asm.Mem{Base: asm.EBX, Index: asm.SI})},
		{16, "cannot be [AX", at(asm.Mem{Base: asm.AX})},
		{32, "ESP", at(asm.Mem{Index: asm.ESP})},
		{32, "scale", at(asm.Mem{Index: asm.ESI, Scale: 3})},
		{32, "without an index", at(asm.Mem{Base: asm.ESI, Scale: 2})},
		{32, "segment", at(asm.Mem{Base: asm.ESI, Seg: asm.EAX})},
		{64, "32-bit operands", func(a *asm.Assembler) { a.Push(asm.EAX) }},
		{64, "not in 64-bit", func(a *asm.Assembler) { a.Pusha() }},
		{64, "pushed", func(a *asm.Assembler) { a.Push(asm.DS) }},
		{32, "popped", func(a *asm.Assembler) { a.Pop(asm.CS) }},
		{64, "port", func(a *asm.Assembler) { a.Out(asm.Imm(0x100), asm.AL) }},
		{64, "port", func(a *asm.Assembler) { a.In(asm.BL, asm.DX) }},
		{64, "count", func(a *asm.Assembler) { a.Shl(asm.EAX, asm.DL) }},
		{64, "far", func(a *asm.Assembler) { a.JmpFar(8, "end") }},
		{64, "far pointers", func(a *asm.Assembler) { a.JmpFarMem(asm.Mem{Size: 8}) }},
		{32, "form for 10", func(a *asm.Assembler) { a.Fild(asm.Mem{Size: 10}) }},
		{64, "cannot be", func(a *asm.Assembler) { a.Movups(asm.EAX, asm.XMM1) }},
		{64, "does not fit in 8 bits", func(a *asm.Assembler) { a.Label("l"); a.Space(200); a.Loop("l") }},
		{16, "does not fit in 16 bits", func(a *asm.Assembler) { a.Space(0x9000); a.Label("l"); a.Mov(asm.SI, asm.Ref("l")) }},
		{16, "twice", func(a *asm.Assembler) { a.Label("l"); a.Label("l") }},
		{24, "24 bits", func(*asm.Assembler) {}},
		{16, "space", func(a *asm.Assembler) { a.Space(1 << 30) }},
		{16, "from 0x8000", func(a *asm.Assembler) { a.Org(0x7000) }},
		{16, "align", func(a *asm.Assembler) { a.Align(3) }},
	} {
		if _, err := assemble(c.bits, c.emit); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d bits: %v, not %q", c.bits, err, c.want)
		}
	}
}

func TestAs(t *testing.T) {
	for _, c := range []struct {
		r    asm.Reg
		bits int
		want asm.Reg
	}{
		{asm.RAX, 16, asm.AX}, {asm.AX, 64, asm.RAX}, {asm.R9, 8, asm.R9B}, {asm.EDI, 32, asm.EDI},
		{asm.AH, 16, asm.None}, {asm.CR0, 32, asm.None}, {asm.EAX, 24, asm.None},
	} {
		if got := c.r.As(c.bits); got != c.want {
			t.Errorf("%v of %d bits is %v, not %v", c.r, c.bits, got, c.want)
		}
	}
}
