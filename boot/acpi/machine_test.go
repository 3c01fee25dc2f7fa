package acpi

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// machines is the real machines in testdata, one text file each.
var machines = []string{"qemu-pc", "qemu-q35", "ovmf-q35", "bochs"}

// memory is pieces of host-physical memory by address. What lies below 1 MiB
// and in no piece reads as zero, as RAM and empty ROM do.
type memory map[uint64][]byte

func (m memory) Bytes(pa uint64, n int) []byte {
	if pa+uint64(n) < pa {
		panic("the range wraps around")
	}
	for start, b := range m {
		if pa >= start && pa-start < uint64(len(b)) && uint64(n) <= uint64(len(b))-(pa-start) {
			return b[pa-start:][:n]
		}
	}
	if pa < 1<<20 && pa+uint64(n) <= 1<<20 {
		return make([]byte, n)
	}
	return nil
}

// load reads the tables of a machine, in the format that testdata/README.md
// describes, and the address of its RSDP.
func load(t testing.TB, name string) (m memory, rsdp uint64) {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	m = memory{}
	var at uint64
	s := bufio.NewScanner(file)
	for s.Scan() {
		line := s.Text()
		if signature, addr, ok := strings.Cut(line, " @ "); ok {
			if _, err := fmt.Sscanf(addr, "0x%x", &at); err != nil {
				t.Fatalf("%s: %q: %v", name, line, err)
			}
			if signature == "RSD PTR" {
				rsdp = at
			}
			continue
		}
		_, hex, ok := strings.Cut(line, ": ")
		if !ok {
			continue
		}
		hex = hex[:min(len(hex), 16*len("00 "))]
		for _, f := range strings.Fields(hex) {
			var v byte
			if _, err := fmt.Sscanf(f, "%02x", &v); err != nil {
				t.Fatalf("%s: %q: %v", name, line, err)
			}
			m[at] = append(m[at], v)
		}
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	if rsdp == 0 {
		t.Fatalf("%s: no RSD PTR", name)
	}
	return m, rsdp
}

// realTable is the bytes of a real machine's table.
func realTable(t testing.TB, name, signature string) []byte {
	t.Helper()
	m, rsdp := load(t, name)
	tables, err := Find(m, rsdp, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tab := range tables.List() {
		if tab.Signature == signature {
			return tab.Data
		}
	}
	t.Fatalf("%s has no %s", name, signature)
	return nil
}

// table is a description table with a valid header.
func table(signature string, revision uint8, body ...byte) []byte {
	b := make([]byte, headerSize, headerSize+len(body))
	copy(b, signature)
	b[headerRevision] = revision
	copy(b[headerOEMID:], "RINGO ")
	b = append(b, body...)
	binary.LittleEndian.PutUint32(b[headerLength:], uint32(len(b)))
	return seal(b)
}

// seal makes the checksum of the table b right.
func seal(b []byte) []byte {
	const checksum = 9
	b[checksum] = 0
	b[checksum] = -sum(b)
	return b
}

// xsdt is an XSDT that names tables at addrs.
func xsdt(addrs ...uint64) []byte {
	var body []byte
	for _, a := range addrs {
		body = binary.LittleEndian.AppendUint64(body, a)
	}
	return table(sigXSDT, 1, body...)
}

// rsdt is an RSDT that names tables at addrs.
func rsdt(addrs ...uint32) []byte {
	var body []byte
	for _, a := range addrs {
		body = binary.LittleEndian.AppendUint32(body, a)
	}
	return table(sigRSDT, 1, body...)
}

// pointer is an RSDP with valid checksums: of revision 0 when xsdt is 0, else
// of revision 2.
func pointer(rsdt uint32, xsdt uint64) []byte {
	b := make([]byte, rsdpSizeV1, rsdpSizeV2)
	copy(b, rsdpSignature)
	copy(b[rsdpOEMID:], "RINGO ")
	binary.LittleEndian.PutUint32(b[rsdpRSDT:], rsdt)
	if xsdt != 0 {
		b = b[:rsdpSizeV2]
		b[rsdpRevision] = 2
		binary.LittleEndian.PutUint32(b[rsdpLength:], rsdpSizeV2)
		binary.LittleEndian.PutUint64(b[rsdpXSDT:], xsdt)
	}
	return sealPointer(b)
}

// sealPointer makes the checksums of the RSDP b right.
func sealPointer(b []byte) []byte {
	const checksum, extended = 8, 32
	b[checksum] = 0
	b[checksum] = -sum(b[:rsdpSizeV1])
	if len(b) >= rsdpSizeV2 {
		b[extended] = 0
		b[extended] = -sum(b)
	}
	return b
}

// mustFind is Find, which must succeed.
func mustFind(t *testing.T, m Memory, rsdp uint64, rsdpCopy []byte) *Tables {
	t.Helper()
	tables, err := Find(m, rsdp, rsdpCopy)
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

// wantProblem fails unless one of problems contains text.
func wantProblem(t *testing.T, problems []string, text string) {
	t.Helper()
	for _, p := range problems {
		if strings.Contains(p, text) {
			return
		}
	}
	t.Errorf("problems %q: none contains %q", problems, text)
}
