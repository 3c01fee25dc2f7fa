package pc

import (
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/memmap"
	"github.com/ringo-vmm/ringo/vmm/pmtimer"
)

// firmwareECAM is where SeaBIOS puts PCI Express configuration space on a q35, a
// guest-physical address.
const firmwareECAM = 0xb0000000

// placePM puts a q35's power management registers where its ISA bridge says.
func (p *PC) placePM(port uint16) {
	p.VM.Ports.Unregister(p.ich9)
	if port == 0 {
		return
	}
	if err := p.VM.Ports.Register("power management", port, pmtimer.ICH9Ports, p.ich9); err != nil {
		p.VM.Log("%v", err)
	}
}

// power is the power management registers.
func (p *PC) power() device.Stateful {
	if p.ich9 != nil {
		return p.ich9
	}
	return p.pm
}

// Registers of a q35's bridges that firmware sets: offsets, and what enables
// them. 3 Series and ICH9 data sheets.
const (
	regPCIEXBAR  = 0x60 // host bridge
	regPMBase    = 0x40 // ISA bridge, like the others
	regACPI      = 0x44
	regRCBA      = 0xf0
	barEnable    = 1 << 0
	acpiEnable   = 1 << 7
	firmwareRCBA = 0xfed1c000 // where firmware has the chipset configuration registers
)

// firmwareQ35 sets what a BIOS sets of a q35: where the registers are that are
// neither a function's nor fixed. A BIOS that there is does so again, and puts
// configuration space where it wants it.
func (p *PC) firmwareQ35() {
	p.configure(ich9Device, regPMBase, pmPort|barEnable)
	p.configure(ich9Device, regACPI, acpiEnable)
	p.configure(ich9Device, regRCBA, firmwareRCBA|barEnable)
	if p.rom == nil {
		p.configure(0, regPCIEXBAR, memmap.ECAM|barEnable)
	}
}

// configure writes a dword of a function 0's configuration space. PCI 3.0
// §3.2.2.3.2.
func (p *PC) configure(dev int, reg uint8, v uint32) {
	const enable, deviceBit, data = 1 << 31, 11, 4
	p.pci.Out(0, 4, enable|uint32(dev)<<deviceBit|uint32(reg))
	p.pci.Out(data, 4, v)
	p.pci.Out(0, 4, 0)
}
