package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

// Course are guests for the labs of docs/course. They are no tests of Ringo, and
// not among All.
var Course = []Guest{lost, Counter, ticker, brand, chatter, dog, talker}

// Ports and vectors of lab 1.
const (
	lostPort  = 0x2e0 // a write asks for the lab's patches
	lostTick  = 0x20
	lostCall  = 0x30
	lostGates = lostCall + 1
)

// lost has two mistakes, which lab 1 is about: the limit of its IDT is a number
// of gates, and it waits for a counter that nobody counts.
var lost = Guest{
	Name: "lost", Help: "has two mistakes for gdb to find",
	Memory: 4 << 20, Mode: Long, Code: lostCode, Expect: `lost: boot`, Ends: TripleFaults,
}

func lostCode(p *Prog) {
	p.OutB(lostPort, 0)
	p.Print("lost: boot\n")
	ticks := p.Var("lost.ticks", 16)
	ticks.Size = 4
	seconds := ticks
	seconds.Disp = 8
	p.Handle(lostTick, p.routine("lost.tick", func() {
		p.Inc(ticks)
		p.picEnd()
		p.Iret()
	}))
	p.Handle(lostCall, p.routine("lost.call", func() {
		p.Print("lost: called\n")
		p.Iret()
	}))
	p.once("lost.idtr", func() {
		p.Word(lostGates - 1)
		p.QwordRef("lost.idt")
	})
	p.once("lost.idt", func() {
		for vector := range lostGates {
			p.gate(vector)
		}
	})
	for _, m := range []asm.Mem{TrapVector, TrapCode, TrapCount, TrapAddress, TrapCR2, TrapResume} {
		p.Var(m.Label, 8)
	}
	p.Lidt(asm.Mem{Label: "lost.idtr"})
	p.Int(lostCall)
	p.InitPIC(lostTick, 0xfffe)
	p.StartPIT(100)
	p.Print("lost: waits for 3 ticks\n")
	p.Label("lost.wait")
	p.Sti()
	p.Hlt()
	p.Cli()
	p.Cmp(seconds, asm.Imm(3))
	p.J(asm.B, "lost.wait")
	p.Print("lost: found\n")
}

// ticker halts until the timer wakes it, a hundred times a second, for ever.
var ticker = Guest{
	Name: "ticker", Help: "halts, and writes its caches back at every tick",
	Memory: 4 << 20, Mode: Long, Code: tickerCode, Expect: `ticking`, Ends: Anyhow,
}

func tickerCode(p *Prog) {
	p.LoadIDT()
	p.Count(0x20, p.picEnd)
	p.InitPIC(0x20, 0xfffe)
	p.StartPIT(100)
	p.Print("ticking\n")
	p.Label("tick")
	p.Wbinvd()
	p.Sti()
	p.Hlt()
	p.Cli()
	p.Jmp(asm.Ref("tick"))
}

// The register of lab 3.
const courseMSR = 0x52494e00

// brand prints what CPUID calls its processor, and tries the lab's register.
var brand = Guest{
	Name: "brand", Help: "prints what CPUID says, and reads the lab's register",
	Memory: 4 << 20, Mode: Long, Code: brandCode, Expect: `passed`, Ends: Exits,
}

func brandCode(p *Prog) {
	p.LoadIDT()
	text := p.Var("brand", 64)
	for n := range 3 {
		p.Mov(asm.EAX, asm.Imm(0x80000002+n))
		p.Cpuid()
		for i, r := range []asm.Reg{asm.EAX, asm.EBX, asm.ECX, asm.EDX} {
			m := text
			m.Disp, m.Size = int64(16*n+4*i), 4
			p.Mov(m, r)
		}
	}
	p.Print("processor: ")
	p.Mov(asm.EAX, asm.Ref("brand"))
	p.Call(asm.Ref(p.routine("print", p.printRoutine)))
	p.Mov(asm.EAX, asm.Imm(1))
	p.Cpuid()
	p.Shr(asm.ECX, asm.Imm(31))
	p.Print("\nhypervisor: ")
	p.PrintDec(asm.ECX)
	p.Print("\n")
	p.Mov(asm.ECX, asm.Imm(courseMSR))
	p.Xor(asm.EAX, asm.EAX)
	p.Xor(asm.EDX, asm.EDX)
	p.Wrmsr()
	for range 3 {
		p.Rdmsr()
	}
	p.Print("reads: ")
	p.PrintDec(asm.EAX)
	p.Print("\n")
}

