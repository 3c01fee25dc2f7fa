package svm

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Look is vmm.CPU's.
func (c *CPU) Look() *x86.State {
	s, v := &c.state, c.v
	s.RIP, s.RFLAGS, s.CPL, s.Shadow = v.RIP, v.RFLAGS, v.CPL, v.InterruptShadow&1 != 0
	s.CR0, s.CR3, s.CR4, s.EFER = v.CR0, v.CR3, v.CR4, v.EFER&^msr.EFERSVME
	s.Seg[x86.CS].Attributes, s.Seg[x86.CS].Base = x86.Attributes(v.CS.Attributes), v.CS.Base
	return s
}

// LookSegments is vmm.CPU's.
func (c *CPU) LookSegments() { c.copySegments(&c.state) }

// copySegments copies the segments to s.
func (c *CPU) copySegments(s *x86.State) {
	for i, g := range c.segments() {
		s.Seg[i] = x86.Segment{Selector: g.Selector, Attributes: x86.Attributes(g.Attributes), Limit: g.Limit, Base: g.Base}
	}
}

// Retire is vmm.CPU's. An interrupt shadow lasts for one instruction.
func (c *CPU) Retire() {
	s, v := &c.state, c.v
	if s.RIP != v.RIP {
		v.InterruptShadow = 0
	}
	v.RIP, v.RFLAGS = s.RIP, s.RFLAGS
}

// State is vmm.CPU's.
func (c *CPU) State(s *x86.State) {
	v := c.v
	s.GPR = c.state.GPR
	s.RIP, s.RFLAGS, s.CPL, s.Shadow = v.RIP, v.RFLAGS, v.CPL, v.InterruptShadow&1 != 0
	c.copySegments(s)
	s.GDTR = x86.Table{Base: v.GDTR.Base, Limit: uint16(v.GDTR.Limit)}
	s.IDTR = x86.Table{Base: v.IDTR.Base, Limit: uint16(v.IDTR.Limit)}
	s.CR0, s.CR2, s.CR3, s.CR4, s.CR8 = v.CR0, v.CR2, v.CR3, v.CR4, uint64(c.CR8())
	s.EFER, s.XCR0 = v.EFER&^msr.EFERSVME, c.xcr0()
	c.debugState(s)
	s.STAR, s.LSTAR, s.CSTAR, s.SFMASK, s.KernelGSBase = v.STAR, v.LSTAR, v.CSTAR, v.SFMASK, v.KernelGSBase
	s.SysenterCS, s.SysenterESP, s.SysenterEIP, s.PAT = v.SysenterCS, v.SysenterESP, v.SysenterEIP, v.PAT
	s.TSCAux, s.SpecCtrl = uint64(c.tscAux), c.specCtrl
	if c.engine.virtSpecCtrl {
		s.SpecCtrl = v.SpecCtrl
	}
}

// SetState takes all of s. EFER.SVME is the host's business: VMRUN wants it
// set, and the guest never sees it.
func (c *CPU) SetState(s *x86.State) {
	v := c.v
	c.state.GPR = s.GPR
	if s.CR2 != v.CR2 {
		c.extra |= extraCR2
	}
	v.RIP, v.RFLAGS, v.CPL, v.InterruptShadow = s.RIP, s.RFLAGS, s.CPL, 0
	if s.Shadow {
		v.InterruptShadow = 1
	}
	for i, g := range c.segments() {
		from := &s.Seg[i]
		*g = Segment{Selector: from.Selector, Attributes: uint16(from.Attributes), Limit: from.Limit, Base: from.Base}
	}
	v.GDTR = Segment{Base: s.GDTR.Base, Limit: uint32(s.GDTR.Limit)}
	v.IDTR = Segment{Base: s.IDTR.Base, Limit: uint32(s.IDTR.Limit)}
	v.CR0, v.CR2, v.CR3, v.CR4 = s.CR0, s.CR2, s.CR3, s.CR4
	v.EFER = s.EFER | msr.EFERSVME
	c.setXCR0(s.XCR0)
	c.setDebugState(s)
	v.STAR, v.LSTAR, v.CSTAR, v.SFMASK, v.KernelGSBase = s.STAR, s.LSTAR, s.CSTAR, s.SFMASK, s.KernelGSBase
	v.SysenterCS, v.SysenterESP, v.SysenterEIP, v.PAT = s.SysenterCS, s.SysenterESP, s.SysenterEIP, s.PAT
	c.setSpecCtrl(s.SpecCtrl)
	if aux := uint32(s.TSCAux); c.hasAux != 0 && aux != c.tscAux {
		c.tscAux = aux
		c.engine.frames.Exclusive(c.putAway) // it is taken in when the guest's next comes back
	}
	c.watchDebug()
	// A shutdown leaves it undefined. APM vol. 2 §15.14.3.
	v.VIntr = c.virtualInterrupt()
	c.SetCR8(uint8(s.CR8))
	v.Clean = 0
	c.work |= workFlush
}

// segments are the VMCB's segment registers by their numbers.
func (c *CPU) segments() [x86.Segments]*Segment {
	v := c.v
	return [x86.Segments]*Segment{
		x86.ES: &v.ES, x86.CS: &v.CS, x86.SS: &v.SS, x86.DS: &v.DS, x86.FS: &v.FS, x86.GS: &v.GS, x86.LDTR: &v.LDTR, x86.TR: &v.TR,
	}
}

// xcr0 is the guest's XCR0. For that the processor must not have it.
func (c *CPU) xcr0() uint64 {
	if !c.engine.xsave {
		return 0
	}
	c.engine.frames.Exclusive(c.putAway)
	return c.keptXCR0()
}

// keptXCR0 is XCR0 as it was when the processor last had it.
func (c *CPU) keptXCR0() uint64 {
	return binary.LittleEndian.Uint64(amd64.Bytes(uintptr(c.fpu+areaXCR0), 8))
}

// setXCR0 changes which parts of the x87 and AVX state the guest uses. The
// processor takes it in when it next switches to this guest.
func (c *CPU) setXCR0(v uint64) {
	if c.xcr0() == v || !c.engine.xsave {
		return
	}
	area := amd64.Bytes(uintptr(c.fpu), areaXSTATEBV+8)
	binary.LittleEndian.PutUint64(area[areaXCR0:], v)
	have := binary.LittleEndian.Uint64(area[areaXSTATEBV:])
	binary.LittleEndian.PutUint64(area[areaXSTATEBV:], have&v)
}

// setSpecCtrl changes SPEC_CTRL, which VMRUN switches if it can.
func (c *CPU) setSpecCtrl(v uint64) {
	if c.engine.virtSpecCtrl {
		c.v.SpecCtrl = v
		return
	}
	c.specCtrl = v
	c.extra &^= extraSpecCtrl
	if v != 0 {
		c.extra |= extraSpecCtrl
	}
}
