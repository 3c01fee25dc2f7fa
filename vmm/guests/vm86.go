package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var vm86 = Guest{
	Name:   "vm86",
	Help:   "virtual-8086 mode: segments, the I/O permission map, device memory behind paging, INS and OUTS, INT",
	Memory: 4 << 20,
	Mode:   Protected,
	Code:   vm86Code,
	Expect: `ok vm86 back in protected mode`,
}

// The guest's memory: page tables that map the first 4 MiB to themselves, but
// show the local APIC at vm86Window, and the stack of exceptions.
const (
	vm86Directory = Scratch
	vm86Table     = Scratch + pageSize
	vm86Stack     = Scratch + 4*pageSize
	vm86Window    = 0xd0000
	vm86Int       = 0x81
	flagVM        = 1 << 17
	tssESP0       = 0x04 // APM vol. 2 §12.2.4
	tssSS0        = 0x08
	tssMap        = 0x66 // offset of the I/O permission map
)

// vm86Code goes to virtual-8086 mode by IRET. APM vol. 2 §12.3.4 and §4.11.
func vm86Code(p *Prog) {
	p.Handle(vm86Int, "monitor")
	p.Handle(GP, "denial")
	p.LoadIDT()
	p.EnableAPIC()
	vm86Paging(p)
	vm86Task(p)
	segment := asm.Imm(Scratch >> 4)
	p.Mov(asm.EBX, asm.ESP)
	for _, v := range []asm.Operand{segment, segment, segment, segment, asm.Imm(0), asm.Imm(0x7000), asm.Imm(flagVM | 3<<12 | 2), asm.Imm(0), asm.Ref("8086")} {
		p.Push(v) // GS FS DS ES SS SP flags CS IP; ring 3 may use CLI and INT
	}
	p.Iret()

	p.Bits(16)
	p.Label("8086")
	p.Mov(asm.Mem{Disp: 0x4000, Size: 2}, asm.Imm(0x8086))
	p.Mov(asm.AX, asm.Imm(Scratch>>4+0x100))
	p.Mov(asm.ES, asm.AX)
	p.In(asm.AL, asm.Imm(picMaster+1)) // allowed
	p.Mov(asm.AH, asm.AL)
	vm86Strings(p)
	p.Mov(asm.DL, asm.AH)
	p.Mov(asm.CX, asm.Mem{Seg: asm.ES, Disp: 0x3000, Size: 2}) // the same address
	p.Mov(asm.AX, asm.Imm(vm86Window>>4))
	p.Mov(asm.ES, asm.AX)
	p.Mov(asm.Mem{Seg: asm.ES, Disp: apicTPR, Size: 4}, asm.Imm(0x60))
	p.Mov(asm.ESI, asm.Mem{Seg: asm.ES, Disp: apicTPR, Size: 4})
	p.Label("denied")
	p.In(asm.AL, asm.Imm(picSlave+1))
	p.Label("allowed")
	p.Int(vm86Int)

	p.Bits(32)
	p.Label("denial") // an exception leaves null selectors in the data segments
	p.Push(asm.EAX)
	p.SetData(Data)
	p.Pop(asm.EAX)
	p.stub(GP)

	p.Label("monitor") // the stack has what IRET took, from IP on
	p.Mov(asm.EBP, asm.Mem{Base: asm.ESP, Disp: 8, Size: 4})
	p.Mov(asm.ESP, asm.EBX)
	p.SetData(Data)
	p.Check("segments", asm.CX, asm.Imm(0x8086))
	p.Check("port that the map allows", asm.DL, asm.Imm(0x5a))
	p.Check("device memory", asm.ESI, asm.Imm(0x60))
	p.Check("outsb and insb", asm.Mem{Disp: Scratch + 0x4010, Size: 4}, asm.Imm(0x00808086))
	p.Check("port that the map denies", TrapVector, asm.Imm(GP))
	p.Check("where it is denied", TrapAddress, asm.Ref("denied"))
	p.And(asm.EBP, asm.Imm(flagVM))
	p.Check("mode", asm.EBP, asm.Imm(flagVM))
	p.WriteAPIC(apicTPR, 0)
	p.Check("back in protected mode", asm.Mem{Disp: Scratch + 0x4000, Size: 2}, asm.Imm(0x8086))
}

