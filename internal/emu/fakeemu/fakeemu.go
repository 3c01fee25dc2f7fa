// Package fakeemu makes a test binary stand in for QEMU and Bochs, so that
// tests of the rigs can say what a machine sends, expects and ends with. A test
// package calls Main first thing in TestMain; a test then calls Use.
package fakeemu

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

const scriptVar = "RINGO_FAKE_EMULATOR"

// Use makes the machines that t starts follow the script instead of an
// emulator. It has a step a line:
//
//	say "TEXT"   send TEXT, in Go's syntax, on the serial line
//	wait "TEXT"  read from the serial line until TEXT has come
//	log "TEXT"   write TEXT to standard error
//	file NAME    write process id and arguments to the file, an item a line
//	keep NAME    copy the folder of the machine's files (Bochs)
//	exit N       end with status N; the end of the script is exit 0
//	die          end by SIGKILL
//	deaf         ignore SIGTERM from here on
//	hang         wait for a signal that ends the process
func Use(t testing.TB, script string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("QEMU", self)
	t.Setenv("BOCHS", self)
	t.Setenv(scriptVar, "\n"+script)
	// The race detector would let each fake wait a second at its end.
	t.Setenv("GORACE", "atexit_sleep_ms=0")
}

// Main runs the script and ends the process, if this process is to be a fake
// emulator, and returns if not.
func Main() {
	script := os.Getenv(scriptVar)
	if script == "" || !asEmulator() {
		return
	}
	m := machine{in: os.Stdin, out: os.Stdout}
	if at := slices.Index(os.Args, "-f"); at > 0 {
		m.connect(os.Args[at+1])
	}
	for line := range strings.Lines(script) {
		word, arg, _ := strings.Cut(strings.TrimSpace(line), " ")
		if word == "" {
			continue
		}
		if err := m.step(word, arg); err != nil {
			fmt.Fprintf(os.Stderr, "fake emulator: %s: %v\n", strings.TrimSpace(line), err)
			os.Exit(99)
		}
	}
	os.Exit(0)
}

// asEmulator tells an emulator's command line from a test binary's.
func asEmulator() bool {
	return slices.Contains(os.Args, "-serial") || slices.Contains(os.Args, "-rc")
}

// machine is the serial line of the fake.
type machine struct {
	in  io.Reader
	out io.Writer
}

// connect uses the socket that a Bochs configuration names.
func (m *machine) connect(config string) {
	b, err := os.ReadFile(config)
	if err != nil {
		panic(err)
	}
	dev := regexp.MustCompile(`(?m)^com1: .*mode=socket-client, dev=(\S+)$`).FindSubmatch(b)
	if dev == nil {
		return
	}
	c, err := net.Dial("tcp", string(dev[1]))
	if err != nil {
		panic(err)
	}
	m.in, m.out = c, c
}

func (m *machine) step(word, arg string) error {
	switch word {
	case "say", "wait", "log":
		text, err := strconv.Unquote(arg)
		if err != nil {
			return err
		}
		switch word {
		case "say":
			_, err = io.WriteString(m.out, text)
		case "wait":
			err = m.wait(text)
		case "log":
			_, err = io.WriteString(os.Stderr, text)
		}
		return err
	case "file":
		items := append([]string{strconv.Itoa(os.Getpid())}, os.Args[1:]...)
		if err := os.WriteFile(arg+".tmp", []byte(strings.Join(items, "\n")), 0o666); err != nil {
			return err
		}
		return os.Rename(arg+".tmp", arg)
	case "keep":
		return os.CopyFS(arg, os.DirFS(filepath.Dir(os.Args[slices.Index(os.Args, "-f")+1])))
	case "exit":
		status, err := strconv.Atoi(arg)
		if err != nil {
			return err
		}
		os.Exit(status)
	case "die":
		return syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
		return nil
	case "hang":
		for {
			syscall.Pause()
		}
	}
	return fmt.Errorf("no such step")
}

func (m *machine) wait(text string) error {
	var got []byte
	for b := make([]byte, 1); !bytes.HasSuffix(got, []byte(text)); got = append(got, b...) {
		if _, err := io.ReadFull(m.in, b); err != nil {
			return fmt.Errorf("after %q: %w", got, err)
		}
	}
	return nil
}
