package vga

import (
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
)

// The PCI function and its BARs. QEMU, docs/specs/standard-vga, "PCI spec".
const (
	pciVendor   = 0x1234
	pciDevice   = 0x1111
	pciClass    = 0x030000 // PCI 3.0 appendix D: VGA-compatible controller
	pciRevision = 2        // with registers in memory

	barMemory    = 0
	barRegisters = 2
	registerSize = 4096 // bytes
)

// ROMFile is the name under which SeaBIOS looks for the function's option ROM
// among the files of fw_cfg.
const ROMFile = "pci1234,1111.rom"

// Function makes the adapter's PCI function, with framebuffer and registers where
// the guest puts them.
func (v *VGA) Function() (*pcihost.Function, error) {
	f, err := pcihost.NewFunction(pcihost.Header{Vendor: pciVendor, Device: pciDevice, Class: pciClass, Revision: pciRevision})
	if err != nil {
		return nil, err
	}
	framebuffer := pcihost.BAR{Kind: pcihost.Memory32, Size: uint64(len(v.mem)), Prefetchable: true, Name: "VGA framebuffer", MMIO: v.Framebuffer()}
	if err := f.AddBAR(barMemory, framebuffer); err != nil {
		return nil, err
	}
	return f, f.AddBAR(barRegisters, pcihost.BAR{Kind: pcihost.Memory32, Size: registerSize, Name: "VGA registers", MMIO: v.Registers()})
}

// Offsets in the register block. The rest reads as 0: no EDID, and none of
// QEMU's own registers.
const (
	blockPorts    = 0x400 // the ports from 0x3C0 to 0x3DF
	blockPortsEnd = 0x420
	blockVBE      = 0x500 // 16 bits for each index
	blockVBEEnd   = 0x500 + 2*vbeCount
)

type registers VGA

// Registers is the device for the register block, 4 KiB.
func (v *VGA) Registers() device.MMIO { return (*registers)(v) }

// Read is device.MMIO's.
func (r *registers) Read(off uint64, size int) uint64 {
	v := (*VGA)(r)
	switch {
	case off >= blockPorts && off+uint64(size) <= blockPortsEnd && size <= 4:
		return uint64(v.Ports().In(uint16(off-blockPorts)+portAttr-PortBase, size))
	case off >= blockVBE && off+uint64(size) <= blockVBEEnd && size == 2 && off%2 == 0:
		return uint64(v.readVBE(uint16(off-blockVBE) / 2))
	}
	return 0
}

// Write is device.MMIO's.
func (r *registers) Write(off uint64, size int, b uint64) {
	v := (*VGA)(r)
	switch {
	case off >= blockPorts && off+uint64(size) <= blockPortsEnd && size <= 4:
		v.Ports().Out(uint16(off-blockPorts)+portAttr-PortBase, size, uint32(b))
	case off >= blockVBE && off+uint64(size) <= blockVBEEnd && size == 2 && off%2 == 0:
		v.writeVBE(uint16(off-blockVBE)/2, uint16(b))
	}
}
