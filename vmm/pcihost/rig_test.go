package pcihost

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/bus"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
)

// rig is a bus with an ISA bridge, interrupt lines that remember, and one
// device with a BAR of each kind.
type rig struct {
	t      testing.TB
	ports  bus.Ports
	host   *Host
	lines  [16]devicetest.Line
	resets int
	dev    *Function
	maps   [maxBARs]mapping
}

// mapping is where a BAR is mapped, and how often it came there.
type mapping struct {
	on    bool
	base  uint64
	times int
}

// Where the device is, and its capability's body.
const (
	rigDevice = 4
	rigPin    = 1
)

var rigRoutes = [pins]uint8{10, 11, 10, 5}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{t: t}
	c := Config{ISABridge: true, Routes: rigRoutes, Reset: func() { r.resets++ }}
	for i := range c.IRQ {
		c.IRQ[i] = &r.lines[i]
	}
	c.IRQ[2] = nil
	var err error
	if r.host, err = New(c); err != nil {
		t.Fatal(err)
	}
	if err := r.ports.Register("pci", Port, Ports, r.host); err != nil {
		t.Fatal(err)
	}
	r.dev = r.function(Header{Vendor: 0x1af4, Device: 0x1042, Class: 0x010000, Revision: 1,
		SubsystemVendor: 0x1af4, Subsystem: 0x1100, Pin: rigPin})
	r.bar(0, BAR{Kind: IO, Size: 64})
	r.bar(1, BAR{Kind: Memory32, Size: 0x1000})
	r.bar(4, BAR{Kind: Memory64, Size: 0x4000, Prefetchable: true})
	if _, err := r.dev.AddCapability(9, []byte{0x10, 1, 2, 3}, []byte{0, 0xff, 0, 0}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.dev.AddCapability(0x11, make([]byte, 9), nil); err != nil {
		t.Fatal(err)
	}
	if err := r.host.Add(rigDevice, 0, r.dev); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) function(h Header) *Function {
	r.t.Helper()
	f, err := NewFunction(h)
	if err != nil {
		r.t.Fatal(err)
	}
	return f
}

// bar gives the device a BAR that records where it is mapped.
func (r *rig) bar(i int, b BAR) {
	r.t.Helper()
	m := &r.maps[i]
	b.Map = func(base uint64) {
		if m.on {
			r.t.Errorf("BAR%d is mapped twice", i)
		}
		*m = mapping{true, base, m.times + 1}
	}
	b.Unmap = func() {
		if !m.on {
			r.t.Errorf("BAR%d is unmapped but was not mapped", i)
		}
		m.on = false
	}
	if err := r.dev.AddBAR(i, b); err != nil {
		r.t.Fatal(err)
	}
}

// address makes the data port show a register.
func (r *rig) address(dev, function int, reg uint8) {
	r.ports.Out(Port, 4, addressEnable|uint32(dev)<<11|uint32(function)<<8|uint32(reg&registerMask))
}

func (r *rig) read(dev, function int, reg uint8, size int) uint32 {
	r.address(dev, function, reg)
	return r.ports.In(Port+portData+uint16(reg&3), size)
}

func (r *rig) write(dev, function int, reg uint8, size int, v uint32) {
	r.address(dev, function, reg)
	r.ports.Out(Port+portData+uint16(reg&3), size, v)
}

// The port space as drivers see it: amd64.PortIO.
func (r *rig) In8(port uint16) uint8       { return uint8(r.ports.In(port, 1)) }
func (r *rig) In16(port uint16) uint16     { return uint16(r.ports.In(port, 2)) }
func (r *rig) In32(port uint16) uint32     { return r.ports.In(port, 4) }
func (r *rig) Out8(port uint16, v uint8)   { r.ports.Out(port, 1, uint32(v)) }
func (r *rig) Out16(port uint16, v uint16) { r.ports.Out(port, 2, uint32(v)) }
func (r *rig) Out32(port uint16, v uint32) { r.ports.Out(port, 4, v) }
