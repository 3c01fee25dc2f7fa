package vmshell

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm/manager"
	"github.com/ringo-vmm/ringo/vmm/sched"
)

// Bounds of top's arguments.
const (
	maxTopSeconds = 3600
	maxTopTimes   = 1 << 20
)

// top shows again and again what the machines' processors have done since the
// last time.
func top(s *shell, c *monitor.Context, _ *manager.Machine, args []string) error {
	seconds, times := uint64(1), uint64(maxTopTimes)
	var err error
	if len(args) > 0 {
		if seconds, err = number("SECONDS", args[0], 1, maxTopSeconds); err != nil {
			return err
		}
	}
	if len(args) > 1 {
		if times, err = number("TIMES", args[1], 1, maxTopTimes); err != nil {
			return err
		}
	}
	host := s.manager.Host
	scheduler := host.Scheduler()
	ticker := time.NewTicker(time.Duration(seconds) * time.Second)
	defer ticker.Stop()
	at, usage, busy := host.Now(), scheduler.Usage(), scheduler.Busy()
	for range times {
		select {
		case <-c.Done():
			return nil // which is how one leaves it
		case <-ticker.C:
		}
		now, usageNow, busyNow := host.Now(), scheduler.Usage(), scheduler.Busy()
		c.Printf("%s", topTable(usage, usageNow, busy, busyNow, now-at))
		at, usage, busy = now, usageNow, busyNow
	}
	return nil
}

// topTable is what happened in a span of ns.
func topTable(before, after []sched.Usage, busyBefore, busyAfter []uint64, span uint64) string {
	var b strings.Builder
	percent := func(ns uint64) string { return fmt.Sprintf("%5.1f%%", 100*float64(ns)/float64(span)) }
	for i := range busyAfter {
		fmt.Fprintf(&b, "processor %d %s  ", i, percent(busyAfter[i]-busyBefore[i]))
	}
	type key struct {
		group string
		index int
	}
	was := map[key]sched.Usage{}
	for _, u := range before {
		was[key{u.Group, u.Index}] = u
	}
	all := uint64(0)
	after = slices.Clone(after)
	for i, u := range after {
		w := was[key{u.Group, u.Index}]
		if w.Run > u.Run {
			w = sched.Usage{} // it has been started anew
		}
		u.Run, u.Wait, u.Idle, u.Capped = u.Run-w.Run, u.Wait-w.Wait, u.Idle-w.Idle, u.Capped-w.Capped
		u.Slices, u.Moves = u.Slices-w.Slices, u.Moves-w.Moves
		after[i] = u
		all += u.Run
	}
	fmt.Fprintf(&b, "\n%-16s %6s %5s %3s %-8s %6s %6s %6s %6s %6s %6s %5s\n", "vcpu", "weight", "cap", "on", "state", "share", "run", "wait", "idle", "capped", "slices", "moves")
	for _, u := range after {
		limit := "-"
		if u.Cap != 0 {
			limit = fmt.Sprintf("%d%%", u.Cap)
		}
		share := 0.0
		if all > 0 {
			share = 100 * float64(u.Run) / float64(all)
		}
		fmt.Fprintf(&b, "%-16s %6d %5s %3d %-8v %5.1f%% %s %s %s %s %6d %5d\n", fmt.Sprintf("%s.%d", u.Group, u.Index),
			u.Weight, limit, u.Processor, u.State, share, percent(u.Run), percent(u.Wait), percent(u.Idle), percent(u.Capped), u.Slices, u.Moves)
	}
	return b.String()
}

// share shows or changes what a machine gets of the host's processors.
func share(s *shell, c *monitor.Context, v *manager.Machine, args []string) error {
	p := v.Share()
	for _, arg := range args {
		if err := shareArgument(&p, arg); err != nil {
			return err
		}
	}
	if len(args) > 0 {
		if err := v.SetShare(p); err != nil {
			return err
		}
	}
	p = v.Share()
	weight, limit, processors := uint32(sched.DefaultWeight), "none", "all"
	if p.Weight != 0 {
		weight = p.Weight
	}
	if p.Cap != 0 {
		limit = fmt.Sprintf("%d %% of a processor", p.Cap)
	}
	if p.Processors != 0 {
		processors = p.Processors.String()
	}
	c.Printf("%s: weight %d, cap %s, processors %s\n", v.Config.Name, weight, limit, processors)
	return nil
}

// shareArgument is one KEY=VALUE.
func shareArgument(p *sched.Params, arg string) error {
	name, value, ok := strings.Cut(arg, "=")
	if !ok {
		return usageError{fmt.Errorf("%q is not KEY=VALUE", arg)}
	}
	switch name {
	case "weight":
		n, err := number(name, value, 1, sched.MaxWeight)
		if err != nil {
			return err
		}
		p.Weight = uint32(n)
	case "cap":
		n, err := number(name, value, 0, sched.MaxCap)
		if err != nil {
			return err
		}
		p.Cap = uint32(n)
	case "cpus":
		if value == "all" {
			p.Processors = 0
			return nil
		}
		set, err := sched.ParseSet(value)
		if err != nil {
			return usageError{err}
		}
		p.Processors = set
	default:
		return usageError{errors.New("the keys are weight, cap and cpus")}
	}
	return nil
}
