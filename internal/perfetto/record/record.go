// Package record is the file of a saved trace: what the kernel's command trace
// save writes and the tool reads.
//
// A file is a mark, a version and a zlib stream (RFC 1950) of numbers, in the
// order in which Trace.code names them. A number takes as many bytes as it needs
// (encoding/binary's varint); addresses and times are differences to the ones
// before. A list is its length and its elements. Reasons are named in the file, so
// that a tool of another day reads it too.
package record

// Trace is what happened on a host lately.
type Trace struct {
	Clock    Clock
	Reasons  []string // names of exit reasons, by Exit.Reason
	Machines []Machine
	Slices   []Slice  // in the order in which they ended
	Switches []Switch // each processor's in the order of time
	// Go is what Ringo's goroutines did, as runtime/trace writes it; empty if
	// that was not recorded.
	Go []byte
}

// Clock tells what the time is: at the moment TSC it was NS.
type Clock struct {
	Hz  uint64 // of the time-stamp counter
	TSC uint64 // the host's time-stamp counter
	NS  uint64 // the host's clock, since its start
}

// Machine is a virtual machine.
type Machine struct {
	Name string
	CPUs []CPU // by index; none if the machine was off
}

// CPU is a virtual processor.
type CPU struct {
	Exits []Exit // in the order of time
}

// Exit is one exit. The guest ran from Entered to Left; what was done about the
// exit took until the next exit's Entered.
type Exit struct {
	Entered  uint64 // the host's TSC
	Left     uint64 // the host's TSC
	RIP      uint64 // where the guest stopped, an offset in its code segment
	Info     uint64 // what it was about: a port, a guest-physical address, the number of an MSR, a vector
	RAX      uint64 // the guest's, before the exit was handled
	Reason   uint8
	Write    bool
	Size     uint8     // bytes
	Injected Injection // with the entry
	Vector   uint8     // of what was injected
}

// Injection is what a guest got with an entry.
type Injection uint8

// The kinds of injections.
const (
	None Injection = iota
	Interrupt
	NMI
	Exception

	injections = int(iota)
)

// Slice is a time in which a vCPU had a processor of the host.
type Slice struct {
	Machine   string
	CPU       int
	Processor int
	From, To  uint64 // ns of the host's clock
}

// Switch is a processor of the host going over to a thread.
type Switch struct {
	Processor int
	Thread    uint32 // 0 is none: it idles
	At        uint64 // ns of the host's clock
}

// Bounds of what a file holds.
const (
	maxName    = 256      // bytes
	maxReasons = 256      // as many as Exit.Reason can tell
	maxList    = 1 << 20  // elements
	maxIndex   = 1 << 16  // processors
	MaxGo      = 8 << 20  // bytes of Trace.Go
	maxSize    = 16 << 20 // bytes before compression
)

// code goes through all of a trace, to write it or to read it.
func (t *Trace) code(c *coder) {
	integer(c, &t.Clock.Hz, 1<<63)
	integer(c, &t.Clock.TSC, 1<<63)
	integer(c, &t.Clock.NS, 1<<63)
	list(c, &t.Reasons, maxReasons, func(s *string) { c.text(s) })
	list(c, &t.Machines, maxList, func(m *Machine) {
		c.text(&m.Name)
		list(c, &m.CPUs, maxIndex, func(cpu *CPU) {
			var last Exit
			list(c, &cpu.Exits, maxList, func(e *Exit) { e.code(c, &last) })
		})
	})
	last := uint64(0)
	list(c, &t.Slices, maxList, func(s *Slice) {
		c.text(&s.Machine)
		integer(c, &s.CPU, maxIndex)
		integer(c, &s.Processor, maxIndex)
		c.difference(&s.From, &last)
		c.difference(&s.To, &last)
	})
	last = 0
	list(c, &t.Switches, maxList, func(s *Switch) {
		integer(c, &s.Processor, maxIndex)
		integer(c, &s.Thread, 1<<32-1)
		c.difference(&s.At, &last)
	})
	c.bytes(&t.Go, MaxGo)
}

func (e *Exit) code(c *coder, last *Exit) {
	c.difference(&e.Entered, &last.Left)
	c.difference(&e.Left, &last.Left)
	c.difference(&e.RIP, &last.RIP)
	c.difference(&e.Info, &last.Info)
	c.difference(&e.RAX, &last.RAX)
	integer(c, &e.Reason, maxReasons-1)
	c.bool(&e.Write)
	integer(c, &e.Size, 1<<8-1)
	integer(c, &e.Injected, uint64(injections-1))
	integer(c, &e.Vector, 1<<8-1)
}
