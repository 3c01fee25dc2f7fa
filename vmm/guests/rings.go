package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var rings = Guest{
	Name:   "rings",
	Help:   "32-bit rings: IRET outwards, gates inwards, a call gate, 16-bit gates, SYSENTER; devices, ports and CPUID in ring 3",
	Memory: 4 << 20,
	Mode:   Protected,
	Code:   ringsCode,
	Expect: `ok rings the end`,
}

// What the guest has beside the prelude: page tables as vm86's, stacks of the
// rings, and vectors.
const (
	ringsStack3   = Scratch + 10*pageSize
	ringsEntry    = Scratch + 12*pageSize // the stack of SYSENTER
	ringsMask     = Scratch + 0x4000
	ringsESP      = Scratch + 0x4010
	ringsInt16    = 0x82   // through a 16-bit gate
	gate16        = 0x8600 // upper half of such a gate
	ringsCallGate = Task + 8
	callGate      = 0xec01 // that of a 32-bit call gate for ring 3, which copies one word
	msrSysenterCS = 0x174  // SDM vol. 4 table 2-2; those of ESP and EIP follow
)

func ringsCode(p *Prog) {
	p.Handle(vm86Int, "inwards")
	p.LoadIDT()
	p.EnableAPIC()
	vm86Paging(p)
	vm86Task(p)
	p.Mov(asm.EAX, asm.Ref("call gate"))
	p.Mov(asm.EBX, asm.EAX)
	p.And(asm.EAX, asm.Imm(0xffff))
	p.Or(asm.EAX, asm.Imm(Code32<<16))
	p.Mov(asm.Mem{Label: "gdt", Disp: ringsCallGate}, asm.EAX)
	p.And(asm.EBX, asm.Imm(^0xffff))
	p.Or(asm.EBX, asm.Imm(callGate))
	p.Mov(asm.Mem{Label: "gdt", Disp: ringsCallGate + 4}, asm.EBX)

	ringsOutwards(p, "ring 3")

	p.Bits(32)
	p.Label("ring 3")
	p.Mov(asm.EAX, asm.Imm(1))
	p.Cpuid()
	p.Mov(asm.EBX, asm.CS)
	p.Mov(asm.EDI, asm.Mem{Disp: vm86Window + apicID, Size: 4}) // device memory
	p.Mov(asm.Mem{Disp: vm86Window + apicTPR, Size: 4}, asm.Imm(0x20))
	p.Mov(asm.ESI, asm.Mem{Disp: vm86Window + apicTPR, Size: 4})
	p.In(asm.AL, asm.Imm(picMaster+1)) // allowed by the map
	p.Mov(asm.Mem{Disp: ringsMask, Size: 1}, asm.AL)
	p.Label("denied")
	p.In(asm.AL, asm.Imm(picSlave+1))
	p.Label("allowed")
	p.Push(asm.Imm(0x5eed))
	p.CallFar(ringsCallGate, "ring 3") // the offset is ignored
	p.Mov(asm.EBP, asm.ESP)
	p.Int(vm86Int)

	p.Label("call gate") // EAX is what was on ring 3's stack
	p.Mov(asm.EAX, asm.Mem{Base: asm.ESP, Disp: 8, Size: 4})
	p.Mov(asm.EDX, asm.CS)
	p.Byte(0xca, 4, 0) // RETF 4: the word goes from both stacks

	p.Label("inwards")
	p.Mov(asm.ECX, asm.Mem{Base: asm.ESP, Disp: 4, Size: 4})
	p.Mov(asm.EDI, asm.EAX)
	p.Mov(asm.Mem{Disp: ringsESP, Size: 4}, asm.ESP)
	p.Mov(asm.ESP, asm.Imm(StackTop))
	p.SetData(Data)
	p.Check("ring 3", asm.EBX, asm.Imm(UserCode32))
	p.Check("ring 3 from the handler", asm.ECX, asm.Imm(UserCode32))
	p.Check("device memory in ring 3", asm.ESI, asm.Imm(0x20))
	p.Check("port that the map allows", asm.Mem{Disp: ringsMask, Size: 1}, asm.Imm(0x5a))
	p.Check("port that the map denies", TrapVector, asm.Imm(GP))
	p.Check("where it is denied", TrapAddress, asm.Ref("denied"))
	p.Check("call gate, parameter", asm.EDI, asm.Imm(0x5eed))
	p.Check("call gate, ring", asm.EDX, asm.Imm(Code32))
	p.Check("call gate, stack", asm.EBP, asm.Imm(ringsStack3))
	p.Check("stack of ring 0", asm.Mem{Disp: ringsESP, Size: 4}, asm.Imm(vm86Stack-20))
	p.Mov(asm.Mem{Disp: vm86Window + apicTPR, Size: 4}, asm.Imm(0))

	rings16(p)
	ringsSysenter(p)
	p.Check("the end", TrapCount, asm.Imm(1))
}

