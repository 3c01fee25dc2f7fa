package vmx

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Parts of the state in XCR0. SDM vol. 1 §13.3.
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

func bad(field string, value uint64, why string) error {
	return fmt.Errorf("%s is %#x: %s", field, value, why)
}

// check applies the rules by which an entry refuses a guest, since the processor
// only says that it did. It returns the first field that is wrong. SDM vol. 3
// §26.3.1. Controls are checkControls', the host's state is checkHost's.
func check(c *context, l limits) error {
	for _, rules := range [...]func(*context, limits) error{
		checkControl, checkPDPTEs, checkBases, checkSegments, checkCode, checkStack, checkSystem, checkFlags, checkEvent,
	} {
		if err := rules(c, l); err != nil {
			return err
		}
	}
	return nil
}

// Bits of RFLAGS that do not exist: 63:22, 15, 5 and 3. SDM vol. 1 §3.4.3.
const flagsReserved = ^uint64(1<<22-1) | 1<<15 | 1<<5 | 1<<3

// checkControl is for control registers, debug registers and MSRs. SDM vol. 3
// §26.3.1.1.
func checkControl(c *context, l limits) error {
	g := &c.guest
	long, paging := g.EFER&x86.EFERLMA != 0, g.CR0&x86.CR0PG != 0
	physical := ^uint64(0) << l.physicalBits
	cr4 := g.CR4Shadow
	fixed0, fixed1 := l.cr0Fixed0&^(x86.CR0PE|x86.CR0PG), l.cr0Fixed1 // an unrestricted guest
	switch {
	case g.CR0&^fixed1 != 0:
		return bad("CR0", g.CR0, fmt.Sprintf("bits %#x must be 0", g.CR0&^fixed1))
	case fixed0&^g.CR0 != 0:
		return bad("CR0", g.CR0, fmt.Sprintf("bits %#x must be 1", fixed0&^g.CR0))
	case g.CR0Shadow&(x86.CR0NW|x86.CR0CD) == x86.CR0NW:
		return bad("CR0", g.CR0Shadow, "NW is set and CD is not")
	case paging && g.CR0&x86.CR0PE == 0:
		return bad("CR0", g.CR0, "PE must be set: PG is")
	case cr4&^l.cr4 != 0:
		return bad("CR4", cr4, fmt.Sprintf("bits %#x are reserved on this processor", cr4&^l.cr4))
	case long && !paging:
		return bad("CR0", g.CR0, "PG must be set: EFER.LMA is")
	case long && cr4&x86.CR4PAE == 0:
		return bad("CR4", cr4, "PAE must be set: EFER.LMA is")
	case !long && cr4&x86.CR4PCIDE != 0:
		return bad("CR4", cr4, "PCIDE must be clear: EFER.LMA is")
	case g.CR3&physical != 0:
		return bad("CR3", g.CR3, fmt.Sprintf("an address of more than %d bits", l.physicalBits))
	case g.EFER&^l.efer != 0:
		return bad("EFER", g.EFER, fmt.Sprintf("bits %#x are reserved on this processor", g.EFER&^l.efer))
	case long != (g.EntryControls&entryIA32e != 0):
		return bad("entry controls", g.EntryControls, "the 64-bit guest must be as EFER.LMA")
	case paging && long != (g.EFER&x86.EFERLME != 0):
		return bad("EFER", g.EFER, "LMA must be as LME: CR0.PG is set")
	case !validPAT(g.PAT):
		return bad("PAT", g.PAT, "an entry has a memory type that does not exist")
	case g.DR7>>32 != 0:
		return bad("DR7", g.DR7, "bits 63:32 must be 0")
	case c.dr6>>32 != 0:
		return bad("DR6", c.dr6, "bits 63:32 must be 0") // a MOV of the switch would fault
	case g.SysenterCS>>32 != 0:
		return bad("SYSENTER_CS", g.SysenterCS, "bits 63:32 must be 0")
	}
	return nil
}

// checkBases is for addresses that must be canonical. SDM vol. 3 §26.3.1.1 to
// §26.3.1.3, and what the switch loads with WRMSR.
func checkBases(c *context, l limits) error {
	g := &c.guest
	for _, a := range [...]struct {
		name  string
		value uint64
	}{
		{"SYSENTER_ESP", g.SysenterESP}, {"SYSENTER_EIP", g.SysenterEIP},
		{"TR.Base", g.Base[x86.TR]}, {"FS.Base", g.Base[x86.FS]}, {"GS.Base", g.Base[x86.GS]},
		{"GDTR.Base", g.GDTRBase}, {"IDTR.Base", g.IDTRBase},
	} {
		if !canonical(a.value) {
			return bad(a.name, a.value, "not canonical")
		}
	}
	switch {
	case g.Access[x86.LDTR]&accessUnusable == 0 && !canonical(g.Base[x86.LDTR]):
		return bad("LDTR.Base", g.Base[x86.LDTR], "not canonical")
	case g.GDTRLimit>>16 != 0:
		return bad("GDTR.Limit", g.GDTRLimit, "bits 31:16 must be 0")
	case g.IDTRLimit>>16 != 0:
		return bad("IDTR.Limit", g.IDTRLimit, "bits 31:16 must be 0")
	}
	return nil
}

