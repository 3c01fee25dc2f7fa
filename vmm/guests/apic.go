package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var localAPIC = Guest{
	Name:   "apic",
	Help:   "the local APIC: self-IPI, priorities, timer",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   apicCode,
	Expect: `ok apic stopped`,
}

func apicCode(p *Prog) {
	p.LoadIDT()
	p.EnableAPIC()
	p.WriteAPIC(apicLINT0, apicMasked)
	p.ReadAPIC(apicVersion)
	p.Test(asm.AL, asm.AL)
	p.Set(asm.NZ, asm.AL)
	p.Check("version", asm.AL, asm.Imm(1))
	apicPriorities(p)
	apicTimers(p)
}

// irr and isr are the 32-bit register and the bit of a vector in the request
// and in-service registers.
func irr(vector int) (asm.Mem, asm.Imm) {
	return apic(apicIRR + int64(vector/32)*16), 1 << (vector % 32)
}

func isr(vector int) (asm.Mem, asm.Imm) {
	return apic(apicISR + int64(vector/32)*16), 1 << (vector % 32)
}

// apicPriorities checks what stops an interrupt. APM vol. 2 §16.6.
func apicPriorities(p *Prog) {
	const vector = 0x51
	count := p.Count(vector, func() {
		m, bit := isr(vector)
		p.Quiet("in service", m, bit)
		p.Quiet("processor priority", apic(apicPPR), asm.Imm(vector&0xf0))
		p.apicEnd()
	})
	p.WriteAPIC(apicICR, apicSelf|vector)
	m, bit := irr(vector)
	p.Check("requested", m, bit)
	p.Check("not yet", count, asm.Imm(0))
	p.TakeInterrupts()
	p.Check("self-IPI", count, asm.Imm(1))
	p.Check("no longer requested", m, asm.Imm(0))
	m, _ = isr(vector)
	p.Check("no longer in service", m, asm.Imm(0))

	p.WriteAPIC(apicICR, apicSelf|vector)
	p.WriteAPIC(apicICR, apicSelf|vector)
	p.TakeInterrupts()
	p.Check("two requests are one", count, asm.Imm(2))

	p.WriteAPIC(apicTPR, vector&0xf0)
	p.WriteAPIC(apicICR, apicSelf|vector)
	p.TakeInterrupts()
	p.Check("task priority of its class", count, asm.Imm(2))
	p.WriteAPIC(apicTPR, vector&0xf0-1)
	p.TakeInterrupts()
	p.Check("task priority below", count, asm.Imm(3))
	p.Mov(asm.EAX, asm.Imm(vector>>4))
	p.Mov(asm.CR8, asm.RAX)
	p.WriteAPIC(apicICR, apicSelf|vector)
	p.TakeInterrupts()
	p.Check("CR8 of its class", count, asm.Imm(3))
	p.Sti()
	p.Xor(asm.EAX, asm.EAX)
	p.Mov(asm.CR8, asm.RAX)
	p.Nop()
	p.Cli()
	p.Check("CR8 lowered", count, asm.Imm(4))

	order := asm.Mem{Label: p.Var("order", 4).Label, Size: 4}
	for i, v := range []int{0x61, 0x71, 0x68} {
		label := p.Unique("note")
		p.Handle(v, p.routine(label, func() {
			p.Shl(order, asm.Imm(4))
			p.Or(order, asm.Imm(i+1))
			p.apicEnd()
			p.Iret()
		}))
		p.WriteAPIC(apicICR, apicSelf|uint32(v))
	}
	p.TakeInterrupts()
	p.Nop()
	p.Check("the highest vector first", order, asm.Imm(0x231))
}

func apicTimers(p *Prog) {
	const vector, by1 = 0x52, 0xb
	count := p.Count(vector, p.apicEnd)
	p.WriteAPIC(apicDivide, by1)
	p.WriteAPIC(apicTimer, apicMasked|vector)
	p.WriteAPIC(apicInitialCount, 0xffffffff)
	p.Pause()
	p.ReadAPIC(apicCurrentCount)
	p.Cmp(asm.EAX, apic(apicCurrentCount))
	p.Set(asm.A, asm.AL)
	p.Check("the timer counts down", asm.AL, asm.Imm(1))
	p.WriteAPIC(apicTimer, vector)
	p.WriteAPIC(apicInitialCount, 100000)
	p.Await(count, 1)
	p.Check("one shot", count, asm.Imm(1))
	p.Check("one shot, at the end", apic(apicCurrentCount), asm.Imm(0))
	p.WriteAPIC(apicTimer, apicPeriodic|vector)
	p.WriteAPIC(apicInitialCount, 100000)
	p.Await(count, 6)
	p.Check("periodic", count, asm.Imm(6))
	p.WriteAPIC(apicInitialCount, 0)
	p.Check("stopped", apic(apicCurrentCount), asm.Imm(0))
}
