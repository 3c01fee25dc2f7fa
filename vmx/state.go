package vmx

import (
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// sync brings the copy of the VMCS up to date, as far as want says. What was
// set is newer than the VMCS until the next entry.
func (c *CPU) sync(want fresh) {
	if c.fresh >= want {
		return
	}
	switch want {
	case freshSegments:
		readGuest(&c.context, segmentWords)
		if c.fresh == freshNone {
			readLook(&c.context)
		}
	case freshAll:
		readGuest(&c.context, guestWords)
		c.setLook()
	}
	c.fresh = want
}

// setLook makes Look say what context.guest has.
func (c *CPU) setLook() {
	g, s := &c.guest, &c.state
	s.CR3, s.EFER, s.Seg[x86.CS].Base = g.CR3, g.EFER, g.Base[x86.CS]
	c.look = look{CR0: g.CR0, CR4: g.CR4, CSAccess: g.Access[x86.CS], SSAccess: g.Access[x86.SS]}
	c.looked = false
}

// Look is vmm.CPU's.
func (c *CPU) Look() *x86.State {
	s := &c.state
	if !c.looked {
		if c.fresh == freshNone {
			readLook(&c.context)
			c.fresh = freshLook
		}
		l := &c.look
		s.CPL = uint8(l.SSAccess >> accessDPLShift & 3)
		s.CR0, s.CR4 = c.cr0(l.CR0), c.cr4(l.CR4)
		s.Seg[x86.CS].Attributes = attributesOf(l.CSAccess)
		c.looked = true
	}
	s.RIP, s.RFLAGS, s.Shadow = c.rip, c.flags, c.shadow&(shadowSTI|shadowMOVSS) != 0
	return s
}

// LookSegments is vmm.CPU's.
func (c *CPU) LookSegments() {
	c.sync(freshSegments)
	c.copySegments(&c.state)
}

// copySegments copies the segments to s.
func (c *CPU) copySegments(s *x86.State) {
	g := &c.guest
	for i := range s.Seg {
		s.Seg[i] = x86.Segment{Selector: uint16(g.Selector[i]), Attributes: attributesOf(g.Access[i]), Limit: uint32(g.Limit[i]), Base: g.Base[i]}
	}
}

// Retire is vmm.CPU's. An interrupt shadow lasts for one instruction.
func (c *CPU) Retire() {
	s := &c.state
	if s.RIP != c.rip {
		c.endShadow()
	}
	c.rip, c.flags = s.RIP, s.RFLAGS
}

// State is vmm.CPU's.
func (c *CPU) State(s *x86.State) {
	c.sync(freshAll)
	g := &c.guest
	s.GPR = c.state.GPR
	s.RIP, s.RFLAGS, s.Shadow = c.rip, c.flags, c.shadow&(shadowSTI|shadowMOVSS) != 0
	s.CPL = uint8(g.Access[x86.SS] >> accessDPLShift & 3)
	c.copySegments(s)
	s.GDTR = x86.Table{Base: g.GDTRBase, Limit: uint16(g.GDTRLimit)}
	s.IDTR = x86.Table{Base: g.IDTRBase, Limit: uint16(g.IDTRLimit)}
	s.CR0, s.CR2, s.CR3, s.CR4, s.CR8 = c.cr0(g.CR0), c.cr2, g.CR3, c.cr4(g.CR4), uint64(c.CR8())
	s.EFER, s.PAT = g.EFER, g.PAT
	c.debugState(s)
	s.STAR, s.LSTAR, s.SFMASK, s.CSTAR = c.lists[0].value, c.lists[1].value, c.lists[2].value, c.cstar
	s.SysenterCS, s.SysenterESP, s.SysenterEIP = g.SysenterCS, g.SysenterESP, g.SysenterEIP
	s.TSCAux, s.SpecCtrl = uint64(c.tscAux), c.specCtrl
	c.engine.frames.Exclusive(c.putAway)
	s.XCR0, s.KernelGSBase = c.keptXCR0(), *c.area(areaKernelGS)
}

// SetState takes all of s.
func (c *CPU) SetState(s *x86.State) {
	g := &c.guest
	kept, root := c.fresh == freshAll && g.pae(), g.CR3 // the pointers of PAE
	c.state.GPR = s.GPR
	c.rip, c.flags, c.cr2, c.cstar = s.RIP, s.RFLAGS, s.CR2, s.CSTAR
	c.SetCR8(uint8(s.CR8))
	c.shadow &= shadowNMI
	g.PendingDebug, g.Activity = 0, 0
	if s.Shadow {
		c.shadow |= shadowSTI
		if s.RFLAGS&x86.FlagTF != 0 {
			g.PendingDebug = pendingStep
		}
	}
	for i, seg := range s.Seg {
		g.Selector[i], g.Limit[i], g.Access[i], g.Base[i] = uint64(seg.Selector), uint64(seg.Limit), accessOf(seg.Attributes), seg.Base
	}
	// The privilege level is that of the stack segment.
	g.Access[x86.SS] = g.Access[x86.SS]&^(3<<accessDPLShift) | uint64(s.CPL&3)<<accessDPLShift
	g.GDTRBase, g.GDTRLimit, g.IDTRBase, g.IDTRLimit = s.GDTR.Base, uint64(s.GDTR.Limit), s.IDTR.Base, uint64(s.IDTR.Limit)
	g.CR0, g.CR0Shadow = c.realCR0(s.CR0), s.CR0
	g.CR4, g.CR4Shadow = s.CR4|x86.CR4VMXE, s.CR4
	g.CR3, g.EFER, g.PAT = s.CR3, s.EFER, s.PAT
	g.SysenterCS, g.SysenterESP, g.SysenterEIP = s.SysenterCS, s.SysenterESP, s.SysenterEIP
	g.EntryControls = uint64(c.engine.entry)
	if s.EFER&x86.EFERLMA != 0 {
		g.EntryControls |= entryIA32e
	}
	if g.pae() && !(kept && g.CR3 == root) {
		c.readPDPTEs()
	}
	c.setLook()
	c.setDebugState(s)
	c.specCtrl = s.SpecCtrl
	c.extra &^= extraSpecCtrl
	if s.SpecCtrl != 0 {
		c.extra |= extraSpecCtrl
	}
	c.lists[0].value, c.lists[1].value, c.lists[2].value = s.STAR, s.LSTAR, s.SFMASK
	c.setKept(s)
	c.watchDebug(g.DR7)
	c.fresh = freshAll
	c.dirty |= dirtyGuest
	c.extra |= extraFlush
	c.work |= workCheck
}

// setKept sets what the processor keeps for the guest until another one comes.
// It takes that in when it next switches to this guest.
func (c *CPU) setKept(s *x86.State) {
	c.engine.frames.Exclusive(c.putAway)
	*c.area(areaKernelGS) = s.KernelGSBase
	if c.hasAux != 0 {
		c.tscAux = uint32(s.TSCAux)
	}
	if c.engine.xsave {
		*c.area(areaXCR0) = s.XCR0
	}
}

// keptXCR0 is XCR0 as it was when the processor last had it.
func (c *CPU) keptXCR0() uint64 { return *c.area(areaXCR0) }

// area is a word of the XSAVE area.
func (c *CPU) area(at int) *uint64 {
	b := amd64.Bytes(uintptr(c.fpu), fpuSize)
	return (*uint64)(unsafe.Pointer(&b[at]))
}
