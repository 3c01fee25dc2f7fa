package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

// Ports of the PC's devices.
const (
	picMaster     = 0x20 // 8259: command; the data port is the next one
	picSlave      = 0xa0
	pitCounter0   = 0x40 // 8254: counters 0 to 2, then control
	pitControl    = 0x43
	systemControl = 0x61 // port B: gate and output of counter 2
	postCode      = 0x80
	rtcIndex      = 0x70 // MC146818; the data port is the next one
	com1          = 0x3f8
	pm1Control    = 0x604 // ACPI PM1a_CNT, ACPI 6.4 §4.8.3.2
)

// pitHz is the rate of the 8254's clock.
const pitHz = 1193182

// picEOI is the 8259's command of a non-specific EOI.
const picEOI = 0x20

// OutB writes a byte to a port. It changes EAX and EDX.
func (p *Prog) OutB(port uint16, v uint8) {
	p.Helper()
	p.Mov(asm.AL, asm.Imm(v))
	if port <= 0xff {
		p.Out(asm.Imm(port), asm.AL)
		return
	}
	p.Mov(asm.EDX, asm.Imm(port))
	p.Out(asm.DX, asm.AL)
}

// InB reads a byte from a port to AL. It changes EDX.
func (p *Prog) InB(port uint16) {
	if port <= 0xff {
		p.In(asm.AL, asm.Imm(port))
		return
	}
	p.Mov(asm.EDX, asm.Imm(port))
	p.In(asm.AL, asm.DX)
}

// InitPIC initialises both 8259s for vectors from base and base+8, with a set
// bit of mask for each input that is masked, and lets the local APIC pass
// their interrupts on. It changes EAX and EDX.
func (p *Prog) InitPIC(base uint8, mask uint16) {
	const icw1, icw4 = 0x11, 0x01 // edge, cascade, ICW4 follows; 8086 mode
	p.OutB(picMaster, icw1)
	p.OutB(picMaster+1, base)
	p.OutB(picMaster+1, 1<<2) // the slave is at input 2
	p.OutB(picMaster+1, icw4)
	p.OutB(picSlave, icw1)
	p.OutB(picSlave+1, base+8)
	p.OutB(picSlave+1, 2)
	p.OutB(picSlave+1, icw4)
	p.OutB(picMaster+1, uint8(mask))
	p.OutB(picSlave+1, uint8(mask>>8))
	const extINT = 0x700
	p.EnableAPIC()
	p.WriteAPIC(apicLINT0, extINT)
}

// StartPIT makes counter 0 interrupt at a rate in Hz, by mode 2. It changes
// EAX.
func (p *Prog) StartPIT(hz int) { p.setPIT(2, pitHz/hz) }

// TakeInterrupts opens a window for the interrupts that wait. They come behind the
// instruction that follows STI: SDM vol. 2B, STI.
func (p *Prog) TakeInterrupts() {
	p.Sti()
	p.Nop()
	p.Cli()
}

// TickPIT makes counter 0 interrupt once, after the period of a rate in Hz, by
// mode 0. It changes EAX.
func (p *Prog) TickPIT(hz int) { p.setPIT(0, pitHz/hz) }

// setPIT sets counter 0's mode and count.
func (p *Prog) setPIT(mode uint8, n int) {
	const lowHigh = 3 << 4
	p.OutB(pitControl, lowHigh|mode<<1)
	p.OutB(pitCounter0, uint8(n))
	p.OutB(pitCounter0, uint8(n>>8))
}

// Registers of the local APIC, offsets from apicBase. APM vol. 2 §16.3.1.
const (
	apicBase         = 0xfee00000
	ioAPICBase       = 0xfec00000
	apicID           = 0x20
	apicVersion      = 0x30
	apicTPR          = 0x80
	apicPPR          = 0xa0
	apicEOI          = 0xb0
	apicLDR          = 0xd0
	apicSVR          = 0xf0
	apicISR          = 0x100
	apicIRR          = 0x200
	apicError        = 0x280
	apicICR          = 0x300
	apicICRHigh      = 0x310
	apicTimer        = 0x320
	apicLINT0        = 0x350
	apicLINT1        = 0x360
	apicInitialCount = 0x380
	apicCurrentCount = 0x390
	apicDivide       = 0x3e0
)

// Bits of the local APIC's registers.
const (
	apicMasked   = 1 << 16
	apicPeriodic = 1 << 17
	apicSelf     = 1 << 18 // ICR: destination shorthand
	apicNMI      = 4 << 8  // delivery mode
)

// spuriousVector is the vector of the local APIC's spurious interrupts.
const spuriousVector = 0xff

// apic is a register of the local APIC, at an absolute address.
func apic(register int64) asm.Mem {
	return asm.Mem{Disp: apicBase + register, Size: 4, Addr: 32}
}

// EnableAPIC enables the local APIC and lets all priorities through.
func (p *Prog) EnableAPIC() {
	p.WriteAPIC(apicSVR, 1<<8|spuriousVector)
	p.WriteAPIC(apicTPR, 0)
}

// WriteAPIC writes a register of the local APIC.
func (p *Prog) WriteAPIC(register int64, v uint32) {
	p.Helper()
	p.Mov(apic(register), asm.Imm(v))
}

// ReadAPIC reads a register of the local APIC to EAX.
func (p *Prog) ReadAPIC(register int64) {
	p.Helper()
	p.Mov(asm.EAX, apic(register))
}

// Ways to end an interrupt, for Count.
func (p *Prog) apicEnd() { p.WriteAPIC(apicEOI, 0) }

func (p *Prog) picEnd() {
	ax := p.reg(asm.RAX)
	p.Push(ax)
	p.OutB(picMaster, picEOI)
	p.Pop(ax)
}

// Count makes the handler of a vector count its interrupts, at the address it
// returns, and end them.
func (p *Prog) Count(vector int, end func()) asm.Mem {
	name := p.Unique("count")
	counter := p.Var(name+".n", 4)
	counter.Size = 4
	p.Handle(vector, p.routine(name, func() {
		p.Inc(counter)
		end()
		p.Iret()
	}))
	return counter
}

// Await halts until a counter of interrupts has reached n. Those beyond n, which
// a slow machine may take at once, it does not count. Interrupts are off before
// and after.
func (p *Prog) Await(counter asm.Mem, n int) {
	wait, done := p.Unique("wait"), p.Unique("done")
	p.Label(wait)
	p.Cmp(counter, asm.Imm(n))
	p.J(asm.AE, done)
	p.Sti()
	p.Hlt()
	p.Cli()
	p.Jmp(asm.Ref(wait))
	p.Label(done)
	p.Mov(counter, asm.Imm(n))
}
