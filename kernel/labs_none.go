//go:build tamago && !labs

package main

import "github.com/ringo-vmm/ringo/kernel/monitor"

func labCommands() []monitor.Command { return nil }
