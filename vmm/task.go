package vmm

import (
	"github.com/ringo-vmm/ringo/vmm/emulate"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// taskSwitch is a task switch, which no processor makes in a guest by itself
// once it exits. The task that is left goes on behind its instruction, or where
// the event stopped it, which is not to be delivered any more.
func (c *VCPU) taskSwitch() {
	e := &c.exit
	task := emulate.Task{Selector: uint16(e.Address), By: x86.TaskSource(e.Number), External: e.Delivering, Next: e.RIP}
	if e.Delivering {
		task.HasCode, task.Code = e.HasCode, e.ErrorCode
	} else {
		n, ok := c.length()
		if !ok {
			return
		}
		task.Next += uint64(n)
	}
	c.cpu.State(&c.state)
	c.lock()
	trap, err := task.Switch(&c.state, (*emulatedMemory)(c))
	c.unlock()
	const taskTrap = 1 << 15 // DR6.BT: APM vol. 2 §13.1.1.3
	if trap {
		c.state.DR6 |= taskTrap
	}
	c.cpu.SetState(&c.state)
	if err != nil {
		c.raise(err)
		return
	}
	c.cpu.Delivered()
	if trap {
		c.fault(x86.DebugTrap)
	}
}
