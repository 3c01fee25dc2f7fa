package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// openPTY makes a pseudo-terminal (pty(7)).
func openPTY(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

// screen reads a terminal's output up to given texts.
type screen struct {
	t   *testing.T
	r   io.Reader
	got []byte
}

func (s *screen) until(text string) {
	s.t.Helper()
	for b := make([]byte, 1); !bytes.Contains(s.got, []byte(text)); s.got = append(s.got, b...) {
		if _, err := io.ReadFull(s.r, b); err != nil {
			s.t.Fatalf("no %q in %q: %v", text, s.got, err)
		}
	}
}

func TestTerminalIsConnectedAndRestored(t *testing.T) {
	for _, c := range []struct {
		name, script string
		keys         string
		status       int
		shown        string
	}{
		{"quit at the terminal", "say \"ringo> \"\nwait \"ls\\x03\\r\"\nsay \"yes\"\nhang", "ls\x03\r", statusOK, "ended at the terminal"},
		{"Ctrl-A for the machine", "say \"ringo> \"\nwait \"\\x01x\\r\"\nsay \"yes\"\nhang", "\x01\x01x\r", statusOK, "ended at the terminal"},
		{"help", "say \"ringo> \"\nwait \"a\"\nsay \"yes\"\nhang", "\x01ha", statusOK, "Ctrl-A h  this help"},
		{"the machine ends", "say \"ringo> \"\nwait \"q\\r\"\nsay \"yes\\r\\nringo: exit 0 power off\\r\\n\"\nexit 0", "q\r", statusOK, "ended: power off"},
		{"the machine panics", "say \"ringo> \"\nwait \"q\\r\"\nsay \"yes\\r\\nringo: exit 2 Go panic\\r\\n\"\nexit 5", "q\r", statusPanic, "exit code 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			master, slave := openPTY(t)
			before, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
			if err != nil {
				t.Fatal(err)
			}
			cmd := newTool(t, c.script, "run", kernel(t))
			cmd.Stdin, cmd.Cmd.Stdout, cmd.Cmd.Stderr = slave, slave, slave
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			s := &screen{t: t, r: master}
			s.until("Ctrl-A x ends the machine")
			s.until("ringo> ")
			io.WriteString(master, c.keys)
			s.until("yes")
			if strings.HasSuffix(c.script, "hang") {
				io.WriteString(master, "\x01x")
			}
			s.until(c.shown)
			if status := cmd.wait(); status != c.status {
				t.Errorf("status %d, want %d\n%s", status, c.status, s.got)
			}
			after, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
			if err != nil || *after != *before {
				t.Errorf("the terminal was left at %+v, was at %+v", after, before)
			}
		})
	}
}

func TestKeepGoingConnectsTheTerminalAfterTheMatch(t *testing.T) {
	master, slave := openPTY(t)
	cmd := newTool(t, "say \"ringo> \"\nwait \"ls\\r\"\nsay \"yes\"\nhang", "run", "-expect", "ringo> ", "-keep-going", kernel(t))
	cmd.Stdin, cmd.Cmd.Stdout, cmd.Cmd.Stderr = slave, slave, slave
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &screen{t: t, r: master}
	s.until("Ctrl-A x ends the machine")
	io.WriteString(master, "ls\r")
	s.until("yes")
	io.WriteString(master, "\x01x")
	if status := cmd.wait(); status != statusOK {
		t.Errorf("status %d\n%s", status, s.got)
	}
}

func TestInputThatIsNoTerminalPassesAsItIs(t *testing.T) {
	cmd := newTool(t, "say \"ringo> \"\nwait \"\\x01x\\n\"\nsay \"\\r\\nringo: exit 0 power off\\r\\n\"\nexit 0", "run", kernel(t))
	cmd.Stdin = strings.NewReader("\x01x\n")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if status := cmd.wait(); status != statusOK || !strings.Contains(cmd.stderr.String(), "ended: power off") {
		t.Errorf("status %d\n%s", status, &cmd.stderr)
	}
}
