package vmshell

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm/inspect"
	"github.com/ringo-vmm/ringo/vmm/manager"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

type runFunc = func(s *shell, c *monitor.Context, v *manager.Machine, args []string) error

// control is a command that only does something to a machine.
func control(do func(v *manager.Machine) error) runFunc {
	return func(s *shell, c *monitor.Context, v *manager.Machine, args []string) error { return do(v) }
}

func start(v *manager.Machine) error   { return v.Start() }
func pause(v *manager.Machine) error   { return v.Pause() }
func resume(v *manager.Machine) error  { return v.Resume() }
func reset(v *manager.Machine) error   { return v.Reset() }
func destroy(v *manager.Machine) error { return v.Destroy() }

// power presses a machine's power button.
func power(v *manager.Machine) error {
	return v.Still(func(p *pc.PC) error {
		p.PressPower()
		return nil
	})
}

// list lists the machines.
func list(s *shell, c *monitor.Context, _ *manager.Machine, _ []string) error {
	all := s.manager.Machines()
	if len(all) == 0 {
		c.Printf("there are no machines\n")
		return nil
	}
	c.Printf("%-16s %-8s %11s %12s %10s  %s\n", "name", "state", "memory", "up", "exits/s", "last ended")
	for _, v := range all {
		up, rate, last := "-", "-", "-"
		v.Still(func(p *pc.PC) error { // an error says that it is off
			exits := uint64(0)
			for _, cpu := range p.VM.CPUs() {
				exits += cpu.Stats.Exits()
			}
			up, rate = clock(p.Age()), strings.TrimSuffix(inspect.PerSecond(exits, p.Age()), "/s")
			return nil
		})
		if e, ok := v.Last(); ok {
			last = fmt.Sprintf("%v, after %s", e.Ending, clock(e.After))
		}
		last, _, _ = strings.Cut(last, "\n")
		c.Printf("%-16s %-8s %7d MiB %12s %10s  %s\n", v.Config.Name, v.State(), v.Config.Memory>>20, up, rate, last)
	}
	return nil
}

// clock is a time to the tenth of a second.
func clock(d time.Duration) string { return d.Truncate(time.Second / 10).String() }

// maxWait is the longest wait in seconds: a year.
const maxWait = 365 * 24 * 3600

// wait waits until a machine is off.
func wait(s *shell, c *monitor.Context, v *manager.Machine, args []string) error {
	ctx := context.Context(c)
	if len(args) > 0 {
		n, err := number("SECONDS", args[0], 0, maxWait)
		if err != nil {
			return err
		}
		var stop func()
		ctx, stop = context.WithTimeout(c, time.Duration(n)*time.Second)
		defer stop()
	}
	if err := v.Wait(ctx); err != nil {
		if c.Err() != nil {
			return c.Err()
		}
		return fmt.Errorf("%s is still %s after %s s", v.Config.Name, v.State(), args[0])
	}
	e, ok := v.Last()
	if !ok {
		return fmt.Errorf("%s was never started", v.Config.Name)
	}
	c.Printf("vm %s: ended: %v\n", v.Config.Name, e.Ending)
	return nil
}

// runToEnd starts a machine and waits until it is off.
func runToEnd(s *shell, c *monitor.Context, v *manager.Machine, args []string) error {
	if err := v.Start(); err != nil {
		return err
	}
	return wait(s, c, v, args)
}

// attach shows a machine's console on the terminal.
func attach(s *shell, c *monitor.Context, v *manager.Machine, _ []string) error {
	if s.attach == nil {
		return errors.New("this terminal cannot show consoles")
	}
	return s.attach(v)
}

// display shows a machine's display on the terminal.
func display(s *shell, c *monitor.Context, v *manager.Machine, _ []string) error {
	if s.display == nil {
		return errors.New("this terminal cannot show displays")
	}
	return s.display(v)
}