// vm86Strings sends the word at ES:3000h to the first 8259's mask, and reads it
// back to ES:3010h: 86h once, 80h twice.
func vm86Strings(p *Prog) {
	p.Mov(asm.Mem{Seg: asm.ES, Disp: 0x3010, Size: 4}, asm.Imm(0))
	p.Cld()
	p.Mov(asm.DX, asm.Imm(picMaster+1))
	p.Mov(asm.ESI, asm.Imm(0x3000))
	p.Mov(asm.EDI, asm.Imm(0x3010))
	p.Segment(asm.ES)
	p.Outsb()
	p.Insb()
	p.AddressSize(32)
	p.Segment(asm.ES)
	p.Outsb()
	p.Mov(asm.CX, asm.Imm(2))
	p.Rep()
	p.Insb()
}

// vm86Paging maps the first 4 MiB for all rings, and the last 4 MiB, where the
// local APIC is.
func vm86Paging(p *Prog) {
	const all, cr4PSE = pagePresent | pageWritable | pageUser, 4
	p.Zero(vm86Directory, pageSize)
	p.Mov(asm.EDI, asm.Imm(vm86Table))
	p.Mov(asm.EAX, asm.Imm(all))
	p.Mov(asm.ECX, asm.Imm(1024))
	p.Label("page")
	p.Stosd()
	p.Add(asm.EAX, asm.Imm(pageSize))
	p.Loop("page")
	poke(p, vm86Table+vm86Window/pageSize*4, apicBase|all|pageNoCache)
	poke(p, vm86Directory, vm86Table|all)
	poke(p, vm86Directory+apicBase>>22*4, apicBase&^0x3fffff|all|pageLarge|pageNoCache)
	p.setBit(asm.CR4, cr4PSE)
	p.Mov(asm.EAX, asm.Imm(vm86Directory))
	p.Mov(asm.CR3, asm.EAX)
	p.setBit(asm.CR0, cr0PG)
}

// vm86Task loads a TSS with a stack for ring 0 and an I/O permission map that
// allows the ports of the first 8259, and opens the gate of vm86Int.
func vm86Task(p *Prog) {
	const (
		mapBytes  = 0x200/8 + 1
		available = 0x8900
		gateDPL3  = 0xee
	)
	p.Var("tss", tss32Size+mapBytes)
	field := func(offset int64, size int) asm.Mem { return asm.Mem{Label: "tss", Disp: offset, Size: size} }
	p.Mov(field(tssESP0, 4), asm.Imm(vm86Stack))
	p.Mov(field(tssSS0, 4), asm.Imm(Data))
	p.Mov(field(tssMap, 2), asm.Imm(tss32Size))
	for i := range int64(mapBytes) {
		v := asm.Imm(0xff)
		if i == picMaster/8 {
			v = 0
		}
		p.Mov(field(tss32Size+i, 1), v)
	}
	p.Mov(asm.EAX, asm.Ref("tss"))
	p.Shl(asm.EAX, asm.Imm(16))
	p.Or(asm.EAX, asm.Imm(tss32Size+mapBytes-1))
	p.Mov(asm.Mem{Label: "gdt", Disp: Task}, asm.EAX)
	p.Mov(asm.Mem{Label: "gdt", Disp: Task + 4, Size: 4}, asm.Imm(available))
	p.Mov(asm.EAX, asm.Imm(Task))
	p.Ltr(asm.AX)
	p.Mov(asm.Mem{Label: "idt.32", Disp: vm86Int*8 + 5, Size: 1}, asm.Imm(gateDPL3))
	p.OutB(picMaster+1, 0x5a)
	p.Mov(TrapVector, asm.Imm(-1))
	resume := TrapResume
	resume.Size = 4
	p.Mov(resume, asm.Ref("allowed")) // where the denied access goes on
}
