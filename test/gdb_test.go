//go:build boot

package test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/hostpkg"
)

// gdb runs Debian's gdb with commands, connected to an address, and wants what
// it prints to match all of the expressions.
func gdb(c *console, address, commands string, want ...string) {
	c.Helper()
	if err := hostpkg.This(os.Stderr).Ensure([]hostpkg.Package{{Apt: "gdb", Probe: "gdb"}}); err != nil {
		c.Fatal(err)
	}
	file := filepath.Join(c.TempDir(), "commands")
	text := "set pagination off\nset width 0\nset confirm off\nset remotetimeout 30\ntarget remote " + address + "\n" + commands
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		c.Fatal(err)
	}
	out, err := exec.CommandContext(c.Context(), "gdb", "-nx", "-batch", "-x", file, kernelELF).CombinedOutput()
	for _, w := range want {
		if !regexp.MustCompile(w).Match(out) {
			c.Errorf("gdb says no %q", w)
		}
	}
	if err != nil || c.Failed() {
		c.Errorf("%v\n%s", err, out)
	}
}

// freePort is a TCP address that nobody listens at.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// gdb finds the kernel's processors, and breakpoints in goroutines and in the
// thread layer stop them.
func TestGdbDebugsRingo(t *testing.T) {
	for _, machine := range []string{"qemu-svm", "bochs-vmx"} {
		t.Run(machine, func(t *testing.T) {
			address := freePort(t)
			c := boot(t, emu.Options{Machine: machine, CPUs: 2, Append: "gdb=com2", Lines: []string{address}})
			c.Expect("gdb: on com2").Expect("ringo> ")
			gdb(c, address, `
info threads
break 'github.com/ringo-vmm/ringo/kernel/thread.interruptFrom'
continue
bt 2
stepi
delete
detach
`, `Thread 2 \(processor 1`, `hit Breakpoint 1, github.com/ringo-vmm/ringo/kernel/thread.interruptFrom`, `thread.interrupt `)
			c.Send("version\n").Expect("ringo> ")
		})
	}
}

// What a kernel sends that dies shows the goroutine that died.
func TestACrashDumpOpensInGdb(t *testing.T) {
	c := boot(t, emu.Options{Append: "dump", CPUs: 2})
	c.Expect("ringo> ").Send("panic go\n").Expect("ringo: exit 2")
	c.Ended()
	log, core := filepath.Join(t.TempDir(), "log"), filepath.Join(t.TempDir(), "core")
	if err := os.WriteFile(log, []byte(c.vm.Output()), 0o666); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(ringoTool, "core", log, "-o", core, "-elf", kernelELF).CombinedOutput(); err != nil || strings.Contains(string(out), "warning") {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command("gdb", "-nx", "-batch", "-ex", "bt", "-ex", "info threads", kernelELF, core).CombinedOutput()
	for _, want := range []string{"runtime.gopanic", "kernel/control.go", "LWP 1000001"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q", want)
		}
	}
	if err != nil || t.Failed() {
		t.Errorf("%v\n%s", err, out)
	}
}
