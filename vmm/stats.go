package vmm

import "github.com/ringo-vmm/ringo/vmm/x86"

// Stats is what a processor's exits cost. It is written by the processor only;
// who reads it while the machine runs may see a count that is a moment old.
type Stats struct {
	Count  [reasonSlots]uint64 // by Reason
	Cycles [reasonSlots]uint64 // TSC ticks from a guest's stop to its next entry, without those in HLT
	Idle   uint64              // ns in HLT

	last  Reason // of the exit that is being handled
	left  uint64 // when the guest stopped
	away  uint64 // ticks since the first entry in which there was nothing to count
	first uint64 // when it all began
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
	Entered uint64 // TSC at the entry before
	TSC     uint64 // when the guest stopped
	RIP     uint64
	Info    uint64 // Exit.Subject
	RAX     uint64
	Reason  Reason
	Write   bool
	Size    uint8
	Event   uint16 // what was injected with the entry before; 0 for nothing
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
func (c *VCPU) note() {
	s, e := &c.Stats, &c.exit
	reason, entered, left := e.Reason, e.Entered, e.Left
	s.Cycles[s.last%reasonSlots] += entered - s.left
	s.last, s.left = reason, left
	s.Count[reason%reasonSlots]++
	t := &s.ring[s.next%traceSize]
	s.next++
	t.Entered, t.TSC, t.RIP, t.Info, t.RAX = entered, left, e.RIP, e.Subject, c.gpr[x86.RAX]
	t.Reason = reason
	t.Write, t.Size = e.Write, e.Size
	t.Event = s.event
	s.event = 0
}

// Guest is how long the processor was in its guest, in TSC ticks: what remains
// of all the time.
func (s *Stats) Guest() uint64 {
	ticks := s.left - s.first - s.away
	for _, n := range s.Cycles {
		ticks -= n
	}
	return ticks
}

// begin begins to count at a time, and skip leaves some ticks out.
func (s *Stats) begin(tsc uint64)  { s.first, s.left = tsc, tsc }
func (s *Stats) skip(ticks uint64) { s.left, s.away = s.left+ticks, s.away+ticks }

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
