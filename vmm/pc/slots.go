package pc

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/acpitab"
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
)

// Where on the PCI bus there is room for what a configuration asks for: behind
// the board's own, and before a q35's.
const firstSlot, lastSlot = 4, 30

// AddFunction puts a function on the PCI bus, at the next device number that is
// free, which it returns: first those of disks, which firmware knows by it (see
// DiskPaths). It is for use before the machine starts.
func (p *PC) AddFunction(f *pcihost.Function) (dev int, err error) {
	dev = firstSlot + p.functions
	if dev > lastSlot {
		return 0, fmt.Errorf("more than %d functions on a PCI bus", lastSlot-firstSlot+1)
	}
	p.functions++
	return dev, p.pci.Add(dev, 0, f)
}

// Where virtio devices are that have registers in memory and that the ACPI
// tables name: guest-physical addresses that belong to the platform, and inputs
// of the I/O APIC that nobody else has, which they share.
const (
	windowBase    = 0xfec10000
	windowSize    = 0x1000 // bytes of each, a page
	maxWindows    = 32
	firstInput    = 16
	sharedInputs  = 4
	registersSize = 0x200 // of a virtio device. VIRTIO 1.2 §4.2.2
)

// AddWindow puts a virtio device's registers where the ACPI tables say that one
// is. make makes the device for its interrupt, which is a level. It is for use
// before the machine starts.
func (p *PC) AddWindow(name string, make func(device.IRQ) (device.MMIO, error)) error {
	n := len(p.windows)
	if n == maxWindows {
		return fmt.Errorf("more than %d virtio devices", maxWindows)
	}
	line := &p.inputs[n%sharedInputs]
	input := firstInput + n%sharedInputs
	line.irq = p.ioapic.Line(input)
	d, err := make(&user{line: line})
	if err != nil {
		return err
	}
	w := acpitab.Window{Address: windowBase + uint64(n)*windowSize, Size: registersSize, Interrupt: uint32(input)}
	p.windows = append(p.windows, w)
	return p.VM.Memory.Register(name, w.Address, registersSize, d)
}

// shared is a line that is up while one of its users wants it.
type shared struct {
	irq   device.IRQ
	users int
}

// user is one of them: a device.IRQ.
type user struct {
	line  *shared
	level bool
}

// Set is device.IRQ's.
func (u *user) Set(level bool) {
	if level == u.level {
		return
	}
	u.level = level
	if level {
		u.line.users++
	} else {
		u.line.users--
	}
	u.line.irq.Set(u.line.users > 0)
}
