package fwcfg

import (
	"fmt"
	"math"

	"github.com/ringo-vmm/ringo/vmm/memmap"
)

// Structure types. SMBIOS 2.8 §7.
const (
	typeBIOS          = 0
	typeSystem        = 1
	typeChassis       = 3
	typeProcessor     = 4
	typeMemoryArray   = 16
	typeMemoryDevice  = 17
	typeMappedAddress = 19
	typeBoot          = 32
	typeEnd           = 127
)

// Handles: any numbers, as long as they differ.
const (
	handleBIOS      = 0x0000
	handleSystem    = 0x0100
	handleChassis   = 0x0300
	handleProcessor = 0x0400 // and the number of the processor
	handleArray     = 0x1000
	handleMemory    = 0x1100
	handleMapped    = 0x1300
	handleBoot      = 0x2000
	handleEnd       = 0x7f00
	noHandle        = 0xffff
	noErrorHandle   = 0xfffe
)

// Values of fields, by the section that has them.
const (
	biosSegment   = 0xe800 // §7.1: the BIOS is 96 KiB before 1 MiB
	biosROM       = 3      // §7.1: units of 64 KiB, less one
	biosPCI       = 1 << 7 // §7.1.1
	biosCDBoot    = 1 << 15
	biosSelect    = 1 << 16
	biosACPI      = 1 << 0 // §7.1.2.1
	biosVirtual   = 1 << 4 // §7.1.2.2
	powerSwitch   = 6      // §7.2.2
	other         = 1      // of many lists
	unknown       = 2      // of many lists
	safe          = 3      // §7.4.2
	noSecurity    = 3      // §7.4.3
	centralCPU    = 3      // §7.5.1
	cpuEnabled    = 0x41   // §7.5: socket populated, enabled
	useMemory     = 3      // §7.17.2
	noCorrection  = 3      // §7.17.3
	formDIMM      = 9      // §7.18.1
	typeRAM       = 7      // §7.18.2
	detailOther   = 1 << 1 // §7.18.3
	capacityLarge = 1 << 31
	sizeLarge     = 0x7fff
)

// structures makes the tables.
func (s *SMBIOS) structures() *structures {
	t := new(structures)
	s.bios(t)
	s.system(t)
	for i := range s.CPUs {
		processor(t, i)
	}
	s.memory(t)
	t.add(typeBoot, handleBoot, make([]byte, 7)) // §7.33: no errors
	t.add(typeEnd, handleEnd, nil)
	return t
}

// bios is the BIOS, §7.1.
func (s *SMBIOS) bios(t *structures) {
	b := []byte{1, 2}
	b = le.AppendUint16(b, biosSegment)
	b = append(b, 3, biosROM)
	b = le.AppendUint64(b, biosPCI|biosCDBoot|biosSelect)
	b = append(b, biosACPI, biosVirtual)
	b = append(b, 0, 0, 0xff, 0xff) // its release; no embedded controller
	t.add(typeBIOS, handleBIOS, b, smbiosManufacturer, s.Version, smbiosDate)
}

// system is the machine and its case, §7.2 and §7.4.
func (s *SMBIOS) system(t *structures) {
	b := []byte{1, 2, 3, 0}
	b = append(b, mixed(s.UUID)...)
	b = append(b, powerSwitch, 0, 0)
	t.add(typeSystem, handleSystem, b, smbiosManufacturer, s.Product, s.Version)

	b = []byte{1, other, 2, 0, 0, safe, safe, safe, noSecurity}
	b = append(b, make([]byte, 9)...) // OEM's, height, cords, elements, SKU
	t.add(typeChassis, handleChassis, b, smbiosManufacturer, s.Version)
}

// mixed is a UUID as SMBIOS has it: the first three fields are little-endian.
// §7.2.1.
func mixed(u [16]byte) []byte {
	return []byte{u[3], u[2], u[1], u[0], u[5], u[4], u[7], u[6],
		u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]}
}

// processor is a processor in a socket of its own, §7.5. Who wants to know what
// it can do asks it.
func processor(t *structures, i int) {
	b := []byte{1, centralCPU, other, 2}
	b = append(b, make([]byte, 8)...)     // identification
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0) // version, voltage, clock, speeds
	b = append(b, cpuEnabled, other)
	for range 3 { // caches
		b = le.AppendUint16(b, noHandle)
	}
	b = append(b, 0, 0, 0) // serial number, asset tag, part number
	b = append(b, 1, 1, 1) // cores, those enabled, threads
	b = le.AppendUint16(b, unknown)
	b = le.AppendUint16(b, other) // family
	t.add(typeProcessor, handleProcessor+uint16(i), b, fmt.Sprintf("CPU %d", i), smbiosManufacturer)
}

// memory is one module with all of the memory, and where it is. §7.17, §7.18,
// §7.20.
func (s *SMBIOS) memory(t *structures) {
	const kib, mib = 1 << 10, 1 << 20
	size := s.RAM.Size()
	capacity, extended := uint32(size/kib), uint64(0)
	if size/kib >= capacityLarge {
		capacity, extended = capacityLarge, size
	}
	b := []byte{other, useMemory, noCorrection}
	b = le.AppendUint32(b, capacity)
	b = le.AppendUint16(b, noErrorHandle)
	b = le.AppendUint16(b, 1)
	t.add(typeMemoryArray, handleArray, le.AppendUint64(b, extended))

	short, long := uint16(size/mib), uint32(0)
	if size/mib >= sizeLarge {
		short, long = sizeLarge, uint32(size/mib)
	}
	b = le.AppendUint16(nil, handleArray)
	b = le.AppendUint16(b, noErrorHandle)
	b = append(b, 0xff, 0xff, 0xff, 0xff) // widths are not known
	b = le.AppendUint16(b, short)
	b = append(b, formDIMM, 0, 1, 0, typeRAM)
	b = le.AppendUint16(b, detailOther)
	b = append(b, 0, 0, 2, 0, 0, 0, 0) // speed, manufacturer, numbers, ranks
	b = le.AppendUint32(b, long)
	b = append(b, make([]byte, 8)...) // configured speed, voltages
	t.add(typeMemoryDevice, handleMemory, b, "DIMM 0", smbiosManufacturer)

	mapped(t, 0, 0, s.RAM.Low())
	if s.RAM.High() > memmap.Top {
		mapped(t, 1, memmap.Top, s.RAM.High())
	}
}

// mapped is memory from one guest-physical address to another.
func mapped(t *structures, i uint16, start, end uint64) {
	const kib = 1 << 10
	first, last := uint32(start/kib), uint32(end/kib-1)
	var longFirst, longLast uint64
	if end/kib-1 >= math.MaxUint32 {
		first, last = math.MaxUint32, math.MaxUint32
		longFirst, longLast = start, end-1
	}
	b := le.AppendUint32(nil, first)
	b = le.AppendUint32(b, last)
	b = le.AppendUint16(b, handleArray)
	b = append(b, 1) // modules that share it
	b = le.AppendUint64(b, longFirst)
	t.add(typeMappedAddress, handleMapped+i, le.AppendUint64(b, longLast))
}
