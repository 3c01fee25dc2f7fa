package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRunEndsWithAStatusThatTellsHow(t *testing.T) {
	const up = `say "boot\r\nringo> "` + "\n"
	for _, c := range []struct {
		name   string
		script string
		args   []string
		status int
		stderr []string
	}{
		{"matched over lines", `say "one\r\ntw"` + "\n" + `say "o\r\n"` + "\nhang",
			[]string{"-expect", `(?m)^one\ntwo$`}, statusOK, []string{"matched after"}},
		{"matched as the machine ends", `say "late\r\nringo: exit 0 power off\r\n"` + "\nexit 1",
			[]string{"-expect", "late"}, statusOK, nil},
		{"timeout", up + "hang", []string{"-expect", "never", "-timeout", "100ms"},
			statusFailed, []string{`timeout: "never" did not come in 100ms`, "  | boot\n  | ringo> \n", "-log FILE"}},
		{"timeout and no output", "hang", []string{"-expect", "never", "-timeout", "100ms"},
			statusFailed, []string{"nothing came on the serial line", "-gdb"}},
		{"timeout and a question", up + "wait \"why?\\r\"\nsay \"because\\r\\n\"\nhang",
			[]string{"-expect", "never", "-timeout", "100ms", "-on-timeout", `why?\n`}, statusFailed, []string{`100ms are over; asking with "why?\n"`, "  | ringo> because\n"}},
		{"timeout before all is typed", up + "wait \"a\\r\"\nhang",
			[]string{"-send", `a\n`, "-send", `second=>b\n`, "-expect", "boot", "-timeout", "300ms"},
			statusFailed, []string{`"second", before -send number 2 of 2, did not come`}},
		{"ended before the text", `say "ringo: exit 0 power off\r\n"` + "\nexit 0",
			[]string{"-expect", "never"}, statusFailed, []string{`the machine ended (power off), but "never" had not come`}},
		{"panic", `say "ringo: panic: oh\r\nringo: exit 4 fault in the thread layer\r\n"` + "\nexit 9",
			[]string{"-expect", "never"}, statusPanic, []string{"exit code 4: fault in the thread layer", "  | ringo: panic: oh\n"}},
		{"panic that was expected", `say "ringo: panic: oh\r\n  at x\r\nringo: exit 4 y\r\n"` + "\nexit 9",
			[]string{"-expect", `(?s)panic: oh.*exit 4`}, statusOK, nil},
		{"panic that does not end", `say "ringo: panic: oh\r\n"` + "\nhang",
			[]string{"-expect", "never"}, statusPanic, []string{"did not end the machine"}},
		{"panic without -expect", `say "ringo: exit 2 Go panic\r\n"` + "\nexit 5", nil, statusPanic, []string{"exit code 2: Go panic"}},
		{"triple fault", up, []string{"-expect", "never"}, statusPanic, []string{"the machine reset", "-d int,cpu_reset"}},
		{"emulator that does not start", `log "no such option\n"` + "\nexit 1",
			[]string{"-expect", "x"}, statusNoStart, []string{"did not start", "  | no such option\n"}},
		{"power-off without -expect", `say "ringo: exit 0 power off\r\n"` + "\nexit 0", nil, statusOK, []string{"ended: power off"}},
		{"-timeout without -expect", up + "hang", []string{"-timeout", "100ms"}, statusFailed, []string{"as -timeout says"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			stdout, stderr, status := ringo(t, c.script, append(append([]string{"run"}, c.args...), kernel(t))...)
			if status != c.status {
				t.Errorf("status %d, want %d", status, c.status)
			}
			for _, want := range append(c.stderr, "ringo run: qemu-svm: booting ") {
				if !strings.Contains(stderr, want) {
					t.Errorf("no %q in stderr", want)
				}
			}
			if strings.Contains(c.script, "boot") && !strings.HasPrefix(stdout, "boot\r\nringo> ") {
				t.Errorf("stdout starts otherwise")
			}
			if t.Failed() {
				t.Logf("stdout:\n%s\nstderr:\n%s", stdout, stderr)
			}
		})
	}
}

func TestRunWithoutAnEmulator(t *testing.T) {
	c := newTool(t, "", "run", "-expect", "x", kernel(t))
	c.Env = append(os.Environ(), "QEMU=/nonexistent/qemu")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if status := c.wait(); status != statusNoStart || strings.Count(c.stderr.String(), "\n") != 1 {
		t.Errorf("with a wrong path: status %d, stderr %q", status, &c.stderr)
	}
	c = newTool(t, "", "run", "-expect", "x", kernel(t))
	c.Env = append(os.Environ(), "QEMU=", "PATH=/nonexistent")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if status := c.wait(); status != statusNoStart || strings.Count(c.stderr.String(), "\n") != 1 || !strings.Contains(c.stderr.String(), "qemu-system-x86") {
		t.Errorf("with none in PATH: status %d, stderr %q", status, &c.stderr)
	}
}