// canonical tells whether an address is, with 48 bits.
func canonical(v uint64) bool { return uint64(int64(v<<16)>>16) == v }

// validPAT tells whether all entries are memory types. SDM vol. 3 §11.12.2.
func validPAT(pat uint64) bool {
	const entries = 8
	for range entries {
		if t := pat & 0xff; t > 7 || t == 2 || t == 3 {
			return false
		}
		pat >>= 8
	}
	return true
}

// checkFlags is for RIP, RFLAGS and what is not a register. SDM vol. 3
// §26.3.1.4, §26.3.1.5.
func checkFlags(c *context, l limits) error {
	g := &c.guest
	long := g.EFER&x86.EFERLMA != 0
	code64 := long && g.Access[x86.CS]&accessL != 0
	holds := c.shadow&(shadowSTI|shadowMOVSS) != 0
	interrupt := c.event != 0 && Event(c.event)&EventType == EventInterrupt
	nmi := c.event != 0 && Event(c.event)&EventType == EventNMI
	switch {
	case c.controls.LinkPointer != ^uint64(0):
		return bad("VMCS link pointer", c.controls.LinkPointer, "all bits must be 1")
	case c.shadow&^(shadowSTI|shadowMOVSS|shadowNMI) != 0:
		return bad("interruptibility", c.shadow, "blocking by SMI, or reserved bits are set")
	case g.PendingDebug&^pendingBits != 0:
		return bad("pending debug exceptions", g.PendingDebug, "reserved bits are set")
	case !code64 && c.rip>>32 != 0:
		return bad("RIP", c.rip, "bits 63:32 must be 0 outside 64-bit mode")
	case code64 && !canonical(c.rip):
		return bad("RIP", c.rip, "not canonical")
	case c.flags&flagsReserved != 0 || c.flags&x86.FlagFixed == 0:
		return bad("RFLAGS", c.flags, "bit 1 must be 1, and bits 63:22, 15, 5 and 3 must be 0")
	case c.flags&x86.FlagVM != 0 && (long || g.CR0&x86.CR0PE == 0):
		return bad("RFLAGS", c.flags, "VM must be clear in long mode and in real mode")
	case interrupt && c.flags&x86.FlagIF == 0:
		return bad("RFLAGS", c.flags, "IF must be set: an interrupt is injected")
	case c.shadow&shadowSTI != 0 && c.flags&x86.FlagIF == 0:
		return bad("interruptibility", c.shadow, "nothing is held off by STI: RFLAGS.IF is clear")
	case c.shadow&shadowSTI != 0 && c.shadow&shadowMOVSS != 0:
		return bad("interruptibility", c.shadow, "both STI and MOV SS hold off interrupts")
	case (interrupt || nmi) && holds:
		return bad("interruptibility", c.shadow, "STI or MOV SS hold off what is injected")
	case nmi && c.shadow&shadowNMI != 0:
		return bad("interruptibility", c.shadow, "NMIs are blocked, and one is injected")
	case g.Activity != 0:
		return bad("activity state", g.Activity, "the guest is not active")
	case holds && (c.flags&x86.FlagTF != 0) != (g.PendingDebug&pendingStep != 0):
		return bad("pending debug exceptions", g.PendingDebug, "BS must be as RFLAGS.TF in an interrupt shadow")
	}
	return nil
}

// checkEvent applies the rules for what is injected. SDM vol. 3 §26.2.1.3.
func checkEvent(c *context, l limits) error {
	e := Event(c.event)
	if e&EventValid == 0 {
		return nil
	}
	const withCode = 1<<8 | 1<<10 | 1<<11 | 1<<12 | 1<<13 | 1<<14 | 1<<17
	vector := e & EventVector
	wrong := func(why string) error { return bad("event", uint64(e), why) }
	switch e & EventType {
	case EventInterrupt:
	case EventNMI:
		if vector != 2 {
			return wrong("the vector of an NMI is 2")
		}
	case EventException:
		coded := vector < 32 && withCode>>vector&1 != 0 && c.guest.CR0&x86.CR0PE != 0
		switch {
		case vector >= 32:
			return wrong("not the vector of an exception")
		case coded != (e&EventErrorValid != 0):
			return wrong("the exception has an error code, or has none")
		case c.eventCode>>16 != 0 && coded:
			return bad("error code", c.eventCode, "bits 31:16 must be 0")
		}
	default:
		return wrong("a type that the engine does not inject")
	}
	return nil
}
