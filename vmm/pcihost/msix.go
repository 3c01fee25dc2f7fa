package pcihost

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/ringo-vmm/ringo/vmm/state"
)

// The MSI-X capability. PCI 3.0 §6.8.2.
const (
	capabilityMSIX = 0x11

	msixControl = 2 // offsets in the capability
	msixTable   = 4
	msixPending = 8
	msixEnd     = 12

	msixMask   = 1 << 14 // of the control register: of all vectors
	msixEnable = 1 << 15

	// MaxVectors is how many vectors a function can have. PCI 3.0 §6.8.2.3.
	MaxVectors = 2048
)

// An entry of the table, as offsets in bytes. PCI 3.0 §6.8.2.6 to §6.8.2.9.
const (
	entryAddress = 0
	entryData    = 8
	entryControl = 12
	entrySize    = 16

	entryMasked = 1 << 0
	// pageSize keeps table and pending bits apart from a function's other
	// registers. PCI 3.0 §6.8.2, implementation note.
	pageSize = 4096
)

// MSIX is a function's interrupts by messages, a table of them. It is the
// device.MMIO of the table and, in its upper half, the pending bits.
type MSIX struct {
	f       *Function
	at      uint8  // of the capability
	half    uint64 // where the pending bits begin, bytes
	table   []byte // entries of the table, as the guest sees them
	pending []uint64
}

// AddMSIX adds an MSI-X capability with n vectors, 1 to MaxVectors; the table
// and the pending bits fill memory BAR bar, which is made for them alone.
func (f *Function) AddMSIX(bar, n int) (*MSIX, error) {
	if n < 1 || n > MaxVectors {
		return nil, fmt.Errorf("pcihost: MSI-X with %d vectors, want 1 to %d", n, MaxVectors)
	}
	table := n * entrySize
	half := max(pageSize/2, uint64(1)<<bits.Len(uint(table-1)))
	m := &MSIX{f: f, half: half, table: make([]byte, table), pending: make([]uint64, (n+63)/64)}
	if err := f.AddBAR(bar, BAR{Kind: Memory32, Size: 2 * half, Name: "MSI-X", MMIO: m}); err != nil {
		return nil, err
	}
	body := make([]byte, msixEnd-msixControl)
	writable := make([]byte, len(body))
	binary.LittleEndian.PutUint16(body, uint16(n-1))
	binary.LittleEndian.PutUint32(body[msixTable-msixControl:], uint32(bar))
	binary.LittleEndian.PutUint32(body[msixPending-msixControl:], uint32(half)|uint32(bar))
	binary.LittleEndian.PutUint16(writable, msixEnable|msixMask)
	at, err := f.AddCapability(capabilityMSIX, body, writable)
	if err != nil {
		return nil, err
	}
	m.at = at
	m.reset()
	f.msix = m
	return m, nil
}

// reset masks all vectors. PCI 3.0 §6.8.2.9.
func (m *MSIX) reset() {
	clear(m.table)
	clear(m.pending)
	for i := 0; i < len(m.table); i += entrySize {
		m.table[i+entryControl] = entryMasked
	}
}

func (m *MSIX) control() uint16 { return binary.LittleEndian.Uint16(m.f.config[m.at+msixControl:]) }

// Enabled tells whether the guest has chosen messages over the pin.
func (m *MSIX) Enabled() bool { return m != nil && m.control()&msixEnable != 0 }

// Raise sends the message of a vector, or keeps it pending while the guest has
// masked it. A vector beyond the table, as a guest can choose one, is none. The
// device lock is held.
func (m *MSIX) Raise(vector int) {
	switch {
	case !m.Enabled() || vector < 0 || vector >= len(m.table)/entrySize:
	case m.masked(vector):
		m.pending[vector/64] |= 1 << (vector % 64)
	default:
		m.send(vector)
	}
}

// masked tells whether a vector, or all, are masked. PCI 3.0 §6.8.2.3,
// §6.8.2.9.
func (m *MSIX) masked(vector int) bool {
	return m.control()&msixMask != 0 || m.table[vector*entrySize+entryControl]&entryMasked != 0
}

func (m *MSIX) send(vector int) {
	e := m.table[vector*entrySize:]
	m.f.send(binary.LittleEndian.Uint64(e[entryAddress:]), binary.LittleEndian.Uint32(e[entryData:]))
}

// update sends what is pending and no longer masked. PCI 3.0 §6.8.2.10.
func (m *MSIX) update() {
	if !m.Enabled() || m.control()&msixMask != 0 {
		return
	}
	for i, word := range m.pending {
		for ; word != 0; word &= word - 1 {
			bit := bits.TrailingZeros64(word)
			if vector := 64*i + bit; !m.masked(vector) {
				m.pending[i] &^= 1 << bit
				m.send(vector)
			}
		}
	}
}

// Read is device.MMIO's. The guest is to read 4 or 8 bytes at a multiple of
// that; bytes alone are there too. PCI 3.0 §6.8.2.
func (m *MSIX) Read(off uint64, size int) (v uint64) {
	for i := range uint64(size) {
		v |= uint64(m.byteAt(off+i)) << (8 * i)
	}
	return v
}

// byteAt is a byte of the table or the pending bits; 0 is what there is else.
func (m *MSIX) byteAt(off uint64) byte {
	if off < m.half {
		if off < uint64(len(m.table)) {
			return m.table[off]
		}
		return 0
	}
	off -= m.half
	if off/8 < uint64(len(m.pending)) {
		return byte(m.pending[off/8] >> (8 * (off % 8)))
	}
	return 0
}

// Write is device.MMIO's. Only whole dwords of the table can be written. PCI 3.0
// §6.8.2.
func (m *MSIX) Write(off uint64, size int, v uint64) {
	if size < 4 || off%4 != 0 {
		return
	}
	for ; size > 0 && off < uint64(len(m.table)); size, off, v = size-4, off+4, v>>32 {
		w := uint32(v)
		switch off % entrySize {
		case entryAddress:
			w &^= addressZero
		case entryControl:
			w &= entryMasked
		}
		binary.LittleEndian.PutUint32(m.table[off:], w)
	}
	m.update()
}

// state saves and loads table and pending bits.
func (m *MSIX) state(c *state.Codec) {
	c.Raw(m.table)
	for i := range m.pending {
		c.U64(&m.pending[i])
	}
	if !c.Loading() {
		return
	}
	for i := 0; i < len(m.table); i += entrySize {
		m.table[i+entryAddress] &^= addressZero
		binary.LittleEndian.PutUint32(m.table[i+entryControl:], uint32(m.table[i+entryControl]&entryMasked))
	}
	if n := len(m.table) / entrySize % 64; n != 0 {
		m.pending[len(m.pending)-1] &= 1<<n - 1
	}
}
