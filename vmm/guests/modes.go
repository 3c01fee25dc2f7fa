package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var modes = Guest{
	Name:   "modes",
	Help:   "from mode to mode: real to 64-bit in one step, and back; PAE on and off under paging; caches off and on",
	Memory: 4 << 20,
	Mode:   Real,
	Code:   modesCode,
	Expect: `ok modes real mode in the end`,
}

// Page tables of the guest, without PAE and with. The first maps 4 MiB by one
// page, the second by two.
const (
	modesDirectory = Scratch // and the pointers of PAE
	modesPAE       = Scratch + pageSize
)

func modesCode(p *Prog) {
	modesDirect(p)
	p.EnterProtected()
	p.LoadIDT()
	modesCaches(p)
	modesPaging(p)
	p.LeaveProtected()
	p.Mov(asm.EAX, asm.CR0)
	p.And(asm.EAX, asm.Imm(1))
	p.Check("real mode in the end", asm.EAX, asm.Imm(0))
}

// modesDirect sets PE and PG at once, with EFER.LME set, and leaves 64-bit mode
// for real mode. APM vol. 2 §14.6.
func modesDirect(p *Prog) {
	const pePG = 1<<cr0PE | 1<<cr0PG
	p.tables = true
	p.LoadGDT()
	p.Mov(asm.EAX, asm.Imm(TablesAt))
	p.Mov(asm.CR3, asm.EAX)
	p.setBit(asm.CR4, cr4PAE)
	p.Mov(asm.ECX, asm.Imm(msrEFER))
	p.Rdmsr()
	p.Bts(asm.EAX, asm.Imm(eferLME))
	p.Wrmsr()
	p.Mov(asm.EAX, asm.CR0)
	p.Or(asm.EAX, asm.Imm(pePG))
	p.Mov(asm.CR0, asm.EAX)
	p.Continue(Code64, 64)
	p.SetData(Data)
	p.Mov(asm.RAX, asm.Imm(1<<40))
	p.Shr(asm.RAX, asm.Imm(40))
	p.Check("real to 64-bit mode", asm.EAX, asm.Imm(1))
	p.LoadIDT()
	p.Mov(asm.ECX, asm.Imm(msrEFER))
	p.Rdmsr()
	p.Btr(asm.EAX, asm.Imm(eferLME))
	p.Fault("EFER.LME off in long mode", GP, 0, p.Wrmsr)
	p.LeaveLong()
	p.LeaveProtected()
	p.Mov(asm.AX, asm.Imm(0xffff))
	p.Inc(asm.AX)
	p.Check("64-bit to real mode", asm.AX, asm.Imm(0))
}

// modesCaches turns the caches off and on, as firmware does.
func modesCaches(p *Prog) {
	const cdNW = 3 << 29
	p.Mov(asm.EAX, asm.CR0)
	p.Or(asm.EAX, asm.Imm(cdNW))
	p.Mov(asm.CR0, asm.EAX)
	p.Wbinvd()
	p.Mov(asm.EBX, asm.CR0)
	p.And(asm.EBX, asm.Imm(cdNW))
	p.Check("caches off", asm.EBX, asm.Imm(cdNW))
	p.And(asm.EAX, asm.Imm(^cdNW))
	p.Mov(asm.CR0, asm.EAX)
	p.Mov(asm.EBX, asm.CR0)
	p.And(asm.EBX, asm.Imm(cdNW))
	p.Check("caches on", asm.EBX, asm.Imm(0))
}

// modesPaging turns PAE on and off while paging is on: one page has the tables
// of both forms, which do not overlap. APM vol. 2 §5.1.3.
func modesPaging(p *Prog) {
	const (
		cr4PSE = 4
		page   = pagePresent | pageWritable | pageLarge
		at     = modesPAE + pageSize + 0x100
	)
	p.Zero(modesDirectory, 3*pageSize)
	poke(p, at, 0x1234)
	// An entry of one form is none of the other. Without PAE the low 12 bits of
	// CR3 do not count, so each form has its own in the page.
	const pointers = modesDirectory + 0x800
	poke(p, modesDirectory, page)
	poke(p, pointers, modesPAE|pagePresent)
	poke(p, modesPAE, page)
	poke(p, modesPAE+8, 2<<20|page)
	p.setBit(asm.CR4, cr4PSE)
	p.Mov(asm.EAX, asm.Imm(pointers))
	p.Mov(asm.CR3, asm.EAX)
	p.setBit(asm.CR0, cr0PG)
	p.Check("paging", asm.Mem{Disp: at, Size: 4}, asm.Imm(0x1234))
	p.setBit(asm.CR4, cr4PAE)
	p.Inc(asm.Mem{Disp: at, Size: 4})
	p.Check("PAE on", asm.Mem{Disp: at, Size: 4}, asm.Imm(0x1235))
	p.Mov(asm.EAX, asm.CR3)
	p.Mov(asm.CR3, asm.EAX)
	p.clearBit(asm.CR4, cr4PAE)
	p.Inc(asm.Mem{Disp: at, Size: 4})
	p.Check("PAE off", asm.Mem{Disp: at, Size: 4}, asm.Imm(0x1236))
	p.clearBit(asm.CR0, cr0PG)
	p.clearBit(asm.CR4, cr4PSE)
}
