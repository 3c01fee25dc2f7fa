package gdb

import (
	"bytes"
	"io"

	"github.com/ringo-vmm/ringo/vmm/gdb/packet"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// maxPacket is the largest packet in bytes, both ways. gdb asks for as much
// memory at a time as fits.
const maxPacket = 16 << 10

// Server is a stub. It serves one connection at a time.
type Server struct {
	target Target
	// monitor runs a command that is none of the stub's.
	monitor func(line string) string

	attached bool
	running  bool
	noAck    bool
	layout   *layout // of the registers, as gdb was told
	forced   *layout // by monitor arch; nil is by the processor's mode
	caught   []Catch
	last     Stop // why the machine stands still
	threads  packet.Threads
	sent     []byte // the last packet, in case it was lost
	state    x86.State
	actions  []Action
	ranges   []bounds // of addresses in which a processor steps on, by processor
	places   []Breakpoint

	reader packet.Reader
	reply  packet.Writer
	memory [maxPacket]byte
	in     [maxPacket]byte
	out    [maxPacket + packet.Overhead]byte
}

// New makes a stub. monitor runs the commands that it does not know itself, and
// returns what they print.
func New(t Target, monitor func(line string) string) *Server {
	s := &Server{target: t, monitor: monitor}
	s.reader.Init(s.in[:])
	s.reply.Init(s.out[:])
	return s
}

// Serve talks with gdb until the connection ends, whose error it returns; the
// machine goes on then. A gdb that detaches may come again on the same
// connection, as it does on a serial line. conn must be closed by the caller,
// which ends the goroutine that reads it.
func (s *Server) Serve(conn io.ReadWriter) error {
	in := make(chan []byte)
	taken := make(chan struct{})
	done := make(chan struct{})
	var failure error
	go func() {
		defer close(in)
		chunk := make([]byte, 4096)
		for {
			n, err := conn.Read(chunk)
			if n > 0 {
				select {
				case in <- chunk[:n]:
					<-taken
				case <-done:
					return
				}
			}
			if err != nil {
				failure = err
				return
			}
		}
	}()
	defer close(done)
	defer s.leave()
	s.noAck = false
	s.reader.Init(s.in[:])
	for {
		var stops <-chan Stop
		if s.running {
			stops = s.target.Stops()
		}
		select {
		case stop := <-stops:
			if err := s.stopped(conn, stop); err != nil {
				return err
			}
		case chunk, ok := <-in:
			if !ok {
				if failure == io.EOF {
					return nil
				}
				return failure
			}
			err := s.take(conn, chunk)
			taken <- struct{}{}
			if err != nil {
				return err
			}
		}
	}
}

// take handles what has come.
func (s *Server) take(conn io.Writer, chunk []byte) (err error) {
	for _, b := range chunk {
		switch s.reader.Feed(b) {
		case packet.Packet:
			err = s.answer(conn)
		case packet.Damaged:
			if !s.noAck {
				_, err = conn.Write([]byte{packet.Nak})
			}
		case packet.Refused:
			if !s.noAck {
				_, err = conn.Write(s.sent)
			}
		case packet.Break:
			if s.running {
				s.target.Interrupt()
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// answer handles the packet that has come.
func (s *Server) answer(conn io.Writer) error {
	// This is how gdb begins. One that begins anew on the same line has died
	// before, perhaps while it waited for a stop.
	begins := bytes.HasPrefix(s.reader.Data(), []byte("qSupported"))
	if begins {
		s.noAck = false
	}
	if !s.noAck {
		if _, err := conn.Write([]byte{packet.Ack}); err != nil {
			return err
		}
	}
	if s.running {
		if !begins {
			return nil // gdb waits for a stop and sends nothing but Ctrl-C
		}
		s.target.Interrupt()
		s.running, s.last = false, <-s.target.Stops()
	}
	w := s.reply.Begin()
	if !s.attach() {
		return s.send(conn, w.Str("E.the machine is off"))
	}
	if s.command(conn, w, s.reader.Data()) {
		return s.send(conn, w)
	}
	return nil
}

// send sends a packet.
func (s *Server) send(conn io.Writer, w *packet.Writer) error {
	s.sent = w.End()
	_, err := conn.Write(s.sent)
	return err
}

// attach makes the machine stand still when gdb comes.
func (s *Server) attach() bool {
	if s.attached {
		return true
	}
	if s.target.Attach() != nil {
		return false
	}
	s.attached, s.last, s.threads = true, Stop{}, packet.Threads{Count: s.target.CPUs(), Mover: -1}
	s.choose()
	return true
}

// leave lets the machine go on without gdb.
func (s *Server) leave() {
	if !s.attached {
		return
	}
	if s.running {
		s.target.Interrupt()
		<-s.target.Stops()
	}
	s.target.Detach()
	s.attached, s.running = false, false
	s.caught, s.places = nil, nil
}

// stopped tells gdb that the machine stands still.
func (s *Server) stopped(conn io.Writer, stop Stop) error {
	if stop.Why == Stepped && s.stepsOn(stop.CPU) {
		s.target.Resume(s.actions)
		return nil
	}
	s.running, s.last, s.threads.CPU = false, stop, stop.CPU
	if stop.Text != "" {
		if err := s.send(conn, s.reply.Begin().Str("O").HexStr(stop.Text+"\n")); err != nil {
			return err
		}
	}
	w := s.reply.Begin()
	s.why(w)
	if stop.Why == Ended {
		s.leave() // gdb does, too, and says nothing more
	}
	return s.send(conn, w)
}
