// Package hostgdb is a stub of GDB's remote serial protocol for Ringo itself:
// gdb connects over a serial line, with build/ringo.elf for its symbols, and
// finds the processors as threads.
//
// It works on a machine whose processors all stand still: package kernel stops
// them and calls Enter, which polls the serial line until gdb lets the machine
// go on. Nothing else of Ringo runs meanwhile, so nothing here allocates, waits
// for a lock or stores a pointer into the heap. The protocol is in the GDB
// manual's appendix E; vmm/gdb/packet is its wire format.
package hostgdb

import "github.com/ringo-vmm/ringo/vmm/gdb/packet"

// Registers are a processor's. GPR is in the order of the numbers in
// instructions: RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15.
type Registers struct {
	GPR                 [16]uint64
	RIP, RFLAGS, FSBase uint64
}

// System are registers that are to be looked at: CR0, CR2, CR3, CR4 and EFER of
// the processor that runs the stub.
type System [5]uint64

// Machine is the hardware. Its methods must not allocate.
type Machine interface {
	// Receive is a byte from gdb; ok is false while there is none.
	Receive() (b byte, ok bool)
	// Send sends bytes to gdb. It waits until they are gone, but not for ever.
	Send(p []byte)

	// Processors is how many there are. They are numbered from 0.
	Processors() int
	// Registers fills in r; SetRegisters takes it, but for FSBase.
	Registers(processor int, r *Registers)
	SetRegisters(processor int, r *Registers)
	// System fills in s.
	System(s *System)
	// About puts a few words on what a processor does into text, and returns
	// how many bytes there are.
	About(processor int, text []byte) int

	// Read and Write access memory by host-virtual address, up to the first
	// byte that is not mapped, whose index they return. Write writes where
	// the page tables forbid it too.
	Read(va uint64, p []byte) int
	Write(va uint64, p []byte) int

	// Watch sets a debug register to watch size bytes, 1, 2, 4 or 8, for
	// writes, or for reads and writes; a size of 0 takes it back. It counts
	// from the next Continue or Step on.
	Watch(n int, va, size uint64, reads bool)
	// Reset ends the machine.
	Reset()
}

// Watches is how many debug registers there are: APM vol. 2 §13.1.1.
const Watches = 4

// Why is the cause of a stop.
type Why uint8

// The causes.
const (
	Interrupted Why = iota // Ctrl-C, or asked for in the monitor
	AtBreakpoint
	Stepped
	Watched // Stop.Watch
	Fault   // the kernel has died
)

// Stop is why the machine stands still.
type Stop struct {
	Processor int
	Why       Why
	Watch     int // the debug register
}

// Resume is how the machine goes on.
type Resume struct {
	Step      bool // one processor, one instruction; the others stand still
	Processor int  // that one
}

// Limits of what the stub keeps, all of it static.
const (
	maxPacket = 4096
	maxBreaks = 64
	maxText   = 64
)

// Stub is the stub. Its zero value is made ready by Init.
type Stub struct {
	machine  Machine
	attached bool
	noAck    bool
	waiting  bool // gdb has let the machine go on and waits for a stop
	stop     Stop
	threads  packet.Threads

	// gdb lets a processor step while it is in a range of addresses.
	rangeStart, rangeEnd uint64

	breaks  [maxBreaks]breakpoint
	watches [Watches]watch

	registers Registers
	system    System
	reader    packet.Reader
	reply     packet.Writer
	sent      int // bytes of out that were sent last
	in        [maxPacket]byte
	out       [maxPacket + packet.Overhead]byte
	memory    [maxPacket]byte
	text      [maxText]byte
}

// Init makes s ready. s must be static.
func (s *Stub) Init(m Machine) {
	s.machine = m
	s.reader.Init(s.in[:])
	s.reply.Init(s.out[:])
}

// Attached tells whether gdb is there.
func (s *Stub) Attached() bool { return s.attached }

// Wants tells whether a byte that has come while the machine runs asks for it to
// stop: Ctrl-C, or gdb as it connects.
func (s *Stub) Wants(b byte) bool {
	switch s.reader.Feed(b) {
	case packet.Break:
		return true
	case packet.Packet:
		return true
	}
	return false
}

// Enter talks with gdb until it lets the machine go on.
func (s *Stub) Enter(stop Stop) Resume {
	s.lift()
	r, again := s.stepping(stop)
	if !again {
		s.rangeStart, s.rangeEnd = 0, 0
		r = s.talk(stop)
	}
	s.plant()
	return r
}

// stepping tells whether the processor that has made a step is to make another
// one, without a word to gdb.
func (s *Stub) stepping(stop Stop) (r Resume, again bool) {
	if stop.Why != Stepped || !s.waiting || s.rangeEnd == 0 {
		return r, false
	}
	if _, interrupted := s.machine.Receive(); interrupted { // Ctrl-C
		return r, false
	}
	s.machine.Registers(stop.Processor, &s.registers)
	rip := s.registers.RIP
	return Resume{Step: true, Processor: stop.Processor}, rip >= s.rangeStart && rip < s.rangeEnd
}

func (s *Stub) talk(stop Stop) Resume {
	s.stop, s.threads = stop, packet.Threads{Count: s.machine.Processors(), CPU: stop.Processor, Mover: -1}
	if s.waiting {
		s.waiting = false
		s.why(s.reply.Begin())
		s.send()
	} else if data := s.reader.Data(); len(data) > 0 {
		// Wants has taken gdb's first packet.
		if r, ok := s.answer(data); ok {
			return r
		}
	}
	for {
		b, ok := s.machine.Receive()
		if !ok {
			continue
		}
		switch s.reader.Feed(b) {
		case packet.Packet:
			if r, ok := s.answer(s.reader.Data()); ok {
				return r
			}
		case packet.Damaged:
			if !s.noAck {
				s.say(packet.Nak)
			}
		case packet.Refused:
			if !s.noAck && s.sent != 0 {
				s.machine.Send(s.out[:s.sent])
			}
		}
	}
}

// say sends a byte.
func (s *Stub) say(b byte) {
	s.text[0] = b
	s.machine.Send(s.text[:1])
}

func (s *Stub) send() {
	p := s.reply.End()
	s.sent = len(p)
	s.machine.Send(p)
}

// answer handles a packet. ok tells that the machine goes on as r says.
func (s *Stub) answer(data []byte) (r Resume, ok bool) {
	s.attached = true
	if hasPrefix(data, "qSupported") {
		s.noAck = false // gdb begins anew
	}
	if !s.noAck {
		s.say(packet.Ack)
	}
	w := s.reply.Begin()
	r, ok = s.command(w, data)
	switch {
	case ok && s.attached:
		s.waiting = true
	default:
		s.send()
	}
	s.reader.Reset()
	return r, ok
}

func hasPrefix(p []byte, prefix string) bool {
	return len(p) >= len(prefix) && string(p[:len(prefix)]) == prefix
}
