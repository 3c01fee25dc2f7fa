package svm

import (
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// VMRUN switches DR6 and DR7 alone. DR0 to DR3 hold anything while a guest runs
// that neither uses them nor has a breakpoint on, and its moves to and from
// them exit. Then it runs with its own, without these intercepts, up to the
// next exit, which reads them back; so between exits context.dr is the truth.
// With a breakpoint on they are loaded for every entry. APM vol. 2 §15.5.1.

// Bits of DR6 and DR7. APM vol. 2 §13.1.1.
const (
	dr6Step        = 1 << 14 // BS
	dr6Breakpoints = 0xf
	dr6Causes      = 0xf | 1<<13 | 1<<15 // B0 to B3, BD, BT: all others
	dr7On          = 0xff                // L0 to G3
)

// Intercepts of moves from and to debug registers, a bit for each. DR5 is DR7
// unless CR4.DE is set.
const (
	debugAddresses = 0x0f
	debugControl   = 1<<5 | 1<<7
	debugAll       = 0xff
)

// watchDebug sets intercepts by whether the guest has a breakpoint on, which
// SetState and the guest's own moves change.
func (c *CPU) watchDebug() {
	write := uint16(debugAddresses | debugControl)
	c.extra &^= extraLoadDR | extraSaveDR | extraArm
	c.work &^= workDebug
	if c.debugger.watching {
		c.extra |= extraLoadDR | extraArm
		c.interceptDebug(debugAll, debugAll)
		return
	}
	if c.v.DR7&dr7On != 0 {
		write = debugAddresses
		c.extra |= extraLoadDR
		c.work |= workDebug // to see when it is off again
	}
	c.interceptDebug(debugAddresses, write)
}

func (c *CPU) interceptDebug(read, write uint16) {
	v := c.v
	if v.InterceptDRRead != read || v.InterceptDRWrite != write {
		v.InterceptDRRead, v.InterceptDRWrite = read, write
		v.Clean &^= CleanIntercepts
	}
}

// lendDebug lets the guest use the debug registers up to its next exit.
func (c *CPU) lendDebug() {
	c.interceptDebug(0, 0)
	c.extra |= extraLoadDR | extraSaveDR
	c.work = c.work&^workDebugAccess | workDebug
}

// icebp executes an INT1, which raises #DB behind itself and leaves DR6 alone.
// With an intercept of its own that does not depend on what the processor makes
// of an INT1 whose #DB is intercepted.
func (c *CPU) icebp(e *vmm.Exit) {
	if c.debugger.Breakpoints {
		e.Reason, e.Cause = vmm.ReasonDebug, vmm.CauseBreakpoint
		return
	}
	const length = 1 // unless the processor knows of prefixes
	c.v.RIP += uint64(max(e.Length, length))
	c.v.InterruptShadow = 0
	c.Exception(uint8(x86.DebugTrap), 0, false)
	e.Reason = vmm.ReasonHost
}
