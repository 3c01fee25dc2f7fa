package acpi

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Table is one description table with its header, ACPI 6.4 §5.2.6.
type Table struct {
	Signature       string // four characters
	Address         uint64 // host-physical
	Length          uint32 // bytes, header included, as the header says
	Revision        uint8
	OEMID           string
	OEMTableID      string
	OEMRevision     uint32
	CreatorID       string
	CreatorRevision uint32
	ChecksumOK      bool // false also when Length is absurd
	// Data is a copy of the table, header included; nil when Length is absurd
	// or reaches beyond readable memory.
	Data []byte
}

// String is the table in one line.
func (t Table) String() string {
	sum := "ok"
	if !t.ChecksumOK {
		sum = "BAD"
	}
	return fmt.Sprintf("%-4s %#010x %7d bytes, revision %d, OEM %-6s %-8s %#x, creator %-4s %#x, checksum %s",
		t.Signature, t.Address, t.Length, t.Revision, t.OEMID, t.OEMTableID, t.OEMRevision, t.CreatorID, t.CreatorRevision, sum)
}

// Layout of the header of every description table, ACPI 6.4 §5.2.6.
const (
	headerLength          = 4
	headerRevision        = 8
	headerOEMID           = 10
	headerOEMTableID      = 16
	headerOEMRevision     = 24
	headerCreatorID       = 28
	headerCreatorRevision = 32
	headerSize            = 36
)

// Signatures of the tables we use, ACPI 6.4 §5.2.6.
const (
	sigRSDT = "RSDT"
	sigXSDT = "XSDT"
	sigMADT = "APIC"
	sigFADT = "FACP"
	sigDSDT = "DSDT"
	sigSSDT = "SSDT"
	sigHPET = "HPET"
	sigMCFG = "MCFG"
)

// reader reads tables from memory within the limits of this package.
type reader struct {
	m     Memory
	list  []Table
	total int // bytes in list
	problems
}

// bytes is the n bytes at host-physical address pa, or nil when they cannot
// be read or the range wraps around.
func (r *reader) bytes(pa uint64, n int) []byte {
	if pa+uint64(n) < pa {
		return nil
	}
	b := r.m.Bytes(pa, n)
	if len(b) != n {
		return nil
	}
	return b
}

// load reads the table at host-physical address addr into the list. It returns
// nil and adds a problem when the table is not valid, or when want is not
// empty and is not its signature.
func (r *reader) load(addr uint64, want string) *Table {
	name := want
	if name == "" {
		name = "table"
	}
	for i := range r.list {
		if r.list[i].Address == addr {
			r.addf("%s at %#x: listed twice", name, addr)
			return nil
		}
	}
	h := r.bytes(addr, headerSize)
	if h == nil {
		r.addf("%s at %#x: not in readable memory", name, addr)
		return nil
	}
	t := parseHeader(addr, h)
	if want != "" && string(h[:len(want)]) != want {
		r.addf("%s at %#x: its signature is %q", want, addr, t.Signature)
		return nil
	}
	err := r.loadData(&t)
	r.list = append(r.list, t)
	if err != nil {
		r.addf("%s at %#x: %v", t.Signature, addr, err)
		return nil
	}
	return &r.list[len(r.list)-1]
}

// loadData copies the table's bytes and checks them.
func (r *reader) loadData(t *Table) error {
	switch {
	case t.Length < headerSize || t.Length > maxTableSize:
		return fmt.Errorf("length %d, want %d to %d", t.Length, headerSize, maxTableSize)
	case r.total+int(t.Length) > maxTotalSize:
		return fmt.Errorf("all tables together are beyond %d bytes", maxTotalSize)
	}
	b := r.bytes(t.Address, int(t.Length))
	if b == nil {
		return fmt.Errorf("its %d bytes are not all in readable memory", t.Length)
	}
	t.Data = bytes.Clone(b)
	r.total += len(t.Data)
	if s := sum(t.Data); s != 0 {
		return fmt.Errorf("bytes add up to %#x, want 0", s)
	}
	t.ChecksumOK = true
	return nil
}

// parseHeader reads a table header h, which was at host-physical address addr.
func parseHeader(addr uint64, h []byte) Table {
	return Table{
		Signature:       text(h[:headerLength]),
		Address:         addr,
		Length:          binary.LittleEndian.Uint32(h[headerLength:]),
		Revision:        h[headerRevision],
		OEMID:           text(h[headerOEMID:headerOEMTableID]),
		OEMTableID:      text(h[headerOEMTableID:headerOEMRevision]),
		OEMRevision:     binary.LittleEndian.Uint32(h[headerOEMRevision:]),
		CreatorID:       text(h[headerCreatorID:headerCreatorRevision]),
		CreatorRevision: binary.LittleEndian.Uint32(h[headerCreatorRevision:]),
	}
}

// rootEntries is the host-physical addresses in the root table: the XSDT's if
// it is valid and not empty, else the RSDT's (ACPI 6.4 §5.2.7, §5.2.8).
func (r *reader) rootEntries(p RSDP) ([]uint64, error) {
	if p.XSDT != 0 {
		if t := r.load(p.XSDT, sigXSDT); t != nil {
			if entries := addresses(t.Data[headerSize:], 8); len(entries) != 0 {
				return entries, nil
			}
			r.addf("XSDT at %#x: names no table", p.XSDT)
		}
	}
	if p.RSDT != 0 {
		if t := r.load(uint64(p.RSDT), sigRSDT); t != nil {
			if entries := addresses(t.Data[headerSize:], 4); len(entries) != 0 {
				return entries, nil
			}
			r.addf("RSDT at %#x: names no table", p.RSDT)
		}
	}
	return nil, errors.New("acpi: no usable root table: " + strings.Join(r.problems, "; "))
}

// addresses is the little-endian addresses of size bytes each in b. Firmware
// leaves zeros where a table was removed; they are passed over.
func addresses(b []byte, size int) []uint64 {
	var list []uint64
	for ; len(b) >= size; b = b[size:] {
		var a uint64
		if size == 8 {
			a = binary.LittleEndian.Uint64(b)
		} else {
			a = uint64(binary.LittleEndian.Uint32(b))
		}
		if a != 0 {
			list = append(list, a)
		}
	}
	return list
}

// sum is the sum of b modulo 256, which is zero for a valid table.
func sum(b []byte) uint8 {
	var s uint8
	for _, v := range b {
		s += v
	}
	return s
}

// text is an identifier from a table without its padding, fit to print:
// anything but printable ASCII is shown as a question mark.
func text(b []byte) string {
	b = bytes.TrimRight(b, " \x00")
	return string(bytes.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, b))
}