func TestSendTypesInOrderBehindWhatItWaitsFor(t *testing.T) {
	// The second text waits for a prompt of its own, not for the first one
	// again; the third for an expression. Enter is CR.
	_, stderr, status := ringo(t, `
		say "ringo> "
		wait "first\r"
		say "first\r\nworking\r\n"
		say "ringo> "
		wait "second\x03"
		say "second\r\nlogin: "
		wait "a=b\t\\\r"
		say "all typed\r\n"
		hang`,
		"run", "-send", `first\n`, "-send", `second\x03`, "-send", `lo.in: =>a=b\t\\\r`, "-expect", "all typed", kernel(t))
	if status != statusOK {
		t.Errorf("status %d\n%s", status, stderr)
	}
}

func TestExpectCountsOnlyWhenAllIsTyped(t *testing.T) {
	file := filepath.Join(t.TempDir(), "typed")
	_, stderr, status := ringo(t, `
		say "hello\r\n"
		say "ringo> "
		wait "go\r"
		file `+file+`
		say "gone\r\nringo> "
		wait "on\r"
		hang`,
		"run", "-send", `go\n`, "-send", `on\n`, "-expect", "hello", kernel(t))
	if _, err := os.Stat(file); err != nil || status != statusOK {
		t.Errorf("status %d, %v\n%s", status, err, stderr)
	}
}

func TestLogFileHasAllTheOutput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	stdout, _, status := ringo(t, "say \"a\\r\\n\"\nsay \"b\\r\\n\"\nhang", "run", "-log", file, "-expect", "b\n", kernel(t))
	b, err := os.ReadFile(file)
	if status != 0 || err != nil || string(b) != "a\r\nb\r\n" || stdout != string(b) {
		t.Errorf("status %d, log %q, %v, stdout %q", status, b, err, stdout)
	}
}

func TestEmulatorGetsItsFlagsAndTheExtraOnes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "args")
	_, stderr, _ := ringo(t, "file "+file+"\nsay \"up\"\nhang", "run", "-v", "-m", "qemu-svm-pc", "-mem", "3G", "-cpus", "2", "-icount",
		"-vga=false", "-append", "log=debug", "-expect", "up", kernel(t), "--", "-d", "int,cpu_reset")
	b, err := os.ReadFile(file)
	args := " " + strings.Join(strings.Split(string(b), "\n"), " ") + " "
	for _, want := range []string{" -M pc ", " -m 3072M -smp 2 ", " -icount shift=0,sleep=off ", " -append log=debug ", " -d int,cpu_reset "} {
		if err != nil || !strings.Contains(args, want) {
			t.Errorf("no %q in %s (%v)", want, args, err)
		}
		if !strings.Contains(stderr, strings.TrimSpace(want)) {
			t.Errorf("-v does not print %q", want)
		}
	}
}

// started starts the command and waits for text on its standard output. It returns the process id of the fake
// emulator, which the script must write to the file.
func started(t *testing.T, c *tool, text, file string) (emulator int) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stdout = w
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	var got []byte
	for b := make([]byte, 1); !bytes.HasSuffix(got, []byte(text)); got = append(got, b...) {
		if _, err := io.ReadFull(r, b); err != nil {
			t.Fatalf("stdout %q: %v", got, err)
		}
	}
	t.Cleanup(func() { r.Close() })
	if c.closeEarly {
		r.Close()
	} else {
		go io.Copy(io.Discard, r)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// gone checks that there is no process of that id.
func gone(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); syscall.Kill(pid, 0) == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the emulator, process %d, is still there", pid)
		}
	}
}

func TestSignalsEndTheEmulatorToo(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(s.String(), func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "pid")
			c := newTool(t, "file "+file+"\nsay \"up\"\nhang", "run", "-expect", "never", kernel(t))
			pid := started(t, c, "up", file)
			c.Process.Signal(s)
			if status := c.wait(); status != statusInterrupted {
				t.Errorf("status %d\n%s", status, &c.stderr)
			}
			gone(t, pid)
		})
	}
}

func TestLostStandardOutputEndsTheEmulator(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	// More than a pipe holds: otherwise it could all be passed on before the
	// reader is gone.
	more := strings.Repeat("more", 25_000)
	c := newTool(t, "file "+file+"\nsay \"up\"\nwait \"x\"\nsay \""+more+"\"\nhang", "run", "-send", "up=>x", "-expect", "never", kernel(t))
	c.closeEarly = true
	pid := started(t, c, "up", file)
	if status := c.wait(); status != statusFailed || !strings.Contains(c.stderr.String(), "cannot pass on the output") {
		t.Errorf("status %d\n%s", status, &c.stderr)
	}
	gone(t, pid)
}

func TestTwoRunsAtOnce(t *testing.T) {
	a := newTool(t, "say \"ringo> \"\nwait \"x\\r\"\nsay \"done\"\nhang", "run", "-send", `x\n`, "-expect", "done", kernel(t))
	b := newTool(t, "say \"ringo> \"\nwait \"x\\r\"\nsay \"done\"\nhang", "run", "-send", `x\n`, "-expect", "done", kernel(t))
	for _, c := range []*tool{a, b} {
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := a.wait(), b.wait(); a != 0 || b != 0 {
		t.Errorf("statuses %d and %d", a, b)
	}
}
