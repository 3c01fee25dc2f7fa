//go:build boot

package test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/media"
	"github.com/ringo-vmm/ringo/internal/microguests"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/guests"
)

// escape is Ctrl-], and prompts are those of the guests' shells.
const (
	escape  = "\x1d"
	monitor = `goes on\](?s).*ringo> `
	uroot   = `\$ `
	busybox = `/ # `
)

// described are the boot modules of a configuration with its files.
func described(t *testing.T, name string) []media.Module {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	conf, errs := config.Parse(text)
	if errs != nil {
		t.Fatal(errs)
	}
	copied := filepath.Join(t.TempDir(), config.ModuleName)
	if err := os.WriteFile(copied, text, 0o600); err != nil {
		t.Fatal(err)
	}
	modules, seen := []media.Module{{Path: copied}}, map[string]bool{}
	for _, vm := range conf.VMs {
		for _, image := range vm.Images() {
			if path := filepath.Join(filepath.Dir(name), image.Path); !seen[path] {
				seen[path] = true
				modules = append(modules, media.Module{Path: path})
			}
		}
	}
	return modules
}

// used is how much memory the monitor says is in use.
func used(c *console) string {
	c.Helper()
	return c.Send("frames\n").Match(`(?s)frames\r?\n(.*?)ringo> `)[1]
}

// guestMemory finds guests' memory in what used returns.
var guestMemory = regexp.MustCompile(`guest RAM +(\d+ \w+)`)

// Linux comes up in a guest; what is typed reaches its shell; Ctrl-] leads to
// the monitor, which shows it, and back; and when it has switched its machine
// off all its memory is there again.
func TestLinuxToItsShell(t *testing.T) {
	c := boot(t, emu.Options{Modules: described(t, "../iso/default.toml")}).Expect(`Welcome to u-root`).Expect(uroot)
	c.Send("uname -a\n").Expect(`Linux .* x86_64`).Expect(uroot)
	c.Send(escape).Expect(monitor)
	if m := guestMemory.FindStringSubmatch(used(c)); m == nil || m[1] != "256 MiB" {
		t.Errorf("guest memory: %v", m)
	}
	c.Send("vm list\n").Expect(`linux +running +256 MiB`)
	c.Send("exits\n").Expect(`port +\d+`).Expect(`COM1`).Expect(`ringo> `)
	c.Send("regs\n").Expect(`CR3 [0-9a-f]{16}`).Expect(`ringo> `)
	c.Send("vm pause linux; vm list\n").Expect(`linux +paused`)
	c.Send("vm resume linux\n").Expect(`ringo> `)
	c.Send(escape).Expect(`back\]`)
	c.Send("echo $((6*7))ab\n").Expect(`42ab`)
	c.Send("shutdown\n").Expect(`vm linux: ended: powered off`).Expect(`ringo> `)
	if m := guestMemory.FindStringSubmatch(used(c)); m != nil {
		t.Errorf("the guest still has %s", m[1])
	}
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
}

// shipped are the configurations that are shipped, what shows that they do what
// they are for, and where they run.
var shipped = []struct {
	config, expect string
	machines       []string
}{
	{"default", `Welcome to u-root(?s).*\$ `, []string{"qemu-svm", "bochs-vmx"}},
	{"busybox", `busybox: ready`, []string{"qemu-svm", "bochs-vmx", "bochs-svm"}},
	{"generic", `Welcome to u-root(?s).*\$ `, []string{"qemu-svm", "bochs-vmx"}},
	{"two", `Welcome to u-root(?s).*\$ `, []string{"qemu-svm", "bochs-vmx"}},
	{"memtest", `(?i)memtest86\+`, []string{"qemu-svm", "bochs-vmx", "bochs-svm"}},
	{"smp", `Brought up 1 node, 4 CPUs(?s).*busybox: ready`, []string{"qemu-svm", "bochs-vmx", "bochs-svm"}},
	{"bios", `No bootable device`, []string{"qemu-svm", "bochs-vmx", "bochs-svm"}},
	{"serial", `busybox: ready`, []string{"bochs-vmx"}}, // for qemu-svm these have tests of their own
	{"disk", `Booting from Hard Disk(?s).*Linux version`, []string{"qemu-svm", "bochs-vmx"}},
	{"net", `net: eth0 is 10\.77(?s).*net: ready`, []string{"bochs-vmx"}},
	{"q35", `net: eth0 is 10\.77(?s).*net: eth1 is 10\.77(?s).*net: ready`, []string{"bochs-vmx"}},
	{"three", `Welcome to u-root(?s).*\$ `, []string{"qemu-svm", "bochs-vmx"}},
}

