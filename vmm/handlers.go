package vmm

import (
	"errors"
	"runtime"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// handlers are what to do about each reason. A handler advances the guest
// behind the instruction it has executed, or raises the instruction's fault.
var handlers = [reasonSlots]func(c *VCPU){
	ReasonNone:           (*VCPU).unhandled,
	ReasonHost:           (*VCPU).hostInterrupt,
	ReasonWindow:         func(c *VCPU) { c.Attention.Or(attendInterrupt) },
	ReasonNMIWindow:      func(c *VCPU) { c.Attention.Or(attendInterrupt) },
	ReasonCPUID:          (*VCPU).doCPUID,
	ReasonHLT:            (*VCPU).hlt,
	ReasonPause:          (*VCPU).pause,
	ReasonPort:           (*VCPU).port,
	ReasonMSR:            (*VCPU).doMSR,
	ReasonControl:        (*VCPU).control8,
	ReasonDebug:          func(*VCPU) {}, // the Debugger has stopped it
	ReasonException:      (*VCPU).doException,
	ReasonInvalidatePage: func(c *VCPU) { c.cpu.FlushTLB(); c.next() },
	ReasonInvalidate:     (*VCPU).next, // memory is write-back, and what devices do is coherent
	ReasonHypercall:      (*VCPU).hypercall,
	ReasonXSETBV:         (*VCPU).doXSETBV,
	ReasonTaskSwitch:     (*VCPU).taskSwitch,
	ReasonUndefined:      func(c *VCPU) { c.fault(x86.InvalidOpcode) },
	ReasonProtection:     func(c *VCPU) { c.fault(x86.GeneralProtection) },
	ReasonShutdown:       func(c *VCPU) { c.end(Ending{How: TripleFault}) },
	ReasonInvalid:        func(c *VCPU) { c.fail("the guest's state cannot be entered: %w", c.cpu.Why()) },
}

func init() {
	handlers[ReasonMemory] = (*VCPU).doMemory
	for r := range handlers {
		if handlers[r] == nil {
			handlers[r] = (*VCPU).unhandled
		}
	}
}

// unhandled is an exit that nobody knows what to do about.
func (c *VCPU) unhandled() {
	e := &c.exit
	code, info1, info2 := c.cpu.Raw()
	c.fail("exit by %v at RIP %#x is not handled (code %#x, %#x, %#x)", e.Reason, e.RIP, code, info1, info2)
}

// skip goes on behind the instruction that exited, of the given length unless
// the hardware knows better.
func (c *VCPU) skip(length uint8) {
	if c.exit.Length != 0 {
		length = c.exit.Length
	}
	c.behind(length)
}

// length is the size of the instruction that exited. When ok is false its
// fetch has faulted, and the fault is on its way.
func (c *VCPU) length() (n uint8, ok bool) {
	if c.exit.Length != 0 {
		return c.exit.Length, true
	}
	c.cpu.Look()
	size, err := c.emulator.Length()
	if err != nil {
		c.raise(err)
		return 0, false
	}
	return uint8(size), true
}

// next goes on behind the instruction that exited.
func (c *VCPU) next() {
	if n, ok := c.length(); ok {
		c.behind(n)
	}
}

// behind goes on behind an instruction of a length, and traps if the guest
// steps through its code.
func (c *VCPU) behind(length uint8) {
	if c.cpu.Skip(length)&x86.FlagTF != 0 {
		c.trap()
	}
}

// trap is the debug exception behind a step. APM vol. 2 §13.1.4.
func (c *VCPU) trap() {
	const singleStep = 1 << 14
	c.cpu.State(&c.state)
	c.state.DR6 |= singleStep
	c.cpu.SetState(&c.state)
	c.exception(uint8(x86.DebugTrap), 0, false)
}

// fault raises an exception in the guest, with the error code 0 if it has one.
func (c *VCPU) fault(v x86.Vector) {
	c.exception(uint8(v), 0, v.HasCode() && c.cpu.Look().CR0&x86.CR0PE != 0)
}

// exception queues an exception.
func (c *VCPU) exception(vector uint8, code uint32, hasCode bool) {
	c.cpu.Exception(vector, code, hasCode)
	c.Stats.event = eventException | uint16(vector)
}

// raise turns an emulator's error into an exception of the guest, or the end.
func (c *VCPU) raise(err error) {
	var x *x86.Exception
	if !errors.As(err, &x) {
		c.fail("%w", err)
		return
	}
	if x.Vector == x86.PageFault {
		c.cpu.State(&c.state)
		c.state.CR2 = x.CR2
		c.cpu.SetState(&c.state)
	}
	c.exception(uint8(x.Vector), x.Code, x.HasCode)
}

// hlt is HLT. The trap of a guest that steps through its code wakes it at once.
func (c *VCPU) hlt() {
	length := uint8(1)
	if c.exit.Length != 0 {
		length = c.exit.Length
	}
	if c.cpu.Skip(length)&x86.FlagTF != 0 {
		c.trap()
		return
	}
	c.halt()
}

// port is IN and OUT.
func (c *VCPU) port() {
	e := &c.exit
	if e.String {
		c.portString()
		return
	}
	vm := c.vm
	if e.Write {
		v := uint32(c.gpr[x86.RAX])
		c.lock()
		vm.Ports.Out(e.Port, int(e.Size), v)
		c.unlock()
	} else {
		c.lock()
		v := vm.Ports.In(e.Port, int(e.Size))
		c.unlock()
		switch rax := &c.gpr[x86.RAX]; e.Size {
		case 1:
			*rax = *rax&^0xff | uint64(v)
		case 2:
			*rax = *rax&^0xffff | uint64(v)
		default:
			*rax = uint64(v)
		}
	}
	if c.cpu.Skip(e.Length)&x86.FlagTF != 0 {
		c.trap()
	}
}

// portString is INS and OUTS.
func (c *VCPU) portString() {
	flags := c.cpu.Look().RFLAGS
	c.lock()
	err := c.emulator.PortString()
	c.unlock()
	c.emulated(err, flags)
}

// emulated takes in what the emulator has done to the processor, whose flags
// were those before.
func (c *VCPU) emulated(err error, flags uint64) {
	c.cpu.Retire()
	switch {
	case err != nil:
		c.raise(err)
	case flags&x86.FlagTF != 0 && c.look.RIP != c.exit.RIP:
		c.trap()
	}
}

// doMemory is an access to what is not memory.
func (c *VCPU) doMemory() {
	if c.exit.Walk || c.exit.Delivering {
		c.notMemory()
		return
	}
	flags := c.cpu.Look().RFLAGS
	c.lock()
	err := c.emulator.MMIO(c.exit.GPA)
	c.unlock()
	if err != nil || flags&x86.FlagTF != 0 {
		c.emulated(err, flags)
		return
	}
	c.cpu.Retire()
}

// notMemory is an access that the processor made for itself, where no device
// can answer it.
func (c *VCPU) notMemory() {
	what := "a page table of the guest"
	if c.exit.Delivering {
		what = "what the delivery of an interrupt or exception needs"
	}
	c.fail("%s is at guest-physical address %#x, where there is no memory", what, c.exit.GPA)
}

// hostInterrupt is an interrupt of the host. Some processors forget over it
// that an STI holds off interrupts for one more instruction. If that is HLT, an
// interrupt between the two would leave the guest asleep with nothing to wake
// it, so the HLT is done here, unless it would fault: MOV SS holds them off too.
func (c *VCPU) hostInterrupt() {
	if look := c.cpu.Look(); look.Shadow && look.CPL == 0 && !c.exit.Delivering && c.emulator != nil && c.emulator.AtHLT() {
		c.cpu.Skip(1)
		c.halt()
	}
	if c.Attention.Load()|c.Rang.Load() == 0 {
		runtime.Gosched() // it was for somebody else, who may want to run
	}
}
