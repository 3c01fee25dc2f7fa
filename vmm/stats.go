package vmm

// Stats is what a processor's exits cost. It is written by the processor only;
// who reads it while the machine runs may see a count that is a moment old.
type Stats struct {
	Count  [reasonSlots]uint64 // by Reason
	Cycles [reasonSlots]uint64 // TSC ticks from a guest's stop to its next entry, without those in HLT
	Guest  uint64              // TSC ticks in the guest
	Idle   uint64              // ns in HLT

	last  Reason // of the exit that is being handled
	left  uint64
	event uint16 // that goes in with the next entry, for the trace

	ring [traceSize]Trace
	next uint64
}

// reasonSlots is the size of tables by reason, a power of two for the index's
// sake.
const reasonSlots = 32

// traceSize is how many exits the trace keeps, a power of two.
const traceSize = 4096

// Trace is one exit, as it was before its handler ran.
type Trace struct {
	TSC    uint64 // when the guest stopped
	RIP    uint64
	Info   uint64 // Exit.Subject
	RAX    uint64
	Reason Reason
	Write  bool
	Size   uint8
	Event  uint16 // what was injected with the entry before; 0 for nothing
}

// What Trace.Event says, beside the vector in the low 8 bits.
const (
	eventInterrupt = 1 << 8
	eventNMI       = 1<<9 | 2
	eventException = 1 << 10
)

// Injected tells what was injected: an interrupt or NMI, or an exception.
func (t *Trace) Injected() (vector uint8, exception, ok bool) {
	return uint8(t.Event), t.Event&eventException != 0, t.Event != 0
}

// note takes in an exit, before its handler: the time since the last one goes to
// that one's reason.
func (s *Stats) note(e *Exit, rax uint64) {
	s.Cycles[s.last%reasonSlots] += e.Entered - s.left
	s.Guest += e.Left - e.Entered
	s.last, s.left = e.Reason, e.Left
	s.Count[e.Reason%reasonSlots]++
	t := &s.ring[s.next%traceSize]
	s.next++
	t.TSC, t.RIP, t.Info, t.RAX = e.Left, e.RIP, e.Subject, rax
	t.Reason, t.Write, t.Size, t.Event = e.Reason, e.Write, e.Size, s.event
	s.event = 0
}

// Exits is the number of exits so far.
func (s *Stats) Exits() uint64 { return s.next }

// Last returns the last exits, the oldest first, n at the most.
func (s *Stats) Last(n int) []Trace {
	n = min(n, int(min(s.next, traceSize)))
	list := make([]Trace, 0, n)
	for i := s.next - uint64(n); i < s.next; i++ {
		list = append(list, s.ring[i%traceSize])
	}
	return list
}
