package svm

import (
	"encoding/binary"
	"errors"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// CPU is a guest processor: a vmm.CPU.
type CPU struct {
	context
	engine         *Engine
	space          *space
	v              *VMCB
	generation     uint64     // of its ASID
	pending        Event      // for the next entry
	sent           Event      // while workVirtualSent
	sentVectors    uint32     // likewise: the intercepts of exceptions before
	sentIntercept1 Intercept1 // and the others
	clean          Clean      // the clean bits after an exit
	work           work
	window         bool // the caller asked for ReasonWindow
	nmi            nmiState
	iretRIP        uint64 // of the IRET, when it is nmiReturning
	stepDR6        uint64 // the guest's, while workStep
	debugger       debugger
	putAway        func() // the processor gives up this guest's x87 and AVX state
}

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
// loops from others, and RDTSC runs at full speed with the offset. APM vol. 2
// §15.9.
const (
	alwaysIntercept1 = InterceptINTR | InterceptNMI | InterceptSMI | InterceptINIT | InterceptCPUID | InterceptINVD |
		InterceptHLT | InterceptINVLPGA | InterceptIO | InterceptMSR | InterceptTaskSwitch | InterceptFERRFreeze | InterceptShutdown | InterceptRDPMC | InterceptRSM
	alwaysIntercept2 = InterceptVMRUN | InterceptVMMCALL | InterceptVMLOAD | InterceptVMSAVE | InterceptSTGI | InterceptCLGI |
		InterceptSKINIT | InterceptICEBP | InterceptWBINVD | InterceptMONITOR | InterceptMWAIT | InterceptMWAITArmed | InterceptXSETBV | InterceptRDPRU
	// A guest that faults for ever in delivering #DB or #AC holds the
	// processor: no interrupt is taken in between. APM vol. 2 §15.21. #MC is
	// the host's.
	alwaysVectors = 1<<amd64.Debug | 1<<amd64.AlignmentCheck | 1<<amd64.MachineCheck
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
	c.putAway = func() { saveFPU(fpu) }
	c.bell = new(vmm.Bell)
	area := amd64.Bytes(uintptr(fpu), fpuSize)
	binary.LittleEndian.PutUint16(area, resetFCW)
	binary.LittleEndian.PutUint64(area[areaAllXCR0:], e.limits.xcr0)
	v := c.v
	v.IOPM, v.MSRPM = e.iopm, e.msrpm
	v.Intercept1, v.Intercept2, v.InterceptVectors = alwaysIntercept1, alwaysIntercept2, alwaysVectors
	if e.pauseFilter {
		v.Intercept1 |= InterceptPAUSE
		v.PauseCount, v.PauseThreshold = pauseCount, pauseThreshold
	}
	v.NestedPaging, v.NestedCR3 = 1, c.space.root
	v.ASID = 1 // of an earlier generation: another comes with the first entry
	if e.cleanBits {
		c.clean = CleanAll
	}
	if e.tscAux {
		c.hasAux = 1
	}
	if e.barrier {
		c.barrier = 1
	}
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

// Close frees the processor's pages. It has left.
func (c *CPU) Close() {
	c.engine.frames.FreePages(c.fpu, fpuOrder)
	c.engine.frames.FreePages(c.context.vmcb, vmcbOrder)
}

// Watch is vmm.CPU's.
func (c *CPU) Watch(b *vmm.Bell) { c.bell = b }

// GPR is vmm.CPU's.
func (c *CPU) GPR() *[16]uint64 { return &c.state.GPR }

// XMM is vmm.CPU's.
func (c *CPU) XMM() *[16]x86.XMM { return &c.xmm }

// RIP is vmm.CPU's.
func (c *CPU) RIP() uint64 { return c.v.RIP }

// Flags is vmm.CPU's.
func (c *CPU) Flags() uint64 { return c.v.RFLAGS }

// SetTSCOffset is vmm.CPU's.
func (c *CPU) SetTSCOffset(offset uint64) {
	c.v.TSCOffset = offset
	c.v.Clean &^= CleanIntercepts
}

// Leave is vmm.CPU's. What the next processor has cached of the VMCB and in its
// TLB may be old: the guest has been there before. APM vol. 2 §15.15.3.
func (c *CPU) Leave() {
	c.engine.frames.Exclusive(c.putAway)
	c.v.Clean = 0
	c.generation = 0
}

// FlushTLB is vmm.CPU's.
func (c *CPU) FlushTLB() { c.work |= workFlush }

// errUnknown is Why when the rules that we know find nothing.
var errUnknown = errors.New("the processor refuses a state with which nothing is known to be wrong")

// Raw is vmm.CPU's.
func (c *CPU) Raw() (code, info1, info2 uint64) {
	return uint64(c.v.ExitCode), c.v.ExitInfo1, c.v.ExitInfo2
}

// Why is vmm.CPU's.
func (c *CPU) Why() error {
	if err := c.wrong(); err != nil {
		return err
	}
	return errUnknown
}

// wrong is what is wrong with the state, if anything.
func (c *CPU) wrong() error {
	l := c.engine.limits
	if err := checkXCR0(c.keptXCR0(), l); err != nil {
		return err
	}
	if err := checkSpecCtrl(c.specCtrl|c.v.SpecCtrl, l); err != nil {
		return err
	}
	return check(c.v, l)
}
