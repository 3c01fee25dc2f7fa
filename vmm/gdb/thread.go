package gdb

import "github.com/ringo-vmm/ringo/vmm/gdb/packet"

// gdb's threads are the processors, from 1 on: 0 is any thread, -1 all.

// parseThread reads a thread's number as a processor's; -1 is all.
func (s *Server) parseThread(p []byte) (cpu int, ok bool) {
	if string(p) == "-1" {
		return -1, true
	}
	n, ok := packet.Number(p)
	if !ok || n > uint64(s.target.CPUs()) {
		return 0, false
	}
	if n == 0 {
		return s.cpu, true
	}
	return int(n - 1), true
}

// selectThread handles Hg and Hc.
func (s *Server) selectThread(w *packet.Writer, p []byte) {
	if len(p) < 2 {
		fail(w, errSyntax)
		return
	}
	cpu, ok := s.parseThread(p[1:])
	switch {
	case !ok:
		fail(w, errThread)
		return
	case p[0] == 'c':
		s.mover = cpu
		if string(p[1:]) == "0" {
			s.mover = -1
		}
	case cpu >= 0:
		s.cpu = cpu
	}
	w.Str("OK")
}

// threads handles qfThreadInfo and qsThreadInfo: some, and the rest.
func (s *Server) threads(w *packet.Writer, first bool) {
	if first {
		s.thread = 0
	}
	if s.thread >= s.target.CPUs() {
		w.Str("l")
		return
	}
	const digits = 5 // a comma and a number
	w.Str("m")
	for begun := false; s.thread < s.target.CPUs() && w.Room() > digits; s.thread++ {
		if begun {
			w.Str(",")
		}
		w.Number(uint64(s.thread + 1))
		begun = true
	}
}

// threadAbout handles qThreadExtraInfo.
func (s *Server) threadAbout(w *packet.Writer, p []byte) {
	cpu, ok := s.parseThread(p)
	if !ok || cpu < 0 {
		fail(w, errThread)
		return
	}
	w.HexStr(s.target.About(cpu))
}
