package virtiotest

import (
	"github.com/ringo-vmm/ringo/vmm/bus"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
	"github.com/ringo-vmm/ringo/vmm/virtio"
	"github.com/ringo-vmm/ringo/vmm/virtio/queue"
)

// Transport is how a driver reaches a device. Its methods are called with the
// device lock held.
type Transport interface {
	Features() uint64
	SetFeatures(uint64)
	Status() uint8
	SetStatus(uint8)
	// Setup starts a queue, and gives it a vector of its own if there are
	// vectors.
	Setup(i int, l queue.Layout)
	MaxSize(i int) uint16
	Notify(i int)
	Config(off uint64, size int) uint64
	SetConfig(off uint64, size int, v uint64)
	// Interrupts counts those that came since it was called last, and
	// acknowledges them.
	Interrupts() int
	// Core is the device.
	Core() *virtio.Core
}

// Names of the transports that New makes.
var Names = []string{"modern", "msix", "window", "legacy", "mmio"}

// Open connects a device by the transport of a name.
func Open(m *Machine, name string, d virtio.Device, packed bool) Transport {
	if name == "mmio" {
		t := &mmio{}
		var err error
		if t.dev, err = virtio.NewMMIO(d, m.Wiring(packed), &t.line); err != nil {
			m.Fatal(err)
		}
		return t
	}
	p := newPCI(m, d, packed)
	switch name {
	case "legacy":
		return &legacy{p}
	case "msix":
		p.enableMSIX()
	case "window":
		p.byWindow = true
	}
	return &modern{p}
}

// Where the BARs are put.
const (
	legacyBase = 0xc000
	tableBase  = 0xd0000000
	modernBase = 0xd0010000
)

type pci struct {
	m        *Machine
	dev      *virtio.PCI
	host     *pcihost.Host
	memory   bus.Memory
	ports    bus.Ports
	line     devicetest.Line
	messages int
	msix     bool
	byWindow bool // structures are reached through configuration space
	window   uint8
	caps     map[uint8][]structure
}

// structure is where a capability says that one is. VIRTIO 1.2 §4.1.4.
type structure struct {
	bar        uint8
	off, size  uint32
	multiplier uint32
}

const slot = 5

func newPCI(m *Machine, d virtio.Device, packed bool) *pci {
	p := &pci{m: m, caps: map[uint8][]structure{}}
	var err error
	if p.dev, err = virtio.NewPCI(d, m.Wiring(packed)); err != nil {
		m.Fatal(err)
	}
	c := pcihost.Config{Routes: [4]uint8{11, 11, 11, 11}, Memory: &p.memory, Ports: &p.ports,
		Refused: func(err error) { m.Error(err) }, Message: func(uint64, uint32) { p.messages++ }}
	c.IRQ[11] = &p.line
	if p.host, err = pcihost.New(c); err != nil {
		m.Fatal(err)
	}
	if err = p.host.Add(slot, 0, p.dev.Function); err != nil {
		m.Fatal(err)
	}
	f := p.dev.Function
	f.Write(0x10, 4, legacyBase)
	f.Write(0x14, 4, tableBase)
	f.Write(0x20, 4, modernBase)
	f.Write(0x04, 2, pcihost.CommandIO|pcihost.CommandMemory|pcihost.CommandMaster)
	for at := f.Read(0x34, 1); at != 0; at = f.Read(uint8(at)+1, 1) {
		if f.Read(uint8(at), 1) != 9 {
			continue
		}
		o := uint8(at)
		s := structure{bar: uint8(f.Read(o+4, 1)), off: f.Read(o+8, 4), size: f.Read(o+12, 4)}
		if f.Read(o+2, 1) > 16 {
			s.multiplier = f.Read(o+16, 4)
		}
		kind := uint8(f.Read(o+3, 1))
		if kind == 5 {
			p.window = o
		}
		p.caps[kind] = append(p.caps[kind], s)
	}
	return p
}

// load reads from a structure.
func (p *pci) load(s structure, off uint64, size int) uint64 {
	off += uint64(s.off)
	switch {
	case p.byWindow:
		return uint64(p.choose(s.bar, off, size).Read(p.window+16, size))
	case s.bar == 0:
		return uint64(p.ports.In(legacyBase+uint16(off), size))
	}
	return p.memory.Read(modernBase+off, size)
}

// store writes to one.
func (p *pci) store(s structure, off uint64, size int, v uint64) {
	off += uint64(s.off)
	switch {
	case p.byWindow:
		p.choose(s.bar, off, size).Write(p.window+16, size, uint32(v))
	case s.bar == 0:
		p.ports.Out(legacyBase+uint16(off), size, uint32(v))
	default:
		p.memory.Write(modernBase+off, size, v)
	}
}

// choose points the window at bytes of a BAR. VIRTIO 1.2 §4.1.4.9.
func (p *pci) choose(bar uint8, off uint64, size int) *pcihost.Function {
	f := p.dev.Function
	f.Write(p.window+4, 1, uint32(bar))
	f.Write(p.window+8, 4, uint32(off))
	f.Write(p.window+12, 4, uint32(size))
	return f
}

// enableMSIX unmasks all vectors.
func (p *pci) enableMSIX() {
	f := p.dev.Function
	p.msix = true
	for at := f.Read(0x34, 1); at != 0; at = f.Read(uint8(at)+1, 1) {
		if f.Read(uint8(at), 1) != 0x11 {
			continue
		}
		f.Write(uint8(at)+2, 2, 1<<15)
		for i := range uint64(f.Read(uint8(at)+2, 2)&0x7ff) + 1 {
			p.memory.Write(tableBase+16*i, 4, 0xfee00000)
			p.memory.Write(tableBase+16*i+12, 4, 0)
		}
	}
}

func (p *pci) Core() *virtio.Core { return &p.dev.Core }

// Interrupts by the pin are acknowledged by reading the ISR status.
func (p *pci) interrupts(isr func() uint64) (n int) {
	if p.msix {
		n, p.messages = p.messages, 0
		return n
	}
	n, p.line.Edges = p.line.Edges, 0
	if p.line.Level && isr() == 0 {
		p.m.Error("an interrupt without a cause")
	}
	if p.line.Level {
		p.m.Error("the interrupt stays")
	}
	return n
}