// Numbers of lab 8.
const (
	courseCall  = 0x52494e00 // EAX
	chatterText = 1000       // bytes that it prints each way
)

// chatter prints a text byte by byte at COM1, and then with one hypercall.
var chatter = Guest{
	Name: "chatter", Help: "prints at COM1, and then by a hypercall",
	Memory: 4 << 20, Mode: Long, Code: chatterCode, Expect: `passed`, Ends: Exits,
}

func chatterCode(p *Prog) {
	p.LoadIDT()
	text := p.Var("text", chatterText)
	p.Cld()
	p.Mov(asm.EDI, asm.Ref("text"))
	p.Mov(asm.ECX, asm.Imm(chatterText))
	p.Mov(asm.EAX, asm.Imm('.'))
	p.Rep()
	p.Stosb()
	last := text
	last.Disp, last.Size = chatterText-1, 1
	p.Mov(last, asm.Imm('\n'))

	p.Mov(asm.ESI, asm.Ref("text"))
	p.Mov(asm.ECX, asm.Imm(chatterText))
	p.Mov(asm.EDX, asm.Imm(com1))
	p.Label("byte")
	p.Lodsb()
	p.Out(asm.DX, asm.AL)
	p.Loop("byte")

	p.Mov(asm.EAX, asm.Imm(courseCall))
	p.Mov(asm.EBX, asm.Ref("text"))
	p.Mov(asm.ECX, asm.Imm(chatterText))
	p.Vmmcall()
	p.Check("hypercall returns the number of bytes", asm.RAX, asm.Imm(chatterText))
	p.Mov(asm.EAX, asm.Imm(courseCall))
	p.Mov(asm.RBX, asm.Imm(-16))
	p.Mov(asm.ECX, asm.Imm(chatterText))
	p.Vmmcall()
	p.Check("and -1 for an address that is not memory", asm.RAX, asm.Imm(-1))
}

// Ports of lab 4's watchdog.
const (
	dogPort = 0x2f0
	dogLine = 5
)

// dog sets the watchdog, takes its interrupt, feeds it for a while, and then
// lets it reset the machine.
var dog = Guest{
	Name: "dog", Help: "is guarded by the watchdog of lab 4, and hangs",
	Memory: 4 << 20, Mode: Long, Code: dogCode, Expect: `barked`, Ends: Resets,
}

func dogCode(p *Prog) {
	p.LoadIDT()
	barks := p.Count(0x20+dogLine, p.picEnd)
	p.InitPIC(0x20, 0xffff&^(1<<dogLine))
	set := func(ms int64) {
		p.Mov(asm.EDX, asm.Imm(dogPort))
		p.Mov(asm.EAX, asm.Imm(ms))
		p.Out(asm.DX, asm.AX)
	}
	set(50)
	p.Await(barks, 1)
	p.Print("barked\n")
	set(50)
	p.Print("hanging\n")
	p.Label("hang")
	p.Sti()
	p.Hlt()
	p.Jmp(asm.Ref("hang"))
}

// com2 is the port of the second serial line, and talkerMost how many bytes
// talker hears.
const (
	com2       = 0x2f8
	talkerMost = 64
)

// talker sends two lines at COM2, and prints the line that it receives there.
var talker = Guest{
	Name: "talker", Help: "sends two lines at COM2, and prints what it hears",
	Memory: 4 << 20, Mode: Long, Code: talkerCode, Expect: `heard .*`, Ends: Exits,
}

func talkerCode(p *Prog) {
	p.LoadIDT()
	p.OutB(com2+uartLCR, lcr8n1)
	for _, b := range []byte("hello\ntime?\n") {
		p.OutB(com2+uartData, b)
	}
	p.Print("heard ")
	p.Mov(asm.ECX, asm.Imm(talkerMost))
	p.Label("next")
	p.Label("wait")
	p.Pause()
	p.InB(com2 + uartLSR)
	p.Test(asm.AL, asm.Imm(lsrData))
	p.J(asm.Z, "wait")
	p.InB(com2 + uartData)
	p.Out(asm.Imm(consolePort), asm.AL)
	p.Cmp(asm.AL, asm.Imm('\n'))
	p.J(asm.E, "end")
	p.Loop("next")
	p.Label("end")
}
