package hostgdb

import "github.com/ringo-vmm/ringo/vmm/gdb/packet"

// readMemory handles m and x: memory in hexadecimal or as it is, up to the first
// byte that is not there.
func (s *Stub) readMemory(w *packet.Writer, p []byte, binary bool) {
	va, n, ok := packet.Pair(p, ',')
	if !ok {
		w.Fail(packet.ErrSyntax)
		return
	}
	n = min(n, uint64(w.Room()/2), uint64(len(s.memory)))
	got := s.machine.Read(va, s.memory[:n])
	if got == 0 && n > 0 {
		w.Fail(packet.ErrMemory)
		return
	}
	if binary {
		w.Str("b").Binary(s.memory[:got])
		return
	}
	w.Hex(s.memory[:got])
}

// writeMemory handles M and X.
func (s *Stub) writeMemory(w *packet.Writer, p []byte, binary bool) {
	head, data, found := packet.Cut(p, ':')
	va, n, ok := packet.Pair(head, ',')
	if ok = ok && found; ok && binary {
		data, ok = packet.Unescape(data)
	} else if ok {
		var size int
		size, ok = packet.DecodeHex(s.memory[:], data)
		data = s.memory[:size]
	}
	switch {
	case !ok || uint64(len(data)) != n:
		w.Fail(packet.ErrSyntax)
	case s.machine.Write(va, data) != len(data):
		w.Fail(packet.ErrMemory)
	default:
		w.Str("OK")
	}
}
