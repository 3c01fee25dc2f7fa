package guests

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/guests/asm"
)

// Selectors of the prelude's GDT. All segments but the task's have base 0.
const (
	Code32     = 0x08
	Data       = 0x10
	Code64     = 0x18
	Code16     = 0x20 // with a limit of 64 KiB, to leave protected mode by
	Data16     = 0x28
	UserCode32 = 0x30 | 3
	UserData   = 0x38 | 3
	UserCode64 = 0x40 | 3
	Task       = 0x48 // a free entry of 16 bytes, for a TSS that the guest makes
	gdtSize    = 0x58
)

// gdt has the descriptors of the selectors in their order, as 64-bit numbers.
// APM vol. 2 §4.7 and §4.8.
var gdt = [gdtSize / 8]uint64{
	0,
	0x00cf9b000000ffff,
	0x00cf93000000ffff,
	0x00af9b000000ffff,
	0x00009b000000ffff,
	0x000093000000ffff,
	0x00cffb000000ffff,
	0x00cff3000000ffff,
	0x00affb000000ffff,
}

// Bits of page-table entries. APM vol. 2 §5.4.1.
const (
	pagePresent  = 1 << 0
	pageWritable = 1 << 1
	pageUser     = 1 << 2
	pageNoCache  = 1<<3 | 1<<4
	pageAccessed = 1 << 5
	pageDirty    = 1 << 6
	pageLarge    = 1 << 7
	pageGlobal   = 1 << 8
)

const (
	pageSize   = 0x1000
	tablesSize = 6 * pageSize
)

// identityTables are page tables for TablesAt that map 4 GiB to themselves, by
// pages of 2 MiB: a PML4, a PDPT and four page directories. The last 1 GiB,
// where the devices are, is not cached.
func identityTables() []byte {
	b := make([]byte, tablesSize)
	put := func(offset, v int) { binary.LittleEndian.PutUint64(b[offset:], uint64(v)) }
	const table = pagePresent | pageWritable | pageUser
	put(0, TablesAt+pageSize|table)
	for gib := range 4 {
		put(pageSize+gib*8, TablesAt+(2+gib)*pageSize|table)
	}
	for i := range 4 * 512 {
		v := i<<21 | table | pageLarge
		if i >= 3*512 {
			v |= pageNoCache
		}
		put(2*pageSize+i*8, v)
	}
	return b
}

// Where MapHigh maps, and its three tables. HighTable has an entry of 8 bytes for
// each page from High on.
const (
	High        = 1 << 39
	highTables  = TablesAt + tablesSize
	HighTable   = highTables + 2*pageSize
	highTabSize = 3 * pageSize
)

// MapHigh maps pages of 4 KiB from High on to frames, in 64-bit code on the
// tables that it starts with.
func (p *Prog) MapHigh(frames ...int64) {
	p.Zero(highTables, highTabSize)
	entry := func(address, to int64) {
		p.Mov(asm.Mem{Disp: address, Size: 8}, asm.Imm(to|pagePresent|pageWritable))
	}
	entry(TablesAt+High>>39*8, highTables)
	entry(highTables, highTables+pageSize)
	entry(highTables+pageSize, HighTable)
	for i, f := range frames {
		entry(HighTable+int64(i)*8, f)
	}
}

// LoadGDT loads the GDT register with the prelude's GDT.
func (p *Prog) LoadGDT() {
	p.once("gdt", func() { p.Qword(gdt[:]...) })
	p.once("gdtr", func() {
		p.Word(gdtSize - 1)
		p.QwordRef("gdt")
	})
	p.Lgdt(asm.Mem{Label: "gdtr"})
}

// LoadTask loads the task register with a TSS for 64-bit code, whose stack IST1
// is at an address. It changes EAX.
func (p *Prog) LoadTask(ist1 int64) {
	const (
		tssSize  = 104
		presentA = 0x8900 // an available 64-bit TSS, in the descriptor's upper half
	)
	task := p.Var("task", tssSize)
	task.Disp = taskIST1
	p.Mov(asm.RAX, asm.Imm(ist1))
	p.Mov(task, asm.RAX)
	p.Mov(asm.EAX, asm.Ref("task"))
	p.Shl(asm.EAX, asm.Imm(16))
	p.Or(asm.EAX, asm.Imm(tssSize-1))
	p.Mov(asm.Mem{Label: "gdt", Disp: Task}, asm.EAX)
	p.Mov(asm.Mem{Label: "gdt", Disp: Task + 4, Size: 4}, asm.Imm(presentA))
	p.Mov(asm.AX, asm.Imm(Task))
	p.Ltr(asm.AX)
}

