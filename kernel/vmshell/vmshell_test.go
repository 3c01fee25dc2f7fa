package vmshell

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/inspect"
	"github.com/ringo-vmm/ringo/vmm/manager"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
)

// machine describes a machine that starts at 0x8000 in 64-bit mode.
func machine(name string) string {
	return "[[vm]]\nname = \"" + name + "\"\nmemory = \"4M\"\nkernel = \"image\"\nboot = \"flat\"\naddress = 0x8000\nmode = 64\n"
}

// code is the guests' kernel: mov (%rax),%rbx; hlt.
var code = []byte{0x48, 0x8b, 0x18, 0xf4}

// module gives the guests their files.
func module(name string) ([]byte, bool) {
	switch name {
	case "bios":
		return make([]byte, 128<<10), true
	case "disk.img":
		return diskImage, true
	}
	return code, name == "image"
}

// rig is a manager and a terminal with a monitor.
type rig struct {
	t          *testing.T
	host       *vmmtest.Host
	manager    *manager.Manager
	attachedTo chan string
	commands   *monitor.Registry
	used       []vmmtest.Page // see vmmtest.Engine
}

func newRig(t *testing.T, config string, exits ...vmmtest.Exit) *rig {
	t.Helper()
	r := &rig{t: t, host: &vmmtest.Host{}, commands: monitor.NewRegistry(), attachedTo: make(chan string, 1)}
	r.manager = manager.New(manager.Options{
		Host: r.host, Engine: func() (vmm.Engine, error) { return &vmmtest.Engine{Exits: exits, Used: r.used}, nil },
		CPUID: cpuidtest.QEMUEPYC.CPUID(), TSCHz: vmmtest.TSCHz, Wall: func() int64 { return 0 },
		Module:     module,
		PostMortem: inspect.PostMortem, Ended: func(*manager.Machine, manager.Ended) {},
	})
	for _, err := range r.manager.Configure([]byte(config)) {
		t.Fatal(err)
	}
	if err := r.commands.Add(Commands(r.manager, func(v *manager.Machine) error {
		r.attachedTo <- v.Config.Name
		return nil
	}, nil)...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, v := range r.manager.Machines() {
			if v.State() != manager.Off {
				if err := v.Destroy(); err != nil {
					t.Error(err)
				}
			}
		}
		if n := r.host.Blocks(); n != 0 {
			t.Errorf("%d blocks of memory are not given back", n)
		}
	})
	return r
}

// terminal is what a monitor writes to and reads from.
type terminal struct {
	bytes.Buffer
	io.Reader
	mu sync.Mutex
}

func (c *terminal) Read(p []byte) (int, error) { return c.Reader.Read(p) }

func (c *terminal) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Buffer.Write(p)
}

func (c *terminal) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.ReplaceAll(c.Buffer.String(), "\r\n", "\n")
}

func clockOf() time.Duration { return 0 }

// try runs a line and returns what it shows.
func (r *rig) try(line string) string {
	r.t.Helper()
	c := &terminal{Reader: strings.NewReader("")}
	monitor.New(c, r.commands, clockOf).RunLine(line)
	return c.text()
}

// run runs a line, whose output must match a regular expression.
func (r *rig) run(line, want string) {
	r.t.Helper()
	if got := r.try(line); !regexp.MustCompile(want).MatchString(got) {
		r.t.Errorf("%s: %q, want %q", line, got, want)
	}
}

func TestMachinesLiveAndEndByCommand(t *testing.T) {
	r := newRig(t, machine("a")+machine("b"))
	r.run("vm list", `(?m)^a +off +4 MiB +- +- +-$`)
	r.run("vm start a", `^$`)
	r.run("vm list", `(?m)^a +running +4 MiB .*s +\d+  -\nb +off`)
	r.run("vm start a", `vm: .*a runs already`)
	r.run("vm pause a", `^$`)
	r.run("vm list", `a +paused`)
	r.run("vm stats a", `run time`)
	r.run("vm pause a", `a is paused already`)
	r.run("vm resume a", `^$`)
	r.run("vm resume a", `a is not paused`)
	r.run("vm reset a", `^$`)
	r.run("vm list", `a +running .*stopped, after`)
	r.run("vm destroy a", `^$`)
	r.run("vm list", `a +off .*stopped, after`)
	r.run("vm destroy a", `a is off`)
	r.run("vm start c", `there is no machine "c"`)
	r.run("vm start", `which machine\? \(usage: vm start NAME\)`)
	r.run("vm start a b", `too many arguments \(usage: vm start NAME\)`)
}

