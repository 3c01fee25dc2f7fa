package pci

import (
	"errors"
	"sync"

	"github.com/ringo-vmm/ringo/amd64"
)

// ConfigSpace is the configuration registers of the functions on a set of
// buses. off is a register's offset in bytes, a multiple of 4. What does not
// exist reads as all ones, and writes to it are lost.
type ConfigSpace interface {
	Read32(a Address, off uint16) uint32
	Write32(a Address, off uint16, v uint32)
}

const absent = ^uint32(0)

// Configuration mechanism 1. PCI 3.0 §3.2.2.3.2.
const (
	portAddress = 0xcf8
	portData    = 0xcfc

	portEnable      = 1 << 31
	portBusBit      = 16
	portDeviceBit   = 11
	portFunctionBit = 8

	portSpaceSize = 256 // registers beyond the first 256 bytes need ECAM
)

// PortSpace is the first 256 bytes of the configuration space of segment 0,
// through the ports 0xCF8 and 0xCFC.
type PortSpace struct {
	mu sync.Mutex // the two ports are one register with an index
	io amd64.PortIO
}

// NewPortSpace returns the configuration space behind the ports, or an error
// if no host bridge answers there.
func NewPortSpace(io amd64.PortIO) (*PortSpace, error) {
	before := io.In32(portAddress)
	io.Out32(portAddress, portEnable)
	answer := io.In32(portAddress)
	io.Out32(portAddress, before)
	if answer != portEnable {
		return nil, errors.New("pci: no host bridge answers at port 0xcf8")
	}
	return &PortSpace{io: io}, nil
}

// selector returns what the address port selects a register with; ok is false
// if it cannot.
func selector(a Address, off uint16) (v uint32, ok bool) {
	if a.Segment != 0 || a.Device >= devicesPerBus || a.Function >= functionsPerDev || off >= portSpaceSize || off%4 != 0 {
		return 0, false
	}
	return portEnable | uint32(a.Bus)<<portBusBit | uint32(a.Device)<<portDeviceBit |
		uint32(a.Function)<<portFunctionBit | uint32(off), true
}

// Read32 reads a register.
func (p *PortSpace) Read32(a Address, off uint16) uint32 {
	s, ok := selector(a, off)
	if !ok {
		return absent
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.io.Out32(portAddress, s)
	return p.io.In32(portData)
}

// Write32 writes a register.
func (p *PortSpace) Write32(a Address, off uint16, v uint32) {
	s, ok := selector(a, off)
	if !ok {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.io.Out32(portAddress, s)
	p.io.Out32(portData, v)
}
