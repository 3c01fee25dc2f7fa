package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var mmioALU = Guest{
	Name:   "mmio-alu",
	Help:   "instructions that read, change and write device memory: arithmetic, shifts, bits, exchanges",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   mmioALUCode,
	Expect: `ok mmio-alu xchg loads`,
}

// mmioALUCode uses a register of the local APIC that has 32 bits, the timer's
// initial count.
func mmioALUCode(p *Prog) {
	p.LoadIDT()
	p.EnableAPIC()
	p.WriteAPIC(apicTimer, apicMasked)
	const start, operand = 0x80000f0f, 0x00ff00ff
	m := asm.Mem{Base: asm.RDI, Disp: apicInitialCount, Size: 4}
	p.Mov(asm.EDI, asm.Imm(apicBase))
	for _, f := range []struct {
		name string
		emit func()
		want asm.Imm
	}{
		{"add register", func() { p.Add(m, asm.EDX) }, start + operand},
		{"add number", func() { p.Add(m, asm.Imm(-1)) }, start - 1},
		{"adc", func() { p.Stc(); p.Adc(m, asm.EDX) }, start + operand + 1},
		{"or register", func() { p.Or(m, asm.EDX) }, start | operand},
		{"or number", func() { p.Or(m, asm.Imm(0x70000000)) }, start | 0x70000000},
		{"and register", func() { p.And(m, asm.EDX) }, start & operand},
		{"and number", func() { p.And(m, asm.Imm(0xf)) }, start & 0xf},
		{"sub register", func() { p.Sub(m, asm.EDX) }, start - operand},
		{"sbb", func() { p.Stc(); p.Sbb(m, asm.EDX) }, start - operand - 1},
		{"xor register", func() { p.Xor(m, asm.EDX) }, start ^ operand},
		{"xor number", func() { p.Xor(m, asm.Imm(0xff00)) }, start ^ 0xff00},
		{"inc", func() { p.Inc(m) }, start + 1},
		{"dec", func() { p.Dec(m) }, start - 1},
		{"not", func() { p.Not(m) }, ^start & 0xffffffff},
		{"neg", func() { p.Neg(m) }, -start & 0xffffffff},
		{"shl", func() { p.Shl(m, asm.Imm(4)) }, start << 4 & 0xffffffff},
		{"shr by CL", func() { p.Mov(asm.CL, asm.Imm(8)); p.Shr(m, asm.CL) }, start >> 8},
		{"rol", func() { p.Rol(m, asm.Imm(1)) }, start<<1&0xffffffff | 1},
		{"bts", func() { p.Bts(m, asm.Imm(30)) }, start | 1<<30},
		{"btr", func() { p.Btr(m, asm.Imm(31)) }, start &^ (1 << 31)},
		{"btc", func() { p.Btc(m, asm.Imm(0)) }, start ^ 1},
		{"lock or", func() { p.Lock(); p.Or(m, asm.EDX) }, start | operand},
		{"xadd", func() { p.Mov(asm.EBX, asm.EDX); p.Xadd(m, asm.EBX) }, start + operand},
		{"cmpxchg, equal", func() { p.Mov(asm.EAX, asm.Imm(start)); p.Cmpxchg(m, asm.EDX) }, operand},
		{"cmpxchg, not equal", func() { p.Mov(asm.EAX, asm.Imm(5)); p.Cmpxchg(m, asm.EDX) }, start},
		{"cmp changes nothing", func() { p.Cmp(m, asm.EDX) }, start},
		{"test changes nothing", func() { p.Test(m, asm.EDX) }, start},
		{"xchg stores", func() { p.Mov(asm.EBX, asm.EDX); p.Xchg(m, asm.EBX) }, operand},
	} {
		p.Mov(m, asm.Imm(start))
		p.Mov(asm.EDX, asm.Imm(operand))
		f.emit()
		p.Check(f.name, apic(apicInitialCount), f.want)
	}
	mmioFlags(p, m, start)
	mmioOperands(p, m, start, operand)
	p.Mov(m, asm.Imm(0))
}

// mmioFlags checks the flags of comparisons with device memory.
func mmioFlags(p *Prog, m asm.Mem, start asm.Imm) {
	flag := func(what string, c asm.Cond, want asm.Imm) {
		p.Set(c, asm.BL)
		p.Check(what, asm.BL, want)
	}
	p.Mov(m, start)
	p.Cmp(m, start)
	flag("cmp, equal", asm.E, 1)
	p.Cmp(m, start+1)
	flag("cmp, below", asm.B, 1)
	p.Test(m, asm.Imm(0xf0))
	flag("test, zero", asm.Z, 1)
	p.Test(m, asm.Imm(1))
	flag("test, not zero", asm.NZ, 1)
	p.Bt(m, asm.Imm(31))
	flag("bt, set", asm.C, 1)
	p.Mov(asm.ECX, asm.Imm(4))
	p.Bt(m, asm.ECX)
	flag("bt, clear", asm.NC, 1)
	p.Mov(m, asm.Imm(-1))
	p.Inc(m)
	flag("inc to zero", asm.Z, 1)
	p.Mov(m, asm.Imm(-1))
	p.Add(m, asm.Imm(1))
	flag("add, carry", asm.C, 1)
}

// mmioOperands has device memory as the second operand.
func mmioOperands(p *Prog, m asm.Mem, start, operand asm.Imm) {
	for _, f := range []struct {
		name string
		emit func()
		want asm.Imm
	}{
		{"add from", func() { p.Add(asm.EDX, m) }, operand + start},
		{"or from", func() { p.Or(asm.EDX, m) }, operand | start},
		{"and from", func() { p.And(asm.EDX, m) }, operand & start},
		{"sub from", func() { p.Sub(asm.EDX, m) }, operand - start},
		{"xor from", func() { p.Xor(asm.EDX, m) }, operand ^ start},
		{"imul from", func() { p.Imul3(asm.EDX, m, 3) }, start * 3},
		{"cmov", func() { p.Cmp(asm.EDX, asm.EDX); p.Cmov(asm.E, asm.EDX, m) }, start},
		{"cmov not", func() { p.Cmp(asm.EDX, asm.EDX); p.Cmov(asm.NE, asm.EDX, m) }, operand},
		{"xadd loads", func() { p.Xadd(m, asm.EDX) }, start},
		{"xchg loads", func() { p.Xchg(m, asm.EDX) }, start},
	} {
		p.Mov(m, start)
		p.Mov(asm.EDX, operand)
		f.emit()
		p.Check(f.name, asm.EDX, f.want)
	}
}
