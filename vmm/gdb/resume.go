package gdb

import "github.com/ringo-vmm/ringo/vmm/gdb/packet"

// Signals, by gdb's numbers, that a stop is reported as.
const (
	signalNone      = 0
	signalInterrupt = 2
	signalTrap      = 5
)

// bounds are addresses from start on, up to end.
type bounds struct{ start, end uint64 }

// stepsOn tells whether a processor that has made a step is still in the range
// in which gdb wants it to step.
func (s *Server) stepsOn(cpu int) bool {
	s.target.State(cpu, &s.state)
	r := s.ranges[cpu]
	return s.state.RIP >= r.start && s.state.RIP < r.end
}

// resume handles vCont: actions, each for one thread or for all that no earlier
// one names. It tells whether the machine runs now.
func (s *Server) resume(w *packet.Writer, p []byte) bool {
	n := s.target.CPUs()
	s.actions = append(s.actions[:0], make([]Action, n)...)
	s.ranges = append(s.ranges[:0], make([]bounds, n)...)
	named := make([]bool, n)
	for more := len(p) > 0; more; {
		var word []byte
		word, p, more = packet.Cut(p, ';')
		what, thread, one := packet.Cut(word, ':')
		cpu := -1
		if one {
			var ok bool
			if cpu, ok = s.threads.Parse(thread); !ok {
				w.Fail(packet.ErrThread)
				return false
			}
		}
		if len(what) == 0 {
			w.Fail(packet.ErrSyntax)
			return false
		}
		var do Action
		var within bounds
		switch what[0] {
		case 'c', 'C': // a guest takes no signals
			do = Continue
		case 's', 'S':
			do = Step
		case 'r':
			var ok bool
			if within.start, within.end, ok = packet.Pair(what[1:], ','); !ok {
				w.Fail(packet.ErrSyntax)
				return false
			}
			do = Step
		default:
			w.Fail(packet.ErrSyntax)
			return false
		}
		for i := range s.actions {
			if !named[i] && (cpu == i || cpu < 0) {
				s.actions[i], s.ranges[i], named[i] = do, within, true
			}
		}
	}
	return s.run(w)
}

// old handles c, s, C and S, which move the processors that Hc has chosen. s
// steps one of them. It tells whether the machine runs now.
func (s *Server) old(w *packet.Writer, p []byte) bool {
	s.actions = append(s.actions[:0], make([]Action, s.target.CPUs())...)
	s.ranges = append(s.ranges[:0], make([]bounds, s.target.CPUs())...)
	args := p[1:]
	if p[0] == 'C' || p[0] == 'S' {
		_, args, _ = packet.Cut(args, ';')
	}
	if len(args) > 0 {
		address, ok := packet.Number(args)
		if !ok {
			w.Fail(packet.ErrSyntax)
			return false
		}
		s.target.State(s.threads.CPU, &s.state)
		s.state.RIP = address
		s.target.SetState(s.threads.CPU, &s.state)
	}
	for i := range s.actions {
		if s.threads.Mover < 0 || s.threads.Mover == i {
			s.actions[i] = Continue
		}
	}
	if p[0] == 's' || p[0] == 'S' {
		cpu := s.threads.CPU
		if s.threads.Mover >= 0 {
			cpu = s.threads.Mover
		}
		s.actions[cpu] = Step
	}
	return s.run(w)
}

// run lets the machine go on, if anything of it shall.
func (s *Server) run(w *packet.Writer) bool {
	for _, do := range s.actions {
		if do != Hold {
			if s.last.Why == Ended {
				break
			}
			s.running = true
			s.target.Resume(s.actions)
			return true
		}
	}
	s.why(w)
	return false
}

// watchNames are the words of a stop reply for the kinds of breakpoints.
var watchNames = [...]string{Software: "swbreak", Hardware: "hwbreak", OnWrite: "watch", OnRead: "rwatch", OnAccess: "awatch"}

// why is the stop reply: the reason, the thread, and the registers that gdb
// wants at once.
func (s *Server) why(w *packet.Writer) {
	stop := &s.last
	if stop.Why == Ended {
		w.Str("W00")
		return
	}
	signal := uint8(signalTrap)
	if stop.Why == Interrupted {
		signal = signalInterrupt
	}
	w.Str("T").Byte(signal)
	s.target.State(stop.CPU, &s.state)
	for _, n := range s.layout.quick {
		w.Number(uint64(n)).Str(":")
		s.layout.registers[n].put(w, &s.state, nil)
		w.Str(";")
	}
	w.Str("thread:").Number(uint64(stop.CPU + 1)).Str(";")
	if stop.Why == AtBreakpoint && int(stop.Kind) < len(watchNames) {
		w.Str(watchNames[stop.Kind]).Str(":")
		if stop.Kind >= OnWrite {
			w.Number(stop.Address)
		}
		w.Str(";")
	}
}
