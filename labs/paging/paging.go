// Package paging is the lab of docs/course/6-paging.md: nested page tables as
// AMD's processors walk them, APM vol. 2 §5.3 and §15.25. The gap is in gap.go.
package paging

import (
	"errors"
	"fmt"
	"strconv"
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm/manager"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

// Bits of an entry. APM vol. 2 §5.4.
const (
	present  = 1 << 0
	writable = 1 << 1
	user     = 1 << 2 // of every nested entry: §15.25.5
	accessed = 1 << 5
	dirty    = 1 << 6 // of an entry that maps a page
	large    = 1 << 7 // in levels 2 and 3: it maps a page, not a table

	address = 0x000f_ffff_ffff_f000 // of the page or table
)

// Pages of the three sizes, in bytes.
const (
	size4K = 1 << 12
	size2M = 1 << 21
	size1G = 1 << 30
)

// top is the level of the root. Level 1 maps pages of 4 KiB.
const top = 4

// table is the entries of one page table.
type table = [512]uint64

// memory is the host's memory.
type memory interface {
	// Table is the table at a host-physical address.
	Table(hpa uint64) *table
	// New is the host-physical address of a new table, all zeros.
	New() (hpa uint64)
}

// host is the real memory. There are no new tables in it: Ringo has made them.
type host struct{}

func (host) Table(hpa uint64) *table {
	return (*table)(unsafe.Pointer(unsafe.SliceData(amd64.Bytes(uintptr(hpa), size4K))))
}
func (host) New() uint64 { panic("the tables of a machine that runs are Ringo's") }

var errNoRoot = errors.New("this engine does not tell where its nested tables are")

// Commands are the monitor commands that use the lab on machines that run.
func Commands(m *manager.Manager) []monitor.Command {
	return []monitor.Command{
		{Name: "npt", Usage: "NAME GPA", Group: "labs", Help: "walk a machine's nested page tables", Run: func(c *monitor.Context, args []string) error {
			gpa, err := strconv.ParseUint(args[1], 0, 64)
			if err != nil {
				return monitor.BadInput("npt: %q: want a guest-physical address", args[1])
			}
			return still(m, args[0], func(p *pc.PC, root uint64) error { return translate(c, p, root, gpa) })
		}},
		{Name: "dirty", Usage: "NAME", Group: "labs", Help: "how many pages a machine has written since dirty was last asked", Run: func(c *monitor.Context, args []string) error {
			return still(m, args[0], func(p *pc.PC, root uint64) error {
				n, bytes := 0, uint64(0)
				written(host{}, root, func(gpa, size uint64) { n, bytes = n+1, bytes+size })
				for _, cpu := range p.VM.CPUs() {
					cpu.CPU().FlushTLB() // the processor remembers which pages are dirty
				}
				fmt.Fprintf(c, "%s: %d pages, %d KiB of %d\n", args[0], n, bytes>>10, p.VM.RAM.Size()>>10)
				return nil
			})
		}},
	}
}

// still runs f while a machine stands still.
func still(m *manager.Manager, name string, f func(p *pc.PC, root uint64) error) error {
	v, err := m.Find(name)
	if err != nil {
		return err
	}
	return v.Still(func(p *pc.PC) error {
		root, ok := p.VM.NestedRoot()
		if !ok {
			return errNoRoot
		}
		return f(p, root)
	})
}

// translate shows where a guest-physical address is, and whether the bytes there
// are what Ringo finds.
func translate(c *monitor.Context, p *pc.PC, root, gpa uint64) error {
	hpa, size, ok := walk(host{}, root, gpa)
	if !ok {
		fmt.Fprintf(c, "%#x is not mapped\n", gpa)
		return nil
	}
	var want [16]byte
	if err := p.VM.RAM.Read(gpa, want[:]); err != nil {
		return err
	}
	same := "as"
	if string(amd64.Bytes(uintptr(hpa), len(want))) != string(want[:]) {
		same = "not as"
	}
	fmt.Fprintf(c, "%#x is at %#x, in a page of %d KiB; the bytes are %s Ringo finds them\n", gpa, hpa, size>>10, same)
	return nil
}
