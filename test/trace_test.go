//go:build boot

package test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/internal/perfetto"
)

// names are functions of Linux in which its processors halt, as /proc/kallsyms has
// them.
var names = regexp.MustCompile(`(?m)^[0-9a-f]{16} [tT] \S+`)

// What happened while Linux booted on two processors opens in a trace viewer:
// exits of several reasons, injections, who ran where, and Ringo's goroutines, on one
// time line, with the names of Linux's own functions.
func TestTheTraceOfALinuxBootOpens(t *testing.T) {
	dir := t.TempDir()
	log, symbols, out := filepath.Join(dir, "log"), filepath.Join(dir, "symbols"), filepath.Join(dir, "trace.json")
	tool := func(args ...string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), waitTime)
		defer cancel()
		if text, err := exec.CommandContext(ctx, ringoTool, args...).CombinedOutput(); err != nil {
			t.Fatalf("ringo %s: %v\n%s", strings.Join(args, " "), err, lastLines(string(text), 140))
		}
	}
	tool("run", "-cpus", "2", "-config", "../iso/smp.toml", "-screenshot", dir, "-log", log, "-timeout", "2m", "-on-timeout", howItStands,
		"-send", `/ # =>grep -E " (default_idle|(pv_)?native_safe_halt|native_write_msr|acpi_idle_do_entry|io_serial_(in|out))$" /proc/kallsyms; echo all\n`,
		"-send", `(?m)^all\s=>\x1d`, "-send", `ringo> =>trace save boot 1\n`,
		"-expect", `-----END TRACE boot\.trace-----\s+ringo> `, kernelELF)
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	found := names.FindAllString(strings.ReplaceAll(string(text), "\r", ""), -1)
	if err := os.WriteFile(symbols, []byte(strings.Join(found, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	tool("trace", "open", filepath.Join(dir, "boot.trace"), "-o", out, "-symbols", symbols)
	if text, err = os.ReadFile(out); err != nil {
		t.Fatal(err)
	}
	p, err := perfetto.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	judge(t, p)
}

// judge looks for what must be in the trace.
func judge(t *testing.T, p *perfetto.Parsed) {
	t.Helper()
	have := map[string]int{}
	within, exits := 0, 0
	place := map[string]perfetto.ParsedEvent{} // of vCPUs, by track
	for _, e := range p.Events {
		have[e.Cat+" on "+e.Process+", "+e.Track]++
		switch e.Cat {
		case "exit":
			have[e.Cat+" "+e.Name]++
			if at, _ := e.Args["at"].(string); at != "" {
				have["name of a function"]++
			}
			at, ok := place[e.Track]
			if !ok {
				break // it is older than what the scheduler remembers
			}
			exits++
			if e.At <= at.At+at.Dur+1 {
				within++
			}
		case "injection":
			have[strings.Fields(e.Name)[0]]++
		case "goroutine":
			_, name, _ := strings.Cut(e.Track, " ")
			_, name, _ = strings.Cut(name, " ")
			have[name+" "+e.Name]++
		case "place":
			have[e.Track+" "+e.Name]++
			place[strings.TrimSuffix(e.Track, " runs on")] = e
		}
	}
	for _, want := range []string{
		"exit HLT", "exit port", "exit MSR", "exit interrupt window", "interrupt", "name of a function",
		"slice on host: who runs where, processor 0", "slice on host: who runs where, processor 1",
		"thread on host: threads, processor 0's threads", "thread on host: threads, processor 1's threads",
		"exit on vm smp, vCPU 0", "exit on vm smp, vCPU 1", "exit on vm smp, vCPU 2", "exit on vm smp, vCPU 3",
		"vmm.(*VCPU).run running", "main.main running",
		"place on vm smp, vCPU 0 runs on", "place on vm smp, vCPU 3 runs on",
	} {
		if have[want] == 0 {
			t.Errorf("there is no %s", want)
		}
	}
	// A vCPU leaves its guest only where it runs: the clocks agree.
	if exits < 1000 || within < exits*95/100 {
		t.Errorf("%d of %d exits are in a slice of their vCPU", within, exits)
	}
	t.Logf("%d events, %d of %d exits in slices, %d with names", len(p.Events), within, exits, have["name of a function"])
	judgeGoroutines(t, p)
}

// skew is what the clock of Go's tracer may differ from the host's, in µs.
const skew = 20

// judgeGoroutines wants each goroutine to run on a thread that has a processor.
func judgeGoroutines(t *testing.T, p *perfetto.Parsed) {
	t.Helper()
	threads := map[string][]perfetto.ParsedEvent{}
	remembered := 0.0 // the switches of all processors are known from here on
	tracks := map[string]bool{}
	for _, e := range p.Events {
		if e.Cat != "thread" {
			continue
		}
		threads[e.Name] = append(threads[e.Name], e)
		if !tracks[e.Track] {
			tracks[e.Track], remembered = true, e.At
		}
	}
	began, right := 0, 0
	for _, e := range p.Events {
		if e.Cat != "goroutine" || e.Name != "running" || e.At <= remembered {
			continue
		}
		began++
		thread, _ := e.Args["thread"].(float64)
		if slices.ContainsFunc(threads[fmt.Sprintf("thread %.0f", thread)], func(s perfetto.ParsedEvent) bool {
			return e.At > s.At-skew && e.At < s.At+s.Dur+skew
		}) {
			right++
		}
	}
	if began == 0 || right < began*95/100 {
		t.Errorf("%d of %d times that a goroutine ran, its thread did", right, began)
	}
	t.Logf("%d of %d goroutines on threads", right, began)
}
