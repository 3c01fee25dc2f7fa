//go:build tamago && labs

package main

import (
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/labs"
)

func init() { labs.Connect() }

// labCommands are the labs' commands, in a kernel that has the labs in it.
func labCommands() []monitor.Command { return labs.Commands(machines, scheduler) }
