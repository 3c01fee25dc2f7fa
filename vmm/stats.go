package vmm

// Stats is what a processor's exits cost. It is written by the processor only;
// who reads it while the machine runs may see a count that is a moment old.
type Stats struct {
	Count  [Reasons]uint64
	Cycles [Reasons]uint64 // TSC ticks from a guest's stop to its next entry, without those in HLT
	Guest  uint64          // TSC ticks in the guest
	Idle   uint64          // ns in HLT

	last  Reason // of the exit that is being handled
	left  uint64
	event uint16 // that goes in with the next entry, for the trace

	ring [traceSize]Trace
	next uint64
}

// traceSize is how many exits the trace keeps, a power of two.
const traceSize = 4096

// Trace is one exit, as it was before its handler ran.
type Trace struct {
	TSC    uint64 // when the guest stopped
	RIP    uint64
	Info   uint64 // port, guest-physical address, MSR, vector or what the hardware says
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

// record notes an exit.
func (s *Stats) record(c *VCPU) {
	e := &c.exit
	t := &s.ring[s.next%traceSize]
	s.next++
	t.TSC, t.RIP, t.RAX, t.Reason, t.Write, t.Size, t.Event = e.Left, e.RIP, c.gpr[0], e.Reason, e.Write, e.Size, s.event
	s.event = 0
	switch e.Reason {
	case ReasonPort:
		t.Info = uint64(e.Port)
	case ReasonMemory:
		t.Info = e.GPA
	case ReasonMSR:
		t.Info = c.gpr[1]
	case ReasonException:
		t.Info = uint64(e.Vector)
	default:
		t.Info = e.Info1
	}
}

// account adds an exit to its reason's: what went by from when the guest
// stopped until it was entered again.
func (s *Stats) account(e *Exit) {
	s.Cycles[s.last] += e.Entered - s.left
	s.Guest += e.Left - e.Entered
	s.last, s.left = e.Reason, e.Left
	s.Count[e.Reason]++
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
