package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var portStrings = Guest{
	Name:   "strings",
	Help:   "INS and OUTS in 16-, 32- and 64-bit code, both directions, repeated, across pages and page faults",
	Memory: 4 << 20,
	Mode:   Real,
	Code:   stringsCode,
	Expect: `(?s)16 bits\n.*32 bits\n.*64 bits\n.*ok strings fault, count`,
}

const (
	stringsMask = 0x5a  // in the 8259's mask register, which INS reads
	pciAddress  = 0xcf8 // keeps 32 bits
)

func stringsCode(p *Prog) {
	p.Var("read", 64)
	p.OutB(picMaster+1, stringsMask)
	stringsForms(p, "16 bits\n")
	p.EnterProtected()
	stringsForms(p, "32 bits\n")
	p.LoadIDT()
	p.EnterLong()
	p.LoadIDT()
	stringsForms(p, "64 bits\n")
	stringsPages(p)
}

// fill makes the first n bytes at the label zero.
func fill(p *Prog, label string, n int) {
	for i := 0; i < n; i += 4 {
		p.Mov(asm.Mem{Label: label, Disp: int64(i), Size: 4}, asm.Imm(0))
	}
}

func stringsForms(p *Prog, text string) {
	bits := p.Mode()
	name := text[:len(text)-1] + ", "
	ax, cx, si, di := asm.RAX.As(bits), asm.RCX.As(bits), asm.RSI.As(bits), asm.RDI.As(bits)
	read := func(offset int64, size int) asm.Mem { return asm.Mem{Label: "read", Disp: offset, Size: size} }
	p.Cld()
	p.Mov(si, asm.Ref(p.text(text)))
	p.Mov(cx, asm.Imm(len(text)))
	p.Mov(asm.DX, asm.Imm(consolePort))
	p.Rep()
	p.Outsb()
	p.Check(name+"rep outsb, count", cx, asm.Imm(0))
	p.Mov(ax, asm.Ref(p.text(text)))
	p.Sub(si, ax)
	p.Check(name+"rep outsb, source", si, asm.Imm(len(text)))

	fill(p, "read", 32)
	p.Mov(di, asm.Ref("read"))
	p.Mov(cx, asm.Imm(5))
	p.Mov(asm.DX, asm.Imm(picMaster+1))
	p.Rep()
	p.Insb()
	p.Check(name+"rep insb", read(0, 4), asm.Imm(stringsMask*0x01010101))
	p.Check(name+"rep insb, the end", read(4, 4), asm.Imm(stringsMask))

	fill(p, "read", 32)
	p.Std()
	p.Mov(di, asm.Ref("read"))
	p.Add(di, asm.Imm(6))
	p.Mov(cx, asm.Imm(2))
	p.Rep()
	p.Insb()
	p.Cld()
	p.Check(name+"backwards", read(4, 4), asm.Imm(stringsMask*0x010100))
	p.Rep() // the count is 0
	p.Insb()
	p.Check(name+"no times", read(4, 4), asm.Imm(stringsMask*0x010100))

	p.Mov(asm.Mem{Label: "read", Size: 4}, asm.Imm(0x00123458))
	p.Mov(asm.Mem{Label: "read", Disp: 4, Size: 4}, asm.Imm(-0x7fedcba4))
	p.Mov(si, asm.Ref("read"))
	p.Mov(di, asm.Ref("read"))
	p.Add(di, asm.Imm(16))
	p.Mov(cx, asm.Imm(2))
	p.Mov(asm.DX, asm.Imm(pciAddress))
	p.Rep()
	p.Outsd()
	p.Insd()
	p.Check(name+"outsd and insd", read(16, 4), asm.Imm(0x8012345c))

	p.Mov(asm.DX, asm.Imm(0x5f0)) // no device
	p.Insw()
	p.Check(name+"insw", read(20, 4), asm.Imm(0xffff))
}

// stringsPages reads to two virtual pages that are one frame, and then to one
// that is absent: the instruction goes on once it is mapped.
func stringsPages(p *Prog) {
	const frame = Scratch
	p.Zero(frame, pageSize)
	p.MapHigh(frame, frame)
	p.Mov(asm.RDI, asm.Imm(High+pageSize-3))
	p.Mov(asm.ECX, asm.Imm(6))
	p.Mov(asm.DX, asm.Imm(picMaster+1))
	p.Rep()
	p.Insb()
	p.Check("across pages", asm.Mem{Disp: frame, Size: 4}, asm.Imm(stringsMask*0x010101))
	p.Check("across pages, before", asm.Mem{Disp: frame + pageSize - 4, Size: 4}, asm.Imm(stringsMask*0x01010100))

	p.Mov(asm.Mem{Disp: HighTable + 8, Size: 8}, asm.Imm(0))
	p.Mov(asm.RBX, asm.Imm(High+pageSize))
	p.Invlpg(asm.Mem{Base: asm.RBX})
	p.Mov(asm.RDI, asm.Imm(High+pageSize-3))
	p.Mov(asm.ECX, asm.Imm(6))
	p.Fault("fault", PF, 2, func() {
		p.Rep()
		p.Insb()
	})
	p.Check("fault, CR2", TrapCR2, asm.RBX)
	p.Check("fault, count", asm.RCX, asm.Imm(3))
}
