package pc

import (
	"github.com/ringo-vmm/ringo/vmm/loader"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// start puts the processor where the loader wants it.
func (p *PC) start(e loader.Entry) {
	var s x86.State
	s.Reset(0)
	s.RIP, s.RFLAGS = e.RIP, e.RFLAGS
	s.GPR[x86.RSP], s.GPR[x86.RAX], s.GPR[x86.RBX], s.GPR[x86.RSI] = e.RSP, e.RAX, e.RBX, e.RSI
	s.Seg[x86.CS] = segment(e.CS)
	for _, n := range []int{x86.DS, x86.ES, x86.SS, x86.FS, x86.GS} {
		s.Seg[n] = segment(e.Data)
	}
	s.Seg[x86.TR], s.Seg[x86.LDTR] = segment(e.TR), segment(e.LDTR)
	s.GDTR, s.IDTR = x86.Table(e.GDT), x86.Table(e.IDT)
	s.CR0, s.CR3, s.CR4, s.EFER = e.CR0, e.CR3, e.CR4, e.EFER
	p.CPU.CPU().SetState(&s)
}

func segment(s loader.Segment) x86.Segment {
	return x86.Segment{Selector: s.Selector, Attributes: x86.Attributes(s.Attributes), Limit: s.Limit, Base: s.Base}
}
