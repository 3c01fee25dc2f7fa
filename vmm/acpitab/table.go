package acpitab

import (
	"encoding/binary"
	"slices"
)

var le = binary.LittleEndian

// Layout of the header of every description table, ACPI 6.4 §5.2.6. The
// identifiers are ours.
const (
	headerLength     = 4
	headerChecksum   = 9
	headerOEMID      = 10
	headerOEMTableID = 16
	headerSize       = 36

	oemID    = "RINGO "
	tableID  = "RINGO VM"
	revision = 1
)

// table is a description table: header, then body.
func table(signature string, tableRevision uint8, body []byte) []byte {
	b := append([]byte(signature), 0, 0, 0, 0, tableRevision, 0)
	b = append(append(b, oemID...), tableID...)
	b = le.AppendUint32(b, revision)
	b = append(b, oemID[:4]...)
	b = le.AppendUint32(b, revision)
	b = slices.Concat(b, body)
	le.PutUint32(b[headerLength:], uint32(len(b)))
	b[headerChecksum] = checksum(b)
	return b
}

// checksum is what makes the sum of all bytes 0 when it is one of them.
func checksum(b []byte) (c byte) {
	for _, v := range b {
		c -= v
	}
	return c
}

// Layout of the RSDP, ACPI 6.4 §5.2.5.3.
const (
	rsdpRevision1Size = 20 // covered by the first checksum
	rsdpSize          = 36
	rsdpChecksum      = 8
	rsdpExtended      = 32 // the checksum of it all
	rsdpRevision      = 2
)

// rsdp is the root pointer, for root tables at guest-physical addresses.
func rsdp(rsdt, xsdt uint64) []byte {
	b := append([]byte("RSD PTR "), 0)
	b = append(append(b, oemID...), rsdpRevision)
	b = le.AppendUint32(b, uint32(rsdt))
	b = le.AppendUint32(b, rsdpSize)
	b = le.AppendUint64(b, xsdt)
	b = append(b, 0, 0, 0, 0)
	b[rsdpChecksum] = checksum(b[:rsdpRevision1Size])
	b[rsdpExtended] = checksum(b)
	return b
}

// rsdt and xsdt name tables by their guest-physical addresses. ACPI 6.4
// §5.2.7, §5.2.8.
func rsdt(tables []uint64) []byte {
	var body []byte
	for _, addr := range tables {
		body = le.AppendUint32(body, uint32(addr))
	}
	return table("RSDT", 1, body)
}

func xsdt(tables []uint64) []byte {
	var body []byte
	for _, addr := range tables {
		body = le.AppendUint64(body, addr)
	}
	return table("XSDT", 1, body)
}

// facs is the firmware ACPI control structure: no waking vector, no lock. It
// has no header and no checksum. ACPI 6.4 §5.2.10.
func facs() []byte {
	const size, version, versionAt = 64, 2, 32
	b := make([]byte, size)
	copy(b, "FACS")
	le.PutUint32(b[headerLength:], size)
	b[versionAt] = version
	return b
}

// Address spaces of a generic address, and its size. ACPI 6.4 §5.2.3.2.
const (
	spaceMemory = 0
	spaceIO     = 1
)

// Access sizes of a generic address. ACPI 6.4 §5.2.3.2.
const (
	accessByte  = 1
	accessWord  = 2
	accessDWord = 3
)

// genericAddress is a register of so many bits. ACPI 6.4 §5.2.3.2.
func genericAddress(space, bits, access uint8, address uint64) []byte {
	return le.AppendUint64([]byte{space, bits, 0, access}, address)
}
