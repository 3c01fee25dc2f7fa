package pci

import (
	"fmt"

	"github.com/ringo-vmm/ringo/amd64"
)

// The layout of ECAM. PCI Express Base §7.2.2 table 7-1.
const (
	ecamBusBit      = 20
	ecamDeviceBit   = 15
	ecamFunctionBit = 12
	ecamSpaceSize   = 4096
)

// Window maps size bytes of registers at host-physical address phys, uncached.
type Window func(phys, size uint64) (amd64.MMIO, error)

// ECAM is the configuration space of some buses of a segment in memory.
type ECAM struct {
	segment     uint16
	first, last uint8
	mmio        amd64.MMIO
}

// NewECAM returns the configuration space that an entry of the MCFG table
// describes: base is the host-physical address at which bus 0 would be, also
// where the first bus is another. An entry that makes no sense is an error.
// PCI Firmware Specification 3.2 §4.1.2.
func NewECAM(base uint64, segment uint16, first, last uint8, open Window) (*ECAM, error) {
	bad := func(why string) error {
		return fmt.Errorf("pci: MCFG entry for segment %d, buses %d to %d at %#x: %s", segment, first, last, base, why)
	}
	if last < first {
		return nil, bad("the last bus is before the first")
	}
	if base == 0 || base%(1<<ecamBusBit) != 0 {
		return nil, bad("the address is not that of a bus")
	}
	start := base + uint64(first)<<ecamBusBit
	size := (uint64(last-first) + 1) << ecamBusBit
	if start < base || start+size < start {
		return nil, bad("the address wraps")
	}
	mmio, err := open(start, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", bad("cannot be mapped"), err)
	}
	return &ECAM{segment, first, last, mmio}, nil
}

// offset returns where a register is in the window; ok is false if it is not.
func (e *ECAM) offset(a Address, off uint16) (v uintptr, ok bool) {
	if a.Segment != e.segment || a.Bus < e.first || a.Bus > e.last ||
		a.Device >= devicesPerBus || a.Function >= functionsPerDev || off >= ecamSpaceSize || off%4 != 0 {
		return 0, false
	}
	return uintptr(a.Bus-e.first)<<ecamBusBit | uintptr(a.Device)<<ecamDeviceBit |
		uintptr(a.Function)<<ecamFunctionBit | uintptr(off), true
}

// Read32 reads a register.
func (e *ECAM) Read32(a Address, off uint16) uint32 {
	at, ok := e.offset(a, off)
	if !ok {
		return absent
	}
	return e.mmio.Read32(at)
}

// Write32 writes a register.
func (e *ECAM) Write32(a Address, off uint16, v uint32) {
	if at, ok := e.offset(a, off); ok {
		e.mmio.Write32(at, v)
	}
}
