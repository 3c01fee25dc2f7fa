// Package scheduler is the lab of docs/course/7-scheduler.md: a scheduling
// policy that gives each virtual machine its share. The gap is in gap.go;
// command.go draws what the policy does to machines that run.
package scheduler

import "github.com/ringo-vmm/ringo/vmm/sched"

// New makes the policy of one processor's queue. Ringo finds it by the option
// scheduler=lab.
func New() sched.Policy { return newPolicy() }
