package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var long = Guest{
	Name:   "long",
	Help:   "64-bit mode: 4 KiB, 2 MiB and 1 GiB pages, faults, compatibility mode, ring 3, protected mode and back",
	Memory: 16 << 20,
	Mode:   Long,
	Code:   longCode,
	Expect: `ok long 64-bit mode again`,
}

func longCode(p *Prog) {
	p.LoadIDT()
	longPages(p)
	longFaults(p)
	longCompatibility(p)
	longRing3(p)

	p.LeaveLong()
	p.Mov(asm.EAX, asm.CR0)
	p.Shr(asm.EAX, asm.Imm(cr0PG))
	p.Check("protected mode", asm.EAX, asm.Imm(0))
	p.EnterLong()
	p.LoadIDT()
	p.Mov(asm.RAX, asm.Imm(1<<40))
	p.Check("64-bit mode again", asm.RAX, asm.Imm(1<<40))
}

// longPages maps a frame by pages of the three sizes, at addresses from 512 GiB
// on, and at the highest one. APM vol. 2 §5.3.
func longPages(p *Prog) {
	const (
		pdpt, pd, pt = Scratch, Scratch + 0x1000, Scratch + 0x2000
		frame        = 0x801000
		table        = pagePresent | pageWritable | pageUser
		noExecute    = -1 << 63
	)
	poke64 := func(address, entry int64) {
		p.Mov(asm.RAX, asm.Imm(entry))
		p.Mov(asm.Mem{Disp: address}, asm.RAX)
	}
	p.Zero(pdpt, 3*pageSize)
	poke64(TablesAt+8, pdpt|table)     // addresses from 512 GiB on
	poke64(TablesAt+511*8, pdpt|table) // and the last 512 GiB
	poke64(pdpt, table|pageLarge)
	poke64(pdpt+8, pd|table)
	poke64(pdpt+511*8, pd|table)
	poke64(pd, 4<<21|table|pageLarge)
	poke64(pd+8, pt|table)
	poke64(pd+511*8, pt|table)
	poke64(pt, frame|table)
	poke64(pt+511*8, frame|table)

	p.Mov(asm.RAX, asm.Imm(0x1122334455667788))
	p.Mov(asm.Mem{Disp: frame}, asm.RAX)
	at := func(address int64) asm.Mem {
		p.Mov(asm.RBX, asm.Imm(address))
		return asm.Mem{Base: asm.RBX, Size: 8}
	}
	want := asm.Imm(0x1122334455667788)
	const edx1GiB = 26
	noGiB := p.Unique("no")
	p.Mov(asm.EAX, asm.Imm(0x80000001))
	p.Cpuid()
	p.Bt(asm.EDX, asm.Imm(edx1GiB))
	p.J(asm.NC, noGiB)
	p.Check("1 GiB page", at(1<<39+frame), want)
	p.Label(noGiB)
	p.Check("2 MiB page", at(1<<39+1<<30+frame&0x1fffff), want)
	p.Check("4 KiB page", at(1<<39+1<<30+1<<21), want)
	p.Check("the last page", at(-pageSize), want)

	poke64(pt+8, frame|table|noExecute) // EFER.NXE is 0: a reserved bit
	p.Mov(asm.RBX, asm.Imm(-1<<21+pageSize))
	p.Trap(func() { p.Mov(asm.EAX, asm.Mem{Base: asm.RBX}) })
	p.Check("reserved bit", TrapVector, asm.Imm(PF))
}

func longFaults(p *Prog) {
	p.Mov(asm.RBX, asm.Imm(1<<47))
	p.Fault("non-canonical address", GP, 0, func() { p.Mov(asm.EAX, asm.Mem{Base: asm.RBX}) })
	p.Mov(asm.RBX, asm.Imm(1<<40))
	p.Fault("absent page", PF, 2, func() { p.Mov(asm.Mem{Base: asm.RBX}, asm.EAX) })
	p.Check("CR2", TrapCR2, asm.Imm(1<<40))
}

func longCompatibility(p *Prog) {
	p.Mov(asm.RAX, asm.Imm(-1))
	p.Continue(Code32, 32)
	p.Mov(asm.EAX, asm.Imm(4))
	p.Inc(asm.EAX) // in 64-bit code these bytes are a REX prefix
	p.Push(asm.Imm(-2))
	p.Pop(asm.EBX)
	p.JmpFar(Code64, "from compatibility")
	p.Bits(64)
	p.Label("from compatibility")
	p.Check("compatibility mode", asm.RAX, asm.Imm(5))
	p.Check("compatibility stack", asm.RBX, asm.Imm(0xfffffffe))
	p.Mov(asm.RCX, asm.RSP)
	p.Check("stack pointer", asm.RCX, asm.Imm(StackTop))
}

// longRing3 goes to ring 3 and back by SYSRET and SYSCALL. APM vol. 2 §6.1.
func longRing3(p *Prog) {
	const (
		msrSTAR, msrLSTAR, msrSFMASK = 0xc0000081, 0xc0000082, 0xc0000084
		eferSCE                      = 1 << 0
		flagsAlways                  = 1 << 1
	)
	write := func(msr int64, low asm.Operand, high int64) {
		p.Mov(asm.ECX, asm.Imm(msr))
		p.Mov(asm.EAX, low)
		p.Mov(asm.EDX, asm.Imm(high))
		p.Wrmsr()
	}
	write(msrSTAR, asm.Imm(0), UserCode32<<16|Code64)
	write(msrLSTAR, asm.Ref("syscall"), 0)
	write(msrSFMASK, asm.Imm(-1), 0)
	p.Mov(asm.ECX, asm.Imm(msrEFER))
	p.Rdmsr()
	p.Or(asm.EAX, asm.Imm(eferSCE))
	p.Wrmsr()
	p.Mov(asm.RCX, asm.Ref("ring 3"))
	p.Mov(asm.R11, asm.Imm(flagsAlways))
	p.Sysretq()
	p.Label("ring 3")
	p.Mov(asm.EBX, asm.CS)
	p.Syscall()
	p.Label("syscall")
	p.Mov(asm.EDX, asm.CS)
	p.SetData(Data)
	p.Check("ring 3", asm.EBX, asm.Imm(UserCode64))
	p.Check("ring 0", asm.EDX, asm.Imm(Code64))
	p.Check("return address", asm.RCX, asm.Ref("syscall"))
}
