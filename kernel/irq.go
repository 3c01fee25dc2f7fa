//go:build tamago

package main

import (
	"errors"
	"fmt"

	"github.com/ringo-vmm/ringo/apic"
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

// claimISA routes an ISA interrupt to this processor and its handler.
func claimISA(irq uint8, name string, handle func() bool) error {
	if ioapics.Len() == 0 {
		return errors.New("no I/O APIC")
	}
	vector, err := claimVector(fmt.Sprintf("%s, ISA %d", name, irq), handle)
	if err != nil {
		return err
	}
	gsi, low, level := tables.MADT.GSI(irq)
	// An error is not stored in the layer: it has a pointer in it.
	done := false
	inLayer(func() {
		done = ioapics.Route(gsi, apic.Redirection{Vector: vector, Dest: lapic.ID(), ActiveLow: low, Level: level}) == nil
	})
	if !done {
		return fmt.Errorf("%v has no input for interrupt %d", &ioapics, gsi)
	}
	return nil
}
