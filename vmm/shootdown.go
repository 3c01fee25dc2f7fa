package vmm

import "runtime"

// Unmap takes guest-physical addresses away from the machine: size bytes from
// gpa on, whole pages. When it returns no processor uses them any more, nor what
// its TLB had of them. by is the processor that asks for it, nil if none does.
// The caller holds the device lock.
func (vm *VM) Unmap(by *VCPU, gpa, size uint64) error {
	err := vm.space.Unmap(gpa, size)
	vm.shootDown(by)
	return err
}

// Map is Space.Map, for a machine that may run. What was mapped there must have
// been unmapped.
func (vm *VM) Map(gpa, hpa, size uint64, write bool) error {
	return vm.space.Map(gpa, hpa, size, write)
}

// shootDown makes all processors drop their translations of guest-physical
// addresses. One in its guest is called out; the others do it before they enter
// it, so nobody waits for one that waits for the device lock or for its turn.
func (vm *VM) shootDown(by *VCPU) {
	for _, c := range vm.cpus {
		if c == by {
			c.cpu.FlushTLB()
			continue
		}
		c.kick(attendFlush)
	}
	for _, c := range vm.cpus {
		// It comes out at once: an interrupt is on its way, and until it has
		// attended to this it does not enter again.
		for c != by && c.inside.Load() && c.Attention.Load()&attendFlush != 0 {
			runtime.Gosched()
		}
	}
}
