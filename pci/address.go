package pci

import "fmt"

// The size of the address space of a segment. PCI 3.0 §3.2.2.3.
const (
	buses           = 256
	devicesPerBus   = 32
	functionsPerDev = 8
)

// Address says where a function is.
type Address struct {
	Segment  uint16
	Bus      uint8
	Device   uint8 // 0 to 31
	Function uint8 // 0 to 7
}

// String returns the address as bus:device.function in hexadecimal, after
// the segment if that is not 0.
func (a Address) String() string {
	s := fmt.Sprintf("%02x:%02x.%x", a.Bus, a.Device, a.Function)
	if a.Segment != 0 {
		s = fmt.Sprintf("%04x:%s", a.Segment, s)
	}
	return s
}

// compare orders addresses by segment, bus, device and function.
func (a Address) compare(b Address) int {
	key := func(a Address) int {
		return int(a.Segment)<<16 | int(a.Bus)<<8 | int(a.Device)<<3 | int(a.Function)
	}
	return key(a) - key(b)
}
