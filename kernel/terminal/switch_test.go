package terminal

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/vmm/console"
)

// screen is a terminal: what is typed comes out of a pipe, and what is shown
// can be waited for.
type screen struct {
	io.Reader
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(p)
	select {
	case s.more <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (s *screen) shows() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func (s *screen) wait(t *testing.T, text string) {
	t.Helper()
	limit := time.After(10 * time.Second)
	for !strings.Contains(s.shows(), text) {
		select {
		case <-s.more:
		case <-limit:
			t.Fatalf("%q was not shown; there is %q", text, s.shows())
		}
	}
}

// rig is a switch with a terminal, and a monitor that echoes lines.
func rig(t *testing.T) (s *Switch, sc *screen, keyboard io.Writer) {
	in, keys := io.Pipe()
	sc = &screen{Reader: in, more: make(chan struct{}, 1)}
	s = New(sc)
	m := s.Monitor()
	s.Back = func(text string) { io.WriteString(m, text+"\n") }
	go s.Run()
	go func() {
		var b [64]byte
		for {
			n, err := m.Read(b[:])
			if err != nil {
				return
			}
			io.WriteString(m, "monitor got "+string(b[:n])+"\n")
		}
	}()
	t.Cleanup(func() { keys.Close() })
	return s, sc, keys
}

// guest is a console whose guest echoes.
func guest(name string) Guest {
	c := console.New(4096)
	var lock sync.Mutex
	l := c.NewLine(&lock)
	l.Connect(func(p []byte) int {
		for _, b := range []byte(name + " got " + string(p) + "\n") {
			c.WriteByte(b)
		}
		return len(p)
	})
	return Guest{Name: name, Console: c}
}

func say(g Guest, text string) {
	for _, b := range []byte(text) {
		g.Console.WriteByte(b)
	}
}

func TestKeysGoWhereTheTerminalIs(t *testing.T) {
	s, sc, keyboard := rig(t)
	g := guest("linux")
	say(g, "before\n")
	io.WriteString(keyboard, "a")
	sc.wait(t, "monitor got a")
	s.Attach(g)
	sc.wait(t, "before")
	io.WriteString(keyboard, "b")
	sc.wait(t, "linux got b")
	io.WriteString(keyboard, "\x1dc")
	sc.wait(t, "linux goes on")
	sc.wait(t, "monitor got c")
	io.WriteString(keyboard, "\x1dd")
	sc.wait(t, "linux got d")
}

func TestTheMonitorIsNotSeenInAGuestsConsole(t *testing.T) {
	s, sc, _ := rig(t)
	s.Attach(guest("linux"))
	io.WriteString(s.Monitor(), "ringo> ")
	s.Detach("back")
	sc.wait(t, "back")
	if strings.Contains(sc.shows(), "ringo>") {
		t.Errorf("%q", sc.shows())
	}
}

func TestAllThatAGuestWroteIsShownWhenItEnds(t *testing.T) {
	s, sc, _ := rig(t)
	g, other := guest("linux"), guest("other")
	s.Attach(g)
	say(g, strings.Repeat("x", 3000)+"last words")
	if s.Ended(other.Name, "other ended") {
		t.Error("another guest's end took the terminal away")
	}
	if !s.Ended(g.Name, "linux ended") {
		t.Error("the guest's end did not")
	}
	sc.wait(t, "linux ended")
	text := sc.shows()
	if i, j := strings.Index(text, "last words"), strings.Index(text, "linux ended"); i < 0 || j < i || strings.Contains(text, "other ended") {
		t.Errorf("%q", text)
	}
}

func TestEscapeWithoutAGuestSaysSo(t *testing.T) {
	_, sc, keyboard := rig(t)
	io.WriteString(keyboard, "\x1d")
	sc.wait(t, "no guest")
}

// On a screen, the monitor has a place of its own, and a display is not text.
func TestAMonitorWithAPlaceOfItsOwnAndADisplay(t *testing.T) {
	s, sc, keyboard := rig(t)
	own := &screen{more: make(chan struct{}, 1)}
	s.Own = own
	var shows []bool
	s.Shows = func(guest bool) { shows = append(shows, guest) }
	drawn, left := make(chan struct{}), make(chan struct{})
	g := guest("pc")
	g.Draw = func(ctx context.Context) {
		close(drawn)
		<-ctx.Done()
		close(left)
	}
	s.Attach(g)
	<-drawn
	io.WriteString(s.Monitor(), "a command goes on")
	own.wait(t, "a command goes on")
	io.WriteString(keyboard, "x\x1dy")
	own.wait(t, "monitor got y")
	<-left
	if strings.Contains(sc.shows(), "pc got") || strings.Contains(sc.shows(), "monitor") || len(shows) != 2 || !shows[0] || shows[1] {
		t.Errorf("the terminal shows %q; Shows was told %v", sc.shows(), shows)
	}
	if at := g.Console.End(); at == 0 {
		t.Error("the key has not come to the guest")
	}
}
