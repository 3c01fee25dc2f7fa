package console

import (
	"bytes"
	"strings"
	"sync"
	"testing"
)

// terminal is a machine that takes typed bytes only while it has room.
type terminal struct {
	t      *testing.T
	device lock
	room   int
	got    bytes.Buffer
}

// lock is a device lock that knows whether it is held.
type lock struct {
	sync.Mutex
	held bool
}

func (l *lock) Lock()   { l.Mutex.Lock(); l.held = true }
func (l *lock) Unlock() { l.held = false; l.Mutex.Unlock() }

func (m *terminal) receive(p []byte) int {
	if !m.device.held {
		m.t.Error("called without the device lock")
	}
	n := min(len(p), m.room)
	m.room -= n
	m.got.Write(p[:n])
	return n
}

// read makes room, as a guest does that reads.
func (m *terminal) read(l *Line, room int) {
	m.device.Lock()
	m.room = room
	l.Ready()
	m.device.Unlock()
}

func connect(t *testing.T, c *Console, room int) (*terminal, *Line) {
	m := &terminal{t: t, room: room}
	l := c.NewLine(&m.device)
	l.Connect(m.receive)
	return m, l
}

func (m *terminal) want(want string) {
	m.t.Helper()
	if got := m.got.String(); got != want {
		m.t.Errorf("the guest got %q, want %q", got, want)
	}
}

func TestTypedTextReachesTheGuest(t *testing.T) {
	c := New(size)
	m, _ := connect(t, c, 100)
	c.Type([]byte("ls\n"))
	c.Type([]byte("ps\n"))
	m.want("ls\nps\n")
}

func TestTransmittedBytesReachTheConsole(t *testing.T) {
	c := New(size)
	l := c.NewLine(&lock{})
	l.Transmit('#')
	p := make([]byte, 2)
	if n, _, _ := c.Read(p, 0); string(p[:n]) != "#" {
		t.Errorf("got %q", p[:n])
	}
}

func TestWhatTheGuestDoesNotTakeWaits(t *testing.T) {
	c := New(size)
	m, l := connect(t, c, 2)
	c.Type([]byte("echo "))
	c.Type([]byte("hello\n"))
	m.want("ec")
	m.read(l, 3)
	m.want("echo ")
	m.read(l, 100)
	m.want("echo hello\n")
	c.Type([]byte("!"))
	m.want("echo hello\n!")
}

func TestWhatIsTypedBeforeThereIsAMachineWaits(t *testing.T) {
	c := New(size)
	c.Type([]byte("early"))
	m, _ := connect(t, c, 100)
	m.want("early")
}

func TestTooMuchTypedIsDroppedAndCounted(t *testing.T) {
	c := New(size)
	m, l := connect(t, c, 0)
	if n := c.Type(make([]byte, MaxTyped-1)); n != 0 {
		t.Errorf("%d bytes dropped where all fit", n)
	}
	if n := c.Type([]byte("abc")); n != 2 || c.Dropped() != 2 {
		t.Errorf("%d bytes dropped, %d in all, want 2 and 2", n, c.Dropped())
	}
	m.read(l, 1<<20)
	if got := m.got.String(); len(got) != MaxTyped || !strings.HasSuffix(got, "a") {
		t.Errorf("%d bytes arrived", len(got))
	}
	if n := c.Type([]byte("d")); n != 0 {
		t.Error("a byte was dropped where there is room again")
	}
}

func TestAfterAResetTheNewMachineIsTypedTo(t *testing.T) {
	c := New(size)
	old, oldLine := connect(t, c, 1)
	c.Type([]byte("abc"))
	young, youngLine := connect(t, c, 1)
	old.read(oldLine, 100) // it no longer matters
	young.read(youngLine, 100)
	c.Type([]byte("d"))
	old.want("a")
	young.want("bcd")
}

func TestTypingFromManyGoroutinesLosesNothing(t *testing.T) {
	c := New(size)
	m, l := connect(t, c, 0)
	const typists, each = 8, 200
	var all sync.WaitGroup
	for i := range typists {
		all.Go(func() {
			for range each {
				c.Type([]byte{'a' + byte(i)})
			}
		})
	}
	for range 100 {
		m.read(l, 5)
	}
	all.Wait()
	m.read(l, 1<<20)
	for i := range typists {
		if n := bytes.Count(m.got.Bytes(), []byte{'a' + byte(i)}); n != each {
			t.Errorf("%d bytes of typist %d arrived, want %d", n, i, each)
		}
	}
}

func BenchmarkReady(b *testing.B) {
	c := New(size)
	var device sync.Mutex
	l := c.NewLine(&device)
	l.Connect(func(p []byte) int { return 0 })
	c.Type(make([]byte, 100))
	b.ReportAllocs()
	for b.Loop() {
		l.Ready()
	}
}

func TestOutputAndDeliveryDoNotAllocate(t *testing.T) {
	c := New(size)
	l := c.NewLine(&lock{})
	l.Connect(func(p []byte) int { return min(len(p), 1) })
	c.Type(make([]byte, 1000))
	if n := testing.AllocsPerRun(100, func() { l.Transmit('x'); l.Ready() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A bug in the device that takes what is typed is told, and leaves the lock
// free.
func TestABugInTheDeviceIsTold(t *testing.T) {
	c := New(size)
	var device sync.Mutex
	l := c.NewLine(&device)
	var told any
	l.Broken = func(bug any) { told = bug }
	l.Connect(func([]byte) int { panic("oops") })
	c.Type([]byte("x"))
	if told != "oops" || !device.TryLock() {
		t.Errorf("told %v", told)
	}
}
