package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var debugregs = Guest{
	Name:   "debugregs",
	Help:   "breakpoints, watchpoints and single steps, also over instructions that exit",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   debugregsCode,
	Expect: `ok debugregs step over mmio, behind it`,
}

// Bits of DR6 and DR7. APM vol. 2 §13.1.1.
const (
	dr6BS  = 1 << 14
	dr7L0  = 1 << 0
	dr7L1  = 1 << 2
	dr7RW1 = 1 << 20 // 1 writes, 3 all accesses
	dr7LN1 = 3 << 22 // 4 bytes
	dr7One = 1 << 10 // always 1

	flagTF = 1 << 8
	flagRF = 1 << 16
)

func debugregsCode(p *Prog) {
	p.LoadIDT()
	p.Handle(DB, "debug")
	count, status := p.Var("count", 4), p.Var("status", 8)
	count.Size, status.Size = 4, 8
	addresses := p.Var("addresses", 64)
	reset := func() {
		p.Mov(count, asm.Imm(0))
		p.Mov(status, asm.Imm(0))
		p.Xor(asm.EAX, asm.EAX)
		p.Mov(asm.DR6, asm.RAX)
	}
	set := func(dr7 asm.Imm) {
		p.Mov(asm.RAX, dr7|dr7One)
		p.Mov(asm.DR7, asm.RAX)
	}
	check := func(what string, n int, bits asm.Imm) {
		p.Check(what+", traps", count, asm.Imm(n))
		p.Check(what+", DR6", status, bits)
	}
	nth := func(n int) asm.Mem { return asm.Mem{Label: addresses.Label, Disp: int64(n) * 8} }

	reset()
	p.Mov(asm.RAX, asm.Ref("breakpoint"))
	p.Mov(asm.DR0, asm.RAX)
	set(dr7L0)
	p.Xor(asm.EBX, asm.EBX)
	p.Label("breakpoint")
	p.Inc(asm.EBX)
	set(0)
	check("breakpoint", 1, 1<<0)
	p.Check("breakpoint, before it", nth(0), asm.Ref("breakpoint"))
	p.Check("breakpoint, and on", asm.EBX, asm.Imm(1))

	reset()
	watched := p.Var("watched", 4)
	p.Lea(asm.RAX, watched)
	p.Mov(asm.DR1, asm.RAX)
	set(dr7L1 | dr7RW1 | dr7LN1)
	p.Mov(asm.EBX, watched)
	p.Mov(watched, asm.BL)
	p.Label("written")
	p.Nop()
	set(0)
	check("watchpoint", 1, 1<<1)
	p.Check("watchpoint, behind it", nth(0), asm.Ref("written"))

	for _, s := range []struct {
		name string
		emit func()
	}{
		{"nop", p.Nop}, {"cpuid", p.Cpuid}, {"rdtsc", p.Rdtsc},
		{"out", func() { p.Out(asm.Imm(postCode), asm.AL) }},
		{"in", func() { p.In(asm.AL, asm.Imm(picMaster+1)) }},
		{"mmio", func() { p.Mov(asm.EBX, apic(apicID)) }},
	} {
		here := p.Unique("here")
		reset()
		p.Pushf()
		p.Or(asm.Mem{Base: asm.RSP, Size: 4}, asm.Imm(flagTF))
		p.Popf()
		s.emit()
		p.Label(here)
		p.Pushf() // the handler cannot end it: it clears the flag in its frame only
		p.And(asm.Mem{Base: asm.RSP, Size: 4}, asm.Imm(^flagTF))
		p.Popf()
		p.Nop()
		check("step over "+s.name, 4, dr6BS)
		p.Check("step over "+s.name+", behind it", nth(0), asm.Ref(here))
	}

	p.Done()

	p.Label("debug") // counts, and notes DR6 and where it came from
	p.Push(asm.RAX)
	p.Push(asm.RBX)
	p.Mov(asm.EBX, count)
	p.And(asm.EBX, asm.Imm(7))
	p.Mov(asm.RAX, asm.Mem{Base: asm.RSP, Disp: 16})
	p.Mov(asm.Mem{Label: addresses.Label, Index: asm.RBX, Scale: 8}, asm.RAX)
	p.Inc(count)
	p.Mov(asm.RAX, asm.DR6)
	p.And(asm.EAX, asm.Imm(0x400f))
	p.Mov(status, asm.RAX)
	p.Xor(asm.EAX, asm.EAX)
	p.Mov(asm.DR6, asm.RAX)
	p.Or(asm.Mem{Base: asm.RSP, Disp: 32, Size: 4}, asm.Imm(flagRF)) // on over a breakpoint
	p.Pop(asm.RBX)
	p.Pop(asm.RAX)
	p.Iret()
}
