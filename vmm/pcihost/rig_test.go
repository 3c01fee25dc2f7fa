package pcihost

import (
	"fmt"
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

	// Where the BARs are put, by the name barName has for them.
	barPorts bus.Ports
	memory   bus.Memory
	refused  []error
}

func barName(i int) string { return fmt.Sprintf("BAR%d", i) }

// silent is a device at a BAR. It has a size, so that each has its own address,
// by which a bus knows it.
type silent struct{ byte }

func (*silent) In(uint16, int) uint32     { return 0 }
func (*silent) Out(uint16, int, uint32)   {}
func (*silent) Read(uint64, int) uint64   { return 0 }
func (*silent) Write(uint64, int, uint64) {}

// mapped is where a BAR is.
func (r *rig) mapped(i int) (base uint64, on bool) {
	r.barPorts.All(func(name string, first, _ uint16) {
		if name == barName(i) {
			base, on = uint64(first), true
		}
	})
	r.memory.All(func(name string, gpa, _ uint64) {
		if name == barName(i) {
			base, on = gpa, true
		}
	})
	return base, on
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
	c := Config{ISABridge: true, Routes: rigRoutes, Reset: func() { r.resets++ },
		Memory: &r.memory, Ports: &r.barPorts, Refused: func(err error) { r.refused = append(r.refused, err) }}
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

// bar gives the device a BAR.
func (r *rig) bar(i int, b BAR) {
	r.t.Helper()
	if err := r.dev.AddBAR(i, answering(i, b)); err != nil {
		r.t.Fatal(err)
	}
}

// answering is a BAR with a device.
func answering(i int, b BAR) BAR {
	b.Name = barName(i)
	if b.Kind == IO {
		b.Ports = new(silent)
	} else {
		b.MMIO = new(silent)
	}
	return b
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
