// Package acpi reads the tables in which firmware describes a machine:
// processors and interrupt controllers (MADT), timers (FADT, HPET), PCI
// Express configuration space (MCFG), and how to reset the machine and to
// switch it off (FADT and the \_S5 package of the DSDT).
//
// The kernel calls Find once, after the Go runtime is up. The package only
// reads memory and returns data; it touches no device. It follows the Advanced
// Configuration and Power Interface Specification 6.4 ("ACPI 6.4"), chapters 4
// (registers), 5 (tables), 7 (sleep states) and 20 (AML).
//
// Firmware is not trusted: every address, length and count is checked, and a
// table that is wrong is left out and named in Tables.Problems.
package acpi

import "fmt"

// Memory is host-physical memory.
type Memory interface {
	// Bytes is the n bytes of memory at host-physical address pa, or nil when
	// they cannot all be read.
	Bytes(pa uint64, n int) []byte
}

// Tables is what the firmware's tables say. A pointer is nil when the machine
// has no such table, or no usable one.
type Tables struct {
	RSDP RSDP
	MADT *MADT
	FADT *FADT
	HPET *HPET
	MCFG *MCFG

	// Problems names everything that was wrong and was left out, one fact a
	// string.
	Problems []string

	list []Table
}

// Limits on what firmware may ask us to read. Real machines have some 20 to
// 100 tables, the largest (DSDT) of a few hundred KiB.
const (
	maxTables     = 256      // tables that a root table names
	maxTableSize  = 4 << 20  // bytes in one table
	maxTotalSize  = 16 << 20 // bytes in all tables
	maxProblems   = 64       // entries in Tables.Problems
	maxMADTItems  = 16384    // structures in the MADT
	maxMCFGItems  = 1024     // segments in the MCFG
	maxS5Packages = 16       // definitions of \_S5 tried in a table
)

// Find reads the ACPI tables of the machine. The Root System Description
// Pointer is taken from the first of these that is valid: rsdpCopy, its
// bytes as a boot loader copied them (Multiboot 2 §3.6, tags 14 and 15; nil if
// none); rsdp, its host-physical address (PVH; zero if unknown); the BIOS
// memory areas (ACPI 6.4 §5.2.5.1).
//
// Find fails only when there is no valid RSDP, or it leads to no valid root
// table. A bad table is left out and named in Problems.
func Find(m Memory, rsdp uint64, rsdpCopy []byte) (*Tables, error) {
	r := reader{m: m}
	root, err := r.findRSDP(rsdp, rsdpCopy)
	if err != nil {
		return nil, err
	}
	entries, err := r.rootEntries(root)
	if err != nil {
		return nil, err
	}
	t := &Tables{RSDP: root}
	for i, addr := range entries {
		if i == maxTables {
			r.addf("root table: %d entries, only the first %d are read", len(entries), maxTables)
			break
		}
		t.add(&r, addr)
	}
	if t.FADT != nil && t.FADT.DSDT != 0 {
		r.load(t.FADT.DSDT, sigDSDT)
	}
	t.list = r.list
	t.Problems = r.problems
	return t, nil
}

// add loads the table at host-physical address addr and, when it is of a kind
// we use, parses it.
func (t *Tables) add(r *reader, addr uint64) {
	tab := r.load(addr, "")
	if tab == nil {
		return
	}
	switch tab.Signature {
	case sigMADT:
		parseFirst(r, tab, &t.MADT, parseMADT)
	case sigFADT:
		parseFirst(r, tab, &t.FADT, parseFADT)
	case sigHPET:
		parseFirst(r, tab, &t.HPET, parseHPET)
	case sigMCFG:
		parseFirst(r, tab, &t.MCFG, parseMCFG)
	}
}

// parseFirst parses tab into *p unless an earlier table of its kind is there.
func parseFirst[T any](r *reader, tab *Table, p **T, parse func([]byte, *problems) *T) {
	if *p != nil {
		r.addf("%s at %#x: a second one, ignored", tab.Signature, tab.Address)
		return
	}
	*p = parse(tab.Data, &r.problems)
}

// List is every table found, root tables first, those with a wrong length or
// checksum included.
func (t *Tables) List() []Table { return t.list }

// problems collects what is wrong with the tables.
type problems []string

// addf adds a formatted problem. Beyond maxProblems it adds nothing, so that
// hostile tables cannot fill memory or the console.
func (p *problems) addf(format string, args ...any) {
	switch {
	case len(*p) < maxProblems:
		*p = append(*p, fmt.Sprintf(format, args...))
	case len(*p) == maxProblems:
		*p = append(*p, "further problems are left out")
	}
}
