package pc

import (
	"encoding/binary"
	"testing"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/floppy"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
)

// everything is a machine that has all devices of a board, or all but those that
// come with firmware: a display's memory takes time to save.
func everything(h *host, m config.Machine, display bool) Config {
	c := machine(h)
	c.Machine, c.CPUs = m, 2
	if display {
		c.Firmware = &Firmware{BIOS: make([]byte, 64<<10), VGA: make([]byte, 512)}
	}
	c.Disks = []Disk{
		{Data: make([]byte, 1<<20), Bus: config.BusAHCI}, {Data: make([]byte, 1<<20), CD: true, Bus: config.BusAHCI},
		{Data: make([]byte, floppy.Size), Bus: config.BusFloppy}, {Data: make([]byte, 1<<20), Bus: config.BusVirtio},
	}
	if m == config.MachinePC {
		c.Disks = append(c.Disks, Disk{Data: make([]byte, 1<<20), Bus: config.BusIDE}, Disk{Data: make([]byte, 1<<20), CD: true, Bus: config.BusIDE})
	}
	for i, bus := range []config.Bus{config.BusVirtio, config.BusE1000} {
		where := new(plug)
		c.Adapters = append(c.Adapters, Adapter{Bus: bus, MAC: ether.MAC{2, byte(i)}, Port: where, Connect: where.Connect})
	}
	c.RNG, c.Balloon = true, true
	c.Serials = []Serial{{Port: 1, Open: c.Console.Open}, {Port: 3, Open: c.Console.Open}, {Open: c.Console.Open}}
	return c
}

// place gives every BAR a place of its own and switches the functions on, as
// firmware does. PCI 3.0 §6.2.5.1.
func (p *PC) place() {
	const enable, absent, inPorts, step = 1 << 31, ^uint32(0), 1 << 0, 16 << 20
	port, memory := uint32(0xc000), uint32(0xc0000000)
	for slot := range uint32(256) {
		for reg := uint32(0x10); reg < 0x28; reg += 4 {
			p.VM.Ports.Out(0xcf8, 4, enable|slot<<8|reg)
			p.VM.Ports.Out(0xcfc, 4, absent)
			switch size := p.VM.Ports.In(0xcfc, 4); {
			case size == 0 || size == absent: // no BAR, or no function
			case size&inPorts != 0:
				p.VM.Ports.Out(0xcfc, 4, port)
				port += 0x100
			default:
				p.VM.Ports.Out(0xcfc, 4, memory)
				memory += step
			}
		}
		p.VM.Ports.Out(0xcf8, 4, enable|slot<<8|4)
		p.VM.Ports.Out(0xcfc, 2, pcihost.CommandIO|pcihost.CommandMemory|pcihost.CommandMaster)
	}
}

// access is what a guest does, of 8 bytes of a script: how, at which device or
// register, at which offset, and a value.
type access struct {
	how, which uint8
	offset     uint16
	value      uint32
}

// The kinds of accesses, in the low bits of how: which device is meant counts
// what the machine has at the moment, so that BARs are reached where they are.
const (
	toDevicePort = iota
	toPort
	toDeviceMemory
	toMemory
	toConfiguration
	toRAM
	passTime
	kinds

	sizeShift = 3 // of the size, 1 to 8 bytes as 0 to 3
	writeBit  = 1 << 5
)

