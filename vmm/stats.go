package vmm

// Stats is what a processor's exits cost. It is written by the processor only;
// readers may see a count that is a moment old.
type Stats struct {
	Count  [Reasons]uint64
	Cycles [Reasons]uint64 // TSC ticks from a guest's stop to its next entry
	Idle   uint64          // ns in HLT

	last Reason // of the exit that is being handled
	left uint64

	ring [traceSize]Trace
	next uint64
}

// traceSize is how many exits the trace keeps, a power of two.
const traceSize = 256

// Trace is one exit, as it was before its handler ran.
type Trace struct {
	RIP    uint64
	Info   uint64 // port, address or register number
	RAX    uint64
	Reason Reason
	Write  bool
	Size   uint8
}

// record notes an exit.
func (s *Stats) record(c *VCPU) {
	e := &c.exit
	t := &s.ring[s.next%traceSize]
	s.next++
	t.RIP, t.RAX, t.Reason, t.Write, t.Size = e.RIP, c.gpr[0], e.Reason, e.Write, e.Size
	switch e.Reason {
	case ReasonPort:
		t.Info = uint64(e.Port)
	case ReasonMemory:
		t.Info = e.GPA
	case ReasonMSR:
		t.Info = c.gpr[1]
	default:
		t.Info = e.Info1
	}
}

// account adds an exit to its reason's: what went by from when the guest
// stopped until it was entered again.
func (s *Stats) account(e *Exit) {
	s.Cycles[s.last] += e.Entered - s.left
	s.last, s.left = e.Reason, e.Left
	s.Count[e.Reason]++
}

// Last returns the last exits, the oldest first, n at the most.
func (s *Stats) Last(n int) []Trace {
	n = min(n, int(min(s.next, traceSize)))
	list := make([]Trace, 0, n)
	for i := s.next - uint64(n); i < s.next; i++ {
		list = append(list, s.ring[i%traceSize])
	}
	return list
}
