//go:build boot

package test

import (
	"bufio"
	"bytes"
	"context"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/internal/emu"
)

// logged is what the kernel's command line says so that each line of its log
// comes with its level. Its tests of cryptographic code, a billion instructions,
// are left out.
const logged = "console=ttyS0 console_msg_format=syslog ignore_loglevel cryptomgr.notests"

// logLine is such a line: level and facility, time, text. Levels are those of
// syslog(2), the lower the worse.
var logLine = regexp.MustCompile(`(?m)^<(\d+)>\[[ \d.]+\] (.*?)\r?$`)

// number is what may be another one at the next boot.
var number = regexp.MustCompile(`\d+`)

// warnings are the texts of a boot log's warnings, errors and worse, by the
// text without its numbers.
func warnings(log string) map[string]string {
	texts := make(map[string]string)
	for _, m := range logLine.FindAllStringSubmatch(log, -1) {
		const warning, levels = 4, 8
		priority := 0
		for _, digit := range m[1] {
			priority = priority*10 + int(digit-'0')
		}
		if priority%levels <= warning {
			texts[number.ReplaceAllString(m[2], "N")] = m[2]
		}
	}
	return texts
}

// explained are warnings that Linux has on Ringo alone, and why.
var explained = []struct{ text, why string }{
	{`PNP: PS/2 appears to have AUX port disabled`, "a machine without firmware has no mouse"},
	{`hrtimer: interrupt took \d+ ns`, "the computer was busy, and did not run the emulator"},
}

// onQEMU is the boot log of the kernel on QEMU's own PC with a processor, without
// Ringo.
func onQEMU(t *testing.T, processor, cmdline string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitTime)
	defer cancel()
	c := exec.CommandContext(ctx, "qemu-system-x86_64", "-machine", "pc", "-accel", "tcg", "-cpu", processor, "-smp", "2,sockets=2", "-m", "256",
		"-nodefaults", "-vga", "std", "-display", "none", "-serial", "stdio", "-monitor", "none", "-no-reboot",
		"-kernel", "../build/guests/vmlinuz-generic", "-initrd", "../build/guests/busybox.cpio", "-append", cmdline)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	c.Stderr = &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	for s := bufio.NewScanner(out); s.Scan() && !strings.Contains(s.Text(), "busybox: ready"); {
		log.WriteString(s.Text() + "\n")
	}
	alive := ctx.Err() == nil
	cancel()
	c.Wait()
	if !alive || len(warnings(log.String())) == 0 {
		t.Fatalf("QEMU's own PC does not get to the shell\n%s\n%s", log.String(), said.String())
	}
	return log.String()
}

// linuxStarts are ways in which Linux comes to two processors: whether Ringo starts
// it, or firmware and GRUB on a CD, and whether it goes by ACPI or by the tables
// before it.
var linuxStarts = []struct {
	name, cmdline, keys string
	cd                  bool
	expect              string
}{
	{"ACPI", logged, "cpus = 2\n", false, `Brought up 1 node, 2 CPUs`},
	{"MP table", logged + " acpi=off", "cpus = 2\n", false, `Intel MultiProcessor Specification v1\.4(?s).*Brought up 1 node, 2 CPUs`},
	{"CD, ACPI", logged, "cpus = 2\n", true, `HPET id(?s).*Brought up 1 node, 2 CPUs.*PS/2 Controller \[PNP0303:KBD,PNP0f13:MOU\]`},
	// SeaBIOS' table has one processor of each package.
	{"CD, MP table", logged + " acpi=off", "cpus = 2\ncpuid = [\"-HTT\"]\n", true, `Intel MultiProcessor Specification v1\.4(?s).*Brought up 1 node, 2 CPUs`},
}

// Linux has nothing to complain of that it does not complain of on QEMU's own PC.
func TestLinuxComplainsOfNothing(t *testing.T) { complaints(t, "qemu-svm", "EPYC", true) }

// Nor has it with Intel's VMX.
func TestLinuxComplainsOfNothingWithVMX(t *testing.T) {
	t.Parallel()
	complaints(t, "bochs-vmx", "Broadwell", false)
}

// complaints starts Linux on a kind of machine in all ways, or without those by CD.
// What it complains of with an AMD's processor is not what it does with Intel's.
func complaints(t *testing.T, on, processor string, cd bool) {
	for _, s := range linuxStarts {
		if s.cd && !cd {
			continue
		}
		t.Run(s.name+", "+on, func(t *testing.T) {
			aside(t, on)
			there := warnings(onQEMU(t, processor, s.cmdline))
			text := "memory = \"256M\"\nkernel = \"vmlinuz-generic\"\ninitrd = \"busybox.cpio\"\ncmdline = \"" + s.cmdline + "\"\n" + s.keys
			modules := machine(t, text, "../build/guests/vmlinuz-generic", "../build/guests/busybox.cpio")
			if s.cd {
				iso := grubCD(t, "linux /boot/linux "+s.cmdline+"\ninitrd /boot/initrd", map[string]string{"linux": "vmlinuz-generic", "initrd": "busybox.cpio"})
				modules = firmware(t, s.keys+"boot = \"cd\"\n"+`disk = [{ file = "guest.iso", cd = true }]`, iso)
			}
			c := boot(t, emu.Options{Machine: on, MemMiB: 768, Modules: modules}).Expect(s.expect).Expect(`busybox: ready`).Expect(busybox)
			for short, text := range warnings(c.vm.Output()) {
				if _, ok := there[short]; !ok && !isExplained(text) {
					t.Errorf("only on Ringo: %s", text)
				}
			}
			c.Send("grep -c processor /proc/cpuinfo; grep IO-APIC /proc/interrupts\n").Expect(`\n2\r?\n`).Expect(`IO-APIC +4-edge +ttyS0`).Expect(busybox)
			c.Send(escape).Expect(monitor).Send("vm destroy pc; poweroff\n").Exit(emu.Stopped, 0)
		})
	}
}

func isExplained(text string) bool {
	for _, e := range explained {
		if regexp.MustCompile(e.text).MatchString(text) {
			return true
		}
	}
	return false
}
