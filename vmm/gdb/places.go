package gdb

import (
	"errors"
	"slices"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Where a Machine stops. There are four watches, which the processor compares
// with every address, so that no guest can get rid of them: those are for
// watchpoints, hardware breakpoints, and as long as there are some left for
// software breakpoints too. For the rest the guest's instruction is replaced by
// INT1, and the guest may write over it; gdb takes it out and puts it in again
// whenever the machine stops.

// int1 is the instruction that a breakpoint is.
const int1 = 0xf1

// patch is an instruction that is replaced.
type patch struct {
	Breakpoint
	gpa uint64
	was byte
}

// lift puts the instruction back, unless the guest has written over it.
func (p *patch) lift(vm *vmm.VM) {
	if b := vm.RAM.Span(p.gpa); len(b) > 0 && b[0] == int1 {
		b[0] = p.was
	}
}

var (
	errWatches = errors.New("all four debug registers are in use")
	errRead    = errors.New("the processor cannot watch for reads alone: watch for accesses")
	errSize    = errors.New("too many bytes to watch")
	errAddress = errors.New("no memory there")
)

// Insert is Target's.
func (m *Machine) Insert(b Breakpoint) (err error) {
	if off := m.with(func(vm *vmm.VM) { err = m.insert(vm, b) }); off != nil {
		return off
	}
	return err
}

func (m *Machine) insert(vm *vmm.VM, b Breakpoint) error {
	if b.Kind == OnRead {
		return errRead
	}
	pieces, err := watches(b)
	if err != nil {
		return err
	}
	if !m.take(b, pieces) {
		if b.Kind == Software {
			return m.plant(vm, b)
		}
		if !m.makeRoom(vm, len(pieces)) || !m.take(b, pieces) {
			return errWatches
		}
	}
	m.d.Set(m.hooks)
	return nil
}

// watches is what the processor has to watch for a breakpoint.
func watches(b Breakpoint) (list []vmm.Watch, err error) {
	if b.Kind <= Hardware {
		return []vmm.Watch{{Address: b.Address, Size: 1, Kind: vmm.WatchExecute}}, nil
	}
	kind := vmm.WatchWrite
	if b.Kind == OnAccess {
		kind = vmm.WatchAccess
	}
	for at, left := b.Address, b.Size; left > 0; {
		size := uint64(8)
		for size > left || at%size != 0 {
			size /= 2
		}
		if len(list) == len(vmm.Hooks{}.Watch) {
			return nil, errSize
		}
		list = append(list, vmm.Watch{Address: at, Size: uint8(size), Kind: kind})
		at, left = at+size, left-size
	}
	return list, nil
}

// free counts the watches that nothing has.
func (m *Machine) free() (n int) {
	for _, w := range m.hooks.Watch {
		if w.Kind == vmm.WatchNothing {
			n++
		}
	}
	return n
}

// take gives watches to a breakpoint if there are enough.
func (m *Machine) take(b Breakpoint, pieces []vmm.Watch) bool {
	if m.free() < len(pieces) {
		return false
	}
	for i := range m.hooks.Watch {
		if w := &m.hooks.Watch[i]; w.Kind == vmm.WatchNothing && len(pieces) > 0 {
			*w, m.owners[i] = pieces[0], b
			pieces = pieces[1:]
		}
	}
	return true
}

// makeRoom has n watches free, if replaced instructions do for software
// breakpoints that have some.
func (m *Machine) makeRoom(vm *vmm.VM, n int) bool {
	for i := range m.hooks.Watch {
		w := &m.hooks.Watch[i]
		if m.free() < n && w.Kind != vmm.WatchNothing && m.owners[i].Kind == Software && m.plant(vm, m.owners[i]) == nil {
			*w = vmm.Watch{}
		}
	}
	return m.free() >= n
}

// plant replaces the instruction at a breakpoint, as the first processor that
// has memory there sees it.
func (m *Machine) plant(vm *vmm.VM, b Breakpoint) error {
	for _, c := range vm.CPUs() {
		var s x86.State
		c.CPU().State(&s)
		gpa, code := span(vm, &s, b.Address)
		if len(code) == 0 {
			continue
		}
		p := patch{Breakpoint: b, gpa: gpa, was: code[0]}
		for _, other := range m.code { // at another address of the same memory
			if other.gpa == gpa {
				p.was = other.was
			}
		}
		code[0] = int1
		m.code = append(m.code, p)
		return nil
	}
	return errAddress
}

// Remove is Target's.
func (m *Machine) Remove(b Breakpoint) error {
	return m.with(func(vm *vmm.VM) {
		for i := range m.hooks.Watch {
			if m.hooks.Watch[i].Kind != vmm.WatchNothing && m.owners[i] == b {
				m.hooks.Watch[i] = vmm.Watch{}
			}
		}
		m.code = slices.DeleteFunc(m.code, func(p patch) bool {
			mine := p.Breakpoint == b
			if mine && !slices.ContainsFunc(m.code, func(q patch) bool { return q.gpa == p.gpa && q.Breakpoint != b }) {
				p.lift(vm)
			}
			return mine
		})
		m.d.Set(m.hooks)
	})
}

// planted tells whether the INT1 that a processor has come to is ours. The
// machine runs meanwhile, and nothing here changes.
func (m *Machine) planted(cpu int, linear uint64) bool {
	if slices.ContainsFunc(m.code, func(p patch) bool { return p.Address == linear }) {
		return true
	}
	var s x86.State
	m.vm.CPUs()[cpu].CPU().State(&s)
	gpa, code := span(m.vm, &s, linear)
	return len(code) > 0 && slices.ContainsFunc(m.code, func(p patch) bool { return p.gpa == gpa })
}

// hide shows memory as it is without replaced instructions.
func (m *Machine) hide(gpa uint64, p []byte) {
	for _, c := range m.code {
		if at := c.gpa - gpa; at < uint64(len(p)) && p[at] == int1 {
			p[at] = c.was
		}
	}
}

// cover keeps instructions replaced in memory that gdb has just written.
func (m *Machine) cover(gpa uint64, b []byte) {
	for i := range m.code {
		c := &m.code[i]
		if at := c.gpa - gpa; at < uint64(len(b)) {
			if b[at] != int1 {
				c.was = b[at]
			}
			b[at] = int1
		}
	}
}

// Catch is Target's.
func (m *Machine) Catch(c Catch, on bool) error {
	field, bit := &m.hooks.Reasons, c.Number
	switch c.Kind {
	case CatchException:
		field = &m.hooks.Vectors
	case CatchTriple:
		bit = int(vmm.ReasonShutdown)
	}
	*field &^= 1 << bit
	if on {
		*field |= 1 << bit
	}
	return m.with(func(*vmm.VM) { m.d.Set(m.hooks) })
}
