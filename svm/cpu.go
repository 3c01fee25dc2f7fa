package svm

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// CPU is a guest processor: a vmm.CPU.
type CPU struct {
	context
	engine     *Engine
	space      *space
	v          *VMCB
	generation uint64 // of its ASID
	flush      bool
	window     bool  // the caller asked for ReasonWindow
	pending    Event // for the next entry
	nmi        nmiState
	iretRIP    uint64 // of the IRET, when it is nmiReturning
	dr         [4]uint64
	cr8        uint64
}

// nmiState tells whether the guest can take an NMI.
type nmiState uint8

const (
	nmiOpen      nmiState = iota
	nmiBlocked            // one was delivered, and its IRET is intercepted
	nmiReturning          // the guest is at that IRET
)

// Orders of a processor's pages.
const (
	vmcbOrder = 0
	fpuOrder  = 1 // 8 KiB: no guest has a component of XSAVE that does not fit
	fpuSize   = 4096 << fpuOrder
)

// The floating-point control words at reset. APM vol. 2 table 14-1.
const (
	resetFCW   = 0x37f
	resetMXCSR = 0x1f80
)

// The intercepts of every guest. PAUSE is not one without a filter that tells
// loops from others, RDTSC runs at full speed with the offset, and INT1 (ICEBP)
// raises its #DB in the guest, where it belongs. APM vol. 2 §15.9.
const (
	alwaysIntercept1 = InterceptINTR | InterceptNMI | InterceptSMI | InterceptINIT | InterceptCPUID | InterceptINVD |
		InterceptHLT | InterceptINVLPGA | InterceptIO | InterceptMSR | InterceptTaskSwitch | InterceptFERRFreeze | InterceptShutdown | InterceptRDPMC | InterceptRSM
	alwaysIntercept2 = InterceptVMRUN | InterceptVMMCALL | InterceptVMLOAD | InterceptVMSAVE | InterceptSTGI | InterceptCLGI |
		InterceptSKINIT | InterceptWBINVD | InterceptMONITOR | InterceptMWAIT | InterceptMWAITArmed | InterceptXSETBV | InterceptRDPRU
	// A guest that faults for ever in delivering these holds the processor:
	// no interrupt is taken in between. APM vol. 2 §15.21.
	alwaysVectors = 1<<1 | 1<<17
	cr8           = 1 << 8
)

// NewCPU makes a guest processor in the state of power-on.
func (e *Engine) NewCPU(s vmm.Space) (vmm.CPU, error) {
	pa, err := e.frames.AllocPages(vmcbOrder)
	if err != nil {
		return nil, err
	}
	fpu, err := e.frames.AllocPages(fpuOrder)
	if err != nil {
		e.frames.FreePages(pa, vmcbOrder)
		return nil, err
	}
	c := &CPU{engine: e, space: s.(*space), v: vmcbAt(pa)}
	c.context.vmcb, c.fpu, c.mxcsr = pa, fpu, resetMXCSR
	binary.LittleEndian.PutUint16(amd64.Bytes(uintptr(fpu), 2), resetFCW)
	v := c.v
	v.IOPM, v.MSRPM = e.iopm, e.msrpm
	v.Intercept1, v.Intercept2, v.InterceptVectors = alwaysIntercept1, alwaysIntercept2, alwaysVectors
	v.InterceptCRRead, v.InterceptCRWrite = cr8, cr8
	// The host uses no debug registers: VMRUN switches DR6 and DR7, and DR0 to
	// DR3 do nothing while DR7 has them off.
	v.InterceptDRRead, v.InterceptDRWrite = 0, 0
	if e.pauseFilter {
		v.Intercept1 |= InterceptPAUSE
		v.PauseCount, v.PauseThreshold = pauseCount, pauseThreshold
	}
	v.NestedPaging, v.NestedCR3 = 1, c.space.root
	c.flush = true
	var reset x86.State
	reset.Reset(0)
	c.SetState(&reset)
	return c, nil
}

// A guest that executes this many PAUSEs, no more than so many cycles apart,
// spins. APM vol. 2 §15.14.4.
const (
	pauseCount     = 3000
	pauseThreshold = 128
)

// Close frees the processor's pages.
func (c *CPU) Close() {
	c.engine.frames.Exclusive(func() { dropFPU(c.fpu) })
	c.engine.frames.FreePages(c.fpu, fpuOrder)
	c.engine.frames.FreePages(c.context.vmcb, vmcbOrder)
}

// GPR is vmm.CPU's.
func (c *CPU) GPR() *[16]uint64 { return &c.regs }

// XMM is vmm.CPU's.
func (c *CPU) XMM() *[16]x86.XMM { return &c.xmm }

// RIP is vmm.CPU's.
func (c *CPU) RIP() uint64 { return c.v.RIP }

// Flags is vmm.CPU's.
func (c *CPU) Flags() uint64 { return c.v.RFLAGS }

// Skip is vmm.CPU's. An interrupt shadow lasts for one instruction.
func (c *CPU) Skip(length uint8) {
	c.v.RIP += uint64(length)
	if c.v.EFER&msr.EFERLMA == 0 || c.v.CS.Attributes&segmentL == 0 {
		c.v.RIP &= 0xffffffff
	}
	c.v.InterruptShadow = 0
}

// SetTSCOffset is vmm.CPU's.
func (c *CPU) SetTSCOffset(offset uint64) {
	c.v.TSCOffset = offset
	c.v.Clean &^= CleanIntercepts
}

// FlushTLB is vmm.CPU's.
func (c *CPU) FlushTLB() { c.flush = true }

// Why is vmm.CPU's.
func (c *CPU) Why() error {
	if err := checkXCR0(c.xcr0, c.engine.limits); err != nil {
		return err
	}
	return check(c.v, c.engine.limits)
}

// Run is vmm.CPU's.
func (c *CPU) Run(e *vmm.Exit) {
	v := c.v
	if c.pending == EventValid|EventException|tripleFault {
		c.pending = 0
		c.refuse(e, vmm.ReasonShutdown, ExitShutdown)
		return
	}
	if !c.prepare() {
		c.refuse(e, vmm.ReasonInvalid, ExitInvalid)
		return
	}
	run(&c.context)
	c.finish(e)
	decode(v, e)
}

// refuse makes an exit without an entry.
func (c *CPU) refuse(e *vmm.Exit, reason vmm.Reason, code ExitCode) {
	*e = vmm.Exit{Reason: reason, RIP: c.v.RIP, Raw: uint64(code), Entered: c.left, Left: c.left}
}
