//go:build tamago

package main

import (
	"sync/atomic"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/apic"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// lapic is the local APIC, of whichever processor uses it.
var lapic apic.LAPIC

// lapicWindow is static because an interface to a local value would allocate.
var lapicWindow amd64.Registers

// hasDeadline tells that the local APIC's timer compares with the TSC.
var hasDeadline bool

// CPUID leaf 1, ECX. AMD APM vol. 3 §E.3.2.
const (
	featureX2APIC   = 1 << 21
	featureDeadline = 1 << 24
	featureRDRAND   = 1 << 30
)

const errFarAPIC thread.Error = "apic: the local APIC's registers are above 4 GiB"

// initAPIC silences the legacy interrupt controllers and enables the local
// APIC of this processor. Its registers stay at their host-physical address,
// where initSpace maps them too. Pre-runtime.
func initAPIC() error {
	apic.SilencePIC(amd64.Ports{})
	_, _, ecx, _ := amd64.CPUID(1, 0)
	base, _ := apic.Base(amd64.MSRs{})
	if base >= bootEnd {
		return errFarAPIC
	}
	lapicWindow = amd64.Registers(base)
	if err := lapic.Init(amd64.MSRs{}, &lapicWindow, ecx&featureX2APIC != 0); err != nil {
		return err
	}
	hasDeadline = ecx&featureDeadline != 0
	return lapic.Enable()
}

// handlers are the device interrupts by vector. A handler runs with interrupts
// off, does as little as it can, and tells whether the interrupt was its
// device's.
var handlers [256]struct {
	handle func() bool
	name   string
	count  atomic.Uint64
	alien  atomic.Uint64 // interrupts that the handler did not want
}

// interrupt handles a device's interrupt. It tells false if nobody expects it.
func interrupt(vector uint8) bool {
	switch {
	case vector == apic.SpuriousVector:
		spurious.Add(1)
		return true // which needs no EOI
	case vector == apic.ErrorVector:
		apicErrors.Or(lapic.Errors())
		lapic.EOI()
		return true
	case vector >= apic.PICVector && vector < apic.PICVector+16:
		// A masked 8259 may still give its spurious interrupts.
		spurious.Add(1)
		return true
	}
	h := &handlers[vector]
	if h.handle == nil {
		return false
	}
	h.count.Add(1)
	if !h.handle() {
		h.alien.Add(1)
	}
	lapic.EOI()
	return true
}

var (
	spurious   atomic.Uint64
	apicErrors atomic.Uint32 // error status bits seen
)

// kick makes another processor look at its run queue.
func kick(apicID uint32) {
	if lapic.SendIPI(apicID, apic.KickVector) != nil {
		kicksLost.Add(1)
	}
}

var kicksLost atomic.Uint64
