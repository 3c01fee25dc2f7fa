package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileDB = Guest{
	Name:    "hostile-db",
	Help:    "a watchpoint on the stack of the debug exception, which raises itself for ever",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileDBCode,
	Expect:  `watching the stack`,
	Ends:    Anyhow,
	Hostile: true,
}

// hostileDBCode is CVE-2015-8104: each delivery writes to the stack, which is
// watched, so that the processor delivers the next one before any instruction
// runs. Only an intercept of #DB gets it out.
func hostileDBCode(p *Prog) {
	const stack = Scratch + pageSize
	p.LoadIDT()
	p.LoadTask(stack)
	p.Handle(DB, "debug")
	gateByte(p, DB, istByte, 1)
	p.Mov(asm.EAX, asm.Imm(stack-8)) // where SS is pushed
	p.Mov(asm.DR0, asm.RAX)
	p.Mov(asm.EAX, asm.Imm(dr7One|dr7L0|1<<16|2<<18)) // writes of 8 bytes
	p.Mov(asm.DR7, asm.RAX)
	p.Print("watching the stack\n")
	p.Mov(asm.Mem{Disp: stack - 8}, asm.RAX)
	p.Nop()
	p.Label("debug")
	p.Xor(asm.EAX, asm.EAX)
	p.Mov(asm.DR7, asm.RAX)
	p.Print("ok hostile-db got out\n")
}
