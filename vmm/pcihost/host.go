package pcihost

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/bus"
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/ram"
)

// Port and Ports are where a Host is registered on the port bus: its
// configuration address at 0xCF8, the reset control register at 0xCF9, its
// configuration data at 0xCFC. PCI 3.0 §3.2.2.3.2.
const (
	Port  = 0xcf8
	Ports = 8
)

// Configuration mechanism 1: offsets from Port, and the address register, of
// which bits 30:24 and 1:0 read as 0. PCI 3.0 §3.2.2.3.2.
const (
	portAddress      = 0
	portResetControl = 1
	portData         = 4

	addressEnable = 1 << 31
	addressBits   = 0x80fffffc
	busShift      = 16
	busMask       = 0xff
	slotShift     = 8
	registerMask  = 0xfc

	devices   = 32
	functions = 8
	allOnes   = ^uint32(0)
)

// Config is what a Host is wired to.
type Config struct {
	// IRQ is the interrupt lines that PCI interrupts can be routed to, by
	// ISA interrupt number; nil for one that is not wired.
	IRQ     [16]device.IRQ
	Chipset Chipset
	// Routes is the ISA interrupt of each of the lines PIRQA# to PIRQD#
	// after reset, and of PIRQE# to PIRQH#, as firmware would set it. A guest
	// can change it if there is an ISA bridge.
	Routes [pins]uint8
	// ISABridge says that there is one, at device 1 or 31, and with it the
	// reset control register at port 0xCF9.
	ISABridge bool
	// PM is called when a Q35's guest has moved the power management
	// registers, of PMPorts ports: 0 is nowhere. It may be nil.
	PM func(port uint16)
	// Shadow is called with the attributes of the memory from 0xC0000 to
	// 1 MiB when the guest has changed them. It may be nil.
	Shadow func(Attributes)
	// Memory and Ports are where BARs are put; Refused is told when another
	// device is there already, and once that one is hidden by the memory of
	// RAM. They may be nil if no function has such a BAR, and RAM if there is
	// no memory.
	Memory  *bus.Memory
	Ports   *bus.Ports
	RAM     *ram.RAM
	Refused func(error)
	// Message is called for each message-signalled interrupt that a function
	// sends: a dword written to a guest-physical address, which is a local
	// APIC's (Intel SDM vol. 3 §11.11) if the guest made no mistake. It may
	// be nil.
	Message func(address uint64, data uint32)
	// Reset is called when the guest resets the machine through that
	// register; it may be during an access. It may be nil.
	Reset func()
}

// Host is the host bridge and bus 0. It is a device.Ports.
type Host struct {
	irq    [16]device.IRQ
	reset  func()
	shadow func(Attributes)
	pm     func(port uint16)
	bridge bool

	chipset Chipset
	pmPort  uint16 // where the power management registers are
	memory  *bus.Memory
	ports   *bus.Ports
	ram     *ram.RAM
	refused func(error)
	message func(address uint64, data uint32)

	toldHidden bool // that memory hides a BAR

	address      uint32
	resetControl uint8
	slots        [devices * functions]*Function

	initialRoutes [lines]uint8
	routes        [lines]uint8 // PIRQRC: bit 7 disables, bits 3:0 are the ISA interrupt
	users         [lines]uint8 // functions that drive each line
	irqs          uint16       // lines in irq that are up
}

// New makes a bus with its bridges.
func New(c Config) (*Host, error) {
	h := &Host{irq: c.IRQ, reset: c.Reset, shadow: c.Shadow, bridge: c.ISABridge, chipset: c.Chipset, pm: c.PM,
		memory: c.Memory, ports: c.Ports, ram: c.RAM, refused: c.Refused, message: c.Message}
	for i, r := range c.Routes {
		if int(r) >= len(c.IRQ) {
			return nil, fmt.Errorf("pcihost: PIRQ%c# is routed to interrupt %d, want at most %d", 'A'+i, r, len(c.IRQ)-1)
		}
	}
	copy(h.initialRoutes[:], c.Routes[:])
	copy(h.initialRoutes[pins:], c.Routes[:])
	h.routes = h.initialRoutes
	if c.Chipset == Q35 {
		return h, h.addQ35()
	}
	return h, h.add440FX()
}

