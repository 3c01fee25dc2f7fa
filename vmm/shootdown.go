package vmm

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
// addresses. An engine looks at the bell when no interrupt can come any more, so
// once a host's processor has taken one, a guest there attends to its bell
// before it goes on.
func (vm *VM) shootDown(by *VCPU) {
	others := false
	for _, c := range vm.cpus {
		if c == by {
			c.cpu.FlushTLB()
			continue
		}
		c.kick(attendFlush)
		others = true
	}
	if others {
		vm.host.Rendezvous()
	}
}
