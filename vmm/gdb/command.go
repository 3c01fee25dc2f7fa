package gdb

import (
	"io"

	"github.com/ringo-vmm/ringo/vmm/gdb/packet"
)

// command does what a packet wants and puts the reply in w, empty for what is
// not known. It tells false when there is none to send, or not yet.
func (s *Server) command(conn io.Writer, w *packet.Writer, p []byte) bool {
	if len(p) == 0 {
		return true
	}
	args := p[1:]
	switch p[0] {
	case '?':
		s.why(w)
	case 'g':
		s.readAll(w)
	case 'G':
		s.writeAll(w, args)
	case 'p':
		s.readOne(w, args)
	case 'P':
		s.writeOne(w, args)
	case 'm':
		s.readMemory(w, args)
	case 'x':
		s.readBinary(w, args)
	case 'M':
		s.writeMemory(w, args, false)
	case 'X':
		s.writeMemory(w, args, true)
	case 'Z', 'z':
		s.breakpoint(w, p[0] == 'Z', args)
	case 'H':
		s.threads.Choose(w, args)
	case 'T':
		s.threads.Alive(w, args)
	case 'c', 's', 'C', 'S':
		return !s.old(w, p)
	case 'v':
		return s.long(w, p)
	case 'q':
		return s.query(conn, w, args)
	case 'Q':
		if string(args) == "StartNoAckMode" {
			// The reply is still acknowledged; a '+' for it is ignored.
			s.noAck = true
			w.Str("OK")
		}
	case 'D':
		s.leave()
		w.Str("OK")
	case 'k':
		s.kill()
		return false
	}
	return true
}

// kill ends the machine.
func (s *Server) kill() {
	s.target.Kill()
	s.leave()
}

// long handles the packets with names.
func (s *Server) long(w *packet.Writer, p []byte) bool {
	name, args, _ := packet.Cut(p, ';')
	switch string(name) {
	case "vCont?":
		w.Str("vCont;c;C;s;S;r")
	case "vCont":
		return !s.resume(w, args)
	case "vKill":
		s.kill()
		w.Str("OK")
	}
	return true
}
