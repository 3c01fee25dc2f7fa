//go:build tamago

package main

import (
	"errors"
	"fmt"

	"github.com/ringo-vmm/ringo/apic"
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// claimVector gives a free device vector to a handler. The handler runs with
// interrupts off and is pre-runtime code.
func claimVector(name string, handle func() bool) (uint8, error) {
	for v := apic.FirstDeviceVector; v <= apic.LastDeviceVector; v++ {
		if h := &handlers[v]; h.handle == nil {
			h.name, h.handle = name, handle
			return uint8(v), nil
		}
	}
	return 0, errors.New("no free interrupt vector")
}

// line is an interrupt line of the host and the vector that it comes as.
type line struct {
	vector           uint8
	gsi              uint32
	activeLow, level bool
}

// lines are those that are in use.
var lines []line

// claimISA routes an ISA interrupt to this processor and its handler.
func claimISA(irq uint8, name string, handle func() bool) error {
	if ioapics.Len() == 0 {
		return errors.New("no I/O APIC")
	}
	vector, err := claimVector(fmt.Sprintf("%s, ISA %d", name, irq), handle)
	if err != nil {
		return err
	}
	l := line{vector: vector}
	l.gsi, l.activeLow, l.level = tables.MADT.GSI(irq)
	lines = append(lines, l)
	return l.route(lapicID())
}

// route sends the interrupt to the processor with an APIC id.
func (l line) route(apicID uint32) error {
	// An error is not stored in the layer: it has a pointer in it.
	done := false
	thread.Call(func(*struct{}) {
		done = ioapics.Route(l.gsi, apic.Redirection{Vector: l.vector, Dest: apicID, ActiveLow: l.activeLow, Level: l.level}) == nil
	}, &struct{}{})
	if !done {
		return fmt.Errorf("interrupt %d cannot go to APIC id %d by %v", l.gsi, apicID, &ioapics)
	}
	return nil
}

// lapicID is the APIC id of the processor that runs it.
func lapicID() (id uint32) {
	inLayer(func() { id = lapic.ID() })
	return id
}

// irqCommand shows interrupts, and sends one to another processor.
var irqCommand = monitor.Command{
	Name: "irq", Usage: "[VECTOR PROCESSOR]", Group: "machine",
	Help: "show interrupt counts and routing; send the interrupts with a vector to a processor",
	Run: func(c *monitor.Context, args []string) error {
		switch len(args) {
		case 0:
			showInterrupts(c)
			return nil
		case 2:
			return reroute(args[0], args[1])
		}
		return monitor.BadInput("want a vector and a processor")
	},
}

func reroute(vector, processor string) error {
	v, err := monitor.Number("VECTOR", vector, 0, 0xff)
	if err != nil {
		return err
	}
	p, err := monitor.Number("PROCESSOR", processor, 0, uint64(thread.Count()-1))
	if err != nil {
		return err
	}
	for _, l := range lines {
		if l.vector == uint8(v) {
			return l.route(thread.Processors()[p].APICID)
		}
	}
	return monitor.BadInput("no interrupt line has vector %#x", v)
}
