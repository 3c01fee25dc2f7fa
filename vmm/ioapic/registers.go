package ioapic

import "github.com/ringo-vmm/ringo/vmm/lapic"

// Byte offsets of what the processor sees. 82093AA §3.1; ICH10
// §13.5.1.
const (
	offSelect = 0x00 // IOREGSEL: which register
	offWindow = 0x10 // IOWIN: its contents, 32 bits
	offEOI    = 0x40 // ends the level interrupts of a vector
)

// Registers, by what IOREGSEL holds. 82093AA §3.2.
const (
	regID      = 0x00
	regVersion = 0x01
	regArb     = 0x02 // arbitration id
	regEntries = 0x10 // two for each input, low half first
)

const (
	idBits  = 0xf << 24
	version = 0x20 | (Pins-1)<<16
)

// A redirection entry. 82093AA §3.2.4.
const (
	entryModeBit   = 8
	entryMode      = 7 << entryModeBit
	entryLogical   = 1 << 11
	entryActiveLow = 1 << 13
	entryRemoteIRR = 1 << 14 // read-only; kept in IOAPIC.remote
	entryLevel     = 1 << 15
	entryMasked    = 1 << 16
	entryDestBit   = 56

	entryBits = 0xff | entryMode | entryLogical | entryActiveLow | entryLevel | entryMasked | 0xff<<entryDestBit
)

func mode(entry uint64) lapic.Mode { return lapic.Mode(entry & entryMode >> entryModeBit) }

// triggersByLevel tells whether an entry is level-triggered. SMI, NMI, INIT
// and ExtINT are edges even where a level is asked for. 82093AA §3.2.4,
// delivery mode.
func triggersByLevel(entry uint64) bool {
	return entry&entryLevel != 0 && mode(entry) <= lapic.LowestPriority
}

// Read reads size bytes at off.
func (a *IOAPIC) Read(off uint64, size int) uint64 {
	switch {
	case off == offSelect:
		return uint64(a.index)
	case off == offWindow && size >= 4:
		return uint64(a.read(a.index))
	}
	return 0
}

// Write writes size bytes at off.
func (a *IOAPIC) Write(off uint64, size int, v uint64) {
	switch {
	case off == offSelect:
		a.index = uint8(v)
	case off == offWindow && size >= 4:
		a.write(a.index, uint32(v))
	case off == offEOI:
		a.EOI(uint8(v))
	}
}

func (a *IOAPIC) read(reg uint8) uint32 {
	switch reg {
	case regID, regArb:
		return a.id
	case regVersion:
		return version
	}
	gsi := uint(reg-regEntries) / 2
	if reg < regEntries || gsi >= Pins {
		return 0
	}
	if reg&1 != 0 {
		return uint32(a.entry[gsi] >> 32)
	}
	v := uint32(a.entry[gsi])
	if a.remote>>gsi&1 != 0 {
		v |= entryRemoteIRR
	}
	return v
}

func (a *IOAPIC) write(reg uint8, v uint32) {
	if reg == regID {
		a.id = v & idBits
	}
	gsi := uint(reg-regEntries) / 2
	if reg < regEntries || gsi >= Pins {
		return
	}
	e := &a.entry[gsi]
	if reg&1 != 0 {
		*e = *e&0xffff_ffff | uint64(v)<<32&entryBits
		return
	}
	*e = *e>>32<<32 | uint64(v)&entryBits
	// An input that becomes edge-triggered forgets its remote IRR: kernels end
	// an interrupt this way where there is no EOI register.
	if !triggersByLevel(*e) {
		a.remote &^= 1 << gsi
	} else if a.pins>>gsi&1 != 0 {
		a.assert(int(gsi))
	}
}
