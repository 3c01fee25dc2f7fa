package gdb

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/internal/hostpkg"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// script runs Debian's gdb with commands against a fake machine.
func script(t *testing.T, f *fake, commands string) string {
	t.Helper()
	if err := hostpkg.This(os.Stderr).Ensure([]hostpkg.Package{{Apt: "gdb", Probe: "gdb"}}); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	done := make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			done <- err
			return
		}
		defer conn.Close()
		done <- New(f, func(line string) string { return "ringo has " + line + "\n" }).Serve(conn)
	}()
	file := filepath.Join(t.TempDir(), "commands")
	text := "set pagination off\nset width 0\nset confirm off\ntarget remote " + l.Addr().String() + "\n" + commands
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("gdb", "-nx", "-batch", "-x", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := <-done; err != nil {
		t.Errorf("the stub: %v", err)
	}
	return string(out)
}

// check wants all of the expressions in the text.
func check(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !regexp.MustCompile(w).MatchString(text) {
			t.Errorf("no %q", w)
		}
	}
	text = strings.ReplaceAll(text, "warning: No executable", "")
	if strings.Contains(text, "warning:") {
		t.Error("gdb warns")
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestGdbOn64Bits(t *testing.T) {
	f := newFake(2, x86.EFERLMA)
	out := script(t, f, `
info threads
info registers rip eflags cs cr0 efer gdtr_base tr_limit fs_base
stepi
stepi
p/x $rip
p $rax
set var $rax = 0x1234
set var *(char*)0x2001 = 0x77
hbreak *0x1006
continue
x/4xb 0x2000
delete
break *0x1004
continue
delete
watch *(char*)0x2000
continue
delete
x/3i 0x1001
thread 2
p $r15
p $xmm0.v4_int32
monitor vm list
monitor phys 0x1000 8

set var $eflags = 0x246
set var $cr4 = 0x20L
p $cr4
detach
`)
	check(t, out,
		`2 +Thread 2 \(processor 1 of the fake\)`, `rip +0x1000`, `eflags +0x202 +\[ IF \]`, `cr0 .*\[ PE PG \]`, `efer .*\[ LMA \]`,
		`gdtr_base +0xffff800000001000`, `= 0x1004\n`, `\$2 = 1\n`, `hit Breakpoint 1, 0x0*1006`, `0x2000:\s0x34\s0x77`,
		`hit Breakpoint 2, 0x0*1004`, `(?s)Old value = .*New value = `, `inc +%rax`, `mov +%al,\(%rdi\)`, `= 1\n`, `= \{0, 0, 0, 0\}`,
		`ringo has vm list`, `90 48 ff c0 88 07 eb f9`, `\[ PAE \]`)
	if f.attached || f.mem[counter+1] != 0x77 {
		t.Error("it is still attached, or did not write")
	}
}

func TestGdbOn32Bits(t *testing.T) {
	out := script(t, newFake(1, 0), `
info registers eip eax cr3 fs_base ldtr_limit
stepi
p/x $eip
set var $edi = 0x2100
p/x $edi
`)
	check(t, out, `eip +0x1000`, `cr3 +0x3000`, `= 0x1001\n`, `= 0x2100\n`)
}

func TestGdbReadsMuchMemory(t *testing.T) {
	f := newFake(1, x86.EFERLMA)
	for i := range f.mem {
		f.mem[i] = byte(i * 7)
	}
	file := filepath.Join(t.TempDir(), "memory")
	script(t, f, "dump binary memory "+file+" 0 0x4000\nrestore "+file+" binary 0\n")
	got, err := os.ReadFile(file)
	if err != nil || string(got) != string(f.mem) {
		t.Errorf("%d bytes differ, or %v", len(got), err)
	}
}
