package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var serial = Guest{
	Name:   "serial",
	Help:   "COM1: output by polling, loopback, FIFOs, the divisor, interrupts",
	Memory: 4 << 20,
	Mode:   Protected,
	Code:   serialCode,
	Expect: `(?s)ok serial interrupt.*on COM1`,
}

// Registers of the 16550, from the port of COM1, and their bits.
const (
	uartData, uartIER, uartIIR, uartLCR, uartMCR, uartLSR, uartMSR, uartScratch = 0, 1, 2, 3, 4, 5, 6, 7

	uartFIFO     = uartIIR // when written
	ierTHRE      = 1 << 1
	lcr8n1       = 0x03
	lcrDLAB      = 1 << 7
	mcrOut2      = 1 << 3 // lets interrupts out, on a PC
	mcrRTS       = 1 << 1
	mcrLoop      = 1 << 4
	lsrData      = 1 << 0
	lsrTHRE      = 1 << 5
	lsrTEMT      = 1 << 6
	msrCTS       = 1 << 4
	iirTHRE      = 0x02
	iirNone      = 0x01
	iirFIFOs     = 0xc0
	fifoEnable   = 0x07 // and empty both
	serialVector = 0x24 // of IRQ 4
)

func serialCode(p *Prog) {
	p.LoadIDT()
	out := func(register uint16, v uint8) { p.OutB(com1+register, v) }
	in := func(register uint16) { p.InB(com1 + register) }
	check := func(what string, register uint16, want asm.Imm) {
		in(register)
		p.Check(what, asm.AL, want)
	}
	wait := func(bit asm.Imm) {
		again := p.Unique("again")
		p.Label(again)
		in(uartLSR)
		p.Test(asm.AL, bit)
		p.J(asm.Z, again)
	}
	out(uartIER, 0)
	out(uartScratch, 0xa5)
	check("scratch register", uartScratch, 0xa5)
	out(uartLCR, lcrDLAB|lcr8n1)
	out(uartData, 1)
	out(uartIER, 0) // 115200 baud
	check("divisor", uartData, 1)
	out(uartLCR, lcr8n1)
	check("line control", uartLCR, lcr8n1)
	out(uartFIFO, 0)
	check("no FIFOs, no interrupt", uartIIR, iirNone)
	out(uartFIFO, fifoEnable)
	check("FIFOs", uartIIR, iirFIFOs|iirNone)
	in(uartLSR)
	p.And(asm.AL, asm.Imm(lsrTHRE|lsrTEMT|lsrData))
	p.Check("idle", asm.AL, asm.Imm(lsrTHRE|lsrTEMT))

	out(uartMCR, mcrLoop|mcrRTS)
	in(uartMSR)
	p.And(asm.AL, asm.Imm(0xf0))
	p.Check("loopback, RTS to CTS", asm.AL, asm.Imm(msrCTS))
	for _, b := range []uint8{'a', 'b'} {
		out(uartData, b)
		wait(lsrTEMT)
	}
	wait(lsrData)
	check("loopback, first byte", uartData, 'a')
	wait(lsrData)
	check("loopback, second byte", uartData, 'b')
	in(uartLSR)
	p.And(asm.AL, asm.Imm(lsrData))
	p.Check("loopback, no more", asm.AL, asm.Imm(0))

	out(uartMCR, mcrOut2)
	count := p.Count(serialVector, func() {
		p.Push(asm.EAX)
		p.Push(asm.EDX)
		in(uartIIR)
		p.And(asm.AL, asm.Imm(0x0f))
		p.Quiet("interrupt identification", asm.AL, asm.Imm(iirTHRE))
		p.Pop(asm.EDX)
		p.Pop(asm.EAX)
		p.picEnd()
	})
	p.InitPIC(0x20, 0xffff&^(1<<4))
	out(uartIER, ierTHRE)
	p.Await(count, 1)
	p.Check("interrupt", count, asm.Imm(1))
	out(uartIER, 0)

	for _, b := range []byte("on COM1\n") {
		wait(lsrTHRE)
		out(uartData, b)
	}
	wait(lsrTEMT)
}
