//go:build boot

package test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/media"
)

// The monitor's command selftest tries to break what the Go runtime stands on.
// Counting instructions makes time exact, however busy the host is; all free
// memory is poisoned, so that a page which is not zeroed is noticed.
func TestSelftestsPass(t *testing.T) {
	c := boot(t, emu.Options{ICount: true, Append: "poison"}).Expect(`free frames are poisoned`).Expect(`ringo> `)
	c.Send("selftest; selftest timers 10s; frames; poweroff\n").Expect(`selftest: 10 passed\s`).Expect(`ok   timers .*\s`)
	if damaged := c.Match(`(?s)total .*?exit 0`)[0]; strings.Contains(damaged, "damaged") {
		t.Errorf("free memory was written to:\n%s", damaged)
	}
	c.Exit(emu.Stopped, 0)
}

// A minute of constant collection in a small heap, with the clock of the host.
func TestHeapSurvivesAMinute(t *testing.T) {
	t.Parallel()
	boot(t, emu.Options{Append: "GOMEMLIMIT=24MiB"}).Expect(`ringo> `).Send("selftest memory 60s; poweroff\n").
		Expect(`ok   memory`).Exit(emu.Stopped, 0)
}

func TestSelftestsPassOnBochs(t *testing.T) {
	t.Parallel()
	boot(t, emu.Options{Machine: "bochs-vmx"}).Expect(`ringo> `).
		Send("selftest faults; selftest zero; selftest threads 200ms; selftest spin 500ms; poweroff\n").
		Expect(`ok   faults`).Expect(`ok   zero`).Expect(`ok   threads`).Expect(`ok   spin`).Exit(emu.Stopped, 0)
}

// Boot modules are where the loader put them, whole, after the heap has been
// through much and all free memory was filled.
func TestModulesSurvive(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("The quick brown fox. ", 10_000)
	name := filepath.Join(t.TempDir(), "fox.txt")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := boot(t, emu.Options{Append: "poison", Modules: []media.Module{{Path: name}}}).Expect(`, 1 modules`).Expect(`ringo> `)
	c.Send("selftest memory 2s; memmap\n")
	m := c.Match(`ok   memory(?s).*\n([0-9a-f]{12})-([0-9a-f]{12}) .*module fox\.txt`)
	start, _ := strconv.ParseUint(m[1], 16, 64)
	end, _ := strconv.ParseUint(m[2], 16, 64)
	if end-start != uint64(len(text)) {
		t.Errorf("the module is %d bytes long, want %d", end-start, len(text))
	}
	for _, at := range []int{0, 4096, len(text) - 16} {
		c.Send(fmt.Sprintf("dump %#x 16\n", start+uint64(at))).Expect(`\|?` + regexp.QuoteMeta(text[at:at+16]))
	}
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
}

// Whatever brings the kernel down, it says what, where and how it came there,
// and the machine ends with a code of its own.
func TestEveryWayToDieIsReported(t *testing.T) {
	for _, c := range []struct {
		how  string
		says string
		code int
	}{
		{"go", `panic: asked for by the monitor\s+goroutine \d+ \[running\]:\s+main\.`, 2},
		{"stack", `goroutine stack exceeds(?s).*main\.recurse`, 2},
		{"runtime", `#PF page fault outside Go code, thread \d+\s(?s).*address 0000000000000010.*main\.unhandledFault.*main\.main\+`, 3},
		{"layer", `#PF page fault on processor 0(?s).*address 0000000000000010.*kernel/control\.go:\d+.*thread\.systemCall`, 4},
		{"layer-stack", `#PF page fault on processor 0(?s).*main\.recurse\+.*main\.recurse\+`, 4},
		{"double-fault", `#DF double fault on processor 0(?s).*main\.doubleFault.*thread\.systemCall`, 5},
		{"nmi", `NMI on processor 0(?s).*apic\.\(\*LAPIC\)\.SendNMI`, 6},
		{"interrupt", `unexpected interrupt, vector 0xee(?s).*amd64\.SoftwareInterrupt.*main\.main\+`, 9},
	} {
		t.Run(c.how, func(t *testing.T) {
			boot(t, emu.Options{}).Expect(`ringo> `).Send("panic "+c.how+"\n").
				Expect(c.says+`(?s).*ringo: exit `+strconv.Itoa(c.code)+" ").Exit(emu.Panicked, c.code)
		})
	}
}

