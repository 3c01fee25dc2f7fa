package monitor

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

// console is a fake serial line: each send is what one Read returns.
type console struct {
	t      *testing.T
	input  chan []byte
	mu     sync.Mutex
	output bytes.Buffer
	seen   int // bytes of output already matched by expect
	wrote  chan struct{}
}

func newConsole(t *testing.T) *console {
	return &console{t: t, input: make(chan []byte), wrote: make(chan struct{}, 1)}
}

func (c *console) Read(p []byte) (int, error) {
	b, ok := <-c.input
	if !ok {
		return 0, io.EOF
	}
	if len(b) > len(p) {
		c.t.Errorf("a send of %d bytes is more than the shell reads at once, %d", len(b), len(p))
	}
	return copy(p, b), nil
}

func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.output.Write(p)
	select {
	case c.wrote <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (c *console) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.output.String()
}

func (c *console) send(s string) {
	c.t.Helper()
	select {
	case c.input <- []byte(s):
	case <-time.After(10 * time.Second):
		c.t.Fatalf("the shell does not read %q; so far:\n%q", s, c.text())
	}
}

// expect waits until the console has written s, after what earlier calls found.
func (c *console) expect(s string) {
	c.t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		c.mu.Lock()
		i := strings.Index(c.output.String()[c.seen:], s)
		if i >= 0 {
			c.seen += i + len(s)
		}
		c.mu.Unlock()
		if i >= 0 {
			return
		}
		select {
		case <-c.wrote:
		case <-deadline:
			c.t.Fatalf("no %q after\n%q", s, c.text()[c.seen:])
		}
	}
}

// start runs a shell on a console; the test's end closes the line and checks that
// the shell returns.
func start(t *testing.T, commands ...Command) *console {
	t.Helper()
	c := newConsole(t)
	s := New(c, registry(t, commands...), ticks())
	done := make(chan error)
	go func() { done <- s.Run() }()
	t.Cleanup(func() {
		close(c.input)
		if err := <-done; err != nil {
			t.Errorf("Run() = %v at the end of the line", err)
		}
	})
	c.expect(Prompt)
	return c
}

func registry(t *testing.T, commands ...Command) *Registry {
	t.Helper()
	r := NewRegistry()
	if err := r.Add(commands...); err != nil {
		t.Fatal(err)
	}
	return r
}

// ticks is a clock that advances by 10 ms whenever it is read.
func ticks() func() time.Duration {
	var mu sync.Mutex
	var now time.Duration
	return func() time.Duration {
		mu.Lock()
		defer mu.Unlock()
		now += 10 * time.Millisecond
		return now
	}
}

// run runs one line on a fresh shell and returns its output, with LF line ends,
// and its error.
func run(t *testing.T, line string, commands ...Command) (string, error) {
	t.Helper()
	c := newConsole(t)
	err := New(c, registry(t, commands...), ticks()).RunLine(line)
	return strings.ReplaceAll(c.text(), "\r\n", "\n"), err
}

// echo prints its arguments, one in each pair of brackets.
var echo = Command{
	Name: "echo", Usage: "[WORD...]", Group: "test", Help: "print the words",
	Run: func(c *Context, args []string) error {
		c.Printf("<%s>\n", strings.Join(args, "> <"))
		return nil
	},
}