// ships starts configurations on a machine as a user does.
func ships(t *testing.T, machine string) {
	for _, s := range shipped {
		if !slices.Contains(s.machines, machine) {
			continue
		}
		t.Run(s.config+", "+machine, func(t *testing.T) {
			aside(t, machine)
			out, err := exec.Command(ringoTool, "run", "-tamago", *tamago, "-m", machine, "-config", "../iso/"+s.config+".toml", "-expect", s.expect, "-timeout", patience(machine).String()).CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// Every configuration that is shipped does what it is for.
func TestShippedConfigurations(t *testing.T) {
	t.Parallel()
	ships(t, "qemu-svm")
}

// So it does with Intel's VMX, and with an SVM that has other features than QEMU's.
func TestShippedConfigurationsOnBochs(t *testing.T) {
	t.Parallel()
	ships(t, "bochs-vmx")
	ships(t, "bochs-svm")
}

// Two Linux machines have a shell each, and one goes on when the other is
// destroyed, panics or resets itself.
func TestTwoLinuxMachines(t *testing.T) {
	t.Parallel()
	c := boot(t, emu.Options{MemMiB: 1536, Modules: described(t, "../iso/two.toml")}).Expect(`Welcome to u-root`).Expect(uroot)
	c.Send(escape).Expect(monitor)
	c.Send("vm attach busybox\n").Expect(busybox)
	c.Send("echo c > /proc/sysrq-trigger\n").Expect(`sysrq: Trigger a crash`)
	c.Send(escape).Expect(monitor)
	c.Send("vm reset busybox; vm attach busybox\n").Expect(`Linux version`).Expect(busybox)
	c.Send("reboot -f\n").Expect(`Linux version`).Expect(busybox)
	c.Send(escape).Expect(monitor)
	c.Send("vm destroy busybox; vm attach linux\n").Expect(`\[linux`)
	c.Send("echo $((6*7))ab\n").Expect(`42ab`)
}

// A kernel comes up by every protocol that it offers: Linux by three, and Ringo
// itself, in a machine of its own, by three.
func TestEveryBootProtocol(t *testing.T) {
	t.Parallel()
	linux := "kernel = \"vmlinuz-cloud\"\ninitrd = \"busybox.cpio\"\ncmdline = \"console=ttyS0\"\n"
	// A medium has one file of a name, and Ringo is on it already.
	inner := filepath.Join(t.TempDir(), "inner.elf")
	kernel, err := os.ReadFile(kernelELF)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(inner, kernel, 0o600); err != nil {
		t.Fatal(err)
	}
	files := []string{"../build/guests/vmlinuz-cloud", "../build/guests/busybox.cpio"}
	for _, c := range []struct {
		boot, rest, expect string
		files              []string
	}{
		{"linux64", linux, `busybox: ready`, files},
		{"linux32", linux, `busybox: ready`, files},
		{"linux16", linux, `busybox: ready`, files},
		{"multiboot", "kernel = \"inner.elf\"\n", `multiboot 1 by(?s).*ready after.*ringo> `, []string{inner}},
		{"multiboot2", "kernel = \"inner.elf\"\n", `multiboot 2 by(?s).*ready after.*ringo> `, []string{inner}},
		{"pvh", "kernel = \"inner.elf\"\n", `PVH(?s).*ready after.*ringo> `, []string{inner}},
	} {
		t.Run(c.boot, func(t *testing.T) {
			text := "[[vm]]\nname = \"guest\"\nmemory = \"256M\"\nboot = \"" + c.boot + "\"\n" + c.rest
			path := filepath.Join(t.TempDir(), config.ModuleName)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			modules := []media.Module{{Path: path}}
			for _, f := range c.files {
				modules = append(modules, media.Module{Path: f})
			}
			boot(t, emu.Options{Modules: modules}).Expect(`\[guest`).Expect(c.expect)
		})
	}
}

// memtest86+ goes through all of a small machine's memory and finds no error.
func TestMemtestPasses(t *testing.T) {
	t.Parallel() // it takes minutes
	boot(t, emu.Options{Modules: described(t, "../iso/memtest.toml")}).ExpectWithin(15*time.Minute, `Pass: +1 +Errors: 0`)
}

var soak = flag.Duration("soak", 20*time.Second, "how long TestMachinesTogether lets its machines run")

// Two Linux machines that have much to do and memtest86+ run side by side for
// as long as one likes, and all of them still answer.
func TestMachinesTogether(t *testing.T) {
	c := boot(t, emu.Options{MemMiB: 1536, Modules: described(t, "../iso/three.toml")}).Expect(`Welcome to u-root`).Expect(uroot)
	c.Send("while true; do ls -lR /bbin > /dev/null; done\n")
	c.Send(escape).Expect(monitor)
	c.Send("vm attach busybox\n").Expect(busybox)
	c.Send("i=0; while [ $i -lt 100000000 ]; do i=$((i+1)); done\n")
	c.Send(escape).Expect(monitor)
	for end := time.Now().Add(*soak); time.Now().Before(end); time.Sleep(time.Second) {
		c.Send("vm list\n").Expect(`linux +running`).Expect(`busybox +running`).Expect(`memtest +running`).Expect(`ringo> `)
	}
	c.Send("vm attach busybox\n").Expect(`\[busybox`)
	c.Send("\x03").Expect(busybox).Send("echo $((6*7))ab\n").Expect(`42ab`)
	c.Send(escape).Expect(monitor)
	c.Send("vm attach linux\n").Expect(`\[linux`)
	c.Send("\x03\n").Expect(uroot)
	c.Send(escape).Expect(monitor)
	c.Send("vm console memtest 100\n").Expect(`Errors: +0`).Expect(`ringo> `)
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
}

// Linux uses the four processors of its machine: each takes interrupts and runs
// what is started on it, and a pause or a reset hits all of them.
func TestLinuxOnFourProcessors(t *testing.T) {
	c := boot(t, emu.Options{Modules: described(t, "../iso/smp.toml")}).Expect(`Brought up 1 node, 4 CPUs`).Expect(busybox)
	c.Send("for i in 0 1 2 3; do taskset $((1<<i)) sh -c 'echo on cpu $(cut -d\" \" -f39 /proc/self/stat)'; done\n")
	for i := range 4 {
		c.Expect(fmt.Sprintf("on cpu %d", i))
	}
	c.Expect(busybox).Send(escape).Expect(monitor)
	c.Send("vm pause smp; vm list\n").Expect(`smp +paused`).Expect(`ringo> `)
	c.Send("vm resume smp; vm attach smp\n").Expect(`\[smp`)
	c.Send("echo $((6*7))ab\n").Expect(`42ab`)
	c.Send("reboot -f\n").Expect(`Brought up 1 node, 4 CPUs`).Expect(busybox)
	c.Send("poweroff -f\n").Expect(`vm smp: ended: powered off`).Expect(`ringo> `)
	if m := guestMemory.FindStringSubmatch(used(c)); m != nil {
		t.Errorf("the guest still has %s", m[1])
	}
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
}

// A machine that is started and destroyed over and over leaves no page behind.
func TestDestroyGivesAllMemoryBack(t *testing.T) {
	t.Parallel()
	g, _ := guests.Find("hello")
	modules, err := microguests.Write(t.TempDir(), []guests.Guest{g})
	if err != nil {
		t.Fatal(err)
	}
	c := boot(t, emu.Options{Modules: modules}).Expect(`ringo> `)
	owners := regexp.MustCompile(`(guest RAM|device|page table) +(\S+ \S+)`)
	c.Send("repeat 10 vm run hello\n").Expect(`(ended(?s:.*?)){10}ringo> `) // what is made once is there
	before := owners.FindAllString(used(c), -1)
	for range 20 {
		c.Send("repeat 10 vm run hello\n").Expect(`(ended(?s:.*?)){10}ringo> `)
	}
	if after := owners.FindAllString(used(c), -1); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("memory in use was\n%v\nand is\n%v", before, after)
	}
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
}

// A machine with a mistake costs itself, in one line that names it and the
// key; the others start.
func TestMistakesCostTheirMachine(t *testing.T) {
	dir := t.TempDir()
	const good = "[[vm]]\nname = \"good\"\nmemory = \"2M\"\nkernel = \"hlt\"\nboot = \"flat\"\naddress = 0x8000\nmode = 16\n"
	bad := []struct{ text, want string }{
		{"[[vm]]\nname = \"a\"\nmemory = \"3M\"\nkernel = \"hlt\"\n", `vm a: memory: 3M is not a multiple`},
		{"[[vm]]\nname = \"b\"\nmemory = \"2M\"\nkernl = \"hlt\"\n", `vm b: kernl: there is no such key; did you mean kernel\?`},
		{"[[vm]]\nname = \"c\"\nmemory = \"2M\"\nkernel = \"absent\"\n", `vm c: kernel: there is no boot module absent`},
		{"[[vm]]\nname = \"d\"\nmemory = \"2M\"\nkernel = \"hlt\"\n", `vm d: kernel: .*no bzImage`},
		{"[[vm]]\nname = \"e\"\nmemory = \"512G\"\nkernel = \"hlt\"\nboot = \"flat\"\naddress = 0x8000\nmode = 16\n", `vm e: memory: `},
		{"[[vm]]\nname = \"f\"\nmemory = [\n", `vm f: `},
	}
	text := good
	for _, b := range bad {
		text += b.text
	}
	text += "[[vm]]\n" + `name = "last"` + "\nmemory = \"2M\"\nkernel = \"hlt\"\nboot = \"flat\"\naddress = 0x8000\nmode = 16\n"
	var modules []media.Module
	for name, content := range map[string]string{config.ModuleName: text, "hlt": "\xfb\xf4\xeb\xfc"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		modules = append(modules, media.Module{Path: path})
	}
	c := boot(t, emu.Options{Modules: modules})
	c.Expect(`\[good`)
	for _, b := range bad {
		if !regexp.MustCompile(b.want).MatchString(c.vm.Output()) {
			t.Errorf("there is no line %q%s", b.want, c.last())
		}
	}
	c.Send(escape).Expect(monitor)
	c.Send("vm list\n").Expect(`good +running`).Expect(`last +running`).Expect(`ringo> `)
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
}

// An image brings its machines with it.
func TestTheImageBringsItsMachines(t *testing.T) {
	iso := filepath.Join(t.TempDir(), "ringo.iso")
	if err := media.ISO(iso, media.Content{ELF: kernelELF, Modules: described(t, "../iso/busybox.toml")}, 0); err != nil {
		t.Fatal(err)
	}
	boot(t, emu.Options{Boot: emu.BootISO, Image: iso}).Expect(`busybox: ready`).Expect(busybox)
}
