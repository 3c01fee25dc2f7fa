//go:build boot

package test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/media"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/guests"
)

// debugMachines are where gdb is tested.
var debugMachines = []string{"qemu-svm", "bochs-vmx"}

// gdb runs Debian's gdb with a program's symbols, if file names one, connected
// to an address, and wants what it prints to match all of the expressions. If
// there is a function while, gdb gets a Ctrl-C when that returns.
func gdb(c *console, file, address, commands string, while func(), want ...string) {
	c.Helper()
	script := filepath.Join(c.TempDir(), "commands")
	text := "set pagination off\nset width 0\nset confirm off\nset remotetimeout 30\ntarget remote " + address + "\n" + commands
	if err := os.WriteFile(script, []byte(text), 0o666); err != nil {
		c.Fatal(err)
	}
	run := exec.CommandContext(c.Context(), "gdb", "-nx", "-batch", "-x", script)
	if file != "" {
		run.Args = append(run.Args, file)
	}
	var out bytes.Buffer
	run.Stdout, run.Stderr = &out, &out
	err := run.Start()
	if err != nil {
		c.Fatal(err)
	}
	if while != nil {
		while()
		if err := run.Process.Signal(os.Interrupt); err != nil {
			c.Error(err)
		}
	}
	err = run.Wait()
	for _, w := range want {
		if !regexp.MustCompile(w).Match(out.Bytes()) {
			c.Errorf("gdb says no %q", w)
		}
	}
	if err != nil || c.Failed() {
		c.Fatalf("%v\n%s%s", err, out.Bytes(), c.last())
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

// awaitFile waits until there is a file of that name.
func awaitFile(t *testing.T, name string) {
	t.Helper()
	for deadline := time.Now().Add(waitTime); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(name); err == nil {
			return
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// What is where in the guest of lab 1, which dies at its first INT and then
// waits for a counter.
const (
	lostDies   = 0x8046 // INT 30h
	lostLoops  = 0x80ae // behind the HLT in which it waits, if it is not in its handler
	lostCounts = 0x8790
	lostWaits  = lostCounts + 8
)

// lost is that guest, as boot modules.
func lost(t *testing.T) []media.Module {
	t.Helper()
	g := guests.Course[slices.IndexFunc(guests.Course, func(g guests.Guest) bool { return g.Name == "lost" })]
	image, err := g.Build()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	text := fmt.Sprintf("[[vm]]\nname = \"lost\"\nmemory = \"4M\"\nkernel = \"lost.bin\"\nboot = \"flat\"\naddress = %#x\nmode = 64\nrestart = false\n", guests.LoadAt)
	modules := []media.Module{{Path: filepath.Join(dir, config.ModuleName)}, {Path: filepath.Join(dir, "lost.bin")}}
	for i, content := range [][]byte{[]byte(text), image} {
		if err := os.WriteFile(modules[i].Path, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return modules
}

// A guest stands still before its first instruction. It is moved by single steps, to
// an exit, to breakpoints and exceptions, and to its triple fault, which ends it.
// Started again, gdb mends it: it breaks in, watches a counter and lets go.
func TestGdbDebugsAGuest(t *testing.T) {
	t.Parallel()
	for _, machine := range debugMachines {
		t.Run(machine, func(t *testing.T) {
			address := freePort(t)
			c := boot(t, emu.Options{Machine: machine, Modules: lost(t), Append: "gdb-guest=com2:lost", Lines: []string{address}})
			c.Expect(`vm lost waits for gdb`)
			gdb(c, "", address, fmt.Sprintf(`
print/x $pc
x/i $pc
stepi
info threads
monitor break exit port
continue
x/i $pc
monitor delete
hbreak *%#x
continue
x/i $pc
info registers
set $rax = 0x123456789abcdef0
print/x $rax
set {int}0x300000 = 0x12345678
monitor phys 0x300000 4
monitor vm list
delete
monitor break exception 13
continue
print/x $pc
monitor delete
monitor break triple
continue
monitor delete
continue
`, lostDies), nil, `\$1 = 0x8000\n`, `=> 0x8000:\s+mov +\$0x8000,%esp`, `(?m)^0x0*8005 in`, `Thread 1 .*64`,
				`processor 0: exit: port`, `=> 0x8032:\s+out +%al,\(%dx\)`, `Breakpoint 1, 0x0*8046 in`, `=> 0x8046:\s+int +\$0x30`, `idtr_limit +0x30 `, `efer +0x500 +\[ LME LMA`,
				`\$2 = 0x123456789abcdef0`, `78 ?56 ?34 ?12`, `lost +running`, `processor 0: #GP`, `\$3 = 0x8046\n`,
				`processor 0: exit: triple fault`, `exited normally`)
			c.Expect(`vm lost: ended: triple fault`).Expect(`ringo> `)

			c.Send("vm start lost; vm attach lost\n").Expect(`vm lost waits for gdb`)
			gdb(c, "", address, fmt.Sprintf(`
break *%#x
continue
set $idtr_limit = 0x30f
delete
continue
x/4i %#x
watch *(int *)%#x
continue
continue
delete
set {int}%#x = 3
detach
`, lostDies, lostLoops, lostCounts, lostWaits), func() { c.Expect(`waits for 3 ticks`) },
				`Breakpoint 1, 0x0*8046 in`, `received signal SIGINT`, `cmpl +\$0x3,`, `(?s)Hardware watchpoint 2.*Old value = \d+\s+New value = \d+.*Old value = \d+`)
			c.Expect(`lost: found\s+passed lost`).Expect(`vm lost: ended: exit`)
			c.Send("poweroff\n").Exit(emu.Stopped, 0)
		})
	}
}

// All processors of a guest stop together, each of them comes to a breakpoint in
// the code that they all run, and when gdb has gone the guest is well.
func TestGdbDebugsAnSMPGuest(t *testing.T) {
	address := freePort(t)
	c := boot(t, emu.Options{CPUs: 2, Modules: described(t, "../iso/smp.toml"), Append: "gdb-guest=com2:smp", Lines: []string{address}})
	c.Expect(`vm smp waits for gdb`)
	gdb(c, "", address, `
hbreak *0xffffffff80000000
continue
info threads
hbreak *$pc
continue
continue
continue
continue
info threads
delete
detach
`, func() { c.Expect(`Brought up 1 node, 4 CPUs(?s).*busybox: ready`).Expect(busybox) },
		`received signal SIGINT`, `Thread 4 .*64`, `(?s)(Thread \d hit Breakpoint 2.*){4}`)
	c.Send("echo $((6*7))ab\n").Expect(`42ab`)
	c.Send(escape).Expect(monitor).Send("poweroff\n").Exit(emu.Stopped, 0)
}

// gdb finds the kernel's processors; breakpoints of both kinds in the thread layer
// stop them, so does a watchpoint, and so does Ctrl-C.
func TestGdbDebugsRingo(t *testing.T) {
	for _, machine := range debugMachines {
		t.Run(machine, func(t *testing.T) {
			address := freePort(t)
			c := boot(t, emu.Options{Machine: machine, CPUs: 2, Append: "gdb=com2", Lines: []string{address}})
			c.Expect("gdb: on com2").Expect("ringo> ")
			dir := t.TempDir()
			idles := func(n int) string { return filepath.Join(dir, fmt.Sprint("idles", n)) }
			goes := filepath.Join(dir, "goes")
			gdb(c, kernelELF, address, `
info threads
break 'github.com/ringo-vmm/ringo/kernel/thread.interruptFrom'
shell touch `+idles(1)+`
continue
bt 2
info registers rip cr3
stepi
delete
hbreak 'github.com/ringo-vmm/ringo/kernel/thread.systemCall'
shell touch `+idles(2)+`
continue
delete
watch 'github.com/ringo-vmm/ringo/kernel/thread.counts'[202]
shell touch `+idles(3)+`
continue
delete
shell touch `+goes+`
continue
info threads
detach
`, func() {
				for n := 1; n <= 3; n++ {
					awaitFile(t, idles(n))
					c.Send("\n") // an idle Ringo may have no interrupt for long
				}
				awaitFile(t, goes)
				c.Send("version\n").Expect("go1(?s).*ringo> ")
			},
				`Thread 2 \(processor 1`, `hit Breakpoint 1, github.com/ringo-vmm/ringo/kernel/thread.interruptFrom`, `thread.interrupt `,
				`hit Breakpoint 2, github.com/ringo-vmm/ringo/kernel/thread.systemCall`, `(?s)Hardware watchpoint 3: .*Old value = \d+\s+New value = \d+`,
				`cr3 +0x[1-9a-f]`, `received signal SIGINT(?s).*Thread 2 \(processor 1`)
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
