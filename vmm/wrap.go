package vmm

import "github.com/ringo-vmm/ringo/vmm/x86"

// Wrap puts f around the handler of a reason, for all machines. It is called
// before there are any. f sees to the exit, or has next do so, or changes what
// next has done; Exit says what the guest was about to do. f runs on the
// processor's goroutine, without the device lock, for each exit of that reason.
func Wrap(r Reason, f func(c *VCPU, next func(*VCPU))) {
	next := handlers[r]
	handlers[r] = func(c *VCPU) { f(c, next) }
}

// VM is the processor's machine.
func (c *VCPU) VM() *VM { return c.vm }

// Complete goes on behind the instruction that exited. It is for who handles an
// exit in place of Ringo.
func (c *VCPU) Complete() { c.next() }

// Fault raises an exception of the instruction that exited, with the error code
// 0 if it has one.
func (c *VCPU) Fault(v x86.Vector) { c.fault(v) }

// NestedRoot is the host-physical address of the root of the machine's nested
// page tables; ok is false if the engine does not tell.
func (vm *VM) NestedRoot() (hpa uint64, ok bool) {
	s, ok := vm.space.(interface{ Root() uint64 })
	if !ok {
		return 0, false
	}
	return s.Root(), true
}
