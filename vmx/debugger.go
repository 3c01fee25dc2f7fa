package vmx

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// A debugger of the guest steps by the monitor trap flag, and where there is
// none by the guest's trap flag; it watches with the debug registers. The
// guest's own are put aside, and what it has of the flag is put back at each
// exit; but what the processor stores while it steps that way, with PUSHF,
// SYSCALL or INT n, has the flag, and a flag that POPF or IRET sets is lost.
// SDM vol. 3 §25.5.2.

// debugger is what a debugger makes of a guest processor.
type debugger struct {
	vmm.Debug
	watching bool
	own      debugRegisters // the guest's, while watching
	stepping bool           // this entry is a step
	flag     uint64         // the guest's own trap flag
}

type debugRegisters struct {
	dr       [4]uint64
	dr6, dr7 uint64
}

// dr6None is DR6 without a cause. SDM vol. 3 §17.2.3.
const dr6None = 0xffff_0ff0

// allVectors are the exceptions that exit while the debugger steps; vector 2 is
// none.
const allVectors = ^uint64(0) & 0xffff_ffff &^ (1 << amd64.NMI)

// Debug is vmm.CPU's.
func (c *CPU) Debug(d *vmm.Debug) {
	c.sync(freshAll)
	b, g := &c.debugger, &c.guest
	if b.watching {
		b.watching = false
		c.dr, c.dr6, g.DR7 = b.own.dr, b.own.dr6, b.own.dr7
	}
	if d == nil {
		d = &vmm.Debug{}
	}
	b.Debug = *d
	c.controls.Exceptions = vectors | uint64(d.Vectors)
	if d.Step {
		c.controls.Exceptions = allVectors
	}
	if d.Watching() {
		b.watching, b.own = true, debugRegisters{c.dr, c.dr6, g.DR7}
		for i, w := range d.Watch {
			c.dr[i] = w.Address
		}
		c.dr6, g.DR7 = dr6None, d.DR7()
	}
	c.work &^= workDebugger | workDebugAccess
	if *d != (vmm.Debug{}) {
		c.work |= workDebugger
	}
	c.watchDebug(g.DR7)
	c.dirty |= dirtyControls | dirtyGuest
}

// beginStep prepares an entry that the debugger wants to last for an
// instruction. An event that waits would take the flag with it.
func (c *CPU) beginStep() {
	b := &c.debugger
	if !b.Step || c.event != 0 {
		return
	}
	b.stepping, b.flag = true, c.flags&x86.FlagTF
	if c.engine.trapFlag {
		c.setPrimary(primaryTrapFlag, true)
		return
	}
	c.endShadow() // or the trap would come at once; no interrupt comes in a step
	c.flags |= x86.FlagTF
}

// endStep takes the flag back.
func (c *CPU) endStep() {
	b := &c.debugger
	if !b.stepping {
		return
	}
	b.stepping = false
	if c.engine.trapFlag {
		c.setPrimary(primaryTrapFlag, false)
		return
	}
	if c.flags&x86.FlagTF != 0 {
		c.flags = c.flags&^x86.FlagTF | b.flag
	}
	if c.result != resultExit {
		return
	}
	// Bochs leaves the step pending at the exit of an instruction. In a shadow
	// it has to be, just when the flag is set.
	pending := uint64(0)
	if b.flag != 0 && c.shadow&(shadowSTI|shadowMOVSS) != 0 {
		pending = pendingStep
	}
	vmwrite(&c.context, fieldPendingDebug, pending)
}

// debugged finds out whether a #DB is the debugger's. If it is the guest's, its
// DR6 gets the causes.
func (c *CPU) debugged(e *vmm.Exit) bool {
	b, q := &c.debugger, c.qualification
	cause, before := b.Cause(q)
	if b.stepping && q&dr6Step != 0 && b.flag == 0 {
		cause |= vmm.CauseStep
	}
	switch {
	case cause != 0:
		e.Reason, e.Cause = vmm.ReasonDebug, cause
	case b.watching:
		b.own.dr6 |= q & dr6Sticky
	default:
		c.debugException()
	}
	if before {
		c.flags |= x86.FlagRF // over it, next time
	}
	return cause != 0
}

// debugState and setDebugState are the guest's own registers.
func (c *CPU) debugState(s *x86.State) {
	s.DR, s.DR6, s.DR7 = c.dr, c.dr6, c.guest.DR7
	if b := &c.debugger; b.watching {
		s.DR, s.DR6, s.DR7 = b.own.dr, b.own.dr6, b.own.dr7
	}
}

func (c *CPU) setDebugState(s *x86.State) {
	if b := &c.debugger; b.watching {
		b.own = debugRegisters{s.DR, s.DR6, s.DR7}
		return
	}
	c.dr, c.dr6, c.guest.DR7 = s.DR, s.DR6, s.DR7
}
