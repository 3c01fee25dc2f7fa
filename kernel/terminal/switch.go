// Package terminal shares a terminal between the monitor and the guests'
// consoles. Ctrl-] leads from a guest to the monitor and back.
//
// Package kernel makes a Switch on the serial port, and one on the machine's own
// screen and keyboard, and gives each a monitor; commands, and keys of the
// keyboard, attach it to a guest. Watch shows a guest's display on the screen.
package terminal

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/ringo-vmm/ringo/vmm/console"
)

// Escape is Ctrl-], the key that leaves a guest's console.
const Escape = 0x1d

// backlog is how much of a guest's output is shown when one comes to it, in
// bytes: about a screen.
const backlog = 2000

// Guest is what one can be attached to.
type Guest struct {
	Name    string
	Console *console.Console
	// Show, if not nil, writes to the console what there is to see, from the
	// beginning, until ctx ends: a screen that is drawn anew for whoever
	// comes to it. Leave is what sets the terminal right after that.
	Show  func(ctx context.Context)
	Leave string
	// Keys tells that a terminal which has a keyboard of its own shall send keys
	// that are pressed and released, and no characters: see Keyboard.
	Keys bool
	// Draw, if not nil, shows the guest by itself until ctx ends, and the
	// terminal gets nothing.
	Draw func(ctx context.Context)
}

// Switch shares a terminal.
type Switch struct {
	terminal io.ReadWriter
	keys     *io.PipeWriter // to the monitor
	monitor  *io.PipeReader
	// Back is called when the terminal is the monitor's again, for it to
	// show its prompt.
	Back func(text string)
	// Shows is told before the terminal goes to a guest, and when it is the
	// monitor's again.
	Shows func(guest bool)
	// Own, if not nil, gets all that the monitor writes, and the terminal
	// nothing of it.
	Own io.Writer

	turn sync.Mutex // held while the terminal goes from one to another

	mu    sync.Mutex // guards the rest, and output's order
	guest *Guest     // who the terminal shows; nil for the monitor
	last  *Guest     // who it showed last
	leave context.CancelFunc
	shown *sync.WaitGroup // of the goroutine that shows the guest
	drain atomic.Bool     // it shall show all there is before it ends
}

// New makes a switch that shows the monitor.
func New(terminal io.ReadWriter) *Switch {
	s := &Switch{terminal: terminal, Back: func(string) {}, Shows: func(bool) {}, shown: new(sync.WaitGroup)}
	s.monitor, s.keys = io.Pipe()
	return s
}

// Monitor is the monitor's end. What it writes while a guest is shown is not
// seen, unless there is an Own.
func (s *Switch) Monitor() io.ReadWriter { return monitorEnd{s} }

type monitorEnd struct{ s *Switch }

func (m monitorEnd) Read(p []byte) (int, error) { return m.s.monitor.Read(p) }

func (m monitorEnd) Write(p []byte) (int, error) {
	if m.s.Own != nil {
		return m.s.Own.Write(p)
	}
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	if m.s.guest != nil {
		return len(p), nil
	}
	return m.s.terminal.Write(p)
}

// Attached is the guest that the terminal shows; ok is false if it is the
// monitor.
func (s *Switch) Attached() (g Guest, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.guest == nil {
		return Guest{}, false
	}
	return *s.guest, true
}

// Attach shows a guest's console: the end of what it has written, and all that
// it writes from then on. Keys go to the guest.
func (s *Switch) Attach(g Guest) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.detach("")
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, leave := context.WithCancel(context.Background())
	s.guest, s.last, s.leave, s.shown = &g, &g, leave, new(sync.WaitGroup)
	s.Shows(true)
	if g.Draw != nil {
		s.shown.Go(func() { g.Draw(ctx) })
		return
	}
	fmt.Fprintf(s.terminal, "\r\n[%s; Ctrl-] leads to the monitor and back]\r\n", g.Name)
	at := g.Console.Back(backlog)
	if g.Show != nil {
		at = g.Console.End()
		go g.Show(ctx)
	}
	s.shown.Go(func() { s.show(ctx, g, at) })
}

// show copies a guest's output, from a place on, until it is told to stop.
func (s *Switch) show(ctx context.Context, g Guest, at uint64) {
	defer io.WriteString(s.terminal, g.Leave)
	var text [256]byte
	for ctx.Err() == nil || s.drain.Load() {
		n, lost, next := g.Console.Read(text[:], at)
		if lost > 0 {
			fmt.Fprintf(s.terminal, "\r\n[%d bytes left out]\r\n", lost)
		}
		s.terminal.Write(text[:n])
		if at = next; n == 0 && g.Console.Wait(ctx, at) != nil {
			return
		}
	}
}

// Detach gives the terminal back to the monitor, with a line of text that says
// why. It does nothing if the monitor has it.
func (s *Switch) Detach(why string) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.detach(why)
}

// detach is Detach for who holds turn.
func (s *Switch) detach(why string) {
	s.mu.Lock()
	if s.guest == nil {
		s.mu.Unlock()
		return
	}
	s.leave()
	shown := s.shown
	s.mu.Unlock()
	shown.Wait()
	io.WriteString(s.terminal, "\r\n")
	s.Shows(false)
	s.mu.Lock()
	s.guest = nil
	s.mu.Unlock()
	if why != "" {
		s.Back(why)
	}
}

// Ended gives the terminal back to the monitor if it shows the guest of that
// name, after all that the guest has written, and tells whether it did.
func (s *Switch) Ended(name, why string) bool {
	s.turn.Lock()
	defer s.turn.Unlock()
	if g, ok := s.Attached(); !ok || g.Name != name {
		return false
	}
	s.drain.Store(true)
	s.detach(why)
	s.drain.Store(false)
	return true
}

// Run takes what is typed to where it belongs, until the terminal fails.
func (s *Switch) Run() error {
	var buf [256]byte
	for {
		n, err := s.terminal.Read(buf[:])
		s.typed(buf[:n])
		if err != nil {
			s.keys.CloseWithError(err)
			return err
		}
	}
}

// typed takes keys, of which Escape changes who gets those that follow.
func (s *Switch) typed(keys []byte) {
	for len(keys) > 0 {
		n := 0
		for n < len(keys) && keys[n] != Escape {
			n++
		}
		s.deliver(keys[:n])
		if n == len(keys) {
			return
		}
		s.toggle()
		keys = keys[n+1:]
	}
}

// deliver sends keys to who the terminal shows.
func (s *Switch) deliver(keys []byte) {
	if len(keys) == 0 {
		return
	}
	if g, ok := s.Attached(); ok {
		g.Console.Type(keys)
		return
	}
	s.keys.Write(keys)
}

// toggle goes from a guest to the monitor, or back to the guest one came from.
func (s *Switch) toggle() {
	g, ok := s.Attached()
	if ok {
		s.Detach("[monitor; " + g.Name + " goes on]")
		return
	}
	s.mu.Lock()
	last := s.last
	s.mu.Unlock()
	if last == nil {
		s.Back("[no guest's console to go to: vm attach NAME]")
		return
	}
	s.Attach(*last)
}
