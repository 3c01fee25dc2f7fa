package pcihost

import "encoding/binary"

// The ISA bridge of an ICH9, which it calls LPC interface bridge: device 31.
// ICH9 data sheet, LPC interface bridge registers (D31:F0).
const (
	deviceICH9 = 0x2918
	lpcDevice  = 31

	regPMBase = 0x40 // of the power management registers
	regACPI   = 0x44 // bit 7: they answer
	regPIRQE  = 0x68 // route control of PIRQE# to PIRQH#
	regRCBA   = 0xf0 // of the chipset configuration registers

	ioSpace      = 1 << 0
	pmBaseBits   = 0xff80
	acpiEnable   = 1 << 7
	acpiSCI      = 7 // 0 is interrupt 9, where it stays
	rcbaEnable   = 1 << 0
	rcbaBase     = 0xffffc000
	rcbaSize     = 16 << 10
	routeInitial = 0x3210 // INTA# is PIRQA#, and so on
)

// PMPorts is how many ports the power management registers have.
const PMPorts = 128

// addICH9 puts the ISA bridge on the bus.
func (h *Host) addICH9() error {
	f, err := NewFunction(Header{Vendor: vendorIntel, Device: deviceICH9, Class: classISA, Revision: revision2})
	if err != nil {
		return err
	}
	f.Define16(regCommand, CommandIO|CommandMemory|CommandMaster, 0)
	f.Define16(regStatus, statusMedium, 0)
	f.Define16(regPMBase, ioSpace, pmBaseBits)
	f.Define8(regACPI, 0, acpiEnable|acpiSCI)
	for i, r := range h.initialRoutes[:pins] {
		f.Define8(uint8(regPIRQ+i), r, pirqWritable)
		f.Define8(uint8(regPIRQE+i), r, pirqWritable)
	}
	f.Define16(regRCBA, 0, rcbaEnable|rcbaBase&0xffff)
	f.Define16(regRCBA+2, 0, rcbaBase>>16)
	f.OnWrite(func(off uint8, size int) {
		if off >= regPIRQ && off < regPIRQE+pins {
			h.loadRoutes()
			h.route()
			return
		}
		h.placeICH9()
	})
	return h.Add(lpcDevice, 0, f)
}

// placeICH9 puts the registers that the bridge has elsewhere where it says.
func (h *Host) placeICH9() {
	config := &h.slots[lpcDevice*functions].config
	port := binary.LittleEndian.Uint16(config[regPMBase:]) & pmBaseBits
	if config[regACPI]&acpiEnable == 0 {
		port = 0
	}
	if port != h.pmPort {
		h.pmPort = port
		if h.pm != nil {
			h.pm(port)
		}
	}
	if h.memory == nil {
		return
	}
	h.memory.Unregister(chipsetRegisters{})
	rcba := binary.LittleEndian.Uint32(config[regRCBA:])
	if rcba&rcbaEnable == 0 {
		return
	}
	if err := h.memory.Register("chipset configuration", uint64(rcba&rcbaBase), rcbaSize, chipsetRegisters{}); err != nil && h.refused != nil {
		h.refused(err)
	}
}

// chipsetRegisters are the chipset configuration registers, which say how the
// chip's own devices are wired. Here they are so for ever: a device.MMIO. ICH9
// data sheet, chipset configuration registers.
type chipsetRegisters struct{}

const (
	chipsetD31IR = 0x3140 // and those of devices 30 to 25 behind it
	chipsetD25IR = 0x3150
	chipsetGCS   = 0x3410 // general control and status
	gcsNoReboot  = 1 << 5 // the watchdog, which there is not, does not reset
)

// Read is device.MMIO's.
func (chipsetRegisters) Read(off uint64, size int) (v uint64) {
	for i := range uint64(size) {
		v |= uint64(chipsetByte(off+i)) << (8 * i)
	}
	return v
}

// chipsetByte is a byte of the registers.
func chipsetByte(off uint64) byte {
	switch {
	case off >= chipsetD31IR && off < chipsetD25IR+2:
		return byte(uint16(routeInitial) >> (8 * (off & 1)))
	case off == chipsetGCS:
		return gcsNoReboot
	}
	return 0
}

// Write is device.MMIO's.
func (chipsetRegisters) Write(uint64, int, uint64) {}
