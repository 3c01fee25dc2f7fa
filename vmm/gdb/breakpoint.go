package gdb

import (
	"slices"

	"github.com/ringo-vmm/ringo/vmm/gdb/packet"
)

// maxPlaces bounds the breakpoints that a peer can ask for.
const maxPlaces = 1024

// breakpoint handles Z and z. gdb may ask for what is there already, and take
// back what is not.
func (s *Server) breakpoint(w *packet.Writer, insert bool, p []byte) {
	kind, rest, found := packet.Cut(p, ',')
	rest, _, conditions := packet.Cut(rest, ';')
	n, ok := packet.Number(kind)
	addr, size, pair := packet.Pair(rest, ',')
	switch {
	case !ok || !pair || !found:
		w.Fail(packet.ErrSyntax)
		return
	case n > uint64(OnAccess) || conditions:
		return // not known
	}
	b := Breakpoint{Kind: Kind(n), Address: addr, Size: size}
	at := slices.Index(s.places, b)
	var err error
	switch {
	case insert && at < 0 && len(s.places) == maxPlaces:
		w.Fail(packet.ErrBreakpoint)
		return
	case insert && at < 0:
		if err = s.target.Insert(b); err == nil {
			s.places = append(s.places, b)
		}
	case !insert && at >= 0:
		s.places = slices.Delete(s.places, at, at+1)
		err = s.target.Remove(b)
	}
	if err != nil {
		w.Fail(packet.ErrBreakpoint)
		return
	}
	w.Str("OK")
}
