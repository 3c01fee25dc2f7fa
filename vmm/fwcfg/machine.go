package fwcfg

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/memmap"
	"github.com/ringo-vmm/ringo/vmm/ram"
)

// Machine is what firmware is told of the machine that it is in.
type Machine struct {
	RAM  *ram.RAM
	CPUs int // 1 to 255, with local APIC ids that count up from 0
	UUID [16]byte

	// Boot is the devices to boot from, the first first, as Open Firmware
	// paths: see IDE and the others. Firmware tries those that are not named
	// last. BootOnly has it try no other.
	Boot     []string
	BootOnly bool
	// MenuWait is for how many ms the firmware offers a menu of the devices;
	// 0 is not at all.
	MenuWait uint32
	// SerialConsole is the first port of a UART that SeaBIOS shows its text
	// screen on, for a machine without VGA; 0 is none.
	SerialConsole uint16
}

// Sleep states of "etc/system-states": a byte for each of S0 to S5, bit 7 if
// the machine has it and its sleep type below. There are S0 and S5 only, of
// which SeaBIOS looks at the others.
var systemStates = []byte{stateThere, 0, 0, 1, 2, stateThere}

const stateThere = 1 << 7

// neverRetry is for "etc/boot-fail-wait": firmware that finds nothing to boot
// says so and stops, where other values are ms until it tries again.
const neverRetry = 1<<32 - 1

// maxCPUs is what 8-bit APIC ids have room for. ACPI 6.4 §5.2.12.2.
const maxCPUs = 255

// AddMachine adds the items and files that describe the machine, except for its
// tables.
func (d *Device) AddMachine(m Machine) error {
	if m.CPUs < 1 || m.CPUs > maxCPUs {
		return fmt.Errorf("fwcfg: %d processors, want 1 to %d", m.CPUs, maxCPUs)
	}
	cpus := le.AppendUint16(nil, uint16(m.CPUs))
	var menu uint16
	if m.MenuWait != 0 {
		menu = 1
	}
	err := d.addAll(
		item{keyUUID, m.UUID[:]},
		item{keyRAMSize, le.AppendUint64(nil, m.RAM.Size())},
		item{keyNoGraphic, make([]byte, 2)},
		item{keyCPUs, cpus},
		item{keyMaxCPUs, cpus},
		item{keyBootMenu, le.AppendUint16(nil, menu)},
		item{keyIRQ0, []byte{1}},
	)
	if err != nil {
		return err
	}
	files := []namedFile{
		{"etc/e820", e820(m.RAM)},
		{"etc/system-states", systemStates},
		{"etc/boot-fail-wait", le.AppendUint32(nil, neverRetry)},
		{"bootorder", bootOrder(m.Boot, m.BootOnly)},
	}
	if m.MenuWait != 0 {
		files = append(files, namedFile{"etc/boot-menu-wait", le.AppendUint32(nil, m.MenuWait)})
	}
	if m.SerialConsole != 0 {
		files = append(files, namedFile{"etc/sercon-port", le.AppendUint16(nil, m.SerialConsole)})
	}
	return d.addFiles(files)
}

type namedFile struct {
	name string
	data []byte
}

func (d *Device) addFiles(files []namedFile) error {
	for _, f := range files {
		if err := d.AddFile(f.name, f.data); err != nil {
			return err
		}
	}
	return nil
}

// e820 is the memory, as entries of 64-bit address, 64-bit size and 32-bit type.
// Holes and what is reserved below 1 MiB are the firmware's own business.
func e820(m *ram.RAM) []byte {
	b := e820Entry(nil, 0, m.Low())
	if m.High() > memmap.Top {
		b = e820Entry(b, memmap.Top, m.High()-memmap.Top)
	}
	return b
}

func e820Entry(b []byte, start, size uint64) []byte {
	b = le.AppendUint64(b, start)
	b = le.AppendUint64(b, size)
	return le.AppendUint32(b, uint32(memmap.RAM))
}