// Add puts a function on the bus, device 0 to 31 and function 0 to 7. The
// interrupt line register tells the guest the interrupt that its pin is wired
// to after reset, as firmware does.
func (h *Host) Add(dev, function int, f *Function) error {
	if dev < 0 || dev >= devices || function < 0 || function >= functions {
		return fmt.Errorf("pcihost: there is no 00:%02x.%d on a bus", dev, function)
	}
	slot := dev*functions + function
	if h.slots[slot] != nil {
		return fmt.Errorf("pcihost: 00:%02x.%d is taken", dev, function)
	}
	for i, b := range &f.bars {
		if b != nil && (b.Kind == IO && h.ports == nil || b.Kind != IO && h.memory == nil) {
			return fmt.Errorf("pcihost: 00:%02x.%d: there is no bus for %s at BAR%d", dev, function, b.Name, i)
		}
	}
	if f.host != nil {
		return fmt.Errorf("pcihost: the function for 00:%02x.%d is on a bus already", dev, function)
	}
	h.slots[slot] = f
	f.host, f.slot = h, uint8(slot)
	if f.pin != 0 {
		f.Define8(regInterruptLine, h.initialRoutes[h.chipset.PIRQ(dev, int(f.pin))], 0xff)
	}
	if first := h.slots[dev*functions]; first != nil {
		for _, other := range h.slots[dev*functions+1:][:functions-1] {
			if other != nil {
				first.Define8(regHeaderType, first.initial[regHeaderType]|headerMultiFunction, 0)
			}
		}
	}
	f.drive()
	return nil
}

// In reads size bytes (1, 2 or 4) at a port.
func (h *Host) In(off uint16, size int) uint32 {
	if off >= portData {
		if f, reg := h.target(off-portData, size); f != nil {
			return f.Read(reg, size)
		}
		return allOnes
	}
	switch {
	case off == portAddress && size == 4:
		return h.address
	case off == portResetControl && size == 1 && h.bridge:
		return uint32(h.resetControl)
	}
	return allOnes
}

// Out writes size bytes (1, 2 or 4) at a port. Only a 32-bit access reaches the
// address register; others belong to devices that share its ports.
func (h *Host) Out(off uint16, size int, v uint32) {
	switch {
	case off >= portData:
		if f, reg := h.target(off-portData, size); f != nil {
			f.Write(reg, size, v)
		}
	case off == portAddress && size == 4:
		h.address = v & addressBits
	case off == portResetControl && size == 1 && h.bridge:
		h.writeResetControl(uint8(v))
	}
}

// target is the function and register that an access to size bytes of the data
// port reaches, nil if none: the address is not enabled, there is no such
// function, or the access runs over the port's end.
func (h *Host) target(off uint16, size int) (*Function, uint8) {
	if h.address&addressEnable == 0 || h.address>>busShift&busMask != 0 || int(off)+size > 4 {
		return nil, 0
	}
	return h.slots[h.address>>slotShift&0xff], uint8(h.address&registerMask) | uint8(off)
}

// Reset is the bus's reset: registers as after power-on.
func (h *Host) Reset() {
	h.address, h.resetControl, h.routes = 0, 0, h.initialRoutes
	for _, f := range &h.slots {
		if f != nil {
			f.reset()
		}
	}
	h.bridges()
	h.route()
}

// bridges brings what the bridges' registers decide in step with them.
func (h *Host) bridges() {
	if h.chipset == Q35 {
		h.placeECAM()
		if h.bridge {
			h.placeICH9()
		}
	}
}