// ringsOutwards goes to ring 3, at a label, with its own stack.
func ringsOutwards(p *Prog, label string) {
	p.Mov(asm.AX, asm.Imm(UserData))
	for _, r := range []asm.Reg{asm.DS, asm.ES, asm.FS, asm.GS} {
		p.Mov(r, asm.AX)
	}
	for _, v := range []asm.Operand{asm.Imm(UserData), asm.Imm(ringsStack3), asm.Imm(2), asm.Imm(UserCode32), asm.Ref(label)} {
		p.Push(v) // SS ESP flags CS EIP
	}
	p.Iret()
}

// rings16 takes an interrupt through a 16-bit gate, whose frame has words.
func rings16(p *Prog) {
	gate := func(offset int64) asm.Mem {
		return asm.Mem{Label: "idt.32", Disp: ringsInt16*8 + offset, Size: 4}
	}
	p.Mov(asm.EAX, asm.Ref("gate16"))
	p.And(asm.EAX, asm.Imm(0xffff))
	p.Or(asm.EAX, asm.Imm(Code32<<16))
	p.Mov(gate(0), asm.EAX)
	p.Mov(gate(4), asm.Imm(gate16))
	p.Mov(asm.EBX, asm.ESP)
	p.Int(ringsInt16)
	p.Label("behind16")
	p.Mov(asm.EBP, asm.ESP)
	p.Check("16-bit gate, frame", asm.ECX, asm.Imm(6))
	p.Check("16-bit gate, return", asm.EDX, asm.Ref("behind16"))
	p.Check("16-bit gate, stack", asm.EBP, asm.Imm(StackTop))
	p.Jmp(asm.Ref("16 done"))
	p.Label("gate16")
	p.Sub(asm.EBX, asm.ESP)
	p.Mov(asm.ECX, asm.EBX)
	p.Movzx(asm.EDX, asm.Mem{Base: asm.ESP, Size: 2})
	p.Byte(0x66, 0xcf) // IRET with words
	p.Label("16 done")
}

// ringsSysenter goes to ring 3 by SYSEXIT and back by SYSENTER. They load
// selectors that follow each other, and do not look into the GDT. APM vol. 2
// §6.1.2.
func ringsSysenter(p *Prog) {
	write := func(n int64, v asm.Operand) {
		p.Mov(asm.ECX, asm.Imm(msrSysenterCS+n))
		p.Mov(asm.EAX, v)
		p.Xor(asm.EDX, asm.EDX)
		p.Wrmsr()
	}
	write(0, asm.Imm(Code32))
	write(1, asm.Imm(ringsEntry))
	write(2, asm.Ref("sysenter"))
	p.Mov(asm.ECX, asm.Imm(msrSysenterCS))
	p.Rdmsr()
	p.Check("SYSENTER_CS", asm.EAX, asm.Imm(Code32))
	p.Mov(asm.ECX, asm.Imm(ringsStack3))
	p.Mov(asm.EDX, asm.Ref("sysexit"))
	p.Sysexit()
	p.Label("sysexit")
	p.Mov(asm.ESI, asm.CS)
	p.Mov(asm.EDI, asm.ESP)
	p.Sysenter()
	p.Label("sysenter")
	p.Mov(asm.EBX, asm.CS)
	p.Mov(asm.ECX, asm.SS)
	p.Mov(asm.EDX, asm.ESP)
	p.Mov(asm.ESP, asm.Imm(StackTop))
	p.Check("SYSEXIT, CS", asm.ESI, asm.Imm(Code32+16|3))
	p.Check("SYSEXIT, stack", asm.EDI, asm.Imm(ringsStack3))
	p.Check("SYSENTER, CS", asm.EBX, asm.Imm(Code32))
	p.Check("SYSENTER, SS", asm.ECX, asm.Imm(Data))
	p.Check("SYSENTER, stack", asm.EDX, asm.Imm(ringsEntry))
}
