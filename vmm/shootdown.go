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

// SpaceSize is where guest-physical addresses end, in bytes.
const SpaceSize = 1 << 47

// Harvest is Space.Harvest, for a machine that may run. used is called for pages
// of the tables: RAM is mapped in pages of ram.BlockSize, which are used and
// written as a whole, but for a block of which a part has been something else: that
// has pages of 4 KiB for good. What devices and instructions executed in software
// write is not seen, for the guest's processors do not do it.
//
// A page is copied after Harvest has returned. A processor that had cached it as
// written to may have written to it again without leaving a trace up to then, and
// what is written from then on is in the next harvest; see paging.Space.Harvest.
// The caller holds the device lock.
func (vm *VM) Harvest(gpa, size uint64, used func(gpa, size uint64, written bool)) error {
	err := vm.space.Harvest(gpa, size, used)
	vm.shootDown(nil)
	return err
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
