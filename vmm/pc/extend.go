package pc

import (
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/device"
)

// Extension is a device of somebody else's: it is saved, loaded and reset with
// the machine's own.
type Extension interface {
	device.Stateful
	device.Resetter
}

// extensions make them.
var extensions []func(p *PC) (Extension, error)

// Extend adds a device to all machines. f makes it, and registers it at
// PC.VM.Ports or PC.VM.Memory. It is called before there are machines.
func Extend(f func(p *PC) (Extension, error)) { extensions = append(extensions, f) }

func (p *PC) extend() error {
	for _, f := range extensions {
		d, err := f(p)
		if err != nil {
			return err
		}
		p.extended = append(p.extended, d)
	}
	return nil
}

// ISA is ISA interrupt request n, at the 8259s and the I/O APIC.
func (p *PC) ISA(n int) device.IRQ { return p.isa(n) }

// RequestReset resets the machine soon, as a device may want. The device lock is
// held.
func (p *PC) RequestReset() { p.end(vmm.Reset)() }
