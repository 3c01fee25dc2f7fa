package remote

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/kernel/terminal"
	"github.com/ringo-vmm/ringo/kernel/vmshell"
	"github.com/ringo-vmm/ringo/vmm/manager"
)

// newMonitorRig is a server whose sessions are the real monitor, with machines
// and a command that never ends by itself. stopped is told when that is left.
func newMonitorRig(t *testing.T) (r *rig, machines *manager.Manager, monitors *Monitors, stopped chan error) {
	machines, stopped = newMachines(t), make(chan error, 1)
	monitors = &Monitors{
		Clock: func() time.Duration { return 0 },
		Commands: func(sw *terminal.Switch) (*monitor.Registry, error) {
			registry := monitor.NewRegistry()
			var attach func(v *manager.Machine) error
			if sw != nil {
				attach = func(v *manager.Machine) error {
					sw.Attach(terminal.Guest{Name: v.Config.Name, Console: v.Console})
					return nil
				}
			}
			err := registry.Add(monitor.Command{Name: "spin", Help: "run for ever", Run: func(c *monitor.Context, args []string) error {
				c.Printf("spinning\n")
				<-c.Done()
				stopped <- c.Err()
				return c.Err()
			}})
			if err == nil {
				err = registry.Add(vmshell.Commands(machines, attach, nil)...)
			}
			return registry, err
		},
	}
	r = newRig(t, Limits{})
	r.server.Monitor = monitors.Serve
	return r, machines, monitors, stopped
}

// terminalOf logs in with a terminal, and returns both ends of it.
func (r *rig) terminalOf() (in io.Writer, out io.Reader, wait func() error, hangUp func() error) {
	r.t.Helper()
	c := r.mustDial()
	s, err := c.NewSession()
	if err != nil {
		r.t.Fatal(err)
	}
	w, _ := s.StdinPipe()
	out, _ = s.StdoutPipe()
	if err := s.RequestPty("xterm", 24, 120, nil); err != nil {
		r.t.Fatal(err)
	}
	if err := s.Shell(); err != nil {
		r.t.Fatal(err)
	}
	readUntil(r.t, out, "ringo> ")
	return w, out, s.Wait, c.Close
}

func TestMonitorByOpenSSH(t *testing.T) {
	r, _, _, _ := newMonitorRig(t)
	key := identity(t, r.private)
	out, err := r.openSSH("vm list\nnonsense\n", key)
	if err == nil || !strings.Contains(out, "name ") || !strings.Contains(out, "nonsense: no such command") || strings.ContainsAny(out, "\r\x1b") {
		t.Errorf("script: %q, %v", out, err)
	}
	out, err = r.openSSH("", key)
	if err == nil || out != "hello: no such command (help lists them)\n" {
		t.Errorf("command: %q, %v", out, err)
	}
	out, err = r.openSSH("vm list\rexit\r", key, "-tt")
	if err != nil || !strings.Contains(out, "ringo> ") || !strings.Contains(out, "a                off") || strings.Contains(out, "^C") {
		t.Errorf("terminal: %q, %v", out, err)
	}
}

func TestEveryUserHasATerminalOfItsOwn(t *testing.T) {
	r, machines, monitors, _ := newMonitorRig(t)
	a := machines.Machines()[0]
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	in1, out1, wait1, _ := r.terminalOf()
	in2, out2, _, hangUp2 := r.terminalOf()
	io.WriteString(in1, "vm attach a\r")
	readUntil(t, out1, "[a; Ctrl-] leads")
	io.WriteString(in2, "vm list\r")
	if text := readUntil(t, out2, "running"); strings.Contains(text, "Ctrl-]") {
		t.Errorf("the second user sees %q", text)
	}
	for _, b := range []byte("guest speaks\r\n") {
		a.Console.WriteByte(b)
	}
	readUntil(t, out1, "guest speaks")
	io.WriteString(in1, "\x1d")
	readUntil(t, out1, "[monitor; a goes on]")
	io.WriteString(in1, "\x1d")
	readUntil(t, out1, "[a; Ctrl-] leads")
	io.WriteString(in2, "vm attach a\r")
	readUntil(t, out2, "[a; Ctrl-] leads")
	if err := hangUp2(); err != nil {
		t.Error(err)
	}
	monitors.Ended("a", "[it has ended]")
	readUntil(t, out1, "[it has ended]")
	io.WriteString(in1, "exit\r")
	go io.Copy(io.Discard, out1)
	if err := wait1(); err != nil {
		t.Error(err)
	}
	r.until("nobody is left", func() bool {
		monitors.mu.Lock()
		defer monitors.mu.Unlock()
		return len(monitors.users) == 0
	})
}

func TestCommandEndsWithItsUser(t *testing.T) {
	r, _, _, stopped := newMonitorRig(t)
	ended := func(how string) {
		t.Helper()
		select {
		case err := <-stopped:
			if err != context.Canceled {
				t.Errorf("%s: %v", how, err)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("%s: the command goes on", how)
		}
	}
	in, out, _, hangUp := r.terminalOf()
	io.WriteString(in, "spin\r")
	readUntil(t, out, "spinning")
	io.WriteString(in, "\x03")
	ended("Ctrl-C")
	readUntil(t, out, "ringo> ")
	io.WriteString(in, "spin\r")
	readUntil(t, out, "spinning")
	hangUp()
	ended("a shell that hangs up")

	for _, terminal := range []bool{false, true} {
		c := r.mustDial()
		s, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if terminal {
			if err := s.RequestPty("xterm", 24, 80, nil); err != nil {
				t.Fatal(err)
			}
		}
		in, _ := s.StdinPipe()
		out, _ := s.StdoutPipe()
		if err := s.Start("spin"); err != nil {
			t.Fatal(err)
		}
		readUntil(t, out, "spinning")
		if terminal {
			io.WriteString(in, "\x03")
			ended("Ctrl-C at a command")
		} else {
			c.Close()
			ended("a command that hangs up")
		}
	}
}
