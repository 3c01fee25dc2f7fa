package hostgdb

import "github.com/ringo-vmm/ringo/vmm/gdb/packet"

// command does what a packet wants and puts the reply in w. ok tells that the
// machine goes on as r says.
func (s *Stub) command(w *packet.Writer, p []byte) (r Resume, ok bool) {
	if len(p) == 0 {
		return r, false
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
	case 'm', 'x':
		s.readMemory(w, args, p[0] == 'x')
	case 'M', 'X':
		s.writeMemory(w, args, p[0] == 'X')
	case 'Z', 'z':
		s.breakpoint(w, p[0] == 'Z', args)
	case 'H':
		s.threads.Choose(w, args)
	case 'T':
		s.threads.Alive(w, args)
	case 'c', 's', 'C', 'S':
		r = Resume{Step: p[0] == 's' || p[0] == 'S', Processor: s.stop.Processor}
		if s.threads.Mover >= 0 {
			r.Processor = s.threads.Mover
		}
		return r, true
	case 'v':
		return s.long(w, p)
	case 'q':
		s.query(w, args)
	case 'Q':
		if string(args) == "StartNoAckMode" {
			s.noAck = true
			w.Str("OK")
		}
	case 'D':
		s.leave()
		w.Str("OK")
		return r, true
	case 'k':
		s.machine.Reset()
	}
	return r, false
}

// long handles the packets with names.
func (s *Stub) long(w *packet.Writer, p []byte) (r Resume, ok bool) {
	name, args, _ := packet.Cut(p, ';')
	switch string(name) {
	case "vCont?":
		w.Str("vCont;c;C;s;S;r")
	case "vCont":
		return s.resume(w, args)
	case "vKill":
		s.machine.Reset()
	}
	return r, false
}

// resume handles vCont. A step is of one processor, and the others stand still;
// else all go on.
func (s *Stub) resume(w *packet.Writer, p []byte) (r Resume, ok bool) {
	r.Processor = s.stop.Processor
	for more := true; more; {
		var word []byte
		word, p, more = packet.Cut(p, ';')
		what, thread, one := packet.Cut(word, ':')
		cpu := s.stop.Processor
		if one {
			if cpu, ok = s.threads.Parse(thread); !ok {
				w.Fail(packet.ErrThread)
				return r, false
			}
		}
		switch {
		case len(what) > 0 && (what[0] == 's' || what[0] == 'S'):
			return Resume{Step: true, Processor: max(cpu, 0)}, true
		case len(what) > 0 && what[0] == 'r':
			if s.rangeStart, s.rangeEnd, ok = packet.Pair(what[1:], ','); !ok {
				w.Fail(packet.ErrSyntax)
				return r, false
			}
			return Resume{Step: true, Processor: max(cpu, 0)}, true
		case len(what) == 0 || what[0] != 'c' && what[0] != 'C':
			w.Fail(packet.ErrSyntax)
			return r, false
		}
	}
	return r, true
}

// leave takes all breakpoints back.
func (s *Stub) leave() {
	for i := range s.breaks {
		s.breaks[i].there = false
	}
	for i := range s.watches {
		if s.watches[i].size != 0 {
			s.watches[i].size = 0
			s.machine.Watch(i, 0, 0, false)
		}
	}
	s.attached, s.waiting = false, false
}

// Signals, by gdb's numbers, that a stop is reported as.
const (
	signalInterrupt = 2
	signalTrap      = 5
	signalAbort     = 6
)

// why is the stop reply.
func (s *Stub) why(w *packet.Writer) {
	signal := uint8(signalTrap)
	switch s.stop.Why {
	case Interrupted:
		signal = signalInterrupt
	case Fault:
		signal = signalAbort
	}
	w.Str("T").Byte(signal).Str("thread:").Number(uint64(s.stop.Processor + 1)).Str(";")
	switch s.stop.Why {
	case AtBreakpoint:
		w.Str("swbreak:;")
	case Watched:
		at := &s.watches[s.stop.Watch&(Watches-1)]
		name := "watch:"
		if at.reads {
			name = "awatch:"
		}
		w.Str(name).Number(at.va).Str(";")
	}
}