// taskIST1 is the place of the first interrupt stack in a 64-bit TSS. APM
// vol. 2 §12.2.5.
const taskIST1 = 0x24

// SetData loads DS, ES, SS, FS and GS with a selector, or in real mode a
// segment. It changes AX.
func (p *Prog) SetData(selector uint16) {
	p.Mov(asm.AX, asm.Imm(selector))
	for _, r := range []asm.Reg{asm.DS, asm.ES, asm.SS, asm.FS, asm.GS} {
		p.Mov(r, asm.AX)
	}
}

// Continue goes on in another code segment, of 16, 32 or 64 bits.
func (p *Prog) Continue(selector uint16, bits int) {
	label := p.Unique("continue")
	if p.Mode() == 64 {
		p.Push(asm.Imm(selector))
		p.Push(asm.Ref(label))
		p.Lretq()
	} else {
		p.JmpFar(selector, label)
	}
	p.Bits(bits)
	p.Label(label)
}

// MSRs and bits that switch modes. APM vol. 2 §3.1.
const (
	msrEFER = 0xc0000080
	eferLME = 8 // bit number

	cr0PE = 0 // bit numbers
	cr0PG = 31

	cr4PAE = 5
)

// EnterProtected goes from real mode to 32-bit protected mode without paging.
// It changes EAX.
func (p *Prog) EnterProtected() {
	p.Cli()
	p.Movzx(asm.ESP, asm.SP)
	p.LoadGDT()
	p.setBit(asm.CR0, cr0PE)
	p.Continue(Code32, 32)
	p.SetData(Data)
}

// LeaveProtected goes from 32-bit protected mode without paging to real mode
// with all segments at 0. It changes AX.
func (p *Prog) LeaveProtected() {
	p.Cli()
	p.Continue(Code16, 16)
	p.SetData(Data16)
	p.clearBit(asm.CR0, cr0PE)
	p.Continue(0, 16)
	p.SetData(0)
	p.once("ivtr", func() {
		p.Word(0x3ff)
		p.Dword(0)
	})
	p.Lidt(asm.Mem{Label: "ivtr"})
}

// EnterLong goes from 32-bit protected mode to 64-bit mode. It changes EAX, ECX
// and EDX.
func (p *Prog) EnterLong() {
	p.tables = true
	p.Mov(asm.EAX, asm.Imm(TablesAt))
	p.Mov(asm.CR3, asm.EAX)
	p.setBit(asm.CR4, cr4PAE)
	p.Mov(asm.ECX, asm.Imm(msrEFER))
	p.Rdmsr()
	p.Bts(asm.EAX, asm.Imm(eferLME))
	p.Wrmsr()
	p.setBit(asm.CR0, cr0PG)
	p.Continue(Code64, 64)
}

// LeaveLong goes from 64-bit mode to 32-bit protected mode without paging. It
// changes EAX, ECX and EDX.
func (p *Prog) LeaveLong() {
	p.Continue(Code32, 32)
	p.SetData(Data)
	p.clearBit(asm.CR0, cr0PG)
	p.Mov(asm.ECX, asm.Imm(msrEFER))
	p.Rdmsr()
	p.Btr(asm.EAX, asm.Imm(eferLME))
	p.Wrmsr()
	p.clearBit(asm.CR4, cr4PAE)
}

// setBit sets a bit of a control register. It changes xAX.
func (p *Prog) setBit(r asm.Reg, bit asm.Imm) {
	ax := p.reg(asm.RAX)
	p.Mov(ax, r)
	p.Bts(ax, bit)
	p.Mov(r, ax)
}

// clearBit clears a bit of a control register. It changes xAX.
func (p *Prog) clearBit(r asm.Reg, bit asm.Imm) {
	ax := p.reg(asm.RAX)
	p.Mov(ax, r)
	p.Btr(ax, bit)
	p.Mov(r, ax)
}
