package pcihost

// The bridges of the 440FX chipset. 82441FX data sheet §3.2, 82371SB (PIIX3)
// data sheet, PCI configuration registers.
const (
	vendorIntel  = 0x8086
	device440FX  = 0x1237
	revision2    = 2
	classHost    = 0x060000
	devicePIIX3  = 0x7000
	classISA     = 0x060100
	hostDevice   = 0
	bridgeDevice = 1

	// Programmable attribute map: whether reads and writes below 1 MiB go to
	// memory. Here they always do; the registers keep what is written.
	regPAM0 = 0x59 // its upper half only
	regPAM1 = 0x5a
	regPAM6 = 0x5f
	// System management RAM control: the same.
	regSMRAM     = 0x72
	smramInitial = 0x02

	regPIRQ      = 0x60 // PIRQ route control, four bytes
	pirqWritable = routeDisabled | routeMask
)

// Reset control register, port 0xCF9: a change of bit 2 from 0 to 1 resets, the
// processor only or, with bit 1, all. 82371SB data sheet, reset control
// register.
const (
	resetAll     = 1 << 1
	resetCPU     = 1 << 2
	resetControl = resetAll | resetCPU
)

// addBridges puts the host bridge on the bus, and the ISA bridge if there is
// one. The bits of their command registers are wired.
func (h *Host) addBridges() error {
	f, err := NewFunction(Header{Vendor: vendorIntel, Device: device440FX, Class: classHost, Revision: revision2})
	if err != nil {
		return err
	}
	f.Define16(regCommand, CommandMemory|CommandMaster, 0)
	f.Define16(regStatus, statusMedium|statusFastBack, 0)
	f.Define8(regPAM0, 0, 0xf0)
	for off := uint8(regPAM1); off <= regPAM6; off++ {
		f.Define8(off, 0, 0xff)
	}
	f.Define8(regSMRAM, smramInitial, 0xff)
	if err := h.Add(hostDevice, 0, f); err != nil || !h.bridge {
		return err
	}

	f, err = NewFunction(Header{Vendor: vendorIntel, Device: devicePIIX3, Class: classISA})
	if err != nil {
		return err
	}
	f.Define16(regCommand, CommandIO|CommandMemory|CommandMaster, 0)
	f.Define16(regStatus, statusMedium, 0)
	for i, r := range h.initialRoutes {
		f.Define8(uint8(regPIRQ+i), r, pirqWritable)
	}
	f.OnWrite(func(off uint8, size int) {
		if off < regPIRQ+pins && int(off)+size > regPIRQ {
			copy(h.routes[:], f.config[regPIRQ:])
			h.route()
		}
	})
	return h.Add(bridgeDevice, 0, f)
}

// writeResetControl writes the reset control register.
func (h *Host) writeResetControl(v uint8) {
	rising := v&^h.resetControl&resetCPU != 0
	h.resetControl = v & resetControl
	if rising && h.reset != nil {
		h.reset()
	}
}
