package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var mmioStrings = Guest{
	Name:   "mmio-strings",
	Help:   "string instructions from and to device memory",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   mmioStringsCode,
	Expect: `ok mmio-strings rep movsd to nothing`,
}

func mmioStringsCode(p *Prog) {
	p.LoadIDT()
	p.EnableAPIC()
	p.Cld()
	buffer := p.Var("buffer", 64)
	buffer.Size = 4
	from := func(si, di asm.Operand, n asm.Imm) {
		for _, o := range []struct {
			r asm.Reg
			v asm.Operand
		}{{asm.RSI, si}, {asm.RDI, di}, {asm.RCX, n}} {
			if o.v != nil {
				p.Mov(o.r.As(32), o.v)
			}
		}
	}
	tpr := asm.Imm(apicBase + apicTPR)
	ram := asm.Ref(buffer.Label)
	p.WriteAPIC(apicTPR, 0x30)
	from(tpr, ram, 1)
	p.Rep()
	p.Movsd()
	p.Check("movsd from the device", buffer, asm.Imm(0x30))
	p.Check("movsd, RSI", asm.RSI, tpr+4)
	p.Mov(buffer, asm.Imm(0x40))
	from(ram, tpr, 0)
	p.Movsd()
	p.Check("movsd to the device", apic(apicTPR), asm.Imm(0x40))
	p.Mov(asm.EAX, asm.Imm(0x50))
	from(nil, tpr, 1)
	p.Rep()
	p.Stosd()
	p.Check("stosd", apic(apicTPR), asm.Imm(0x50))
	from(tpr, nil, 0)
	p.Lodsd()
	p.Check("lodsd", asm.EAX, asm.Imm(0x50))
	from(nil, tpr, 1)
	p.Scasd()
	p.Set(asm.E, asm.BL)
	p.Check("scasd", asm.BL, asm.Imm(1))
	from(asm.Imm(unclaimed), ram, 64)
	p.Rep()
	p.Movsb()
	p.Mov(asm.EBX, asm.Imm(unclaimed))
	p.Mov(asm.RBX, asm.Mem{Base: asm.RBX})
	p.Check("rep movsb of 64 bytes", asm.Mem{Label: buffer.Label, Disp: 56, Size: 8}, asm.RBX)
	from(ram, asm.Imm(unclaimed), 16)
	p.Rep()
	p.Movsd()
	p.Check("rep movsd to nothing", asm.RDI, asm.Imm(unclaimed+64))
	p.WriteAPIC(apicTPR, 0)
}