// do makes an access.
func (p *PC) do(h *host, a access) {
	p.VM.Devices.Lock()
	defer p.VM.Devices.Unlock()
	size, write := 1<<(a.how>>sizeShift&3), a.how&writeBit != 0
	port := func(port uint16, size int) {
		if size = min(size, 4); write {
			p.VM.Ports.Out(port, size, a.value)
		} else {
			p.VM.Ports.In(port, size)
		}
	}
	memory := func(gpa uint64) {
		if write {
			p.VM.Memory.Write(gpa, size, uint64(a.value)<<(a.offset&32)|uint64(a.value))
		} else {
			p.VM.Memory.Read(gpa, size)
		}
	}
	switch a.how & (1<<sizeShift - 1) % kinds {
	case toDevicePort:
		n := 0
		p.VM.Ports.All(func(_ string, first, last uint16) {
			if n++; n-1 == int(a.which) {
				port(first+a.offset%(last-first+1), size)
			}
		})
	case toPort:
		port(a.offset, size)
	case toDeviceMemory:
		var at []uint64
		p.VM.Memory.All(func(_ string, gpa, size uint64) { at = append(at, gpa+uint64(a.offset)%size) })
		memory(at[int(a.which)%len(at)])
	case toMemory:
		memory(uint64(a.offset) << 16)
	case toConfiguration:
		p.VM.Ports.Out(0xcf8, 4, 1<<31|uint32(a.which)<<8|uint32(a.offset)&0xfc)
		port(0xcfc, size)
	case toRAM:
		p.VM.RAM.Write(uint64(a.offset)<<4, binary.LittleEndian.AppendUint32(nil, a.value))
	case passTime:
		h.now += uint64(a.value) << (a.which & 7)
	}
}

// script is accesses as bytes, for seeds.
func script(accesses ...access) (b []byte) {
	for _, a := range accesses {
		b = append(b, a.how, a.which)
		b = binary.LittleEndian.AppendUint16(b, a.offset)
		b = binary.LittleEndian.AppendUint32(b, a.value)
	}
	return b
}

// FuzzMachine has a guest make any accesses to a machine that has every device:
// that ends no machine but by its guest's will, and what is saved then and loaded
// into another machine is saved there again.
func FuzzMachine(f *testing.F) {
	const out1, out2, out4 = writeBit, writeBit | 1<<sizeShift, writeBit | 2<<sizeShift
	// A BAR of the display, of AHCI and of virtio is put somewhere else and used.
	f.Add(false, true, script(access{toConfiguration | out4, 2 << 3, 0x10, 0xd0000000}, access{toConfiguration | out2, 2 << 3, 4, 7}, access{toDeviceMemory | out4, 0, 0x123, 0x55}))
	f.Add(true, false, script(access{toConfiguration | out4, 31<<3 | 2, 0x24, 0xd1000000}, access{toConfiguration | out2, 31<<3 | 2, 4, 7}, access{toDeviceMemory | out4, 0, 4, 0x80000001}))
	f.Add(false, false, script(access{toConfiguration | out4, 4 << 3, 0x10, 0xd001}, access{toConfiguration | out2, 4 << 3, 4, 7}, access{toPort | out1, 0, 0xd012, 3}))
	// Disks work: IDE reads a sector, a floppy drive is reset.
	f.Add(false, false, script(access{toPort | out1, 0, 0x1f6, 0xe0}, access{toPort | out1, 0, 0x1f2, 1}, access{toPort | out1, 0, 0x1f7, 0x20}, access{toPort, 0, 0x1f7, 0}))
	f.Add(true, false, script(access{toPort | out1, 0, 0x3f2, 0x1c}, access{passTime, 0, 0, 1 << 20}, access{toPort | out1, 0, 0x3f5, 0x08}))
	// The machine's end: S5, and a reset.
	f.Add(true, false, script(access{toPort | out2, 0, pmPort + 4, 0x3400}, access{toPort | out1, 0, 0xcf9, 6}))
	f.Fuzz(func(t *testing.T, q35, display bool, b []byte) {
		m, h := config.MachinePC, &host{now: 1}
		if q35 {
			m = config.MachineQ35
		}
		p, fresh := build(t, everything(h, m, display)), build(t, everything(h, m, display))
		p.place()
		for ; len(b) >= 8; b = b[8:] {
			p.do(h, access{b[0], b[1], binary.LittleEndian.Uint16(b[2:]), binary.LittleEndian.Uint32(b[4:])})
		}
		devicetest.Survives(t, p, fresh)
		if e, ended := p.VM.Ending(); ended && e.How == vmm.Failed {
			t.Errorf("the machine ended: %v", e)
		}
	})
}
