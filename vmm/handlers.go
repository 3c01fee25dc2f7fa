package vmm

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// handlers are what to do about each reason. A handler advances the guest
// behind the instruction it has executed.
var handlers = [Reasons]func(c *VCPU){
	ReasonNone:     func(c *VCPU) { c.end(fmt.Errorf("the engine gave no reason for an exit")) },
	ReasonHost:     func(c *VCPU) {},
	ReasonWindow:   func(c *VCPU) { c.attention.Or(attendInterrupt) },
	ReasonHLT:      func(c *VCPU) { c.skip(1); c.halt() },
	ReasonPause:    func(c *VCPU) { c.skip(2) },
	ReasonPort:     (*VCPU).port,
	ReasonShutdown: func(c *VCPU) { c.end(fmt.Errorf("triple fault")) },
	ReasonInvalid:  func(c *VCPU) { c.end(fmt.Errorf("the guest's state cannot be entered: %w", c.cpu.Why())) },
}

func init() {
	for r := range handlers {
		if handlers[r] == nil {
			handlers[r] = (*VCPU).unhandled
		}
	}
}

// unhandled is an exit that nobody knows what to do about.
func (c *VCPU) unhandled() {
	e := &c.exit
	c.end(fmt.Errorf("exit by %v at RIP %#x is not handled (code %#x, %#x, %#x)", e.Reason, c.cpu.RIP(), e.Raw, e.Info1, e.Info2))
}

// skip goes on behind the instruction that exited, of the given length unless
// the hardware knows better.
func (c *VCPU) skip(length uint8) {
	if c.exit.Length != 0 {
		length = c.exit.Length
	}
	c.cpu.Skip(length)
}

// port is IN and OUT.
func (c *VCPU) port() {
	e := &c.exit
	if e.String {
		c.unhandled()
		return
	}
	vm := c.vm
	if e.Write {
		v := uint32(c.gpr[x86.RAX])
		vm.Devices.Lock()
		vm.Ports.Out(e.Port, int(e.Size), v)
		vm.Devices.Unlock()
	} else {
		vm.Devices.Lock()
		v := vm.Ports.In(e.Port, int(e.Size))
		vm.Devices.Unlock()
		switch rax := &c.gpr[x86.RAX]; e.Size {
		case 1:
			*rax = *rax&^0xff | uint64(v)
		case 2:
			*rax = *rax&^0xffff | uint64(v)
		default:
			*rax = uint64(v)
		}
	}
	c.cpu.Skip(e.Length)
}
