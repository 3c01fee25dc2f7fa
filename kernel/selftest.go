//go:build tamago

package main

import (
	"fmt"
	"time"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/kernel/selftest"
)

// selftestCommand runs the programs of package selftest on this machine.
var selftestCommand = monitor.Command{
	Name: "selftest", Usage: "[NAME|list [DURATION]]", Group: "kernel",
	Help: "try to break the ground the Go runtime stands on",
	Run: func(c *monitor.Context, args []string) error {
		only, d := "", time.Duration(0)
		if len(args) > 0 {
			only = args[0]
		}
		if len(args) > 1 {
			var err error
			if d, err = time.ParseDuration(args[1]); err != nil || d <= 0 {
				return monitor.BadInput("DURATION is %q, not a time such as 10s or 2m", args[1])
			}
		}
		return runSelftests(c, only, d)
	},
	Complete: func(args []string) []string {
		names := []string{"list"}
		for _, t := range selftest.Tests {
			names = append(names, t.Name)
		}
		return names
	},
}

// runSelftests runs the test called only, or all of them, for d or as long as
// each of them thinks right.
func runSelftests(c *monitor.Context, only string, d time.Duration) error {
	ran, failed := 0, 0
	for _, t := range selftest.Tests {
		if only == "list" {
			c.Printf("%-12s %s\n", t.Name, t.Help)
			ran++
			continue
		}
		if only != "" && only != t.Name {
			continue
		}
		ran++
		duration := t.Default
		if d != 0 {
			duration = d
		}
		start := time.Now()
		if err := t.Run(max(duration, 1)); err != nil {
			failed++
			c.Printf("FAIL %s: %v\n", t.Name, err)
		} else {
			c.Printf("ok   %-12s %v\n", t.Name, time.Since(start).Round(time.Millisecond))
		}
		if err := c.Err(); err != nil {
			return err
		}
	}
	switch {
	case ran == 0:
		return monitor.BadInput("there is no test %q", only)
	case failed != 0:
		return fmt.Errorf("%d of %d tests failed", failed, ran)
	case only != "list":
		c.Printf("selftest: %d passed\n", ran)
	}
	return nil
}
