package fwcfg

import (
	"fmt"
	"strings"

	"github.com/ringo-vmm/ringo/vmm/ram"
)

// SMBIOS is what the SMBIOS tables say, besides what is the same in every
// machine. They follow the System Management BIOS Reference Specification 2.8
// ("SMBIOS 2.8").
type SMBIOS struct {
	RAM     *ram.RAM
	CPUs    int      // 1 to 255
	UUID    [16]byte // in the order in which it is written
	Product string   // name of the machine
	Version string   // of the product
}

const (
	smbiosManufacturer = "Ringo"
	smbiosDate         = "01/01/2026" // of the BIOS; guests look at the year only
	maxSMBIOSString    = 64           // bytes. SMBIOS 2.8 §6.1.3
)

// Layout of the entry point, SMBIOS 2.8 §5.2.1. The address of the structures
// is the firmware's to fill in, and so are the checksums then.
const (
	entrySizeSMBIOS     = 0x1f
	entryChecksum       = 0x04
	entryIntermediate   = 0x10 // where "_DMI_" begins and the second checksum counts from
	entryIntermediateCk = 0x15
)

// AddSMBIOS adds the SMBIOS tables.
func (d *Device) AddSMBIOS(s SMBIOS) error {
	if s.CPUs < 1 || s.CPUs > maxCPUs {
		return fmt.Errorf("fwcfg: SMBIOS tables for %d processors, want 1 to %d", s.CPUs, maxCPUs)
	}
	for _, v := range []string{s.Product, s.Version} {
		if len(v) > maxSMBIOSString || strings.IndexByte(v, 0) >= 0 {
			return fmt.Errorf("fwcfg: SMBIOS string %q, want up to %d bytes without NUL", v, maxSMBIOSString)
		}
	}
	t := s.structures()
	return d.addFiles([]namedFile{
		{"etc/smbios/smbios-anchor", t.entry()},
		{"etc/smbios/smbios-tables", t.b},
	})
}

// structures is a table of structures, one behind the other.
type structures struct {
	b       []byte
	count   int
	longest int // in bytes, strings included
}

// add appends a structure: type, length of what is formatted, handle, body, and
// the strings that the body's string numbers count from 1. SMBIOS 2.8 §6.1.
func (t *structures) add(kind uint8, handle uint16, body []byte, strs ...string) {
	const header = 4
	start := len(t.b)
	t.b = append(t.b, kind, uint8(header+len(body)))
	t.b = le.AppendUint16(t.b, handle)
	t.b = append(t.b, body...)
	for _, s := range strs {
		if s == "" {
			s = "-" // an empty string would end them
		}
		t.b = append(append(t.b, s...), 0)
	}
	if len(strs) == 0 {
		t.b = append(t.b, 0)
	}
	t.b = append(t.b, 0)
	t.count++
	t.longest = max(t.longest, len(t.b)-start)
}

// entry is the entry point.
func (t *structures) entry() []byte {
	b := append([]byte("_SM_"), 0, entrySizeSMBIOS, 2, 8)
	b = le.AppendUint16(b, uint16(t.longest))
	b = append(b, make([]byte, 6)...) // revision and its area
	b = append(append(b, "_DMI_"...), 0)
	b = le.AppendUint16(b, uint16(len(t.b)))
	b = le.AppendUint32(b, 0) // address
	b = le.AppendUint16(b, uint16(t.count))
	b = append(b, 0x28)
	b[entryIntermediateCk] = -sum(b[entryIntermediate:])
	b[entryChecksum] = -sum(b)
	return b
}

func sum(b []byte) (s byte) {
	for _, v := range b {
		s += v
	}
	return s
}
