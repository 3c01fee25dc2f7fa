package pcihost

import "encoding/binary"

// The host bridge of a Q35 (MCH), device 0. Intel 3 Series Express Chipset
// Family data sheet, DRAM controller registers (D0:F0).
const (
	deviceMCH = 0x29c0

	regPCIEXBAR = 0x60 // 64 bits: where configuration space is, as memory
	regMCHPAM0  = 0x90
	regMCHSMRAM = 0x9d // it keeps what is written, as ESMRAMC behind it

	ecamEnable    = 1 << 0
	ecamLengthBit = 1 // and the bit above it
	ecamLength    = 3
	ecamReserved  = 3
	ecamLow       = 0xfc000007
	ecamHigh      = 0xf
	ecamLargest   = 256 << 20 // bytes, for length 0; each length has half
)

// ECAM is the size of PCI Express configuration space of all buses, in bytes.
// PCI Express 3.0 §7.2.2.
const ECAM = ecamLargest

// addQ35 puts the host bridge on the bus, and the ISA bridge if there is one.
// The bits of their command registers are wired.
func (h *Host) addQ35() error {
	f, err := NewFunction(Header{Vendor: vendorIntel, Device: deviceMCH, Class: classHost, Revision: revision2})
	if err != nil {
		return err
	}
	f.Define16(regCommand, CommandMemory|CommandMaster, 0)
	f.Define16(regStatus, statusFastBack, 0)
	f.Define16(regPCIEXBAR, 0, ecamLow&0xffff)
	f.Define16(regPCIEXBAR+2, 0xe000, ecamLow>>16)
	f.Define8(regPCIEXBAR+4, 0, ecamHigh)
	f.Define8(regMCHSMRAM, smramInitial, 0xff)
	f.Define8(regMCHSMRAM+1, 0, 0xff)
	h.addPAM(f, regMCHPAM0)
	if err := h.Add(hostDevice, 0, f); err != nil || !h.bridge {
		return err
	}
	return h.addICH9()
}

// placeECAM puts configuration space where the host bridge says.
func (h *Host) placeECAM() {
	if h.memory == nil {
		return
	}
	h.memory.Unregister((*ecam)(h))
	bar := binary.LittleEndian.Uint64(h.slots[hostDevice].config[regPCIEXBAR:])
	length := bar >> ecamLengthBit & ecamLength
	if bar&ecamEnable == 0 || length == ecamReserved {
		return
	}
	size := uint64(ecamLargest) >> length
	if err := h.memory.Register("PCI Express configuration", bar&^(size-1), size, (*ecam)(h)); err != nil && h.refused != nil {
		h.refused(err)
	}
}

// ecam is configuration space as memory: 4 KiB for each function, of which those
// of this bus have the first 256 bytes. A device.MMIO. PCI Express 3.0 §7.2.2.
type ecam Host

const (
	ecamSlotBit  = 12 // of an offset; device and function
	ecamBusBit   = 20
	ecamRegister = 1<<ecamSlotBit - 1
)

// target is the function and register at an offset, nil if there is none.
func (e *ecam) target(off uint64) (*Function, uint8) {
	reg := off & ecamRegister
	if off>>ecamBusBit != 0 || reg >= spaceSize {
		return nil, 0
	}
	return e.slots[off>>ecamSlotBit&0xff], uint8(reg)
}

// Read is device.MMIO's. 8 bytes are two registers.
func (e *ecam) Read(off uint64, size int) uint64 {
	if size == 8 {
		return e.Read(off, 4) | e.Read(off+4, 4)<<32
	}
	f, reg := e.target(off)
	if f == nil {
		return uint64(allOnes)
	}
	return uint64(f.Read(reg, size))
}

// Write is device.MMIO's.
func (e *ecam) Write(off uint64, size int, v uint64) {
	if size == 8 {
		e.Write(off, 4, v&uint64(allOnes))
		off, size, v = off+4, 4, v>>32
	}
	if f, reg := e.target(off); f != nil {
		f.Write(reg, size, uint32(v))
	}
}
