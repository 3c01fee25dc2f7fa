package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var rtc = Guest{
	Name:   "rtc",
	Help:   "the real-time clock: time, memory, periodic and update interrupts",
	Memory: 4 << 20,
	Mode:   Protected,
	Code:   rtcCode,
	Expect: `ok rtc a second goes by`,
}

func rtcCode(p *Prog) {
	const (
		seconds, hours, day, month    = 0x00, 0x04, 0x07, 0x08
		regA, regB, regC, regD, spare = 0x0a, 0x0b, 0x0c, 0x0d, 0x7f
		b24, bPeriodic, bUpdate       = 1 << 1, 1 << 6, 1 << 4
		vector                        = 0x28 // of IRQ 8
	)
	p.LoadIDT()
	read := func(register uint8) {
		p.OutB(rtcIndex, register)
		p.In(asm.AL, asm.Imm(rtcIndex+1))
	}
	write := func(register, v uint8) {
		p.OutB(rtcIndex, register)
		p.OutB(rtcIndex+1, v)
	}
	read(regD)
	p.Check("valid", asm.AL, asm.Imm(0x80))
	write(regB, b24)
	read(regB)
	p.Check("24 hours, BCD", asm.AL, asm.Imm(b24))
	for _, r := range []struct {
		name     string
		register uint8
		lo, hi   asm.Imm
	}{{"seconds", seconds, 0, 0x59}, {"hours", hours, 0, 0x23}, {"day", day, 1, 0x31}, {"month", month, 1, 0x12}} {
		read(r.register)
		p.Sub(asm.AL, r.lo)
		p.Cmp(asm.AL, r.hi-r.lo)
		p.Set(asm.BE, asm.AL)
		p.Check(r.name, asm.AL, asm.Imm(1))
	}
	write(spare, 0x5a)
	read(spare)
	p.Check("memory", asm.AL, asm.Imm(0x5a))

	flags := asm.Mem{Label: p.Var("flags", 4).Label, Size: 1}
	count := p.Count(vector, func() {
		p.Push(asm.EAX)
		read(regC) // which ends the request
		p.Mov(flags, asm.AL)
		p.OutB(picSlave, picEOI)
		p.OutB(picMaster, picEOI)
		p.Pop(asm.EAX)
	})
	p.InitPIC(0x20, 0xffff&^(1<<8)&^(1<<2))
	read(regC)
	write(regA, 0x26) // 1024 Hz
	write(regB, b24|bPeriodic)
	p.Await(count, 8)
	p.Check("periodic", count, asm.Imm(8))
	p.And(flags, asm.Imm(0xc0))
	p.Check("periodic, register C", flags, asm.Imm(0xc0))

	write(regB, b24)
	p.Mov(count, asm.Imm(0))
	read(regC)
	write(regB, b24|bUpdate)
	p.Await(count, 1)
	read(seconds)
	p.Mov(asm.BL, asm.AL)
	p.Mov(count, asm.Imm(0))
	p.Await(count, 1)
	read(seconds)
	p.Cmp(asm.AL, asm.BL)
	p.Set(asm.NE, asm.AL)
	p.Check("a second goes by", asm.AL, asm.Imm(1))
	write(regB, b24)
}