func TestTheMachineNamedLastIsMeant(t *testing.T) {
	r := newRig(t, machine("a")+machine("b"))
	r.run("vm start a; vm start b; stats b", `run time`)
	r.run("vm destroy b; stats", `stats: b is off`)
	one := newRig(t, machine("only"))
	one.run("vm start only; stats", `run time`)
	two := newRig(t, machine("a")+machine("b"))
	two.run("regs", `regs: which machine\? a, b \(usage: regs \[NAME\]\)`)
	running := newRig(t, machine("a")+machine("b"))
	running.run("vm start b", `^$`)
	running.commands = monitor.NewRegistry() // one to which nothing was named
	if err := running.commands.Add(Commands(running.manager, nil, nil)...); err != nil {
		t.Fatal(err)
	}
	running.run("vm console; stats", `run time`)
	newRig(t, "").run("regs", `regs: there are no machines`)
	newRig(t, "").run("vm list", `there are no machines`)
	two.run("regs c", `there is no machine "c"`)
	two.run("vm attach b", `^$`)
	if got := <-two.attachedTo; got != "b" {
		t.Errorf("attached %q", got)
	}
}

// NAME.N is a processor of a machine: the second has not been started, and
// stands in real mode.
func TestAProcessorIsNamedWithItsMachine(t *testing.T) {
	r := newRig(t, machine("a")+"cpus = 2\n")
	r.run("vm start a", ``)
	r.run("regs a", `64-bit mode`)
	r.run("regs a.1", `real mode`)
	r.run("regs", `real mode`)
	r.run("vm cpuid a.1 1", `(?i)0?1`)
	r.run("regs a.2", `a has the processors 0 to 1, not "2"`)
	r.run("regs a.x", `a has the processors 0 to 1, not "x"`)
	r.run("regs b.0", `there is no machine "b"`)
	r.run("regs a.0", `64-bit mode`)
}

func TestWaitTellsHowAMachineEnds(t *testing.T) {
	r := newRig(t, machine("a"), vmmtest.Out(0xf4, 4, 3))
	r.run("vm wait a", `a was never started`)
	r.run("vm start a; vm wait a 60", `^vm a: ended: exited with 3\n$`)
	r.run("vm postmortem a", `a has not crashed: it ended: exited with 3`)
	spins := newRig(t, machine("a"))
	spins.run("vm start a; vm wait a 0", `vm: .*a is still running after 0 s`)
	spins.run("vm wait a x", `SECONDS is "x", not a number.*\(usage: vm wait NAME \[SECONDS\]\)`)
}

func TestWaitEndsByControlC(t *testing.T) {
	r := newRig(t, machine("a"))
	r.run("vm start a", `^$`)
	in, keys := io.Pipe()
	c := &terminal{Reader: in}
	done := make(chan error)
	go func() { done <- monitor.New(c, r.commands, clockOf).Run() }()
	io.WriteString(keys, "vm attach a; vm wait a\r")
	<-r.attachedTo // the line runs
	io.WriteString(keys, "\x03vm list\r")
	keys.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if !regexp.MustCompile(`a +running`).MatchString(c.text()) {
		t.Errorf("the shell does not go on: %q", c.text())
	}
}

func TestConsole(t *testing.T) {
	r := newRig(t, machine("a"), append(vmmtest.Print("one\r\n\x1b[31mtwo\x1b[0m\x07\r\nthree\r\n"), vmmtest.Out(0xf4, 4, 0))...)
	r.run("vm start a; vm wait a; vm console a", `\none\ntwo\nthree\n$`)
	r.run("vm console a 1", `^three\n$`)
	r.run("vm type a ls", `a is off`)
}

func TestTypeSendsTheLineAndEnter(t *testing.T) {
	var got []byte
	poll := func(c *vmmtest.CPU, e *vmm.Exit) { vmmtest.In(0x3fd, 1)(c, e) }
	exits := []vmmtest.Exit{poll}
	read := func(c *vmmtest.CPU, e *vmm.Exit) { vmmtest.In(0x3f8, 1)(c, e) }
	keep := func(c *vmmtest.CPU, e *vmm.Exit) {
		got = append(got, byte(c.S.GPR[0]))
		vmmtest.Stop(vmm.ReasonHost)(c, e)
	}
	typed := make(chan struct{})
	exits[0] = func(c *vmmtest.CPU, e *vmm.Exit) { <-typed; poll(c, e) }
	for range len("ls -l\r") {
		exits = append(exits, read, keep)
	}
	exits = append(exits, vmmtest.Out(0xf4, 4, 0))
	r := newRig(t, machine("a"), exits...)
	r.run("vm start a; vm type a ls -l", `^$`)
	close(typed)
	r.run("vm wait a 60", `exited with 0`)
	if string(got) != "ls -l\r" {
		t.Errorf("the guest read %q", got)
	}
}

