package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var taskPaging = Guest{
	Name:   "task-paging",
	Help:   "task switches that change CR3, with page tables of 32 bits and of PAE",
	Memory: 4 << 20,
	Mode:   Protected,
	Code:   taskPagingCode,
	Expect: `ok task-paging PAE: the first again`,
}

// The page tables of two tasks. Both see all memory at its own address; the
// second sees it at taskWindow too.
const (
	taskTables = Scratch + 0x10000
	taskWindow = 16 << 20
	taskStack  = Scratch + pageSize
	taskMark   = Scratch + 2*pageSize
)

func taskPagingCode(p *Prog) {
	const (
		one, two = Task, Task + 8
		cr4PSE   = 4
		page     = pagePresent | pageWritable | pageLarge
	)
	p.LoadIDT()
	p.Var("one", tss32Size)
	p.Var("two", tss32Size)
	taskEntry(p, one, "one", tss32Size-1, task32)
	p.Mov(asm.EAX, asm.Imm(one))
	p.Ltr(asm.AX)
	p.setBit(asm.CR4, cr4PSE)
	p.Zero(taskTables, 8*pageSize)
	poke(p, taskMark, 0x5eed)

	for _, pae := range []bool{false, true} {
		name, first, second := "32 bits", int64(taskTables), int64(taskTables+pageSize)
		if pae {
			name, first, second = "PAE", taskTables+2*pageSize, taskTables+4*pageSize
			for _, root := range []int64{first, second} { // a pointer, and a directory with pages of 2 MiB
				poke(p, root, root+pageSize|pagePresent)
				poke(p, root+pageSize, page)
				poke(p, root+pageSize+8, 2<<20|page)
			}
			poke(p, second+pageSize+taskWindow>>21*8, page)
			p.setBit(asm.CR4, cr4PAE)
		} else {
			poke(p, first, page)
			poke(p, second, page)
			poke(p, second+taskWindow>>22*4, page)
		}
		at := "second." + name
		taskFields(p, "two", at, taskStack)
		taskEntry(p, two, "two", tss32Size-1, task32)
		p.Mov(asm.Mem{Label: "one", Disp: tssCR3, Size: 4}, asm.Imm(first))
		p.Mov(asm.Mem{Label: "two", Disp: tssCR3, Size: 4}, asm.Imm(second))
		p.Mov(asm.EAX, asm.Imm(first))
		p.Mov(asm.CR3, asm.EAX)
		p.setBit(asm.CR0, cr0PG)
		p.Fault(name+": not mapped", PF, 0, func() { p.Mov(asm.EAX, asm.Mem{Disp: taskWindow + taskMark, Size: 4}) })
		p.CallFar(two, at)
		p.Fault(name+": not mapped any more", PF, 0, func() { p.Mov(asm.EAX, asm.Mem{Disp: taskWindow + taskMark, Size: 4}) })
		p.Mov(asm.EAX, asm.CR3)
		p.Check(name+": the first again", asm.EAX, asm.Imm(first))
		p.clearBit(asm.CR0, cr0PG)
		p.Jmp(asm.Ref("next." + name))

		p.Label(at)
		p.Check(name+": mapped in the second", asm.Mem{Disp: taskWindow + taskMark, Size: 4}, asm.Imm(0x5eed))
		p.Mov(asm.EAX, asm.CR3)
		p.Check(name+": CR3 of the second", asm.EAX, asm.Imm(second))
		p.Iret()
		p.Label("next." + name)
	}
}
