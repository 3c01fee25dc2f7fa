package ide

import "github.com/ringo-vmm/ringo/vmm/pcihost"

// The PIIX3's IDE function. 82371SB data sheet, PCI configuration registers of
// function 1.
const (
	vendorIntel = 0x8086
	devicePIIX3 = 0x7010
	classIDE    = 0x010180 // IDE, both channels where PCs have them, bus master

	regCommand = 0x04 // has only the bits for I/O and the bus master
	regStatus  = 0x06
	statusPCI  = 1<<7 | 1<<9 // fast back-to-back capable, medium DEVSEL# timing

	barMaster   = 4
	masterPorts = 16 // eight a channel

	// Timing: what is written has no effect. The decode enable bits are set
	// after reset, as firmware leaves them, and the channels always answer.
	regTiming      = 0x40 // 16 bits a channel
	regSlaveTiming = 0x44
	timingDecode   = 1 << 15
	timingBits     = 0xf3ff
)

// function is the PCI function and the ports of its bus master, both channels'.
type function struct {
	*pcihost.Function
	channels [Channels]*channel
}

func newFunction() (*function, error) {
	pci, err := pcihost.NewFunction(pcihost.Header{Vendor: vendorIntel, Device: devicePIIX3, Class: classIDE})
	if err != nil {
		return nil, err
	}
	f := &function{Function: pci}
	f.Define16(regCommand, 0, pcihost.CommandIO|pcihost.CommandMaster)
	f.Define16(regStatus, statusPCI, 0)
	for i := range uint8(Channels) {
		f.Define16(regTiming+2*i, timingDecode, timingBits)
	}
	f.Define8(regSlaveTiming, 0, 0xff)
	f.OnWrite(func(off uint8, size int) {
		if off < regStatus && int(off)+size > regCommand {
			for _, c := range f.channels {
				c.dma()
				c.step()
			}
		}
	})
	return f, f.AddBAR(barMaster, pcihost.BAR{Kind: pcihost.IO, Size: masterPorts, Name: "IDE bus master", Ports: f})
}
