// Package labs connects the labs of docs/course to Ringo, in a kernel that is
// built with the tag labs (ringo run -tags labs, ringo grade). Each lab is a
// package below this one with a gap to fill in; the files with the tag solution
// are reference solutions.
package labs

import (
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/labs/scheduler"
	"github.com/ringo-vmm/ringo/vmm/manager"
	"github.com/ringo-vmm/ringo/vmm/sched"
)

// Connect hooks the labs in, before anything runs.
func Connect() {
	sched.Register("lab", scheduler.New)
}

// Commands are what the labs add to the monitor.
func Commands(m *manager.Manager, s func() *sched.Scheduler) []monitor.Command {
	return []monitor.Command{scheduler.Command(s)}
}
