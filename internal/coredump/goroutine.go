package coredump

import (
	"debug/dwarf"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/ringo-vmm/ringo/internal/coredump/wire"
)

// Thread is one of the core's threads.
type Thread struct {
	ID uint32 // as gdb shows it: LWP
	wire.Registers
}

// FirstProcessor is the thread number of processor 0. The goroutines have their
// own numbers, which are less.
const FirstProcessor = 1_000_000

// runtimeLayout is where the Go runtime keeps what we look at, from the
// kernel's symbols and debugging information.
type runtimeLayout struct {
	allgs                  uint64 // address of runtime.allgs
	sched, goid, status, m int64  // in runtime.g
	sp, pc, bp             int64  // in runtime.gobuf
	curg                   int64  // in runtime.m
}

var errRuntime = errors.New("the kernel's ELF file does not tell where the Go runtime keeps goroutines")

// findLayout reads the kernel's ELF file.
func findLayout(f *elf.File) (*runtimeLayout, error) {
	var l runtimeLayout
	symbols, err := f.Symbols()
	if err != nil {
		return nil, err
	}
	for _, s := range symbols {
		if s.Name == "runtime.allgs" {
			l.allgs = s.Value
		}
	}
	data, err := f.DWARF()
	if err != nil {
		return nil, err
	}
	wanted := map[string]map[string]*int64{
		"runtime.g":     {"sched": &l.sched, "goid": &l.goid, "atomicstatus": &l.status, "m": &l.m},
		"runtime.gobuf": {"sp": &l.sp, "pc": &l.pc, "bp": &l.bp},
		"runtime.m":     {"curg": &l.curg},
	}
	r := data.Reader()
	for len(wanted) > 0 {
		e, err := r.Next()
		if err != nil {
			return nil, err
		}
		if e == nil {
			return nil, errRuntime
		}
		name, _ := e.Val(dwarf.AttrName).(string)
		if fields := wanted[name]; e.Tag == dwarf.TagStructType && fields != nil {
			if err := members(r, fields); err != nil {
				return nil, err
			}
			delete(wanted, name)
		}
		if e.Tag == dwarf.TagSubprogram {
			r.SkipChildren()
		}
	}
	if l.allgs == 0 {
		return nil, errRuntime
	}
	return &l, nil
}

// members reads the offsets of the fields of the structure that r is at.
func members(r *dwarf.Reader, fields map[string]*int64) error {
	found := 0
	for {
		e, err := r.Next()
		if err != nil {
			return err
		}
		if e == nil || e.Tag == 0 {
			break
		}
		name, _ := e.Val(dwarf.AttrName).(string)
		if to := fields[name]; to != nil {
			offset, ok := e.Val(dwarf.AttrDataMemberLoc).(int64)
			if !ok {
				return errRuntime
			}
			*to = offset
			found++
		}
	}
	if found != len(fields) {
		return errRuntime
	}
	return nil
}

// maxGoroutines bounds what a damaged dump can claim.
const maxGoroutines = 1 << 20

// Status of a goroutine that does not exist any more: runtime._Gdead, and
// runtime._Gidle of one that does not yet. The bit of a collector that scans its
// stack does not count.
const (
	statusIdle = 0
	statusDead = 6
	statusScan = 0x1000
)

// Tasks are the goroutines and the processors of a dump, the one that died
// first, and the goroutine that it ran before the rest. Without goroutines err
// says why.
func (d *Dump) Tasks(kernel *elf.File) (threads []Thread, err error) {
	var processors, rest []Thread
	for _, i := range d.Order {
		processors = append(processors, Thread{FirstProcessor + uint32(min(i, 1<<16)), d.Processors[i]})
	}
	l, err := findLayout(kernel)
	if err != nil {
		return processors, err
	}
	running := make(map[uint64]wire.Registers) // by address of the goroutine
	for _, t := range d.Threads {
		if g, r, ok := d.current(l, t); ok {
			running[g] = r
		}
	}
	died := uint64(0)
	for n, i := range d.Order {
		if g, r, ok := d.current(l, d.Processors[i]); ok {
			running[g] = r
			if n == 0 {
				died = g
			}
		}
	}
	list, n := d.allgs(l)
	if list == 0 {
		return processors, fmt.Errorf("runtime.allgs is not in the dump")
	}
	for i := range n {
		g, ok := d.word(list + 8*i)
		if !ok {
			continue
		}
		t, ok := d.goroutine(l, g)
		if !ok {
			continue
		}
		if r, ok := running[g]; ok {
			t.Registers = r
		}
		if g == died {
			threads = append(threads, t)
		} else {
			rest = append(rest, t)
		}
	}
	return append(append(threads, processors...), rest...), nil
}

// allgs is the address of the list of goroutines and how many there are.
func (d *Dump) allgs(l *runtimeLayout) (list, n uint64) {
	list, ok := d.word(l.allgs)
	n, ok2 := d.word(l.allgs + 8)
	if !ok || !ok2 {
		return 0, 0
	}
	return list, min(n, maxGoroutines)
}

// current is the goroutine that a processor with these registers ran, and the
// goroutine's registers: those, or what it left when it went to the system
// stack.
func (d *Dump) current(l *runtimeLayout, r wire.Registers) (g uint64, regs wire.Registers, ok bool) {
	own, ok := d.word(r.FSBase - 8) // where Go keeps g: TLS offset -8 on linux/amd64
	if !ok || own == 0 {
		return 0, regs, false
	}
	m, ok := d.word(own + uint64(l.m))
	if !ok {
		return 0, regs, false
	}
	g, ok = d.word(m + uint64(l.curg))
	if !ok || g == 0 {
		return 0, regs, false
	}
	if g == own {
		return g, r, true
	}
	t, ok := d.goroutine(l, g)
	return g, t.Registers, ok
}

// goroutine is a goroutine as it was when it left its stack.
func (d *Dump) goroutine(l *runtimeLayout, g uint64) (t Thread, ok bool) {
	status := d.Bytes(g+uint64(l.status), 4)
	id, ok := d.word(g + uint64(l.goid))
	if status == nil || !ok || id >= FirstProcessor {
		return t, false
	}
	if s := binary.LittleEndian.Uint32(status) &^ statusScan; s == statusDead || s == statusIdle {
		return t, false
	}
	t.ID = uint32(id)
	const rsp, rbp = 4, 5
	at := g + uint64(l.sched)
	var okSP, okPC, okBP bool
	t.GPR[rsp], okSP = d.word(at + uint64(l.sp))
	t.RIP, okPC = d.word(at + uint64(l.pc))
	t.GPR[rbp], okBP = d.word(at + uint64(l.bp))
	return t, okSP && okPC && okBP
}
