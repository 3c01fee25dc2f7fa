//go:build tamago

package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/drivers/uart"
)

// Serial lines that gdb is at, beside the console's.

// linePorts are the lines by their names.
var linePorts = map[string]uart.Candidate{
	"com1": uart.Candidates[0], "com2": uart.Candidates[1], "com3": uart.Candidates[2], "com4": uart.Candidates[3],
}

// openLine makes a serial line ready whose name is com1 to com4. port must be
// static.
func openLine(port *uart.Port, name string) (irq uint8, err error) {
	c, ok := linePorts[strings.ToLower(name)]
	if !ok {
		return 0, fmt.Errorf("%s is no serial line: there are com1 to com4", name)
	}
	if consoles.hasSerial && consoles.uart.Base == c.Base {
		return 0, fmt.Errorf("%s is the console", name)
	}
	failed := false
	*port = uart.Port{IO: amd64.Ports{}, Base: c.Base}
	inLayer(func() {
		failed = port.Probe() != nil || port.Init(serialBaud) != nil
	})
	if failed {
		return 0, errors.New("there is no " + name)
	}
	return c.IRQ, nil
}
