//go:build tamago && labs

package main

import (
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/labs"
)

func labHost() labs.Host { return labs.Host{Machines: machines, Scheduler: scheduler, Now: now} }

func init() { labs.Connect(labHost()) }

// labCommands are the labs' commands, in a kernel that has the labs in it.
func labCommands() []monitor.Command { return labs.Commands(labHost()) }
