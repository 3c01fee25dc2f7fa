package fwcfg

import "fmt"

// Files of ACPI tables, and the script by which firmware places them.
const (
	tablesFile = "etc/acpi/tables"
	rsdpFile   = "etc/acpi/rsdp"
	loaderFile = "etc/table-loader"
)

// Commands of the script, of 128 bytes each: reserve memory for a file and copy
// it there; add a file's address to a pointer in another; make the sum of bytes
// 0. SeaBIOS, src/fw/romfile_loader.h, and QEMU's bios-linker-loader are the
// only descriptions there are.
const (
	commandSize       = 128
	commandAllocate   = 1
	commandAddPointer = 2
	commandChecksum   = 3

	zoneHigh = 1 // anywhere below 4 GiB
	zoneFSeg = 2 // from 0xF0000 to 1 MiB

	tablesAlign = 64 // ACPI 6.4 §5.2.10
	rsdpAlign   = 16 // ACPI 6.4 §5.2.5.1
)

// Layout of the tables that point to others. ACPI 6.4 §5.2.5.3, §5.2.6, §5.2.9.
const (
	rsdpSize             = 36
	rsdpRevision1Size    = 20
	rsdpChecksum         = 8
	rsdpRSDT             = 16
	rsdpXSDT             = 24
	rsdpExtendedChecksum = 32

	headerLength   = 4
	headerChecksum = 9
	headerSize     = 36

	fadtFACS  = 36
	fadtDSDT  = 40
	fadtXFACS = 132
	fadtXDSDT = 140
	fadtLeast = 148
)

// AddACPI adds the ACPI tables that package acpitab has built for
// guest-physical address 0, so that all addresses in them are offsets. Firmware
// finds places for them and puts the addresses right.
func (d *Device) AddACPI(tables []byte) error {
	s := script{tables: tables}
	if err := s.write(); err != nil {
		return fmt.Errorf("fwcfg: ACPI tables: %w", err)
	}
	// The root pointer is a file of its own; offsets stay as they are.
	rest := append([]byte(nil), tables...)
	clear(rest[:rsdpSize])
	return d.addFiles([]namedFile{
		{rsdpFile, append([]byte(nil), tables[:rsdpSize]...)},
		{tablesFile, rest},
		{loaderFile, s.commands},
	})
}

// script is the commands for a set of tables.
type script struct {
	tables   []byte
	commands []byte
}

func (s *script) write() error {
	if len(s.tables) < rsdpSize || string(s.tables[:8]) != "RSD PTR " {
		return fmt.Errorf("there is no root pointer at their begin")
	}
	rsdt := uint64(le.Uint32(s.tables[rsdpRSDT:]))
	xsdt := le.Uint64(s.tables[rsdpXSDT:])
	s.allocate(rsdpFile, rsdpAlign, zoneFSeg)
	s.allocate(tablesFile, tablesAlign, zoneHigh)
	s.pointer(rsdpFile, rsdpRSDT, 4)
	s.pointer(rsdpFile, rsdpXSDT, 8)
	if err := s.root(rsdt, "RSDT", 4); err != nil {
		return err
	}
	if err := s.root(xsdt, "XSDT", 8); err != nil {
		return err
	}
	if err := s.fadt(rsdt); err != nil {
		return err
	}
	s.checksum(rsdpFile, rsdpChecksum, 0, rsdpRevision1Size)
	s.checksum(rsdpFile, rsdpExtendedChecksum, 0, rsdpSize)
	return nil
}

// table is the table at an offset, which must have a signature if that is not
// "".
func (s *script) table(at uint64, signature string) ([]byte, error) {
	size := uint64(len(s.tables))
	if at >= size || size-at < headerSize {
		return nil, fmt.Errorf("a table at %#x, all are %#x bytes", at, size)
	}
	b := s.tables[at:]
	n := le.Uint32(b[headerLength:])
	if signature != "" && string(b[:4]) != signature || n < headerSize || uint64(n) > uint64(len(b)) {
		return nil, fmt.Errorf("%q of %d bytes at %#x, want %s within %#x bytes", b[:4], n, at, signature, size)
	}
	return b[:n], nil
}

// root is the pointers of one of the root tables, of so many bytes each.
func (s *script) root(at uint64, signature string, size int) error {
	b, err := s.table(at, signature)
	if err != nil {
		return err
	}
	for off := headerSize; off+size <= len(b); off += size {
		s.pointer(tablesFile, uint32(at)+uint32(off), size)
	}
	s.sum(at, b)
	return nil
}

// fadt is the pointers of the FADT, which the RSDT names.
func (s *script) fadt(rsdt uint64) error {
	root, err := s.table(rsdt, "RSDT")
	if err != nil {
		return err
	}
	for list := root[headerSize:]; len(list) >= 4; list = list[4:] {
		at := uint64(le.Uint32(list))
		b, err := s.table(at, "")
		if err != nil {
			return err
		}
		if string(b[:4]) != "FACP" {
			continue
		}
		if len(b) < fadtLeast {
			return fmt.Errorf("FADT of %d bytes, want %d", len(b), fadtLeast)
		}
		for _, p := range []struct {
			off  uint32
			size int
		}{{fadtFACS, 4}, {fadtDSDT, 4}, {fadtXFACS, 8}, {fadtXDSDT, 8}} {
			if le.Uint32(b[p.off:]) != 0 {
				s.pointer(tablesFile, uint32(at)+p.off, p.size)
			}
		}
		s.sum(at, b)
		return nil
	}
	return fmt.Errorf("there is no FADT")
}

// command appends a command; its fields follow one another.
func (s *script) command(number uint32, fields ...[]byte) {
	b := le.AppendUint32(nil, number)
	for _, f := range fields {
		b = append(b, f...)
	}
	s.commands = append(s.commands, append(b, make([]byte, commandSize-len(b))...)...)
}

// fileName is a field with a file's name.
func fileName(s string) []byte {
	b := make([]byte, nameSize)
	copy(b, s)
	return b
}

func (s *script) allocate(file string, align uint32, zone uint8) {
	s.command(commandAllocate, fileName(file), le.AppendUint32(nil, align), []byte{zone})
}

// pointer adds the address of the tables to a pointer of size bytes.
func (s *script) pointer(file string, off uint32, size int) {
	s.command(commandAddPointer, fileName(file), fileName(tablesFile), le.AppendUint32(nil, off), []byte{uint8(size)})
}

func (s *script) checksum(file string, off, start, n uint32) {
	b := le.AppendUint32(nil, off)
	b = le.AppendUint32(b, start)
	s.command(commandChecksum, fileName(file), le.AppendUint32(b, n))
}

// sum is the checksum of a table with a header.
func (s *script) sum(at uint64, table []byte) {
	s.checksum(tablesFile, uint32(at)+headerChecksum, uint32(at), uint32(len(table)))
}
