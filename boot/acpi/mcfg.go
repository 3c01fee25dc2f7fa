package acpi

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// MCFG says where the PCI Express configuration space is mapped (the enhanced
// configuration access mechanism, ECAM). PCI Firmware Specification 3.3 §4.1.2.
type MCFG struct {
	Segments []PCISegment
}

// PCISegment is the mapped configuration space of some buses of a PCI segment
// group.
type PCISegment struct {
	// Base is the host-physical address where bus 0 of the segment group is,
	// or would be: bus b is at Base + b<<20, even when FirstBus is not 0.
	Base     uint64
	Group    uint16
	FirstBus uint8
	LastBus  uint8 // inclusive
}

// Layout of the MCFG, PCI Firmware Specification 3.3 §4.1.2.
const (
	mcfgEntries   = 44
	mcfgEntrySize = 16
	mcfgGroup     = 8
	mcfgFirstBus  = 10
	mcfgLastBus   = 11

	// BusShift turns a bus number into its offset in the mapped space: each
	// bus has 1 MiB.
	BusShift = 20
)

// parseMCFG reads an MCFG, header included. It returns nil and adds a problem
// when the table is too short; a segment that cannot be is left out.
func parseMCFG(table []byte, p *problems) *MCFG {
	if len(table) < mcfgEntries {
		p.addf("MCFG: %d bytes, want at least %d", len(table), mcfgEntries)
		return nil
	}
	m := &MCFG{}
	for b := table[mcfgEntries:]; len(b) >= mcfgEntrySize; b = b[mcfgEntrySize:] {
		if len(m.Segments) == maxMCFGItems {
			p.addf("MCFG: only the first %d segments are read", maxMCFGItems)
			break
		}
		s := PCISegment{
			Base:     binary.LittleEndian.Uint64(b),
			Group:    binary.LittleEndian.Uint16(b[mcfgGroup:]),
			FirstBus: b[mcfgFirstBus],
			LastBus:  b[mcfgLastBus],
		}
		end := s.Base + (uint64(s.LastBus)+1)<<BusShift
		if s.Base == 0 || s.Base%(1<<BusShift) != 0 || s.FirstBus > s.LastBus || end < s.Base {
			p.addf("MCFG: %v cannot be", s)
			continue
		}
		m.Segments = append(m.Segments, s)
	}
	return m
}

// String is the segment in one line.
func (s PCISegment) String() string {
	return fmt.Sprintf("PCI segment group %d, buses %d-%d: configuration space at %#x", s.Group, s.FirstBus, s.LastBus, s.Base)
}

// String is the table, one segment a line.
func (m *MCFG) String() string {
	return strings.Join(appendLines(nil, m.Segments), "\n")
}
