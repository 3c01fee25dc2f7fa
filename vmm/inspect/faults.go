package inspect

import (
	"fmt"
	"io"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Event is an interrupt or exception on its way into a guest.
type Event struct {
	Vector    x86.Vector
	Exception bool // with what goes with one, an error code perhaps
	Software  bool // INT n, INT3 or INTO: the gate's DPL counts
}

// Exceptions that the analysis tells apart. APM vol. 2 §8.2.
const (
	divideError      x86.Vector = 0
	debug            x86.Vector = 1
	breakpoint       x86.Vector = 3
	overflow         x86.Vector = 4
	deviceNotThere   x86.Vector = 7
	doubleFault      x86.Vector = 8
	invalidTSS       x86.Vector = 10
	segmentNotThere  x86.Vector = 11
	alignmentCheck   x86.Vector = 17
	controlProtect   x86.Vector = 21
	hasErrorCode                = 1<<doubleFault | 1<<invalidTSS | 1<<segmentNotThere | 1<<x86.StackFault | 1<<x86.GeneralProtection | 1<<x86.PageFault | 1<<alignmentCheck | 1<<controlProtect
	contributoryOnes            = 1<<divideError | 1<<invalidTSS | 1<<segmentNotThere | 1<<x86.StackFault | 1<<x86.GeneralProtection
)

func contributory(v x86.Vector) bool { return v < 32 && contributoryOnes>>v&1 != 0 }

// fault is an exception and why it is raised.
type fault struct {
	vector x86.Vector
	code   uint32 // error code, if the vector has one
	why    string

	event   bool // not a fault: INT n and the like, to be delivered as one
	unknown bool // what happens here cannot be told; why says what is in the way
}

// name is the exception with its error code.
func (f *fault) name(s *x86.State) string {
	if f.vector < 32 && hasErrorCode>>f.vector&1 != 0 && s.CR0&x86.CR0PE != 0 && !f.event {
		return fmt.Sprintf("%s(%#x)", f.vector, f.code)
	}
	return f.vector.String()
}

// analysis looks at what a processor would do next.
type analysis struct {
	s      x86.State // of the processor
	system x86.State // the same, for what the processor reads of its own accord
	mem    x86.Memory
	read   Reader // linear
}

func newAnalysis(s *x86.State, mem x86.Memory) *analysis {
	a := &analysis{s: *s, system: *s, mem: mem}
	// The processor's own accesses to tables are not excused from SMAP by
	// RFLAGS.AC. SDM vol. 3 §4.6.1.
	a.system.RFLAGS &^= x86.FlagAC
	a.read = Linear(&a.s, mem)
	return a
}

// Faults says which exceptions brought a processor to a triple fault, as far as
// its state tells: what the instruction at RIP would raise, and why that cannot
// be delivered. injected is the event that was put in with the last entry, nil
// if there was none. The processor's own record of it is gone: hardware tells
// nothing but that it has shut down. APM vol. 2 §8.2.9, table 8-4.
func Faults(w io.Writer, s *x86.State, mem x86.Memory, injected *Event) {
	a := newAnalysis(s, mem)
	fmt.Fprintf(w, "what led to it, by what the state tells:\n")
	if injected != nil {
		if f, _ := a.deliver(*injected); f != nil {
			fmt.Fprintf(w, "  %s was injected\n", eventName(*injected))
			a.chain(w, *injected)
			return
		}
	}
	text, f := a.instruction()
	switch {
	case f == nil:
		fmt.Fprintf(w, "  %s: nothing about it is wrong now\n", text)
		return
	case f.unknown:
		fmt.Fprintf(w, "  %s: %s\n", text, f.why)
		return
	}
	fmt.Fprintf(w, "  %s: %s: %s\n", text, f.why, f.name(&a.s))
	a.chain(w, Event{Vector: f.vector, Exception: !f.event, Software: f.event})
}

func eventName(e Event) string {
	if e.Exception || e.Vector == nmi || e.Software && e.Vector < 32 {
		return e.Vector.String()
	}
	return fmt.Sprintf("interrupt %#x", uint8(e.Vector))
}

// maxChain is more exceptions than can follow one another without a double
// fault: a benign one, a page fault or contributory one, and #DF.
const maxChain = 6

// chain says what happens to an event whose delivery is tried.
func (a *analysis) chain(w io.Writer, e Event) {
	for range maxChain {
		f, handler := a.deliver(e)
		if f == nil {
			fmt.Fprintf(w, "  %s: it could be delivered now, to %s\n", eventName(e), handler)
			return
		}
		if f.unknown {
			fmt.Fprintf(w, "  %s cannot be followed further: %s\n", eventName(e), f.why)
			return
		}
		fmt.Fprintf(w, "  %s cannot be delivered: %s: %s\n", eventName(e), f.why, f.name(&a.s))
		bad := contributory(f.vector)
		switch {
		case e.Vector == doubleFault && e.Exception:
			fmt.Fprintf(w, "  %s while #DF is delivered: triple fault\n", f.vector)
			return
		case e.Exception && (contributory(e.Vector) && bad || e.Vector == x86.PageFault && (bad || f.vector == x86.PageFault)):
			fmt.Fprintf(w, "  %s while %s is delivered: #DF\n", f.vector, eventName(e))
			e = Event{Vector: doubleFault, Exception: true}
		default:
			e = Event{Vector: f.vector, Exception: true}
		}
	}
}

// access is the fault that an access to n bytes raises, nil if there is none.
// what names it: "read of 8 bytes".
func (a *analysis) access(s *x86.State, what string, linear uint64, n int, acc x86.Access) *fault {
	for n > 0 {
		walk := s.Walk(a.mem, linear, acc)
		switch walk.Outcome {
		case x86.Mapped, x86.NoMemory: // a missing table is no fault of the guest's processor
		case x86.NotCanonical:
			return &fault{vector: x86.GeneralProtection, why: fmt.Sprintf("%s at %#x, which is not canonical", what, linear)}
		default:
			return &fault{vector: x86.PageFault, code: walk.Code, why: fmt.Sprintf("%s at linear %#x, %s%s", what, linear, walk.Outcome, level(&walk))}
		}
		k := min(n, int(pageSize-linear&pageMask))
		n, linear = n-k, linear+uint64(k)
	}
	return nil
}

// level names the entry that ended a walk.
func level(walk *x86.Walk) string {
	entries := walk.Entries()
	if len(entries) == 0 {
		return ""
	}
	e := entries[len(entries)-1]
	return fmt.Sprintf(" (level %d entry %#x at %#x)", e.Level, e.Value, e.GPA)
}

// user is the bit of an access with the processor's privilege.
func (a *analysis) user() x86.Access {
	if a.s.CPL == 3 {
		return x86.User
	}
	return 0
}

// word reads n bytes of one of the processor's tables, 8 at the most.
func (a *analysis) word(what string, linear uint64, n int) (uint64, *fault) {
	if f := a.access(&a.system, "read of "+what, linear, n, 0); f != nil {
		return 0, f
	}
	var p [8]byte
	if a.read.read(linear, p[:n]) < n {
		return 0, &fault{unknown: true, why: fmt.Sprintf("%s at linear %#x is not in memory", what, linear)}
	}
	v := uint64(0)
	for i := n - 1; i >= 0; i-- {
		v = v<<8 | uint64(p[i])
	}
	return v, nil
}
