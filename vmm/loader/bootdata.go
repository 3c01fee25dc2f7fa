package loader

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/memmap"
)

// Where a loader's own data goes: below the stack, which a guest that has set
// up none can use until it does. Both are memory that kernels leave alone while
// they start.
const (
	bootDataStart = 0x80000
	bootDataEnd   = 0x90000
	stackTop      = memmap.ExtendedData
)

// bootData is the loader's data for the kernel: descriptors, page tables, and
// what the protocol passes.
type bootData struct {
	l    *load
	next uint64 // guest-physical
}

// bootData takes the memory for it.
func (l *load) bootData() (*bootData, error) {
	if err := l.space.take("the loader's data", bootDataStart, bootDataEnd-bootDataStart); err != nil {
		return nil, wrong("memory", "the loader %w", err)
	}
	return &bootData{l, bootDataStart}, nil
}

// add writes b to the next multiple of 16 and returns where that is. key is
// what is to blame if it does not fit.
func (d *bootData) add(key string, b []byte) (uint64, error) {
	const align = 16
	at := alignUp(d.next, align)
	if room := bootDataEnd - at; uint64(len(b)) > room {
		return 0, wrong(key, "%d bytes, the loader has room for %d", len(b), room)
	}
	d.next = at + uint64(len(b))
	return at, d.l.RAM.Write(at, b)
}

// text adds a string with the NUL that ends it.
func (d *bootData) text(key, s string) (uint64, error) {
	return d.add(key, append([]byte(s), 0))
}

// Page table entries of long mode. AMD APM vol. 2 §5.3.
const (
	ptePresent  = 1 << 0
	pteWritable = 1 << 1
	pteLarge    = 1 << 7 // 2 MiB, in a page directory

	tableEntries = pageSize / 8
	largeShift   = 21
	directories  = 4
	mapped       = directories << 30 // guest-physical addresses below are mapped
)

// pageTables adds page tables that map the first 4 GiB where they are, by
// 2 MiB: a PML4, a page directory pointer table, and its directories behind it.
func (d *bootData) pageTables() (uint64, error) {
	const table = ptePresent | pteWritable
	root := alignUp(d.next, pageSize)
	d.next = root
	tables := make([]uint64, (2+directories)*tableEntries)
	tables[0] = root + pageSize | table
	for i := range uint64(directories) {
		tables[tableEntries+i] = root + (2+i)*pageSize | table
	}
	for i := range tables[2*tableEntries:] {
		tables[2*tableEntries+i] = uint64(i)<<largeShift | table | pteLarge
	}
	return d.add("memory", words(tables))
}

// gdt adds descriptors for a mode: none, none, code, data.
func (d *bootData) gdt(m Mode) (uint64, error) {
	e := protectedEntry(0, 0)
	if m == Long {
		e = longEntry(0, 0, 0)
	}
	return d.add("memory", words([]uint64{0, 0, e.CS.descriptor(), e.Data.descriptor()}))
}

// machine adds what a mode needs; nothing in real mode.
func (d *bootData) machine(m Mode) (gdt, pageTables uint64, err error) {
	if m == Long {
		if pageTables, err = d.pageTables(); err != nil {
			return 0, 0, err
		}
	}
	gdt, err = d.gdt(m)
	return gdt, pageTables, err
}

// machineTables is what a mode needs, for protocols that pass nothing else; in
// real mode, the interrupt services.
func (l *load) machineTables(m Mode) (gdt, pageTables uint64, err error) {
	if m == Real {
		return 0, 0, l.writeServices()
	}
	d, err := l.bootData()
	if err != nil {
		return 0, 0, err
	}
	return d.machine(m)
}

// words is little-endian 64-bit words.
func words(v []uint64) []byte {
	var b []byte
	for _, w := range v {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return b
}
