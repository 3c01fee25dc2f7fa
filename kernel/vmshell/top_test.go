package vmshell

import (
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/sched"
)

func TestTopShowsWhatHasHappenedSince(t *testing.T) {
	const ms = 1_000_000
	before := []sched.Usage{
		{Group: "a", Run: 500 * ms, Idle: 100 * ms, Weight: 100, State: sched.Running},
		{Group: "new", Run: 900 * ms, Weight: 100},
	}
	after := []sched.Usage{
		{Group: "a", Run: 1250 * ms, Wait: 250 * ms, Idle: 100 * ms, Weight: 100, State: sched.Running},
		{Group: "new", Run: 250 * ms, Weight: 300, Cap: 50, Processor: 1, State: sched.Capped}, // it was started again
	}
	text := topTable(before, after, []uint64{0, 10 * ms}, []uint64{1000 * ms, 260 * ms}, 1000*ms)
	for _, want := range []string{
		"processor 0 100.0%", "processor 1  25.0%",
		"a.0                 100     -   0 running   75.0%  75.0%  25.0%   0.0%   0.0%",
		"new.0               300   50%   1 capped    25.0%  25.0%",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if after[0].Run != 1250*ms {
		t.Error("the usage is not what it was")
	}
}

func TestShareShowsAndChanges(t *testing.T) {
	r := newRig(t, machine("a")+"schedule.weight = 200\n")
	run := func(command, want string) {
		t.Helper()
		if got := r.try(command); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", command, got, want)
		}
	}
	run("vm share a", "a: weight 200, cap none, processors all\n")
	run("vm start a", "")
	run("vm share a weight=1 nap=2", "the keys are weight, cap and cpus")
	run("vm share a weight=0", "weight")
	run("vm share a cpus=63", "processors 63: there are only 0-15")
	run("vm share a cap=50 cpus=1-2", "a: weight 200, cap 50 % of a processor, processors 1-2\n")
	run("vm share a cap=0 cpus=all", "a: weight 200, cap none, processors all\n")
}
