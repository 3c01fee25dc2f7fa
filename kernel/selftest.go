//go:build tamago

package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/kernel/klog"
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/kernel/selftest"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// selftests are the programs of package selftest and those that need the
// machine.
var selftests = slices.Concat(selftest.Tests, []selftest.Test{
	{Name: "stuck", Help: "keep a processor from the layer, for the watchdog to see", Run: stuck, Default: stuckTime, Named: true},
	{Name: "stuck-lock", Help: "the same, with the layer's lock", Run: stuckLocked, Default: stuckTime, Named: true},
})

// selftestCommand runs them.
var selftestCommand = monitor.Command{
	Name: "selftest", Usage: "[NAME|list [DURATION] [&]]", Group: "kernel",
	Help: "try to break the ground the Go runtime stands on; with & in the background",
	Run: func(c *monitor.Context, args []string) error {
		r := selftestRun{c: c}
		if n := len(args); n > 1 && args[n-1] == "&" {
			r.background, args = true, args[:n-1]
		}
		if len(args) > 0 {
			r.only = args[0]
		}
		if len(args) > 1 {
			var err error
			if r.duration, err = time.ParseDuration(args[1]); err != nil || r.duration <= 0 {
				return monitor.BadInput("DURATION is %q, not a time such as 10s or 2m", args[1])
			}
		}
		return r.run()
	},
	Complete: func(args []string) []string {
		names := []string{"list"}
		for _, t := range selftests {
			names = append(names, t.Name)
		}
		return names
	},
}

// selftestRun is what was asked for: the test called only, or all of them but
// those that want to be named, for a duration or, if that is 0, as long as each
// of them thinks right.
type selftestRun struct {
	c          *monitor.Context
	only       string
	duration   time.Duration
	background bool
}

func (r selftestRun) run() error {
	ran, failed := 0, 0
	for _, t := range selftests {
		switch {
		case r.only == "list":
			r.c.Printf("%-14s %s\n", t.Name, t.Help)
			ran++
			continue
		case r.only != t.Name && (r.only != "" || t.Named):
			continue
		}
		ran++
		if r.background {
			go r.test(t)
		} else if !r.test(t) {
			failed++
		}
		if err := r.c.Err(); err != nil {
			return err
		}
	}
	switch {
	case ran == 0:
		return monitor.BadInput("there is no test %q", r.only)
	case failed != 0:
		return fmt.Errorf("%d of %d tests failed", failed, ran)
	case r.only != "list" && !r.background:
		r.c.Printf("selftest: %d passed\n", ran)
	}
	return nil
}

// overdue is how much longer than it was asked to a test may run before its
// machine is looked at.
const overdue = time.Minute

// test runs a test and reports how it went. It tells whether it passed.
func (r selftestRun) test(t selftest.Test) bool {
	duration := t.Default
	if r.duration != 0 {
		duration = r.duration
	}
	late := time.AfterFunc(duration+overdue, func() {
		logf(klog.Error, "selftest: %s should have ended %v ago", t.Name, overdue)
		thread.Dump()
	})
	defer late.Stop()
	start := time.Now()
	err := t.Run(max(duration, 1))
	text := fmt.Sprintf("ok   %-12s %v", t.Name, time.Since(start).Round(time.Millisecond))
	if err != nil {
		text = fmt.Sprintf("FAIL %s: %v", t.Name, err)
	}
	if r.background {
		logf(klog.Warn, "selftest: %s", text)
	} else {
		r.c.Printf("%s\n", text)
	}
	return err == nil
}

// stuckTime is longer than the watchdog waits.
const stuckTime = 12 * time.Second

// stuck keeps a processor from everything for a while. It is not the one that
// devices interrupt.
func stuck(d time.Duration) error {
	if thread.Count() > 1 {
		defer thread.PinTo(1)()
	}
	inLayer(func() { spinFor(d) })
	return nil
}

// stuckLocked is stuck with the layer's lock held.
func stuckLocked(d time.Duration) error {
	thread.Call(func(*struct{}) { spinFor(d) }, &struct{}{})
	return nil
}

//go:noinline
func spinFor(d time.Duration) {
	for until := now() + uint64(d); now() < until; {
		amd64.Pause()
	}
}
