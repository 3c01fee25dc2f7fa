package svm

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// A debugger of the guest steps by the trap flag and watches with the debug
// registers. The guest's own are put aside, and what it has of the flag is put
// back at each exit; but what the processor stores while it steps, with PUSHF,
// SYSCALL or INT n, has the flag, and a flag that POPF or IRET sets is lost.

// debugger is what a debugger makes of a guest processor.
type debugger struct {
	vmm.Debug
	watching bool
	own      debugRegisters // the guest's, while watching
	stepping bool           // the trap flag is the debugger's
	flag     uint64         // the guest's own
	dr6      uint64         // as it was before the step
}

type debugRegisters struct {
	dr       [4]uint64
	dr6, dr7 uint64
}

// dr6None is DR6 without a cause. APM vol. 2 §13.1.1.3.
const dr6None = 0xffff_0ff0

// dr7None is DR7 with all off, which the host has behind an exit. A #VMEXIT puts
// 400h there, and QEMU's does no more: what it watches for stays on its list,
// where each entry would add to it until the guest hardly moves. It takes
// breakpoints off when other bits of DR7 change than those that enable,
// so GE is set, which does nothing. APM vol. 2 §13.1.1.4, §15.6.
const dr7None = dr7Fixed | dr7GE

// Bits of DR7.
const (
	dr7GE    = 1 << 9
	dr7Fixed = 1 << 10
)

// allVectors are the exceptions that exit while the debugger steps; vector 2 is
// none.
const allVectors = ^uint32(1 << amd64.NMI)

// Debug is vmm.CPU's.
func (c *CPU) Debug(d *vmm.Debug) {
	b, v := &c.debugger, c.v
	if b.watching {
		b.watching = false
		c.dr, v.DR6, v.DR7 = b.own.dr, b.own.dr6, b.own.dr7
	}
	if d == nil {
		d = &vmm.Debug{}
	}
	b.Debug = *d
	v.InterceptVectors = alwaysVectors | d.Vectors
	if d.Step {
		v.InterceptVectors = allVectors
	}
	if d.Watching() {
		b.watching, b.own = true, debugRegisters{c.dr, v.DR6, v.DR7}
		for i, w := range d.Watch {
			c.dr[i] = w.Address
		}
		v.DR6, v.DR7 = dr6None, d.DR7()
	}
	c.work &^= workDebugger | workDebugAccess
	if *d != (vmm.Debug{}) {
		c.work |= workDebugger
	}
	c.watchDebug()
	v.Clean &^= CleanIntercepts | CleanDR
}

// beginStep prepares an entry that the debugger wants to last for an
// instruction. An event that waits would take the flag with it.
func (c *CPU) beginStep() {
	b, v := &c.debugger, c.v
	if b.Step && c.pending&EventValid == 0 {
		b.stepping, b.flag, b.dr6 = true, v.RFLAGS&x86.FlagTF, v.DR6
		v.RFLAGS |= x86.FlagTF
	}
}

// stopDebugged takes the flag back, and finds out whether an exit is the
// debugger's.
func (c *CPU) stopDebugged(e *vmm.Exit) {
	b, v := &c.debugger, c.v
	stepped := b.stepping
	if stepped && v.RFLAGS&x86.FlagTF != 0 {
		v.RFLAGS = v.RFLAGS&^x86.FlagTF | b.flag
	}
	b.stepping = false
	if e.Reason != vmm.ReasonException || e.Vector != uint8(amd64.Debug) {
		return
	}
	cause, before := b.Cause(v.DR6)
	if stepped && v.DR6&dr6Step != 0 && b.flag == 0 {
		cause |= vmm.CauseStep
	}
	switch {
	case b.watching:
		if cause&vmm.CauseStep == 0 {
			b.own.dr6 |= v.DR6 & (dr6Step | dr6Causes) &^ dr6Breakpoints
		}
		v.DR6 = dr6None
	case cause != 0:
		v.DR6 = v.DR6&^dr6Step | b.dr6&dr6Step // the rest the guest may have written
	}
	v.Clean &^= CleanDR
	if cause == 0 {
		return
	}
	e.Reason, e.Cause = vmm.ReasonDebug, cause
	if before {
		v.RFLAGS |= x86.FlagRF // over it, next time
	}
}

// debugState and setDebugState are the guest's own registers.
func (c *CPU) debugState(s *x86.State) {
	s.DR, s.DR6, s.DR7 = c.dr, c.v.DR6, c.v.DR7
	if b := &c.debugger; b.watching {
		s.DR, s.DR6, s.DR7 = b.own.dr, b.own.dr6, b.own.dr7
	}
}

func (c *CPU) setDebugState(s *x86.State) {
	if b := &c.debugger; b.watching {
		b.own = debugRegisters{s.DR, s.DR6, s.DR7}
		return
	}
	c.dr, c.v.DR6, c.v.DR7 = s.DR, s.DR6, s.DR7
}
