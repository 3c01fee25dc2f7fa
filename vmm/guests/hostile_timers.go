package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileTimers = Guest{
	Name:    "hostile-timers",
	Help:    "all timers at their fastest, with interrupts on, for ever",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileTimersCode,
	Expect:  `starting all timers`,
	Ends:    Anyhow,
	Hostile: true,
}

func hostileTimersCode(p *Prog) {
	const (
		pitVector, rtcVector, apicVector = 0x20, 0x28, 0x40
		regA, regB, regC                 = 0x0a, 0x0b, 0x0c
		rate8192, periodic               = 0x23, 1<<6 | 1<<1
		mode2                            = 3<<4 | 2<<1
		by1                              = 0xb
	)
	p.LoadIDT()
	p.Print("starting all timers\n")
	p.Count(pitVector, p.picEnd)
	p.Count(apicVector, p.apicEnd)
	p.Count(rtcVector, func() {
		p.Push(asm.RAX)
		p.OutB(rtcIndex, regC)
		p.In(asm.AL, asm.Imm(rtcIndex+1))
		p.OutB(picSlave, picEOI)
		p.OutB(picMaster, picEOI)
		p.Pop(asm.RAX)
	})
	p.InitPIC(pitVector, 0xffff&^(1<<0|1<<2|1<<8))
	for _, w := range [][2]uint8{{regA, rate8192}, {regB, periodic}} {
		p.OutB(rtcIndex, w[0])
		p.OutB(rtcIndex+1, w[1])
	}
	p.OutB(pitControl, mode2)
	p.OutB(pitCounter0, 2)
	p.OutB(pitCounter0, 0)
	p.WriteAPIC(apicDivide, by1)
	p.WriteAPIC(apicTimer, apicPeriodic|apicVector)
	p.WriteAPIC(apicInitialCount, 1)
	p.Sti()
	p.Label("for ever")
	p.Hlt()
	p.Jmp(asm.Ref("for ever"))
}
