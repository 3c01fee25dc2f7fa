package hostgdb

import "github.com/ringo-vmm/ringo/vmm/gdb/packet"

// trap is INT3, which replaces the first byte of an instruction: APM vol. 3,
// INT3.
const trap = 0xcc

// breakpoint is a place where an instruction is replaced while the machine runs.
// While it stands still, the code is as it was, so that the stub cannot run into
// a breakpoint itself.
type breakpoint struct {
	va    uint64
	was   byte
	there bool
}

// watch is what a debug register watches.
type watch struct {
	va, size uint64
	reads    bool
}

// Kinds of breakpoints in the packets Z and z.
const (
	kindSoftware = iota
	kindHardware
	kindWrite
	kindRead
	kindAccess
)

// Breakpoint tells whether an instruction is replaced at va. The processor that
// has executed INT3 stands behind it.
func (s *Stub) Breakpoint(va uint64) bool { return s.find(va) >= 0 }

func (s *Stub) find(va uint64) int {
	for i := range s.breaks {
		if s.breaks[i].there && s.breaks[i].va == va {
			return i
		}
	}
	return -1
}

// breakpoint handles Z and z. Code is never written but by gdb, so breakpoints
// of both kinds are INT3.
func (s *Stub) breakpoint(w *packet.Writer, insert bool, p []byte) {
	kind, rest, found := packet.Cut(p, ',')
	n, ok := packet.Number(kind)
	va, size, pair := packet.Pair(rest, ',')
	switch {
	case !ok || !found || !pair:
		w.Fail(packet.ErrSyntax)
		return
	case n == kindRead || n > kindAccess:
		return // the processor has none for reads alone
	case n >= kindWrite && insert:
		ok = s.watch(va, size, n == kindAccess)
	case n >= kindWrite:
		s.unwatch(va, size, n == kindAccess)
	case insert:
		ok = s.insert(va)
	default:
		if i := s.find(va); i >= 0 {
			s.breaks[i].there = false
		}
	}
	if !ok {
		w.Fail(packet.ErrBreakpoint)
		return
	}
	w.Str("OK")
}

func (s *Stub) insert(va uint64) bool {
	if s.find(va) >= 0 {
		return true
	}
	if s.machine.Read(va, s.text[:1]) != 1 {
		return false
	}
	for i := range s.breaks {
		if b := &s.breaks[i]; !b.there {
			*b = breakpoint{va: va, there: true}
			return true
		}
	}
	return false
}

// plant replaces the instructions at the breakpoints.
func (s *Stub) plant() {
	for i := range s.breaks {
		b := &s.breaks[i]
		if b.there && s.machine.Read(b.va, s.text[:1]) == 1 {
			b.was = s.text[0]
			s.text[0] = trap
			s.machine.Write(b.va, s.text[:1])
		}
	}
}

// lift puts the instructions back.
func (s *Stub) lift() {
	for i := range s.breaks {
		b := &s.breaks[i]
		if b.there && s.machine.Read(b.va, s.text[:1]) == 1 && s.text[0] == trap {
			s.text[0] = b.was
			s.machine.Write(b.va, s.text[:1])
		}
	}
}

// watch takes a debug register. APM vol. 2 §13.1.1.4: the size is a power of two
// up to 8, and the address a multiple of it.
func (s *Stub) watch(va, size uint64, reads bool) bool {
	if size == 0 || size > 8 || size&(size-1) != 0 || va%size != 0 {
		return false
	}
	for i := range s.watches {
		if s.watches[i].size == 0 {
			s.watches[i] = watch{va, size, reads}
			s.machine.Watch(i, va, size, reads)
			return true
		}
	}
	return false
}

func (s *Stub) unwatch(va, size uint64, reads bool) {
	for i := range s.watches {
		if s.watches[i] == (watch{va, size, reads}) {
			s.watches[i] = watch{}
			s.machine.Watch(i, 0, 0, false)
			return
		}
	}
}