func TestMemoryOfAnySizeIsUsed(t *testing.T) {
	for _, gib := range []int{1, 3, 6, 12} {
		t.Run(fmt.Sprintf("%d GiB", gib), func(t *testing.T) {
			c := boot(t, emu.Options{MemMiB: gib << 10}).Expect(`ringo> `).Send("frames\n")
			got, _ := strconv.Atoi(c.Match(`total \d+ \w+, free (\d+) `)[1])
			if unit := gib; gib < 10 && got < gib<<10-32 || gib >= 10 && got < unit-1 {
				t.Errorf("%d free of %d GiB", got, gib)
			}
			c.Send("poweroff\n").Exit(emu.Stopped, 0)
		})
	}
}

// A machine that lacks something says so and comes up all the same.
func TestPoorMachinesComeUp(t *testing.T) {
	for _, c := range []struct {
		name    string
		machine string
		extra   []string
		says    string
	}{
		{"64 MiB", "qemu-svm", []string{"-m", "64M"}, `63 MiB of RAM`},
		{"no ACPI", "qemu-svm-pc", []string{"-machine", "acpi=off"}, `firmware: warning:(?s).*polling`},
		{"no HPET", "qemu-svm", []string{"-machine", "hpet=off"}, `by PM timer`},
		{"no RDRAND", "qemu-svm", []string{"-cpu", "EPYC,+svm,-rdrand"}, `not fit for keys`},
		{"no virtualization", "qemu-svm", []string{"-cpu", "qemu64,-svm"}, `GOMAXPROCS 1`},
		{"x2APIC as far as there is one", "qemu-svm", []string{"-cpu", "max"}, `GOMAXPROCS 1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			boot(t, emu.Options{Machine: c.machine, Extra: c.extra}).
				Expect(c.says).Expect(`ringo> `).Send("probe\n").Expect(`this machine can(not)? run guests`).
				Send("poweroff\n").Exit(emu.Stopped, 0)
		})
	}
}

func TestProcessorWithout64BitsIsRefused(t *testing.T) {
	boot(t, emu.Options{Extra: []string{"-cpu", "qemu32"}}).Expect(`Ringo needs a 64-bit processor`)
}

func TestBadInputIsAnErrorLine(t *testing.T) {
	c := boot(t, emu.Options{}).Expect(`ringo> `)
	for _, line := range []string{
		"peek 0", "peek 0xffffffffffffffff", "peek zzz", "dump 0x8000000000000000", "poke 0x1010000 1",
		"msr", "msr nonsense", "cpuid 0x100000000", "panic nohow", "selftest nosuch", "selftest memory -1s",
		"log -n x", "frames now", "\x00\xff\xfex", "repeat x y", strings.Repeat("a", 3000), "'",
	} {
		c.Send(line + "\n").Expect(`(no such command|usage|nothing is mapped|invalid memory address|canonical|not |:)`).Expect(`ringo> `)
	}
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
}

func TestRebootRestartsTheMachine(t *testing.T) {
	// -no-reboot makes QEMU end instead.
	boot(t, emu.Options{}).Expect(`ringo> `).Send("reboot\n").Expect(`exit 10 reboot`).Ended()
}

// Idle is HLT, and nothing ticks: an idle Ringo uses under 1 % of a host core.
func TestIdleUsesNoProcessor(t *testing.T) {
	c := boot(t, emu.Options{}).Expect(`ringo> `)
	const span = 10 * time.Second
	// The first second belongs to the end of the boot.
	time.Sleep(time.Second)
	before := cpuTime(t, c.vm.PID())
	time.Sleep(span)
	used := cpuTime(t, c.vm.PID()) - before
	share := float64(used) / float64(span)
	t.Logf("idle: %.2f %% of a host core", 100*share)
	if share >= 0.01 {
		t.Errorf("an idle Ringo uses %.2f %% of a host core", 100*share)
	}
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
}

// cpuTime is the processor time that a process has used, by /proc.
func cpuTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	d, err := emu.ProcessTime(pid)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// From the kernel's entry to its prompt it takes at most 100 million
// instructions, which under icount are nanoseconds.
func TestBootTakesFewInstructions(t *testing.T) {
	c := boot(t, emu.Options{ICount: true})
	took, err := time.ParseDuration(c.Match(`ready after (\S+)\s`)[1])
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("entry to prompt: %.1f million instructions", float64(took)/1e6)
	if took > 100*time.Millisecond {
		t.Errorf("entry to prompt takes %d instructions", took)
	}
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
}
