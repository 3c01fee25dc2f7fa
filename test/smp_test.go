//go:build boot

package test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/internal/emu"
)

// Every processor runs the Go runtime, in whatever order they came up, so that
// a processor's index is not its APIC id. What depends on the host's speed,
// the accuracy of timers, is left out.
func TestProcessorsRunTheRuntime(t *testing.T) {
	for _, c := range []struct {
		name       string
		machine    string
		processors int
		extra      []string
	}{
		{"2", "qemu-svm", 2, nil},
		{"4", "qemu-svm", 4, nil},
		{"4, pc", "qemu-svm-pc", 4, nil},
		{"8", "qemu-svm", 8, nil},
		{"3 in two sockets, ids with gaps", "qemu-svm", 6, []string{"-smp", "6,sockets=2,cores=3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := boot(t, emu.Options{Machine: c.machine, CPUs: c.processors, Append: "shuffle=7", Extra: c.extra})
			b.Expect(fmt.Sprintf(`processors: %d of %d run, GOMAXPROCS %d\s`, c.processors, c.processors, c.processors)).Expect(`ringo> `)
			for _, name := range []string{"faults", "fault-storm", "zero", "threads", "spin", "float", "goroutines", "memory", "events"} {
				b.Send("selftest " + name + "\n").Expect(`ok   ` + name)
			}
			b.Send("poweroff\n").Exit(emu.Stopped, 0)
		})
	}
}

// A processor that does not come back is reported, with what it does, and the
// machine goes on, a busy guest too. The watchdog counts its ticks of a second, so
// its 10 s may be a tick less.
func TestWatchdogReportsWhatIsStuck(t *testing.T) {
	c := boot(t, emu.Options{CPUs: 4, Modules: described(t, "../iso/busybox.toml")}).Expect(`busybox: ready`).Expect(busybox)
	c.Send("while true; do true; done\n").Send(escape).Expect(monitor)
	c.Send("selftest stuck\n").Expect(`watchdog: processor 1 has not entered the layer for 10 s`).
		Expect(`processor 1 APIC id 1 thread \d+.* at [0-9a-f]{16} github\.com/ringo-vmm/ringo/\S+\+0x`).Expect(`thread \d+ running cpu 1 for (9|1\d)\d{3} ms pinned to 1`).Expect(`ok   stuck`)
	c.Send("selftest stuck-lock\n").Expect(`watchdog: processor \d has held the layer's lock for 10 s`).
		Expect(`processor \d .* at [0-9a-f]{16} github\.com/ringo-vmm/ringo/\S+\+0x`).Expect(`ok   stuck-lock`).Expect(`ringo> `)
	c.Send("threads\n").Expect(`running .* at `).Expect(`processor 3, APIC id 3: thread \d+, \d+ ready`)
	c.Send("vm attach busybox\n").Expect(`\[busybox`).Send("\x03").Expect(busybox).Send("echo $((6*7))ab\n").Expect(`42ab`)
	c.Send(escape).Expect(monitor)
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
}

// What the command line says reaches the Go runtime as its environment.
func TestRuntimeVariables(t *testing.T) {
	boot(t, emu.Options{CPUs: 2, Append: "GODEBUG=gctrace=1 GOGC=37"}).Expect(`ringo> `).
		Send("selftest memory 1s; gc; poweroff\n").Expect(`gc \d+ @\d.* 2 P`).Exit(emu.Stopped, 0)
}

// Idle is HLT on all of them.
func TestIdleUsesNoProcessorOfFour(t *testing.T) {
	c := boot(t, emu.Options{CPUs: 4}).Expect(`ringo> `)
	const span = 10 * time.Second
	time.Sleep(time.Second)
	before := cpuTime(t, c.vm.PID())
	time.Sleep(span)
	share := float64(cpuTime(t, c.vm.PID())-before) / float64(span)
	t.Logf("idle: %.2f %% of a host core", 100*share)
	if share >= 0.01 {
		t.Errorf("an idle Ringo uses %.2f %% of a host core", 100*share)
	}
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
}

// A processor that dies stops the others, and tells what they were at.
func TestTheOtherProcessorsStop(t *testing.T) {
	for how, code := range map[string]int{"go": 2, "layer": 4, "nmi": 6} {
		t.Run(how, func(t *testing.T) {
			boot(t, emu.Options{CPUs: 3}).Expect(`ringo> `).Send("panic "+how+"\n").
				Expect(`processor \d \w+.* at [0-9a-f]{16} (?s).*processor \d \w+.* at [0-9a-f]{16} .*ringo: exit`).Exit(emu.Panicked, code)
		})
	}
}

// Guests run on several processors at once, and what is typed reaches them.
func TestGuestsOnSeveralProcessors(t *testing.T) {
	for _, processors := range []int{2, 4} {
		t.Run(fmt.Sprint(processors), func(t *testing.T) {
			c := boot(t, emu.Options{CPUs: processors, MemMiB: 1536, Modules: described(t, "../iso/two.toml")}).Expect(`Welcome to u-root`).Expect(uroot)
			c.Send("echo $((6*7))ab\n").Expect(`42ab`).Expect(uroot)
			c.Send(escape).Expect(monitor).Send("vm attach busybox\n").Send("\n").Expect(busybox)
			c.Send("echo $((6*7))cd\n").Expect(`42cd`).Expect(busybox)
			c.Send(escape).Expect(monitor).Send("regs linux\n").Expect(`CR3 [0-9a-f]{16}`).Expect(`ringo> `)
			c.Send("vm pause linux; vm resume linux; vm destroy linux; vm destroy busybox\n").Expect(`ringo> `)
			c.Send("poweroff\n").Exit(emu.Stopped, 0)
		})
	}
}
