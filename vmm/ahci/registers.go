package ahci

// Registers of the adapter, as offsets in bytes. AHCI §3.1.
const (
	regCAP = 0x00
	regGHC = 0x04
	regIS  = 0x08
	regPI  = 0x0c
	regVS  = 0x10

	regPorts = 0x100
	portSize = 0x80
)

const (
	capSlots   = (slots - 1) << 8
	capCLO     = 1 << 24 // the command list can be overridden
	capAHCI    = 1 << 18 // and no other mode
	capGen2    = 2 << 20 // 3 Gb/s
	cap64      = 1 << 31 // 64-bit addresses
	capBits    = capSlots | capCLO | capAHCI | capGen2 | cap64
	version131 = 0x00010301

	ghcHR = 1 << 0 // reset
	ghcIE = 1 << 1 // interrupts
	ghcAE = 1 << 31

	slots = 32 // commands in a list
)

// Registers of a port. AHCI §3.3.
const (
	portCLB  = 0x00
	portCLBU = 0x04
	portFB   = 0x08
	portFBU  = 0x0c
	portIS   = 0x10
	portIE   = 0x14
	portCMD  = 0x18
	portTFD  = 0x20
	portSIG  = 0x24
	portSSTS = 0x28
	portSCTL = 0x2c
	portSERR = 0x30
	portCI   = 0x38
)

const (
	clbMask = ^uint64(0x3ff)
	fbMask  = ^uint64(0xff)

	// Interrupts: PxIS and PxIE.
	isD2H      = 1 << 0  // a register FIS
	isPIO      = 1 << 1  // a PIO setup FIS
	isRegion   = 1 << 5  // a region that asked for it is done
	isOverflow = 1 << 24 // more data than regions
	isHostBus  = 1 << 29 // an address that is not memory
	isError    = 1 << 30 // the task file has an error
	ieBits     = 0x7dc0007f

	cmdST    = 1 << 0 // run the list
	cmdSUD   = 1 << 1 // spun up
	cmdPOD   = 1 << 2 // powered on
	cmdCLO   = 1 << 3 // forget that the drive is busy
	cmdFRE   = 1 << 4 // receive FISes
	cmdSlot  = 8      // shift of the current slot
	cmdFR    = 1 << 14
	cmdCR    = 1 << 15
	cmdATAPI = 1 << 24
	cmdBits  = cmdST | cmdFRE | cmdATAPI // that the guest sets

	tfdNone  = 0x7f // no word from the drive
	sigNone  = 0xffffffff
	tfdError = 8 // shift of the error register

	detMask   = 0xf // of SCTL and SSTS
	detReset  = 1
	detOff    = 4
	sctlBits  = 0xfff
	sstsReady = 0x123 // active, 3 Gb/s, device present
	sstsOff   = 0x004
)

// Read is device.MMIO's.
func (h *Controller) Read(off uint64, size int) uint64 {
	shift := 8 * (off & 3)
	v := uint64(h.read(uint32(off)&^3)) >> shift
	if size == 8 {
		v |= uint64(h.read(uint32(off)&^3+4)) << 32
	}
	return v
}

// Write is device.MMIO's. Software is to write 32 bits at once; what a smaller
// write leaves out stays as it is.
func (h *Controller) Write(off uint64, size int, v uint64) {
	reg, shift := uint32(off)&^3, 8*(off&3)
	w := uint32(v << shift)
	if size < 4 && !sets(reg) {
		mask := (uint32(1)<<(8*size) - 1) << shift
		w |= h.read(reg) &^ mask
	}
	h.write(reg, w)
	if size == 8 {
		h.write(reg+4, uint32(v>>32))
	}
	h.step()
}

// sets tells whether a register is one of which bits are set or cleared by
// writing ones.
func sets(reg uint32) bool {
	if reg < regPorts {
		return reg == regIS
	}
	switch reg % portSize {
	case portIS, portSERR, portCI:
		return true
	}
	return false
}

func (h *Controller) read(reg uint32) uint32 {
	switch reg {
	case regCAP:
		return capBits | uint32(len(h.ports)-1)
	case regGHC:
		if h.enable {
			return ghcAE | ghcIE
		}
		return ghcAE
	case regIS:
		return h.is
	case regPI:
		return 1<<len(h.ports) - 1
	case regVS:
		return version131
	}
	if p := h.port(reg); p != nil {
		return p.read(reg % portSize)
	}
	return 0
}

func (h *Controller) write(reg, v uint32) {
	switch reg {
	case regGHC:
		if v&ghcHR != 0 {
			h.Reset()
			return
		}
		h.enable = v&ghcIE != 0
	case regIS:
		h.is &^= v
		h.told = 0
	}
	if p := h.port(reg); p != nil {
		p.write(reg%portSize, v)
	}
}

// port is the one that a register belongs to, nil if there is none.
func (h *Controller) port(reg uint32) *port {
	if reg < regPorts {
		return nil
	}
	if i := int(reg-regPorts) / portSize; i < len(h.ports) {
		return h.ports[i]
	}
	return nil
}
