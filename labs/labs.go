// Package labs connects the labs of docs/course to Ringo, in a kernel that is
// built with the tag labs (ringo run -tags labs, ringo grade). Each lab is a
// package below this one with a gap to fill in; the files with the tag solution
// are reference solutions.
package labs

import (
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/labs/backend"
	"github.com/ringo-vmm/ringo/labs/boot"
	"github.com/ringo-vmm/ringo/labs/device"
	"github.com/ringo-vmm/ringo/labs/exits"
	"github.com/ringo-vmm/ringo/labs/hypercall"
	"github.com/ringo-vmm/ringo/labs/paging"
	"github.com/ringo-vmm/ringo/labs/policy"
	"github.com/ringo-vmm/ringo/labs/scheduler"
	"github.com/ringo-vmm/ringo/vmm/manager"
	"github.com/ringo-vmm/ringo/vmm/sched"
)

// Host is what the labs need of Ringo.
type Host struct {
	Machines  *manager.Manager
	Scheduler func() *sched.Scheduler
	Now       func() uint64 // ns
}

// Connect hooks the labs in, before anything runs.
func Connect(h Host) {
	boot.Connect()
	exits.Connect(h.Now)
	policy.Connect()
	hypercall.Connect()
	device.Connect()
	backend.Connect()
	sched.Register("lab", scheduler.New)
}

// Commands are what the labs add to the monitor.
func Commands(h Host) []monitor.Command {
	return append(paging.Commands(h.Machines),
		exits.Command(h.Machines, h.Now), backend.Command(h.Machines), hypercall.Command(h.Machines), scheduler.Command(h.Scheduler))
}
