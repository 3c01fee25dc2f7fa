package char

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// guest is a machine's end of a line: it takes bytes while it has room.
type guest struct {
	t    *testing.T
	lock sync.Mutex
	back Backend
	room int
	got  chan byte
	log  []string
}

func newGuest(t *testing.T, name string, open Open, room int) *guest {
	t.Helper()
	g := &guest{t: t, room: room, got: make(chan byte, 2*MaxWaiting)}
	back, err := open(Port{
		Machine: name, Name: "COM2", Lock: &g.lock, Now: func() uint64 { return 0 },
		Log: func(format string, args ...any) { g.log = append(g.log, fmt.Sprintf(format, args...)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	g.back = back
	back.Connect(g.receive)
	return g
}

func (g *guest) receive(p []byte) int {
	if g.lock.TryLock() {
		g.t.Error("called without the device lock")
	}
	n := min(len(p), g.room)
	g.room -= n
	for _, b := range p[:n] {
		g.got <- b
	}
	return n
}

// write is what the guest sends.
func (g *guest) write(text string) {
	g.lock.Lock()
	defer g.lock.Unlock()
	for _, b := range []byte(text) {
		g.back.Transmit(b)
	}
}

// read makes room, as a guest does that reads.
func (g *guest) read(room int) {
	g.lock.Lock()
	defer g.lock.Unlock()
	g.room = room
	g.back.Ready()
}

// receives waits for n bytes.
func (g *guest) receives(n int) string {
	g.t.Helper()
	var text []byte
	for range n {
		select {
		case b := <-g.got:
			text = append(text, b)
		case <-time.After(10 * time.Second):
			g.t.Fatalf("only %q is received", text)
		}
	}
	return string(text)
}

func TestACableGoesBothWays(t *testing.T) {
	var c Cables
	a, b := newGuest(t, "a", c.To("b"), 100), newGuest(t, "b", c.To("a"), 100)
	a.write("ping")
	if got := b.receives(4); got != "ping" {
		t.Errorf("b receives %q", got)
	}
	b.write("pong")
	if got := a.receives(4); got != "pong" {
		t.Errorf("a receives %q", got)
	}
}

// Two guests that send at once wait for each other's locks in no way.
func TestBothEndsSendAtOnce(t *testing.T) {
	var c Cables
	const n = 20_000
	a, b := newGuest(t, "a", c.To("b"), n), newGuest(t, "b", c.To("a"), n)
	var both sync.WaitGroup
	for _, g := range []*guest{a, b} {
		both.Go(func() {
			for range n {
				g.write("x")
			}
		})
	}
	both.Wait()
	if got := a.receives(n) + b.receives(n); strings.Count(got, "x") != 2*n {
		t.Errorf("%d bytes", len(got))
	}
}

func TestACableWaitsForAMachineThatIsOff(t *testing.T) {
	var c Cables
	a := newGuest(t, "a", c.To("b"), 100)
	a.write("early")
	old := newGuest(t, "b", c.To("a"), 3)
	if got := old.receives(3); got != "ear" {
		t.Errorf("b receives %q", got)
	}
	old.back.Close()
	a.write(" bird")
	old.read(100)
	young := newGuest(t, "b", c.To("a"), 100)
	if got := young.receives(7); got != "ly bird" || len(old.got) != 0 {
		t.Errorf("b receives %q after a reset, and %d bytes before it", got, len(old.got))
	}
}

func TestACableHoldsSoMuch(t *testing.T) {
	var c Cables
	a, b := newGuest(t, "a", c.To("b"), 0), newGuest(t, "b", c.To("a"), 0)
	a.write(strings.Repeat("x", MaxWaiting) + "lost")
	b.read(2 * MaxWaiting)
	a.write("y")
	got := b.receives(MaxWaiting + 1)
	if len(b.got) != 0 || !strings.HasSuffix(got, "xy") {
		t.Errorf("received %d bytes and more, ending in %q", len(got), got[len(got)-5:])
	}
}

func TestACableToItselfIsALoopback(t *testing.T) {
	var c Cables
	a := newGuest(t, "a", c.To("a"), 100)
	a.write("echo")
	if got := a.receives(4); got != "echo" {
		t.Errorf("received %q", got)
	}
}

func TestTheLogGetsLines(t *testing.T) {
	g := newGuest(t, "a", Log, 0)
	g.write("one\r\ntwo\x1b[2J\n\nthree")
	g.back.Close()
	if got := strings.Join(g.log, "|"); got != "COM2: one|COM2: two.[2J|COM2: |COM2: three" {
		t.Errorf("logged %q", got)
	}
}

func BenchmarkCable(b *testing.B) {
	var c Cables
	end, err := c.To("b")(Port{Machine: "a"})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		end.Transmit('x')
	}
}

func TestTransmissionDoesNotAllocate(t *testing.T) {
	var c Cables
	var lock sync.Mutex
	p := Port{Machine: "a", Name: "COM2", Lock: &lock, Log: func(string, ...any) {}}
	for name, open := range map[string]Open{"cable": c.To("a"), "log": Log} {
		back, err := open(p)
		if err != nil {
			t.Fatal(err)
		}
		back.Connect(func(p []byte) int { return len(p) })
		if n := testing.AllocsPerRun(100, func() { back.Transmit('x') }); n >= 1 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
