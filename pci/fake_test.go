package pci

import "testing"

// function is the configuration space of one function: its registers, and
// which bits of each can be written.
type function struct {
	reg       [64]uint32
	writable  [64]uint32
	onWrite   func(off uint16, v uint32)
	sizedLive bool // a BAR was written while the function decoded
}

// fakeSpace is a machine's configuration space.
type fakeSpace struct {
	t         *testing.T
	functions map[Address]*function
	reads     int
}

func newSpace(t *testing.T) *fakeSpace {
	return &fakeSpace{t: t, functions: map[Address]*function{}}
}

func (s *fakeSpace) Read32(a Address, off uint16) uint32 {
	s.reads++
	f := s.functions[a]
	if f == nil || off >= 256 {
		return absent
	}
	if off%4 != 0 {
		s.t.Errorf("read of %v at offset %#x", a, off)
	}
	return f.reg[off/4]
}

func (s *fakeSpace) Write32(a Address, off uint16, v uint32) {
	f := s.functions[a]
	if f == nil || off >= 256 {
		return
	}
	if f.onWrite != nil {
		f.onWrite(off, v)
	}
	if off == regCommand && v>>16 != 0 {
		s.t.Errorf("%v: the write of %#x to the command register clears status bits", a, v)
	}
	if off >= regBAR && off < regBAR+24 && f.reg[1]&(CommandIO|CommandMemory) != 0 {
		f.sizedLive = true
	}
	w := f.writable[off/4]
	f.reg[off/4] = f.reg[off/4]&^w | v&w
}

// add adds a function with an id, a class (class, subclass, interface) and a
// header type.
func (s *fakeSpace) add(a Address, vendor, device uint16, class uint32, header uint8) *function {
	f := &function{}
	f.reg[0] = uint32(device)<<16 | uint32(vendor)
	f.reg[1] = 0x0010_0000 | CommandIO | CommandMemory
	f.reg[2] = class << 8
	f.reg[3] = uint32(header) << 16
	f.writable[1] = 0x0507
	s.functions[a] = f
	return f
}

// bar gives a function a BAR: its value, and the bits that can be written.
func (f *function) bar(i int, value, writable uint32) {
	f.reg[4+i], f.writable[4+i] = value, writable
}

// at returns the address of a function on bus 0.
func at(device, function uint8) Address { return Address{Device: device, Function: function} }

// scanOne scans the space and returns the only device there.
func scanOne(t *testing.T, s *fakeSpace) *Device {
	t.Helper()
	devices, problems := Scan(s, 0, 0, 255)
	for _, p := range problems {
		t.Error(p)
	}
	if len(devices) != 1 {
		t.Fatalf("%d devices, want 1", len(devices))
	}
	return devices[0]
}
