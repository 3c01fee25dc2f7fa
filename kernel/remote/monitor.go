package remote

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/kernel/terminal"
)

// Monitors are the monitors of the users who came over the network, each with a
// terminal of its own.
type Monitors struct {
	// Commands makes the commands of one user. t is the user's terminal, on
	// which a command can show a machine's console; nil if there is none.
	Commands func(t *terminal.Switch) (*monitor.Registry, error)
	Clock    func() time.Duration // for the command time

	mu    sync.Mutex
	users map[*terminal.Switch]bool
}

// Serve is Options.Monitor.
func (m *Monitors) Serve(ctx context.Context, s *Session) (status uint32) {
	var err error
	switch {
	case s.Command != "":
		err = m.command(ctx, s)
	case s.Terminal:
		err = m.shell(s)
	default:
		err = m.script(ctx, s)
	}
	if err != nil {
		return 1
	}
	return 0
}

// Ended tells the users who look at a machine that it has ended, and why.
func (m *Monitors) Ended(name, why string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for t := range m.users {
		go t.Ended(name, why) // who may be slow
	}
}

// Control characters. ECMA-48 §8.3.
const ctrlC = 3

// command runs one line, until Ctrl-C if there is a terminal.
func (m *Monitors) command(ctx context.Context, s *Session) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		var keys [256]byte
		for {
			n, err := s.Read(keys[:])
			if s.Terminal && bytes.IndexByte(keys[:n], ctrlC) >= 0 {
				stop()
			}
			if err != nil {
				return
			}
		}
	}()
	shell, err := m.plain(s)
	if err != nil {
		return err
	}
	return shell.RunLineContext(ctx, s.Command)
}

// script runs lines that come from a pipe, without a prompt. It goes on after
// one that fails, and then reports that.
func (m *Monitors) script(ctx context.Context, s *Session) error {
	shell, err := m.plain(s)
	if err != nil {
		return err
	}
	var errs []error
	lines := bufio.NewScanner(s)
	lines.Buffer(nil, maxCommand)
	for lines.Scan() && ctx.Err() == nil {
		errs = append(errs, shell.RunLineContext(ctx, lines.Text()))
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintf(s, "monitor: %v\n", err)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// plain is a shell that only writes, with lines that end as the user's do.
func (m *Monitors) plain(s *Session) (*monitor.Shell, error) {
	r, err := m.Commands(nil)
	if err != nil {
		return nil, err
	}
	var w io.Writer = s
	if !s.Terminal {
		w = newlines{s}
	}
	return monitor.New(struct {
		io.Reader
		io.Writer
	}{bytes.NewReader(nil), w}, r, m.Clock), nil
}

// newlines makes LF of the monitor's CR LF.
type newlines struct{ w io.Writer }

func (n newlines) Write(p []byte) (int, error) {
	if _, err := n.w.Write(bytes.ReplaceAll(p, []byte("\r\n"), []byte("\n"))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// shell is the monitor as on the machine's own terminal, until the user is gone
// or types exit.
func (m *Monitors) shell(s *Session) error {
	keys, typed := io.Pipe()
	go func() {
		io.Copy(typed, s)
		typed.Close()
	}()
	t := terminal.New(struct {
		io.Reader
		io.Writer
	}{keys, s})
	end := &hangUp{ReadWriter: t.Monitor()}
	r, err := m.Commands(t)
	if err == nil {
		err = r.Add(monitor.Command{Name: "exit", Group: "monitor", Help: "leave the monitor",
			Run: func(*monitor.Context, []string) error {
				end.left.Store(true)
				return typed.Close()
			}})
	}
	if err != nil {
		return err
	}
	shell := monitor.New(end, r, m.Clock)
	s.OnResize(func(columns, rows int) { shell.SetSize(columns, rows) })
	t.Back = func(text string) { shell.Write([]byte(text + "\n")) }
	m.add(t)
	defer m.remove(t)
	left := make(chan struct{})
	go func() {
		defer close(left)
		t.Run()
		t.Detach("")
	}()
	err = shell.Run()
	keys.Close()
	<-left
	return err
}

func (m *Monitors) add(t *terminal.Switch) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.users == nil {
		m.users = map[*terminal.Switch]bool{}
	}
	m.users[t] = true
}

func (m *Monitors) remove(t *terminal.Switch) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.users, t)
}

// hangUp types Ctrl-C for a user who is gone, for the command that still runs.
type hangUp struct {
	io.ReadWriter
	gone atomic.Bool // it is typed
	left atomic.Bool // the user typed exit, and sees nothing more
}

func (h *hangUp) Write(p []byte) (int, error) {
	if h.left.Load() {
		return len(p), nil
	}
	return h.ReadWriter.Write(p)
}

func (h *hangUp) Read(p []byte) (int, error) {
	n, err := h.ReadWriter.Read(p)
	if err != nil && n == 0 && len(p) > 0 && !h.left.Load() && !h.gone.Swap(true) {
		p[0] = ctrlC
		return 1, nil
	}
	return n, err
}
