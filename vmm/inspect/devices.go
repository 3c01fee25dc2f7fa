package inspect

import (
	"fmt"
	"io"

	"github.com/ringo-vmm/ringo/vmm"
)

// Devices lists a machine's devices with their ports and addresses. The machine
// must stand still.
func Devices(w io.Writer, vm *vmm.VM) {
	vm.Devices.Lock()
	defer vm.Devices.Unlock()
	vm.Ports.All(func(name string, first, last uint16) {
		fmt.Fprintf(w, "%-24s ports   %04x-%04x\n", name, first, last)
	})
	vm.Memory.All(func(name string, gpa, size uint64) {
		fmt.Fprintf(w, "%-24s address %08x-%08x\n", name, gpa, gpa+size-1)
	})
}
