//go:build boot

package guests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"
)

// limit is how long a guest may take, and textLimit what it may print.
const (
	limit     = 20 * time.Second
	textLimit = 1 << 20
)

// qemu is a machine that runs a guest, and the connection to its monitor, by
// the QEMU Machine Protocol.
type qemu struct {
	cmd      *exec.Cmd
	console  text
	serial   string // the file of what COM1 sends
	messages *json.Decoder
	monitor  net.Conn
	exited   chan struct{}
}

// text collects what the machine prints, up to textLimit.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (c *text) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.b.Write(b[:min(len(b), textLimit-c.b.Len())])
	return len(b), nil
}

func (c *text) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.b.String()
}

// start starts a machine with a ROM in place of firmware.
func start(t *testing.T, g Guest, rom []byte) *qemu {
	t.Helper()
	dir := t.TempDir()
	file, socket := filepath.Join(dir, "rom"), filepath.Join(dir, "qmp")
	if err := os.WriteFile(file, rom, 0o666); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	q := &qemu{exited: make(chan struct{}), serial: filepath.Join(dir, "serial")}
	q.cmd = exec.Command("qemu-system-x86_64", "-M", "pc", "-accel", "tcg", "-cpu", "EPYC,+svm",
		"-m", fmt.Sprintf("%dk", g.Memory>>10), "-bios", file, "-nodefaults", "-display", "none", "-no-reboot",
		"-debugcon", "stdio", "-serial", "file:"+q.serial,
		"-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-qmp", "unix:"+socket, "-S")
	q.cmd.Stdout = &q.console
	if err := q.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		q.cmd.Wait()
		close(q.exited)
	}()
	t.Cleanup(func() {
		q.cmd.Process.Kill()
		<-q.exited
	})
	if q.monitor, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.monitor.Close() })
	q.monitor.SetDeadline(time.Now().Add(limit))
	q.messages = json.NewDecoder(q.monitor)
	q.command("qmp_capabilities", nil)
	q.command("cont", nil)
	return q
}

// message is what the monitor says: an answer or an event.
type message struct {
	Return any
	Event  string
	Data   struct{ Reason string }
}

// command asks the monitor for something. arguments may be nil.
func (q *qemu) command(name string, arguments map[string]string) {
	m := map[string]any{"execute": name}
	if arguments != nil {
		m["arguments"] = arguments
	}
	json.NewEncoder(q.monitor).Encode(m) // wait sees a monitor that is gone
}

// halted is how registers look after HLT with interrupts off: bit 9 of the
// flags is 0.
var halted = regexp.MustCompile(`FL=00000[0145689cd]..\b.*HLT=1`)

// wait returns how the machine ended: "exit" and a code, "halted", the reason of
// a shutdown, or "" if it had to be stopped.
func (q *qemu) wait(t *testing.T, g Guest) string {
	t.Helper()
	reason := ""
	matches := regexp.MustCompile(g.Expect)
	for {
		if g.Ends == Halts || g.Ends == Anyhow {
			q.command("human-monitor-command", map[string]string{"command-line": "info registers"})
		}
		var m message
		if q.messages.Decode(&m) != nil {
			break
		}
		if m.Event == "SHUTDOWN" {
			reason = m.Data.Reason
		}
		registers, _ := m.Return.(string)
		switch {
		case g.Ends == Anyhow && matches.MatchString(q.console.String()):
			return ""
		case halted.MatchString(registers):
			return "halted"
		}
	}
	select {
	case <-q.exited:
	case <-time.After(limit):
		return ""
	}
	if status := q.cmd.ProcessState.ExitCode(); status&1 != 0 {
		return fmt.Sprintf("exit %d", status>>1)
	}
	return reason
}
