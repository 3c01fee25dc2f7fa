package backend

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/vmm/char"
)

// patience is how long something may take that takes no time.
const patience = 5 * time.Second

// guest is a machine with a journal at its serial line.
type guest struct {
	*journal
	t        *testing.T
	device   sync.Mutex
	now      uint64 // ns
	received chan byte
}

func newGuest(t *testing.T) *guest {
	g := &guest{t: t, received: make(chan byte, 1000)}
	g.journal = newJournal(char.Port{
		Machine: "guest", Name: "COM2", Lock: &g.device, Now: func() uint64 { return g.now }, Log: t.Logf,
	})
	g.Connect(func(p []byte) int {
		for _, b := range p {
			g.received <- b
		}
		return len(p)
	})
	return g
}

// write writes a text at a time in ns, with the device lock held.
func (g *guest) write(at uint64, text string) {
	g.t.Helper()
	written := make(chan bool)
	go func() {
		g.device.Lock()
		defer g.device.Unlock()
		g.now = at
		for _, b := range []byte(text) {
			g.Transmit(b)
		}
		close(written)
	}()
	select {
	case <-written:
	case <-time.After(patience):
		g.t.Fatal("Transmit does not return: does it wait for the device lock, which its caller holds?")
	}
}

// keeps checks what the journal keeps, as TIME:TEXT with the time in ns.
func (g *guest) keeps(want ...string) {
	g.t.Helper()
	var got []string
	for _, e := range g.entries() {
		got = append(got, fmt.Sprintf("%d:%s", e.at, e.text))
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		g.t.Errorf("the journal is %q, want %q: see Transmit and entries", got, want)
	}
}

func TestKeepsLines(t *testing.T) {
	g := newGuest(t)
	g.write(100, "one\r\n")
	g.write(200, "tw")
	g.keeps("100:one")
	g.write(300, "o\n\nthree\n")
	g.keeps("100:one", "200:two", "300:", "300:three")
}

func TestKeepsOnlySoMuch(t *testing.T) {
	g := newGuest(t)
	g.write(1, strings.Repeat("x", maxLine)+"y\n")
	g.keeps("1:"+strings.Repeat("x", maxLine), "1:y")
	for i := range 3 * maxLines {
		g.write(uint64(i), fmt.Sprintf("line %d\n", i))
	}
	lines := g.entries()
	if len(lines) != maxLines {
		t.Fatalf("%d lines are kept, want the last %d", len(lines), maxLines)
	}
	for i, e := range lines {
		if want := fmt.Sprintf("line %d", 2*maxLines+i); e.text != want {
			t.Fatalf("of the last %d lines, number %d is %q, want %q", maxLines, i, e.text, want)
		}
	}
	g.write(1, strings.Repeat("\x00\xff\x1b", 100_000))
	for _, e := range g.entries() {
		if len(e.text) > maxLine {
			t.Fatalf("a line of %d bytes, at most %d", len(e.text), maxLine)
		}
	}
}

func TestAnswers(t *testing.T) {
	g := newGuest(t)
	g.write(12_034_567_890, "before\ntime?\r\nwhat time?\n")
	var answer []byte
	for len(answer) == 0 || answer[len(answer)-1] != '\n' {
		select {
		case b := <-g.received:
			answer = append(answer, b)
		case <-time.After(patience):
			t.Fatalf("asked %q, the guest received %q, want the time and a newline", question, answer)
		}
	}
	if want := "12.034567\n"; string(answer) != want {
		t.Errorf("asked %q, the guest received %q, want %q", question, answer, want)
	}
	g.keeps("12034567890:before", "12034567890:what time?")
}

func TestReadsWhileTheGuestWrites(t *testing.T) {
	g := newGuest(t)
	const n = 2000
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := range n {
			g.device.Lock()
			g.now = uint64(i)
			for _, b := range fmt.Appendf(nil, "line %d\n", i) {
				g.Transmit(b)
			}
			g.device.Unlock()
		}
	})
	for range n {
		lines := g.entries()
		for i, e := range lines {
			if e.text != fmt.Sprintf("line %d", e.at) || i > 0 && e.at != lines[i-1].at+1 {
				t.Fatalf("line %d is %d:%q, behind %v: does entries hold the device lock, and return a copy?", i, e.at, e.text, lines[max(i-1, 0)])
			}
		}
	}
	writer.Wait()
	if got := len(g.entries()); got != maxLines {
		t.Errorf("%d lines at the end, want %d", got, maxLines)
	}
}
