package svm

import (
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/msr"
)

var someLimits = limits{physicalBits: 40, cr4: 0x3f07ff, efer: msr.EFERSVME | msr.EFERLME | msr.EFERLMA | msr.EFERSCE | msr.EFERNXE}

// longGuest is a guest in 64-bit mode that VMRUN accepts.
func longGuest() *VMCB {
	return &VMCB{
		EFER: msr.EFERSVME | msr.EFERLME | msr.EFERLMA, CR0: amd64.CR0PG | amd64.CR0PE | 1<<4, CR4: amd64.CR4PAE,
		CR3: 0x1000, DR6: 0xffff0ff0, DR7: 0x400, CS: Segment{Attributes: 0x29b},
		Intercept2: InterceptVMRUN, IOPM: 0x10000, MSRPM: 0x20000, ASID: 1,
		NestedPaging: 1, NestedCR3: 0x30000, PAT: 0x0007040600070406,
	}
}

func TestCheckAcceptsGuestsThatRun(t *testing.T) {
	real := &VMCB{EFER: msr.EFERSVME, CR0: 0x10, DR6: 0xffff0ff0, DR7: 0x400, Intercept2: InterceptVMRUN, ASID: 7,
		NestedPaging: 1, PAT: 0x0007040600070406}
	inject := longGuest()
	inject.EventInj = EventValid | EventException | EventErrorValid | 14
	for name, v := range map[string]*VMCB{"64-bit": longGuest(), "real mode": real, "with an event": inject} {
		if err := check(v, someLimits); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// One guest for each rule, wrong in nothing else.
func TestCheckNamesTheField(t *testing.T) {
	for _, c := range []struct {
		want  string
		wrong func(v *VMCB)
	}{
		{"EFER is 0x500: SVME", func(v *VMCB) { v.EFER &^= msr.EFERSVME }},
		{"CR0 is 0xa0000011: NW", func(v *VMCB) { v.CR0 |= 1 << 29 }},
		{"CR0 is 0x180000011: bits 63:32", func(v *VMCB) { v.CR0 |= 1 << 32 }},
		{"CR3 is 0x10000001000: an address of more than 40 bits", func(v *VMCB) { v.CR3 |= 1 << 40 }},
		{"CR4 is 0x820: bits 0x800", func(v *VMCB) { v.CR4 |= 1 << 11 }},
		{"DR6 is 0x1ffff0ff0: bits 63:32", func(v *VMCB) { v.DR6 |= 1 << 32 }},
		{"DR7 is 0x100000400: bits 63:32", func(v *VMCB) { v.DR7 |= 1 << 32 }},
		{"EFER is 0x101500: bits 0x100000", func(v *VMCB) { v.EFER |= 1 << 20 }},
		{"CR4 is 0x0: PAE", func(v *VMCB) { v.CR4 = 0 }},
		{"CR0 is 0x80000010: PE", func(v *VMCB) { v.CR0 &^= amd64.CR0PE }},
		{"CS.Attributes is 0x69b: L and D", func(v *VMCB) { v.CS.Attributes |= 1 << 10 }},
		{"Intercept2 is 0x0: VMRUN", func(v *VMCB) { v.Intercept2 = 0 }},
		{"IOPM is 0xffffffe000: the map ends", func(v *VMCB) { v.IOPM = 1<<40 - 0x2000 }},
		{"MSRPM is 0x10000000000: the map ends", func(v *VMCB) { v.MSRPM = 1 << 40 }},
		{"ASID is 0x0: 0 is the host's", func(v *VMCB) { v.ASID = 0 }},
		{"NestedCR3 is 0x20000000000: an address", func(v *VMCB) { v.NestedCR3 = 1 << 41 }},
		{"PAT is 0x7040600070402: an entry", func(v *VMCB) { v.PAT = 0x0007040600070402 }},
		{"EventInj is 0x80000100: a type", func(v *VMCB) { v.EventInj = EventValid | 1<<8 }},
		{"EventInj is 0x80000302: vector 2", func(v *VMCB) { v.EventInj = EventValid | EventException | 2 }},
		{"EventInj is 0x80000320: vector 32", func(v *VMCB) { v.EventInj = EventValid | EventException | 32 }},
		{"EventInj is 0x80000305: #BR", func(v *VMCB) { v.EventInj = EventValid | EventException | 5 }},
		{"EventInj is 0x80000304: #OF", func(v *VMCB) { v.EventInj = EventValid | EventException | 4 }},
	} {
		v := longGuest()
		c.wrong(v)
		if err := check(v, someLimits); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got %v, want %s...", err, c.want)
		}
	}
}