// The guest finds the button pressed in its PM1 status, and enters S5. ACPI 6.4
// §4.8.3.1.1, §4.8.3.2.1.
func TestPowerPressesTheButton(t *testing.T) {
	const (
		pm1Status, pm1Control = 0x600, 0x604
		button                = 1 << 8
		softOff               = 5<<10 | 1<<13
	)
	read := vmmtest.In(pm1Status, 2)
	var poll vmmtest.Exit
	poll = func(c *vmmtest.CPU, e *vmm.Exit) {
		if c.S.GPR[0]&button == 0 {
			c.Again(poll)
			c.Again(read)
		}
		vmmtest.Stop(vmm.ReasonHost)(c, e)
	}
	r := newRig(t, machine("a"), read, poll, vmmtest.Out(pm1Control, 2, softOff))
	r.run("vm power a", `a is off`)
	r.run("vm start a; vm wait a 0", `a is still running`)
	r.run("vm power a; vm wait a 60", `^vm a: ended: powered off\n$`)
}

func TestLookingAtAMachine(t *testing.T) {
	r := newRig(t, machine("a"), vmmtest.In(0x3fd, 1), vmmtest.ReadMSR(0x10), vmmtest.Out(0x3f8, 1, 'x'))
	r.run("vm start a", `^$`)
	for begin := time.Now(); r.try("trace port=0x3f8") == "no such exits in the trace\n"; {
		if time.Since(begin) > 10*time.Second {
			t.Fatal("the guest does not write to COM1")
		}
		time.Sleep(time.Millisecond)
	}
	r.run("exits", `(?s)port +2 .*port +1 +0x3f8 COM1.*MSR +1 +0x10 IA32_TIME`)
	r.run("trace port", `in 0x3fd size 1(?s:.*)out 0x3f8 size 1 value 0x78`)
	r.run("vm trace a msr=0x10 5", `read 0x10`)
	r.run("trace foo", `trace: there is no machine, reason or key "foo" \(usage: trace`)
	r.run("trace port=0x10000", `port is 0x10000, more than`)
	r.run("trace vector=32", `no such exits`)
	r.run("regs", `64-bit mode, CPL 0`)
	r.run("disas 0x8000 2", `0000000000008000: 48 8b 18 +mov +\(%rax\),%rbx\n.*hlt`)
	r.run("disas", `=> 0000`)
	r.run("vm mem a gpa:0x8000 4", `^0000000000008000: 48 8b 18 f4 +\|H\.\.\.\|\n$`)
	r.run("vm mem 0x8000 4", `^0000000000008000: 48 8b 18 f4`)
	r.run("vm mem gpa:0x400000 16", `are not there`)
	r.run("vm mem", `which address\? \(usage: vm mem`)
	r.run("vm mem foo", `ADDR is "foo", not a number`)
	r.run("walk 0x8000", `4-level paging(?s:.*)level 4 .*(?s:.*)guest-physical 0x8000, page of`)
	r.run("walk", `guest-physical`)
	r.run("devices", `COM1 +ports +03f8-03ff(?s:.*)local APIC +address fee00000-fee00fff`)
	r.run("vm cpuid a 0x40000000", `40000000.0:`)
	r.run("vm cpuid", `vendor`)
	r.run("vm cpuid a x", `cpuid: LEAF is "x".*\(usage: vm cpuid`)
	r.run("vm msr a apic_base", `0000001b IA32_APIC_BASE +00000000fee00900`)
	r.run("vm msr 0x12345678", `would get a #GP`)
	r.run("vm msr a foo", `there is no register called "foo"`)
	r.run("postmortem", `vm a, CPU 0: runs`)
	r.run("vm frobnicate", `there is no command vm frobnicate`)
	r.run("vm", `(?s)vm list .*vm walk \[NAME\] \[ADDR\]`)
}

func TestPostMortemOfACrash(t *testing.T) {
	r := newRig(t, machine("a"), vmmtest.Stop(vmm.ReasonShutdown))
	r.run("vm start a; vm wait a", `ended: triple fault`)
	r.run("postmortem", `vm a, CPU 0: triple fault(?s:.*)mov +\(%rax\),%rbx`)
}

func TestTabKnowsCommandsAndMachines(t *testing.T) {
	r := newRig(t, machine("a")+machine("b"))
	s := &shell{manager: r.manager}
	for _, tc := range []struct{ typed, want string }{
		{"", "postmortem"}, {"start ", "a b"}, {"trace ", "port="}, {"trace a ", "vector="},
	} {
		got := strings.Join(s.completeVM(strings.Split(tc.typed, " ")), " ")
		if !strings.Contains(got, tc.want) {
			t.Errorf("after %q: %q, want %q among them", tc.typed, got, tc.want)
		}
	}
	if got := s.completeVM([]string{"list", ""}); len(got) != 0 {
		t.Errorf("list takes no argument, and offers %q", got)
	}
}
