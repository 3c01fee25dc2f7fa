package rtc

// Bytes of the CMOS memory that firmware reads: the AT's, with what SeaBIOS
// expects of a virtual machine.
const (
	ShutdownStatus = 0x0f // what a processor does after a reset

	cmosFloppies   = 0x10 // types, of drive A in bits 7:4
	cmosEquipment  = 0x14
	cmosBase       = 0x15 // KiB below 640 KiB, 16 bits
	cmosExtended   = 0x17 // KiB above 1 MiB, 16 bits
	cmosSum        = 0x2e // of 0x10-0x2d, the high byte first
	cmosExtended2  = 0x30 // the same as cmosExtended
	cmosAbove16M   = 0x34 // units of 64 KiB above 16 MiB, 16 bits
	cmosBoot3      = 0x38 // bits 7:4: the third boot device
	cmosBoot12     = 0x3d // the second and the first boot device
	cmosAbove4G    = 0x5b // units of 64 KiB above 4 GiB, 24 bits
	cmosProcessors = 0x5f // less one

	equipmentFloppy   = 0x01
	equipmentFPU      = 0x02
	equipmentMouse    = 0x04
	equipmentFloppies = 6 // shift of their number less one
	floppy1440        = 4
	boot3NoFloppy     = 0x01 // no check of a floppy's signature
)

// Boot is a device that firmware may boot from.
type Boot uint8

// Boot devices, as SeaBIOS numbers them in the CMOS memory.
const (
	BootNone Boot = iota
	BootFloppy
	BootDisk
	BootCD
	BootNetwork
)

// Config is what the CMOS memory says of a machine.
type Config struct {
	Low  uint64 // end of the memory below 4 GiB, a guest-physical address
	High uint64 // bytes of memory above 4 GiB
	CPUs int
	// Floppies is how many drives of 1.44 MB there are, up to two.
	Floppies int
	Boot     [3]Boot // in the order in which they are tried
}

func (c Config) fill(m *[256]uint8) {
	const kib, mib, unit = 1 << 10, 1 << 20, 64 << 10
	word := func(i uint8, v uint64) {
		v = min(v, 0xffff)
		m[i], m[i+1] = uint8(v), uint8(v>>8)
	}
	m[cmosEquipment] = equipmentFPU | equipmentMouse
	if n := min(c.Floppies, 2); n > 0 {
		m[cmosEquipment] |= equipmentFloppy | uint8(n-1)<<equipmentFloppies
		m[cmosFloppies] = floppy1440<<4 | floppy1440*uint8(n-1)
	}
	word(cmosBase, min(c.Low/kib, 640))
	extended := (c.Low - min(c.Low, mib)) / kib
	word(cmosExtended, extended)
	word(cmosExtended2, extended)
	word(cmosAbove16M, (c.Low-min(c.Low, 16*mib))/unit)
	high := min(c.High/unit, 1<<24-1)
	word(cmosAbove4G, high&0xffff)
	m[cmosAbove4G+2] = uint8(high >> 16)
	m[cmosProcessors] = uint8(min(max(c.CPUs, 1), 256) - 1)
	m[cmosBoot12] = uint8(c.Boot[0]&15 | c.Boot[1]&15<<4)
	m[cmosBoot3] = uint8(c.Boot[2]&15<<4) | boot3NoFloppy

	var sum uint16
	for _, b := range m[0x10:cmosSum] {
		sum += uint16(b)
	}
	m[cmosSum], m[cmosSum+1] = uint8(sum>>8), uint8(sum)
}
