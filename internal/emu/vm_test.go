package emu

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/internal/emu/fakeemu"
)

// parentVar makes this binary start a machine and be killed beside it.
const parentVar = "RINGO_TEST_PARENT"

func TestMain(m *testing.M) {
	fakeemu.Main()
	if image := os.Getenv(parentVar); image != "" {
		if _, err := Start(Options{Image: image}); err != nil {
			panic(err)
		}
		for {
			syscall.Pause()
		}
	}
	os.Exit(m.Run())
}

// kernelFile is a file that passes for a kernel.
func kernelFile(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "k.elf")
	if err := os.WriteFile(name, []byte("\x7fELF kernel"), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

func discFile(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "k.iso")
	b := make([]byte, 17*2048)
	copy(b[16*2048:], "\x01CD001")
	if err := os.WriteFile(name, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

// start starts a machine that follows script, QEMU or Bochs, and checks at the
// test's end that nothing of it is left.
func start(t *testing.T, name, script string) *VM {
	t.Helper()
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	fakeemu.Use(t, script)
	o := Options{Machine: name, Image: kernelFile(t)}
	if strings.HasPrefix(name, "bochs") {
		o.Image = discFile(t)
	}
	vm, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	// A test that fails must not wait for its machine for ever.
	stop := time.AfterFunc(30*time.Second, func() { vm.signal(syscall.SIGKILL) })
	t.Cleanup(func() {
		stop.Stop()
		vm.Kill()
		if err := syscall.Kill(-vm.cmd.Process.Pid, 0); err != syscall.ESRCH {
			t.Errorf("the emulator is still there: %v", err)
		}
		if left, _ := os.ReadDir(tmp); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	return vm
}

func TestSerialLineBothWays(t *testing.T) {
	for _, name := range []string{"qemu-svm", "bochs-vmx"} {
		t.Run(name, func(t *testing.T) {
			vm := start(t, name, `
				say "hello\r\n> "
				wait "echo\r"
				say "ec"
				say "ho\r"
				say "\nwhat?\rno\r"
				wait "\x03"
				say "\r\nringo: exit 0 power off\r\n"
				exit 1`)
			at, err := vm.Expect(t.Context(), 0, regexp.MustCompile(`(?m)^hello$\n> `))
			if err != nil {
				t.Fatal(err)
			}
			if err := vm.Type("echo\n"); err != nil {
				t.Fatal(err)
			}
			// Over several lines and several pieces of output.
			if _, err := vm.Expect(t.Context(), at, regexp.MustCompile(`echo\nwhat\?\rno`)); err != nil {
				t.Fatal(err)
			}
			if _, err := vm.Write([]byte{3}); err != nil {
				t.Fatal(err)
			}
			if got, want := vm.Exit(), (Exit{Stopped, 0, "power off"}); got != want {
				t.Errorf("exit %v, want %v", got, want)
			}
			const all = "hello\n> echo\nwhat?\rno\r\nringo: exit 0 power off\n"
			if got := vm.Output(); got != all {
				t.Errorf("output %q, want %q", got, all)
			}
		})
	}
}

func TestExpectLooksBehindFromOnly(t *testing.T) {
	vm := start(t, "qemu-svm", "say \"prompt> one\\r\\n\"\nwait \"x\"\nsay \"prompt> two\"\nhang")
	prompt := regexp.MustCompile(`prompt> `)
	first, err := vm.Expect(t.Context(), 0, prompt)
	if err != nil || first != len("prompt> ") {
		t.Fatalf("first prompt at %d, %v", first, err)
	}
	if again, err := vm.Expect(t.Context(), 0, prompt); err != nil || again != first {
		t.Fatalf("from the start again: %d, %v", again, err)
	}
	if err := vm.Type("x"); err != nil {
		t.Fatal(err)
	}
	second, err := vm.Expect(t.Context(), first, prompt)
	if want := len("prompt> one\nprompt> "); err != nil || second != want {
		t.Errorf("second prompt at %d, %v; want %d", second, err, want)
	}
}

func TestExpectEndsWithTheMachineOrTheContext(t *testing.T) {
	never := regexp.MustCompile(`never`)
	vm := start(t, "qemu-svm", `say "something"`)
	if _, err := vm.Expect(t.Context(), 0, never); err != ErrEnded {
		t.Errorf("after the machine's end: %v", err)
	}
	if err := vm.Type("x"); err == nil {
		t.Error("could type at a machine that ended")
	}
	vm = start(t, "qemu-svm", `hang`)
	late := errors.New("too late")
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, late)
	defer cancel()
	if _, err := vm.Expect(ctx, 0, never); err != late {
		t.Errorf("after the context's end: %v", err)
	}
}

func TestExitTellsHowTheMachineEnded(t *testing.T) {
	for _, c := range []struct {
		name, machine, script string
		want                  Exit
	}{
		{"power-off", "qemu-svm", "say \"ringo: exit 0 power-off\\r\\n\"\nexit 1", Exit{Stopped, 0, "power-off"}},
		{"power-off by ACPI", "qemu-svm", "say \"ringo: exit 0 power-off\\r\\n\"\nexit 0", Exit{Stopped, 0, "power-off"}},
		{"reboot", "qemu-svm", "say \"ringo: exit 10 reboot\\r\\n\"\nexit 21", Exit{Stopped, 10, "reboot"}},
		{"panic", "qemu-svm", "say \"x\\r\\nringo: exit 2 panic: oh\\r\\n\"\nexit 5", Exit{Panicked, 2, "panic: oh"}},
		{"the last exit line counts", "qemu-svm", "say \"ringo: exit 0\\r\\nringo: exit 3\\r\\n\"\nexit 1", Exit{Panicked, 3, ""}},
		{"exit line inside a line", "qemu-svm", "say \"> ringo: exit 0 x\\r\\n\"\nexit 0", Exit{Reset, -1, "exit status 0"}},
		{"no number for a code", "qemu-svm", "say \"ringo: exit 12345 x\\r\\n\"\nexit 0", Exit{Reset, -1, "exit status 0"}},
		{"debug exit and no line", "qemu-svm", "exit 7", Exit{Panicked, 3, "isa-debug-exit, exit status 7"}},
		{"triple fault", "qemu-svm", "say \"boot\\r\\n\"", Exit{Reset, -1, "exit status 0"}},
		{"triple fault before any output", "qemu-svm", "exit 0", Exit{Reset, -1, "exit status 0"}},
		{"QEMU does not start", "qemu-svm", "log \"qemu: warning: TCG doesn't support requested feature: x\\nbad option\\n\"\nexit 1", Exit{NoStart, -1, "exit status 1"}},
		{"QEMU dies", "qemu-svm", "say \"boot\"\ndie", Exit{Reset, -1, "signal: killed"}},
		{"Bochs power-off", "bochs-svm", "say \"ringo: exit 0 power-off\\r\\n\"\nexit 1", Exit{Stopped, 0, "power-off"}},
		{"Bochs panic", "bochs-svm", "say \"ringo: exit 2 panic\\r\\n\"\nexit 1", Exit{Panicked, 2, "panic"}},
		{"Bochs triple fault", "bochs-svm", "say \"boot\"\nexit 1", Exit{Reset, -1, "exit status 1"}},
		{"Bochs does not start", "bochs-svm", "log \"no BIOS\"\nexit 1", Exit{NoStart, -1, "exit status 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			vm := start(t, c.machine, c.script)
			if got := vm.Exit(); got != c.want {
				t.Errorf("exit %+v, want %+v", got, c.want)
			}
			if strings.Contains(c.script, "bad option") && vm.Messages() != "bad option" {
				t.Errorf("messages %q", vm.Messages())
			}
		})
	}
}

func TestKillEndsTheEmulator(t *testing.T) {
	for _, c := range []struct{ name, machine, script string }{
		{"at SIGTERM", "qemu-svm", "say \"up\"\nhang"},
		{"that ignores SIGTERM", "qemu-svm", "deaf\nsay \"up\"\nhang"},
		{"Bochs", "bochs-vmx", "deaf\nsay \"up\"\nhang"},
	} {
		t.Run(c.name, func(t *testing.T) {
			vm := start(t, c.machine, c.script)
			if _, err := vm.Expect(t.Context(), 0, regexp.MustCompile("up")); err != nil {
				t.Fatal(err)
			}
			vm.Kill()
			if got := vm.Exit().Outcome; got != Killed {
				t.Errorf("outcome %v", got)
			}
		})
	}
}

func TestEmulatorDiesWithThisProgram(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "emulator")
	t.Setenv("TMPDIR", dir)
	fakeemu.Use(t, "file "+file+"\ndeaf\nhang")
	t.Setenv(parentVar, kernelFile(t))
	self, _ := os.Executable()
	parent, err := os.StartProcess(self, []string{self}, &os.ProcAttr{Files: []*os.File{nil, nil, os.Stderr}})
	if err != nil {
		t.Fatal(err)
	}
	pid := 0
	eventually(t, "the emulator starts", func() bool {
		b, err := os.ReadFile(file)
		first, _, _ := strings.Cut(string(b), "\n")
		pid, _ = strconv.Atoi(first)
		return err == nil
	})
	defer func() {
		if t.Failed() {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}()
	parent.Kill()
	parent.Wait()
	eventually(t, "the emulator dies", func() bool {
		b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		return err != nil || strings.Contains(string(b), ") Z ")
	})
}

// eventually polls until ok, for ten seconds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in ten seconds: %s", what)
		}
	}
}

func TestTwoMachinesAtOnce(t *testing.T) {
	for _, name := range []string{"qemu-svm", "bochs-vmx"} {
		a := start(t, name, "say \"a\"\nwait \"x\"\nsay \"A\"\nhang")
		b := start(t, name, "say \"b\"\nwait \"x\"\nsay \"B\"\nhang")
		for vm, want := range map[*VM]string{a: "aA", b: "bB"} {
			vm.Type("x")
			if _, err := vm.Expect(t.Context(), 0, regexp.MustCompile("^"+want+"$")); err != nil {
				t.Errorf("%s: %v, output %q, want %q", name, err, vm.Output(), want)
			}
		}
	}
}
