//go:build tamago

package main

import "github.com/ringo-vmm/ringo/kernel/monitor"

var selftestCommand = show("selftest", "kernel", "x", func(c *monitor.Context) {})
