package vmm

import (
	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm/emulate"
	"github.com/ringo-vmm/ringo/vmm/lapic"
	"github.com/ringo-vmm/ringo/vmm/policy"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// LocalAPIC is a processor's local APIC, as far as MSRs reach it.
type LocalAPIC interface {
	policy.Handler
	// TPR is the task priority, of which CR8 is the upper half.
	TPR() uint8
	SetTPR(v uint8)
	// ShareTPR says who has the upper half of the task priority from now on.
	ShareTPR(with lapic.Priority)
	// TSCChanged tells it that the guest's time-stamp counter has jumped.
	TSCChanged()
}

// SetPolicy decides what the guest sees of its processor.
func (c *VCPU) SetPolicy(id *policy.CPUID, msrs *policy.MSRs) {
	c.cpuid, c.msrs = id, msrs
	own := (*ownMSRs)(c)
	for _, n := range [...]uint32{msr.EFER, msr.PAT, msr.TSC, msr.TSCAux, msr.SpecCtrl} {
		msrs.Handle(n, 1, own)
	}
	for _, n := range policy.Direct {
		msrs.Handle(n, 1, own)
	}
	c.emulator = emulate.New((*emulated)(c), (*emulatedMemory)(c), &c.vm.Memory, &c.vm.Ports)
}

// SetLocalAPIC gives the processor its local APIC's MSRs.
func (c *VCPU) SetLocalAPIC(l LocalAPIC) {
	const x2APIC, x2APICs = 0x800, 0x100
	c.local = l
	c.msrs.Handle(msr.APICBase, 1, l)
	c.msrs.Handle(x2APIC, x2APICs, l)
	l.ShareTPR(c.cpu)
}

// Idle is how long the processor has been halted, in ns.
func (c *VCPU) Idle() uint64 { return c.Stats.Idle }

// ownMSRs are those that are part of the processor's state.
type ownMSRs VCPU

func (o *ownMSRs) ReadMSR(num uint32) (uint64, bool) {
	c := (*VCPU)(o)
	if num == msr.TSC {
		return c.TSC(), true
	}
	c.cpu.State(&c.state)
	if p := stateMSR(&c.state, num); p != nil {
		return *p, true
	}
	return 0, false
}

func (o *ownMSRs) WriteMSR(num uint32, v uint64) bool {
	c := (*VCPU)(o)
	if num == msr.TSC {
		c.setTSCOffset(v - c.vm.host.TSC())
		return true
	}
	c.cpu.State(&c.state)
	if num == msr.EFER {
		efer, ok := c.cpuid.ValidEFER(c.state.EFER, v, c.state.CR0)
		if !ok {
			return false
		}
		v = efer
	}
	p := stateMSR(&c.state, num)
	if p == nil {
		return false
	}
	*p = v
	c.cpu.SetState(&c.state)
	return true
}

// stateMSR is where a processor's state keeps an MSR.
func stateMSR(s *x86.State, num uint32) *uint64 {
	switch num {
	case msr.EFER:
		return &s.EFER
	case msr.PAT:
		return &s.PAT
	case msr.FSBase:
		return &s.Seg[x86.FS].Base
	case msr.GSBase:
		return &s.Seg[x86.GS].Base
	case msr.KernelGSBase:
		return &s.KernelGSBase
	case msr.STAR:
		return &s.STAR
	case msr.LSTAR:
		return &s.LSTAR
	case msr.CSTAR:
		return &s.CSTAR
	case msr.SFMask:
		return &s.SFMASK
	case msr.SysenterCS:
		return &s.SysenterCS
	case msr.SysenterESP:
		return &s.SysenterESP
	case msr.SysenterEIP:
		return &s.SysenterEIP
	case msr.TSCAux:
		return &s.TSCAux
	case msr.SpecCtrl:
		return &s.SpecCtrl
	}
	return nil
}

// emulated is the processor as package emulate sees it.
type emulated VCPU

func (e *emulated) State() *x86.State { return e.look }
func (e *emulated) Complete()         { e.cpu.LookSegments() }
func (e *emulated) XMM() *[16]x86.XMM { return e.cpu.XMM() }

// emulatedMemory is its memory.
type emulatedMemory VCPU

func (b *emulatedMemory) Span(gpa uint64) []byte {
	if o := b.vm.Overlay; o != nil {
		if s, here := o.Load(gpa); here {
			return s
		}
	}
	return b.vm.RAM.Span(gpa)
}

func (b *emulatedMemory) RAM(gpa uint64) []byte {
	if o := b.vm.Overlay; o != nil {
		if s, here := o.Store(gpa); here {
			return s
		}
	}
	return b.vm.RAM.Span(gpa)
}

func (c *VCPU) doCPUID() {
	n := c.exit.Length
	if n == 0 {
		c.cpu.Look()
		size, err := c.emulator.Length()
		if err != nil {
			c.raise(err)
			return
		}
		n = uint8(size)
	}
	// Some of the leaves from 1 to Dh depend on registers, and no others.
	leaf, xcr0 := uint32(c.gpr[x86.RAX]), uint64(0)
	if leaf-1 < cpuid.LeafXSAVE {
		c.cpu.Look()
		if leaf == cpuid.LeafXSAVE {
			c.cpu.State(&c.state)
			xcr0 = c.state.XCR0
		}
	}
	a, b, cx, d := c.cpuid.Lookup(leaf, uint32(c.gpr[x86.RCX]), c.look.CR4, xcr0, 0)
	c.gpr[x86.RAX], c.gpr[x86.RBX], c.gpr[x86.RCX], c.gpr[x86.RDX] = uint64(a), uint64(b), uint64(cx), uint64(d)
	if c.cpu.Skip(n)&x86.FlagTF != 0 {
		c.trap()
	}
}

func (c *VCPU) doMSR() {
	num := uint32(c.gpr[x86.RCX])
	c.lock()
	v, ok := uint64(0), false
	if c.exit.Write {
		ok = c.msrs.Write(num, c.gpr[x86.RAX]&0xffffffff|c.gpr[x86.RDX]<<32)
	} else if v, ok = c.msrs.Read(num); ok {
		c.gpr[x86.RAX], c.gpr[x86.RDX] = v&0xffffffff, v>>32
	}
	c.unlock()
	if !ok {
		c.fault(x86.GeneralProtection)
		return
	}
	c.next()
}

// doXSETBV is XSETBV. Its exit may come before the processor has looked at the
// privilege level; that CR4.OSXSAVE is set it has checked.
func (c *VCPU) doXSETBV() {
	v := c.gpr[x86.RAX]&0xffffffff | c.gpr[x86.RDX]<<32
	if c.cpu.Look().CPL != 0 || uint32(c.gpr[x86.RCX]) != 0 || !c.cpuid.ValidXCR0(v) {
		c.fault(x86.GeneralProtection)
		return
	}
	c.cpu.State(&c.state)
	c.state.XCR0 = v
	c.cpu.SetState(&c.state)
	c.next()
}

// doException is an exception that the engine intercepts for safety's sake: a
// guest that faults for ever in delivering it must let go of the processor now
// and then. A debugger may want any.
func (c *VCPU) doException() {
	e, v := &c.exit, x86.Vector(c.exit.Vector)
	switch v {
	case x86.PageFault:
		c.cpu.State(&c.state)
		c.state.CR2 = e.Address
		c.cpu.SetState(&c.state)
	case x86.Breakpoint, x86.Overflow: // behind INT3 and INTO
		n, ok := c.length()
		if !ok {
			return
		}
		c.cpu.Skip(n)
	}
	c.exception(e.Vector, e.ErrorCode, v.HasCode() && c.cpu.Look().CR0&x86.CR0PE != 0)
}

// control8 is a move to or from CR8, which is the local APIC's task priority, and
// which exits when the hardware does not do it, or somebody waits for it to be
// lower. APM vol. 2 §16.6.3. No other control register exits, and debug registers
// only while a debugger has them.
func (c *VCPU) control8() {
	c.cpu.Look()
	m, err := c.emulator.ControlMove()
	switch {
	case err != nil:
		c.raise(err)
		return
	case m.Debug:
		c.debugMove(&m)
		return
	case m.Number != 8 || c.local == nil:
		c.unhandled()
		return
	case m.Write && c.gpr[m.Register] > 15:
		c.fault(x86.GeneralProtection)
		return
	}
	c.lock()
	if m.Write {
		c.local.SetTPR(uint8(c.gpr[m.Register]) << 4)
	} else {
		c.gpr[m.Register] = uint64(c.local.TPR() >> 4)
	}
	c.unlock()
	c.Attention.Or(attendInterrupt)
	c.behind(uint8(m.Length))
}

// hypercall is VMCALL or VMMCALL. There are none: the answer is that of KVM's
// convention, an error in RAX.
func (c *VCPU) hypercall() {
	const notImplemented = 1000 // KVM_ENOSYS of Linux's virt/kvm/x86/hypercalls
	c.gpr[x86.RAX] = ^uint64(notImplemented - 1)
	c.skip(3)
}

// setTSCOffset sets what the guest's time-stamp counter is ahead of the host's.
// The caller holds the device lock.
func (c *VCPU) setTSCOffset(v uint64) {
	c.tscOffset = v
	c.cpu.SetTSCOffset(v)
	if c.local != nil {
		c.local.TSCChanged()
	}
}

// TSCOffset is what the guest's time-stamp counter is ahead of the host's.
func (c *VCPU) TSCOffset() uint64 { return c.tscOffset }

// TSC is the guest's time-stamp counter. It stands still with the machine.
func (c *VCPU) TSC() uint64 {
	if c.vm.frozen != 0 {
		return c.vm.frozen + c.tscOffset
	}
	return c.vm.host.TSC() + c.tscOffset
}
