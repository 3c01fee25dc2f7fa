package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var prot32 = Guest{
	Name:   "prot32",
	Help:   "32-bit protected mode: faults, then paging with 4 KiB, 4 MiB and PAE pages",
	Memory: 16 << 20,
	Mode:   Protected,
	Code:   prot32Code,
	Expect: `ok prot32 PAE`,
}

// Page tables of the guest, and two frames that its pages show.
const (
	prot32Directory                    = Scratch
	prot32Table                        = Scratch + 0x1000
	prot32Pointers                     = Scratch + 0x2000
	prot32Directory0, prot32Directory1 = Scratch + 0x3000, Scratch + 0x4000

	frameA, frameB = 0x800000, 0x801000
	virtual        = 0x400000 // first address that the 4 KiB pages map
)

func prot32Code(p *Prog) {
	p.LoadIDT()
	prot32Faults(p)

	p.Zero(prot32Directory, 5*pageSize)
	p.Mov(asm.Mem{Disp: frameA, Size: 4}, asm.Imm(0xaaaa))
	p.Mov(asm.Mem{Disp: frameB, Size: 4}, asm.Imm(0xbbbb))
	prot32Paging(p)
	prot32PAE(p)
}

func prot32Faults(p *Prog) {
	p.Fault("ud2", UD, 0, p.Ud2)
	p.Xor(asm.ECX, asm.ECX)
	p.Fault("divide by 0", DE, 0, func() { p.Div(asm.ECX) })
	p.Mov(asm.EAX, asm.Imm(gdtSize))
	p.Fault("selector past the GDT", GP, gdtSize, func() { p.Mov(asm.DS, asm.AX) })
	p.Mov(asm.EAX, asm.Imm(Code32))
	p.Fault("code segment as stack", GP, Code32, func() { p.Mov(asm.SS, asm.AX) })
	p.Trap(p.Int3)
	p.Check("int3", TrapVector, asm.Imm(BP))
}

// poke stores a page-table entry at an address.
func poke(p *Prog, address, entry int64) {
	p.Helper()
	p.Mov(asm.Mem{Disp: address, Size: 4}, asm.Imm(entry))
}

// prot32Paging checks two-level page tables. APM vol. 2 §5.2.
func prot32Paging(p *Prog) {
	const table = pagePresent | pageWritable
	poke(p, prot32Directory, 0|table|pageLarge)
	poke(p, prot32Directory+4, prot32Table|table)
	poke(p, prot32Directory+8, 0x800000|table|pageLarge)
	poke(p, prot32Table, frameB|table)
	poke(p, prot32Table+4, frameA|pagePresent)
	const cr4PSE, cr0WP = 4, 16
	p.setBit(asm.CR4, cr4PSE)
	p.Mov(asm.EAX, asm.Imm(prot32Directory))
	p.Mov(asm.CR3, asm.EAX)
	p.setBit(asm.CR0, cr0WP)
	p.setBit(asm.CR0, cr0PG)

	p.Check("4 KiB page", asm.Mem{Disp: virtual, Size: 4}, asm.Imm(0xbbbb))
	p.Check("4 MiB page", asm.Mem{Disp: 0x800000, Size: 4}, asm.Imm(0xaaaa))
	p.Check("accessed", asm.Mem{Disp: prot32Table, Size: 1}, asm.Imm(table|pageAccessed))
	p.Inc(asm.Mem{Disp: virtual, Size: 4})
	p.Check("dirty", asm.Mem{Disp: prot32Table, Size: 1}, asm.Imm(table|pageAccessed|pageDirty))
	p.Check("written", asm.Mem{Disp: frameB, Size: 4}, asm.Imm(0xbbbc))

	page := func(n int64) asm.Mem { return asm.Mem{Disp: virtual + n*pageSize, Size: 4} }
	p.Fault("write to a read-only page", PF, 3, func() { p.Inc(page(1)) })
	p.Fault("read of an absent page", PF, 0, func() { p.Cmp(page(2), asm.Imm(0)) })
	p.Fault("write to an absent page", PF, 2, func() { p.Mov(page(2), asm.Imm(0)) })
	p.Check("CR2", TrapCR2, asm.Imm(virtual+2*pageSize))
	p.Mov(asm.EAX, asm.Imm(virtual+2*pageSize))
	p.Trap(func() { p.Jmp(asm.EAX) })
	p.Check("jump to an absent page", TrapAddress, asm.Imm(virtual+2*pageSize))

	poke(p, prot32Table, frameA|table)
	p.Invlpg(page(0))
	p.Check("remapped", page(0), asm.Imm(0xaaaa))
	p.clearBit(asm.CR0, cr0PG)
	p.Mov(asm.Mem{Disp: virtual, Size: 4}, asm.Imm(0xcccc))
	p.Check("paging off", asm.Mem{Disp: frameA, Size: 4}, asm.Imm(0xaaaa))
}

// prot32PAE checks three-level page tables, with no-execute. APM vol. 2 §5.2.3
// and §5.6.1.
func prot32PAE(p *Prog) {
	const table = pagePresent | pageWritable
	poke(p, prot32Pointers, prot32Directory0|pagePresent)
	poke(p, prot32Pointers+8, prot32Directory1|pagePresent)
	for i := range int64(3) {
		poke(p, prot32Directory0+i*8, i<<21|table|pageLarge)
	}
	poke(p, prot32Directory1, prot32Table|table)
	poke(p, prot32Directory1+8, 4<<21|table|pageLarge) // frameA
	poke(p, prot32Table, frameB|table)
	poke(p, prot32Table+4, 0) // the upper half of an entry
	poke(p, prot32Table+8, frameA|table)
	poke(p, prot32Table+12, -1<<31) // no execute
	p.setBit(asm.CR4, cr4PAE)
	const eferNXE = 11
	p.Mov(asm.ECX, asm.Imm(msrEFER))
	p.Rdmsr()
	p.Bts(asm.EAX, asm.Imm(eferNXE))
	p.Wrmsr()
	p.Mov(asm.EAX, asm.Imm(prot32Pointers))
	p.Mov(asm.CR3, asm.EAX)
	p.setBit(asm.CR0, cr0PG)

	const gib = 1 << 30
	p.Check("PAE 4 KiB page", asm.Mem{Disp: gib, Size: 4}, asm.Imm(0xbbbc))
	p.Check("PAE 2 MiB page", asm.Mem{Disp: gib + 2<<20, Size: 4}, asm.Imm(0xaaaa))
	p.Fault("PAE absent directory", PF, 0, func() { p.Cmp(asm.Mem{Disp: 2 * gib, Size: 4}, asm.Imm(0)) })
	p.Mov(asm.EAX, asm.Imm(gib+pageSize))
	p.Trap(func() { p.Jmp(asm.EAX) })
	p.Check("no execute", TrapCode, asm.Imm(0x11))
	p.Check("no execute: CR2", TrapCR2, asm.Imm(gib+pageSize))
}
