package svm

import (
	"fmt"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/msr"
)

// Bits of control registers that the rules name. APM vol. 2 §3.1.
const (
	cr0NW      = 1 << 29
	cr0CD      = 1 << 30
	cr3Low     = 0xfff // ignored or PCD and PWT, or the PCID
	segmentL   = 1 << 9
	segmentDB  = 1 << 10
	patEntries = 8
)

// Parts of the state in XCR0. APM vol. 2 §11.5.2.
const (
	xcr0X87    = 1 << 0
	xcr0SSE    = 1 << 1
	xcr0AVX    = 1 << 2
	xcr0MPX    = 3 << 3 // both or neither
	xcr0AVX512 = 7 << 5 // all three or none
	xcr0AMX    = 3 << 17
)

// checkXCR0 applies the rules of XSETBV. The switch executes it for the guest,
// where a fault would be the end of the host.
func checkXCR0(v uint64, l limits) error {
	bad := func(why string) error { return fmt.Errorf("XCR0 is %#x: %s", v, why) }
	partly := func(group uint64) bool { return v&group != 0 && v&group != group }
	switch {
	case v == 0 && l.xcr0 == 0:
		return nil
	case v&xcr0X87 == 0:
		return bad("x87 state must be on")
	case v&^l.xcr0 != 0:
		return bad(fmt.Sprintf("bits %#x are reserved on this processor", v&^l.xcr0))
	case v&xcr0AVX != 0 && v&xcr0SSE == 0:
		return bad("AVX state needs SSE state")
	case v&xcr0AVX512 != 0 && v&xcr0AVX == 0:
		return bad("AVX-512 state needs AVX state")
	case partly(xcr0MPX), partly(xcr0AVX512), partly(xcr0AMX):
		return bad("only a part of a group is on")
	}
	return nil
}

// checkSpecCtrl applies the rule of WRMSR, which the switch executes too.
func checkSpecCtrl(v uint64, l limits) error {
	if v&^l.specCtrl != 0 {
		return fmt.Errorf("SPEC_CTRL is %#x: bits %#x are reserved on this processor", v, v&^l.specCtrl)
	}
	return nil
}

// check applies the rules by which VMRUN refuses a guest, since the processor
// only says that it did, and some emulators not even that. It returns the
// first field that is wrong. APM vol. 2 §15.5.1, §15.20, §15.25.4.
func check(v *VMCB, l limits) error {
	bad := func(field string, value uint64, why string) error {
		return fmt.Errorf("%s is %#x: %s", field, value, why)
	}
	longPaging := v.EFER&msr.EFERLME != 0 && v.CR0&amd64.CR0PG != 0
	physical := ^uint64(0) << l.physicalBits
	switch {
	case v.EFER&msr.EFERSVME == 0:
		return bad("EFER", v.EFER, "SVME must be set")
	case v.CR0&cr0CD == 0 && v.CR0&cr0NW != 0:
		return bad("CR0", v.CR0, "NW is set and CD is not")
	case v.CR0>>32 != 0:
		return bad("CR0", v.CR0, "bits 63:32 must be 0")
	case v.EFER&msr.EFERLMA != 0 && v.CR3&(physical&^(1<<63)) != 0:
		return bad("CR3", v.CR3, fmt.Sprintf("an address of more than %d bits", l.physicalBits))
	case v.CR4&^l.cr4 != 0:
		return bad("CR4", v.CR4, fmt.Sprintf("bits %#x are reserved on this processor", v.CR4&^l.cr4))
	case v.DR6>>32 != 0:
		return bad("DR6", v.DR6, "bits 63:32 must be 0")
	case v.DR7>>32 != 0:
		return bad("DR7", v.DR7, "bits 63:32 must be 0")
	case v.EFER&^l.efer != 0:
		return bad("EFER", v.EFER, fmt.Sprintf("bits %#x are reserved on this processor", v.EFER&^l.efer))
	case longPaging && v.CR4&amd64.CR4PAE == 0:
		return bad("CR4", v.CR4, "PAE must be set: EFER.LME and CR0.PG are")
	case longPaging && v.CR0&amd64.CR0PE == 0:
		return bad("CR0", v.CR0, "PE must be set: EFER.LME and CR0.PG are")
	case longPaging && v.CR4&amd64.CR4PAE != 0 && v.CS.Attributes&segmentL != 0 && v.CS.Attributes&segmentDB != 0:
		return bad("CS.Attributes", uint64(v.CS.Attributes), "L and D must not both be set in long mode")
	case v.Intercept2&InterceptVMRUN == 0:
		return bad("Intercept2", uint64(v.Intercept2), "VMRUN must be intercepted")
	case v.IOPM&physical != 0 || (v.IOPM+iopmSize-1)&physical != 0:
		return bad("IOPM", v.IOPM, "the map ends beyond physical memory")
	case v.MSRPM&physical != 0 || (v.MSRPM+msrpmSize-1)&physical != 0:
		return bad("MSRPM", v.MSRPM, "the map ends beyond physical memory")
	case v.ASID == 0:
		return bad("ASID", 0, "0 is the host's")
	case v.NestedPaging&1 != 0 && v.NestedCR3&physical != 0:
		return bad("NestedCR3", v.NestedCR3, fmt.Sprintf("an address of more than %d bits", l.physicalBits))
	case v.NestedPaging&1 != 0 && !validPAT(v.PAT):
		return bad("PAT", v.PAT, "an entry has a memory type that does not exist")
	}
	return checkEvent(v)
}

// validPAT tells whether all entries are memory types. APM vol. 2 §7.8.1.
func validPAT(pat uint64) bool {
	for range patEntries {
		if t := pat & 0xff; t > 7 || t == 2 || t == 3 {
			return false
		}
		pat >>= 8
	}
	return true
}

// checkEvent applies the rules for EVENTINJ. APM vol. 2 §15.20.
func checkEvent(v *VMCB) error {
	e := v.EventInj
	if e&EventValid == 0 {
		return nil
	}
	vector := amd64.Vector(e & EventVector)
	bad := func(why string) error { return fmt.Errorf("EventInj is %#x: %s", uint64(e), why) }
	switch e & EventType {
	case EventInterrupt, EventNMI, EventSoftware:
		return nil
	case EventException:
	default:
		return bad("a type that does not exist")
	}
	switch {
	case vector == amd64.NMI || vector >= amd64.Exceptions:
		return bad(fmt.Sprintf("vector %d is no exception", vector))
	case vector == amd64.BoundRange && v.EFER&msr.EFERLMA != 0 && v.CS.Attributes&segmentL != 0:
		return bad("#BR does not exist in 64-bit mode")
	case vector == amd64.Overflow && v.EFER&msr.EFERLMA != 0 && v.CS.Attributes&segmentL != 0:
		return bad("#OF does not exist in 64-bit mode")
	}
	return nil
}
