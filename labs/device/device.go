// Package device is the lab of docs/course/4-device.md: a watchdog that resets a
// machine that hangs. The gap is in gap.go.
package device

import (
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

// Where machines have the watchdog.
const (
	Port  = 0x2f0
	Ports = 2
	Line  = 5 // ISA interrupt request
)

const ms = 1_000_000 // ns

// Connect puts a watchdog into every machine.
func Connect() {
	pc.Extend(func(p *pc.PC) (pc.Extension, error) {
		w := New(p.VM.Clock(), p.ISA(Line), p.RequestReset)
		return w, p.VM.Ports.Register("watchdog", Port, Ports, w)
	})
}

// A Watchdog is all that a device can be.
var _ interface {
	device.Ports
	device.Stateful
	device.Resetter
} = (*Watchdog)(nil)
