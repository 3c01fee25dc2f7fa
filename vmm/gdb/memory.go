package gdb

import "github.com/ringo-vmm/ringo/vmm/gdb/packet"

// readMemory handles m: memory in hexadecimal, up to the first byte that is not
// there.
func (s *Server) readMemory(w *packet.Writer, p []byte) {
	data, ok := s.fetch(w, p, w.Room()/2)
	if ok {
		w.Hex(data)
	}
}

// readBinary handles x: memory as it is.
func (s *Server) readBinary(w *packet.Writer, p []byte) {
	data, ok := s.fetch(w, p, w.Room()-1)
	if ok {
		w.Str("b").Binary(data)
	}
}

// fetch reads what a packet asks for, most bytes at most. Without a byte of it
// the reply is an error.
func (s *Server) fetch(w *packet.Writer, p []byte, most int) (data []byte, ok bool) {
	addr, n, ok := packet.Pair(p, ',')
	if !ok {
		w.Fail(packet.ErrSyntax)
		return nil, false
	}
	n = min(n, uint64(most), uint64(len(s.memory)))
	if n == 0 {
		return nil, true
	}
	got := s.target.Read(s.threads.CPU, addr, s.memory[:n])
	if got == 0 {
		w.Fail(packet.ErrMemory)
		return nil, false
	}
	return s.memory[:got], true
}

// writeMemory handles M and X.
func (s *Server) writeMemory(w *packet.Writer, p []byte, binary bool) {
	head, data, found := packet.Cut(p, ':')
	addr, n, ok := packet.Pair(head, ',')
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
	case s.target.Write(s.threads.CPU, addr, data) != len(data):
		w.Fail(packet.ErrMemory)
	default:
		w.Str("OK")
	}
}
