package pci

import (
	"fmt"
	"slices"
)

// maxFunctions is how many functions a scan takes in: far more than machines
// have, and few enough for a space that answers everywhere.
const maxFunctions = 4096

// scan is a search for devices.
type scan struct {
	space    ConfigSpace
	segment  uint16
	first    uint8
	last     uint8
	full     bool
	reached  [buses]bool
	devices  []*Device
	problems []error
}

// Scan finds the functions on the buses first to last of a segment, in order
// of address. It follows bridges, and also looks at the buses no bridge leads
// to: a machine can have more than one root. It sizes the BARs, so nothing else
// may use the devices meanwhile. What is wrong with the devices is no reason
// to end the scan, but a problem in the list.
func Scan(space ConfigSpace, segment uint16, first, last uint8) (devices []*Device, problems []error) {
	s := &scan{space: space, segment: segment, first: first, last: last}
	for bus := int(first); bus <= int(last); bus++ {
		if !s.reached[bus] {
			s.bus(uint8(bus))
		}
	}
	slices.SortFunc(s.devices, func(a, b *Device) int { return a.Address.compare(b.Address) })
	return s.devices, s.problems
}

func (s *scan) problem(a Address, format string, args ...any) {
	s.problems = append(s.problems, fmt.Errorf("pci %v: %s", a, fmt.Sprintf(format, args...)))
}

// bus looks at the devices of one bus, and behind its bridges. It is entered
// once for each bus at most, which bounds the recursion.
func (s *scan) bus(bus uint8) {
	s.reached[bus] = true
	for device := range uint8(devicesPerBus) {
		a := Address{Segment: s.segment, Bus: bus, Device: device}
		if !s.present(a) {
			continue
		}
		functions := uint8(1)
		if s.space.Read32(a, regHeader)>>16&headerMulti != 0 {
			functions = functionsPerDev
		}
		for a.Function = range functions {
			if s.present(a) {
				s.function(a)
			}
		}
	}
}

func (s *scan) present(a Address) bool {
	return uint16(s.space.Read32(a, regID)) != vendorAbsent
}

func (s *scan) function(a Address) {
	if len(s.devices) == maxFunctions {
		if !s.full {
			s.problem(a, "more than %d functions: this and further ones are left out", maxFunctions)
		}
		s.full = true
		return
	}
	d := s.read(a)
	s.devices = append(s.devices, d)
	if d.HeaderType == headerBridge {
		s.behind(d)
	}
}

// behind looks at the bus behind a bridge.
func (s *scan) behind(d *Device) {
	switch bus := d.Secondary; {
	case bus == 0: // not set up by the firmware
	case d.Subordinate < bus:
		s.problem(d.Address, "bridge to bus %d, and the last bus behind it is %d", bus, d.Subordinate)
	case bus < s.first || bus > s.last:
		s.problem(d.Address, "bridge to bus %d, which is not among %d to %d", bus, s.first, s.last)
	case s.reached[bus]:
		s.problem(d.Address, "bridge to bus %d, which was already reached another way", bus)
	default:
		s.bus(bus)
	}
}

// read reads what a function says about itself.
func (s *scan) read(a Address) *Device {
	d := &Device{Address: a, space: s.space}
	id, class := d.Read32(regID), d.Read32(regClass)
	d.VendorID, d.DeviceID = uint16(id), uint16(id>>16)
	d.Revision, d.ProgIF = uint8(class), uint8(class>>8)
	d.Subclass, d.Class = uint8(class>>16), uint8(class>>24)
	d.HeaderType = uint8(d.Read32(regHeader)>>16) & headerMask
	interrupt := d.Read32(regInterrupt)
	d.IRQLine, d.Pin = uint8(interrupt), uint8(interrupt>>8)

	switch d.HeaderType {
	case headerDevice:
		subsystem := d.Read32(regSubsystem)
		d.SubsystemVendorID, d.SubsystemID = uint16(subsystem), uint16(subsystem>>16)
		s.bars(d, barsDevice)
		s.capabilities(d)
	case headerBridge:
		numbers := d.Read32(regBuses)
		d.Secondary, d.Subordinate = uint8(numbers>>8), uint8(numbers>>16)
		s.bars(d, barsBridge)
		s.capabilities(d)
	case headerCardBus: // its registers are laid out differently, and nobody asks
	default:
		s.problem(a, "header type %#x is none", d.HeaderType)
	}
	return d
}
