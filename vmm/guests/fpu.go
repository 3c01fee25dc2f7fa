package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var fpu = Guest{
	Name:   "fpu",
	Help:   "x87, SSE and AVX registers stay the same over exits, HLT and interrupts",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   fpuCode,
	Expect: `ok fpu sse with CR0\.TS`,
}

func fpuCode(p *Prog) {
	const cr4OSFXSR = 9
	p.LoadIDT()
	ticks := p.Count(0x20, p.picEnd)
	p.InitPIC(0x20, 0xfffe)
	p.setBit(asm.CR4, cr4OSFXSR)
	events := []event{
		{"cpuid", func() { p.Xor(asm.EAX, asm.EAX); p.Cpuid() }},
		{"out", func() { p.Out(asm.Imm(postCode), asm.AL) }},
		{"mmio", func() { p.ReadAPIC(apicID) }},
		{"hlt", func() {
			p.Mov(ticks, asm.Imm(0))
			p.StartPIT(1000)
			p.Await(ticks, 5)
		}},
	}
	fpuArithmetic(p)
	fpuSSE(p, events)
	fpuAVX(p, events)

	const cr0TS = 3
	p.setBit(asm.CR0, cr0TS)
	p.Fault("sse with CR0.TS", NM, 0, func() { p.Movaps(asm.XMM0, asm.XMM1) })
	p.Clts()
}

// event is something that may change registers that it should not.
type event struct {
	name string
	emit func()
}

func fpuArithmetic(p *Prog) {
	result := p.Var("result", 16)
	result.Size = 4
	p.Fninit()
	p.Mov(result, asm.Imm(144))
	p.Fild(result)
	p.Fsqrt()
	p.Xor(asm.EAX, asm.EAX)
	p.Cpuid()
	p.Fistp(result)
	p.Check("x87 over cpuid", result, asm.Imm(12))
}

// fpuSSE fills the x87 and SSE registers, and compares what FXSAVE saves before
// and after each event, without the addresses of the last x87 instruction: a
// hypervisor's 64-bit XSAVE does not keep the segments in them.
func fpuSSE(p *Prog, events []event) {
	before, after := p.Var("before", 512), p.Var("after", 512)
	control := p.Var("control", 4)
	control.Size = 4
	p.Fninit()
	p.Fldpi()
	p.Fld1()
	p.Fldz()
	p.Mov(control, asm.Imm(0x137f)) // 24 bits of precision
	p.Fldcw(control)
	p.Mov(control, asm.Imm(0x7f80)) // round to zero
	p.Ldmxcsr(control)
	for i := range asm.Reg(16) {
		p.Mov(asm.RAX, asm.Imm(0x0101010101010101*int64(i+1)))
		p.Movd(asm.XMM0+i, asm.RAX)
	}
	p.Cld()
	for _, e := range events {
		p.Fxsave(before)
		e.emit()
		p.Fxsave(after)
		for _, area := range []asm.Mem{before, after} {
			for _, pointer := range []int64{8, 16} { // APM vol. 2 §11.4.4
				p.Mov(asm.Mem{Label: area.Label, Disp: pointer, Size: 8}, asm.Imm(0))
			}
		}
		p.Lea(asm.RSI, before)
		p.Lea(asm.RDI, after)
		p.Mov(asm.ECX, asm.Imm(512))
		p.Repe()
		p.Cmpsb()
		p.Check("sse over "+e.name, asm.ECX, asm.Imm(0))
	}
	p.Stmxcsr(control)
	p.Check("mxcsr", control, asm.Imm(0x7f80))
}

// fpuAVX fills the upper halves of the AVX registers, if there are any.
func fpuAVX(p *Prog, events []event) {
	const xsaveAVX, cr4OSXSAVE = 1<<26 | 1<<28, 18
	p.Mov(asm.EAX, asm.Imm(1))
	p.Cpuid()
	p.And(asm.ECX, asm.Imm(xsaveAVX))
	p.Cmp(asm.ECX, asm.Imm(xsaveAVX))
	p.J(asm.NE, "no avx")
	p.setBit(asm.CR4, cr4OSXSAVE)
	p.Xor(asm.ECX, asm.ECX)
	p.Xor(asm.EDX, asm.EDX)
	p.Mov(asm.EAX, asm.Imm(7)) // x87, SSE, AVX
	p.Xsetbv()

	pattern, copied := p.Var("pattern", 32), p.Var("copied", 32)
	p.Lea(asm.RDI, pattern)
	p.Mov(asm.ECX, asm.Imm(32))
	p.Label("fill")
	p.Mov(asm.Mem{Base: asm.RDI, Index: asm.RCX, Disp: -1}, asm.CL)
	p.Loop("fill")
	for i := range asm.Reg(8) {
		p.Vmovdqu(asm.YMM0+i, pattern)
	}
	p.Zero(Scratch, pageSize)
	area := asm.Mem{Disp: Scratch}
	for _, e := range append(events, event{"xsave and xrstor", func() {
		p.Mov(asm.EAX, asm.Imm(-1))
		p.Mov(asm.EDX, asm.Imm(-1))
		p.Xsave(area)
		p.Vzeroall()
		p.Xrstor(area)
	}}) {
		e.emit()
		p.Xor(asm.EBX, asm.EBX)
		for i := range asm.Reg(8) {
			p.Vmovdqu(copied, asm.YMM0+i)
			p.Lea(asm.RSI, pattern)
			p.Lea(asm.RDI, copied)
			p.Mov(asm.ECX, asm.Imm(32))
			p.Repe()
			p.Cmpsb()
			p.Or(asm.EBX, asm.ECX)
		}
		p.Check("avx over "+e.name, asm.EBX, asm.Imm(0))
	}
	p.Label("no avx")
}
