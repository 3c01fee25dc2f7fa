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

	// Programmable attribute map.
	regPAM0 = 0x59 // its upper half only; six more follow
	// System management RAM control: it keeps what is written.
	regSMRAM     = 0x72
	smramInitial = 0x02

	regPIRQ      = 0x60 // PIRQ route control, four bytes
	pirqWritable = routeDisabled | routeMask
)

// Attributes are the programmable attribute map's registers: whether reads and
// writes from 0xC0000 to 1 MiB go to memory, or to the ROM and nowhere. 82441FX
// data sheet §3.2.18.
type Attributes [7]uint8

// Segments is how many parts the memory has: twelve of 16 KiB, and one of 64 KiB.
const (
	Segments     = 13
	segmentFirst = 0xc0000
	segmentShift = 14
	lastSegment  = 64 << 10 // bytes
)

// SegmentAt is the part that has a guest-physical address from 0xC0000 to 1 MiB.
func SegmentAt(gpa uint64) int { return min(int((gpa-segmentFirst)>>segmentShift), Segments-1) }

// Segment is the range of guest-physical addresses of a part, and whether reads
// and writes there go to memory.
func (a Attributes) Segment(i int) (start, size uint64, read, write bool) {
	start, size = segmentFirst+uint64(i)<<segmentShift, 1<<segmentShift
	bits := a[1+min(i/2, 5)] >> (4 * (i % 2))
	if i == Segments-1 {
		size, bits = lastSegment, a[0]>>4
	}
	return start, size, bits&1 != 0, bits&2 != 0
}

// Reset control register, port 0xCF9: a change of bit 2 from 0 to 1 resets, the
// processor only or, with bit 1, all. 82371SB data sheet, reset control
// register.
const (
	resetAll     = 1 << 1
	resetCPU     = 1 << 2
	resetControl = resetAll | resetCPU
)

// add440FX puts the host bridge on the bus, and the ISA bridge if there is one.
// The bits of their command registers are wired.
func (h *Host) add440FX() error {
	f, err := NewFunction(Header{Vendor: vendorIntel, Device: device440FX, Class: classHost, Revision: revision2})
	if err != nil {
		return err
	}
	f.Define16(regCommand, CommandMemory|CommandMaster, 0)
	f.Define16(regStatus, statusMedium|statusFastBack, 0)
	f.Define8(regSMRAM, smramInitial, 0xff)
	h.addPAM(f, regPAM0)
	if err := h.Add(hostDevice, 0, f); err != nil || !h.bridge {
		return err
	}

	f, err = NewFunction(Header{Vendor: vendorIntel, Device: devicePIIX3, Class: classISA})
	if err != nil {
		return err
	}
	f.Define16(regCommand, CommandIO|CommandMemory|CommandMaster, 0)
	f.Define16(regStatus, statusMedium, 0)
	for i, r := range h.initialRoutes[:pins] {
		f.Define8(uint8(regPIRQ+i), r, pirqWritable)
	}
	f.OnWrite(func(off uint8, size int) {
		if off < regPIRQ+pins && int(off)+size > regPIRQ {
			h.loadRoutes()
			h.route()
		}
	})
	return h.Add(bridgeDevice, 0, f)
}

// addPAM gives a host bridge the attribute registers, the first at an offset.
func (h *Host) addPAM(f *Function, pam uint8) {
	f.Define8(pam, 0, 0xf0)
	for i := uint8(1); i < uint8(len(Attributes{})); i++ {
		f.Define8(pam+i, 0, 0xff)
	}
	f.OnWrite(func(off uint8, size int) {
		if int(off) < int(pam)+len(Attributes{}) && int(off)+size > int(pam) && h.shadow != nil {
			h.shadow(Attributes(f.config[pam:]))
		}
		if h.chipset == Q35 && off < regPCIEXBAR+8 && int(off)+size > regPCIEXBAR {
			h.placeECAM()
		}
	})
}

// loadRoutes takes the routes from the ISA bridge's registers.
func (h *Host) loadRoutes() {
	if h.chipset == Q35 {
		config := &h.slots[lpcDevice*functions].config
		copy(h.routes[:pins], config[regPIRQ:])
		copy(h.routes[pins:], config[regPIRQE:])
		return
	}
	copy(h.routes[:pins], h.slots[bridgeDevice*functions].config[regPIRQ:])
}

// writeResetControl writes the reset control register.
func (h *Host) writeResetControl(v uint8) {
	rising := v&^h.resetControl&resetCPU != 0
	h.resetControl = v & resetControl
	if rising && h.reset != nil {
		h.reset()
	}
}
