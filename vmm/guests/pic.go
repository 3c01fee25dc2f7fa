package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var pic = Guest{
	Name:   "pic",
	Help:   "the 8259s: registers, ticks of the 8254, priorities, polling, both controllers",
	Memory: 4 << 20,
	Mode:   Protected,
	Code:   picCode,
	Expect: `ok pic automatic EOI`,
}

// Operation command words of the 8259.
const (
	ocw2Specific = 0x60 // EOI of the input in the low 3 bits
	ocw3Poll     = 0x0c
	ocw3IRR      = 0x0a
	ocw3ISR      = 0x0b
	picAutoEOI   = 0x02 // ICW4
)

func picCode(p *Prog) {
	const timer, slave, vector = 1 << 0, 1 << 2, 0x20
	p.LoadIDT()
	ticks := p.Count(vector, p.picEnd)
	p.InitPIC(vector, 0xffff)
	read := func(command uint8) {
		p.OutB(picMaster, command)
		p.In(asm.AL, asm.Imm(picMaster))
	}
	// request waits for the timer's request, with its input masked or not.
	request := func() {
		again := p.Unique("again")
		p.Label(again)
		read(ocw3IRR)
		p.Test(asm.AL, asm.Imm(timer))
		p.J(asm.Z, again)
	}

	p.OutB(picMaster+1, 0xa5)
	p.OutB(picSlave+1, 0x3c)
	p.In(asm.AL, asm.Imm(picMaster+1))
	p.Check("mask", asm.AL, asm.Imm(0xa5))
	p.In(asm.AL, asm.Imm(picSlave+1))
	p.Check("mask of the slave", asm.AL, asm.Imm(0x3c))
	p.OutB(picSlave+1, 0xff)

	p.OutB(picMaster+1, 0xff)
	p.StartPIT(1000)
	request()
	p.Print("ok pic a masked input requests\n")
	p.TakeInterrupts()
	p.Check("and does not interrupt", ticks, asm.Imm(0))
	p.OutB(picMaster+1, 0xff&^timer)
	p.Await(ticks, 10)
	p.Check("ticks", ticks, asm.Imm(10))

	p.Handle(vector+8, "no EOI") // a tick that nobody ends
	p.OutB(picMaster+1, 0xff)
	p.InitPIC(vector+8, 0xffff&^timer)
	p.Sti()
	p.Hlt()
	p.Cli()
	read(ocw3ISR)
	p.Check("in service", asm.AL, asm.Imm(timer))
	request()
	p.Mov(asm.EBX, asm.Imm(0))
	p.TakeInterrupts()
	p.Check("blocks the next", asm.EBX, asm.Imm(0))
	p.OutB(picMaster, ocw2Specific|0)
	read(ocw3ISR)
	p.Check("specific EOI", asm.AL, asm.Imm(0))
	p.TakeInterrupts()
	p.Check("which lets it through", asm.EBX, asm.Imm(1))
	p.OutB(picMaster, picEOI)

	request()
	read(ocw3Poll)
	p.Check("poll", asm.AL, asm.Imm(0x80))
	read(ocw3ISR)
	p.Check("poll acknowledges", asm.AL, asm.Imm(timer))
	p.OutB(picMaster, picEOI)
	picRTC(p, timer, slave)

	p.InitPIC(vector+8, 0xffff)
	for _, v := range []uint8{0x11, vector + 8, 1 << 2, 1 | picAutoEOI} {
		port := uint16(picMaster + 1)
		if v == 0x11 {
			port--
		}
		p.OutB(port, v)
	}
	p.OutB(picMaster+1, 0xff&^timer)
	p.Mov(asm.EBX, asm.Imm(0))
	p.Sti()
	p.Hlt()
	p.Hlt()
	p.Cli()
	p.Check("automatic EOI", asm.EBX, asm.Imm(2))
	p.Done()

	p.Label("no EOI")
	p.Inc(asm.EBX)
	p.Iret()
}

// picRTC takes an interrupt of the real-time clock, input 0 of the slave.
func picRTC(p *Prog, timer, slave uint16) {
	const base, periodic = 0x30, 1 << 6 // register B
	clock := p.Count(base+8, func() {
		p.Push(asm.EAX)
		p.OutB(rtcIndex, 0x0b)
		p.OutB(rtcIndex+1, 2) // no more
		p.OutB(rtcIndex, 0x0c)
		p.In(asm.AL, asm.Imm(rtcIndex+1))
		p.OutB(picSlave, picEOI)
		p.OutB(picMaster, picEOI)
		p.Pop(asm.EAX)
	})
	p.InitPIC(base, 0xffff&^slave&^(1<<8))
	p.OutB(rtcIndex, 0x0a)
	p.OutB(rtcIndex+1, 0x26) // 1024 Hz
	p.OutB(rtcIndex, 0x0b)
	p.OutB(rtcIndex+1, periodic|2)
	p.Await(clock, 1)
	p.Check("by way of the slave", clock, asm.Imm(1))
}
