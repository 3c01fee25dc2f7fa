//go:build !tamago

package vmx

import (
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

var someLimits = limits{features: features{cr0Fixed0: 0x80000021, cr0Fixed1: 0xffffffff}, physicalBits: 40, cr4: 0x3727ff &^ x86.CR4VMXE, efer: guestEFER, xcr0: 7}

// entered is what a guest in that state is entered with.
func entered(t *testing.T, s x86.State) *context {
	c, _ := running(t)
	c.SetState(&s)
	return &c.context
}

func realMode() (s x86.State) {
	s.Reset(0)
	return s
}

func virtual8086() x86.State {
	s := longMode()
	s.EFER, s.RFLAGS, s.CPL = 0, x86.FlagFixed|x86.FlagVM, 3
	for i := x86.ES; i <= x86.GS; i++ {
		s.Seg[i] = x86.Segment{Selector: 0x1234, Base: 0x12340, Limit: 0xffff, Attributes: 0xf3}
	}
	return s
}

func TestCheckAcceptsGuestsThatRun(t *testing.T) {
	flat := longMode()
	flat.EFER, flat.CR0, flat.Seg[x86.CS] = 0, x86.CR0PE|x86.CR0ET, x86.FlatCode32
	null := longMode()
	for _, i := range []int{x86.DS, x86.ES, x86.SS, x86.FS, x86.GS, x86.LDTR} {
		null.Seg[i] = x86.Segment{}
	}
	user := longMode()
	user.CPL = 3
	user.Seg[x86.CS].Attributes |= 3 << accessDPLShift
	user.Seg[x86.SS] = x86.FlatData
	stepping := longMode()
	stepping.RFLAGS, stepping.Shadow = x86.FlagFixed|x86.FlagIF|x86.FlagTF, true
	for name, s := range map[string]x86.State{
		"64-bit": longMode(), "real mode": realMode(), "virtual-8086 mode": virtual8086(), "32-bit": flat,
		"null selectors": null, "user": user, "a step in a shadow": stepping,
	} {
		if err := check(entered(t, s), someLimits); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	inject := entered(t, longMode())
	inject.event, inject.eventCode = uint64(EventValid|EventException|EventErrorValid|14), 2
	if err := check(inject, someLimits); err != nil {
		t.Errorf("with an event: %v", err)
	}
}

// One guest for each rule, wrong in nothing else.
func TestCheckNamesTheField(t *testing.T) {
	const cs, ss, ds, tr, ldt = x86.CS, x86.SS, x86.DS, x86.TR, x86.LDTR
	type rule struct {
		want  string
		state x86.State
		wrong func(c *context)
	}
	var rules []rule
	add := func(want string, s x86.State, wrong func(c *context)) { rules = append(rules, rule{want, s, wrong}) }
	for _, r := range []struct {
		want  string
		wrong func(c *context)
	}{
		{"CR0 is 0x180000031: bits 0x100000000 must be 0", func(c *context) { c.guest.CR0 |= 1 << 32 }},
		{"CR0 is 0x80000011: bits 0x20 must be 1", func(c *context) { c.guest.CR0 &^= x86.CR0NE }},
		{"entry controls is 0xd1ff: the 64-bit", func(c *context) { c.guest.EntryControls &^= entryIA32e }},
		{"VMCS link pointer is 0x1000: all", func(c *context) { c.controls.LinkPointer = 0x1000 }},
		{"interruptibility is 0x4: blocking", func(c *context) { c.shadow = 4 }},
		{"pending debug exceptions is 0x8000: reserved", func(c *context) { c.guest.PendingDebug = 1 << 15 }},
		{"CR0 is 0xa0000011: NW", func(c *context) { c.guest.CR0Shadow |= x86.CR0NW }},
		{"CR0 is 0x80000030: PE", func(c *context) { c.guest.CR0 &^= x86.CR0PE }},
		{"CR4 is 0x2020: bits 0x2000", func(c *context) { c.guest.CR4Shadow |= x86.CR4VMXE }},
		{"CR0 is 0x31: PG", func(c *context) { c.guest.CR0 &^= x86.CR0PG }},
		{"CR4 is 0x0: PAE", func(c *context) { c.guest.CR4Shadow = 0 }},
		{"CR3 is 0x10000000000: an address of more than 40 bits", func(c *context) { c.guest.CR3 = 1 << 40 }},
		{"EFER is 0x1500: bits 0x1000", func(c *context) { c.guest.EFER |= 1 << 12 }},
		{"EFER is 0x400: LMA", func(c *context) { c.guest.EFER &^= x86.EFERLME }},
		{"PAT is 0x7040600070402: an entry", func(c *context) { c.guest.PAT = 0x0007040600070402 }},
		{"DR7 is 0x100000400: bits", func(c *context) { c.guest.DR7 |= 1 << 32 }},
		{"DR6 is 0x1ffff0ff0: bits", func(c *context) { c.dr6 |= 1 << 32 }},
		{"SYSENTER_CS is 0x100000000: bits", func(c *context) { c.guest.SysenterCS = 1 << 32 }},
		{"SYSENTER_ESP is 0x800000000000: not", func(c *context) { c.guest.SysenterESP = 1 << 47 }},
		{"SYSENTER_EIP is 0x800000000000: not", func(c *context) { c.guest.SysenterEIP = 1 << 47 }},
		{"TR.Base is 0x800000000000: not", func(c *context) { c.guest.Base[tr] = 1 << 47 }},
		{"FS.Base is 0x800000000000: not", func(c *context) { c.guest.Base[x86.FS] = 1 << 47 }},
		{"GS.Base is 0x800000000000: not", func(c *context) { c.guest.Base[x86.GS] = 1 << 47 }},
		{"GDTR.Base is 0x800000000000: not", func(c *context) { c.guest.GDTRBase = 1 << 47 }},
		{"IDTR.Base is 0x800000000000: not", func(c *context) { c.guest.IDTRBase = 1 << 47 }},
		{"LDTR.Base is 0x800000000000: not", func(c *context) { c.guest.Base[ldt] = 1 << 47 }},
		{"GDTR.Limit is 0x10000: bits", func(c *context) { c.guest.GDTRLimit = 1 << 16 }},
		{"IDTR.Limit is 0x10000: bits", func(c *context) { c.guest.IDTRLimit = 1 << 16 }},
		{"DS.Base is 0x100000000: bits", func(c *context) { c.guest.Base[ds] = 1 << 32 }},
		{"DS.Attributes is 0x83: a system", func(c *context) { c.guest.Access[ds] &^= accessS }},
		{"DS.Attributes is 0x13: not present", func(c *context) { c.guest.Access[ds] &^= accessPresent }},
		{"DS.Attributes is 0x193: reserved", func(c *context) { c.guest.Access[ds] |= 1 << 8 }},
		{"DS.Limit is 0x100000: G", func(c *context) { c.guest.Limit[ds] = 1 << 20 }},
		{"CS.Limit is 0x0: G", func(c *context) { c.guest.Limit[cs] = 0 }},
		{"DS.Attributes is 0x92: not accessed", func(c *context) { c.guest.Access[ds] &^= accessAccessed }},
		{"DS.Attributes is 0x99: code that cannot", func(c *context) { c.guest.Access[ds] = 0x99 }},
		{"CS.Attributes is 0xa0f3: DPL must be 0", func(c *context) { c.guest.Access[cs] = 0xa0f3 }},
		{"CS.Attributes is 0xa0fb: DPL must be the", func(c *context) { c.guest.Access[cs] |= 3 << accessDPLShift }},
		{"CS.Attributes is 0xa0ff: DPL must not", func(c *context) { c.guest.Access[cs] = 0xa0ff }},
		{"CS.Attributes is 0xa09a: neither", func(c *context) { c.guest.Access[cs] &^= accessAccessed }},
		{"CS.Attributes is 0xa01b: not present", func(c *context) { c.guest.Access[cs] &^= accessPresent }},
		{"CS.Attributes is 0xe09b: L and D", func(c *context) { c.guest.Access[cs] |= accessDB }},
		{"SS.Attributes is 0x91: not accessed", func(c *context) { c.guest.Access[ss] = 0x91 }},
		{"TR.Attributes is 0x1008b: not present", func(c *context) { c.guest.Access[tr] |= accessUnusable }},
		{"TR.Attributes is 0x89: not a busy", func(c *context) { c.guest.Access[tr] = 0x89 }},
		{"TR.Attributes is 0x83: not a busy", func(c *context) { c.guest.Access[tr] = 0x83 }},
		{"TR.Attributes is 0x18b: reserved", func(c *context) { c.guest.Access[tr] = 0x18b }},
		{"TR.Limit is 0x100000: G", func(c *context) { c.guest.Limit[tr] = 1 << 20 }},
		{"TR.Selector is 0x4: TI", func(c *context) { c.guest.Selector[tr] = 4 }},
		{"LDTR.Attributes is 0x83: not a present", func(c *context) { c.guest.Access[ldt] = 0x83 }},
		{"LDTR.Attributes is 0x182: reserved", func(c *context) { c.guest.Access[ldt] = 0x182 }},
		{"LDTR.Limit is 0x100000: G", func(c *context) { c.guest.Limit[ldt] = 1 << 20 }},
		{"LDTR.Selector is 0x4: TI", func(c *context) { c.guest.Selector[ldt] = 4 }},
		{"RIP is 0x800000000000: not", func(c *context) { c.rip = 1 << 47 }},
		{"RFLAGS is 0x200: bit 1", func(c *context) { c.flags = x86.FlagIF }},
		{"RFLAGS is 0x8202: bit 1", func(c *context) { c.flags |= 1 << 15 }},
		{"RFLAGS is 0x2: IF must", func(c *context) { c.flags, c.event = x86.FlagFixed, uint64(EventValid|0x20) }},
		{"interruptibility is 0x1: nothing is held", func(c *context) { c.flags, c.shadow = x86.FlagFixed, shadowSTI }},
		{"interruptibility is 0x3: both", func(c *context) { c.shadow = 3 }},
		{"interruptibility is 0x2: STI or", func(c *context) { c.shadow, c.event = shadowMOVSS, uint64(EventValid|0x20) }},
		{"interruptibility is 0x8: NMIs", func(c *context) { c.shadow, c.event = shadowNMI, uint64(EventValid|EventNMI|2) }},
		{"activity state is 0x1: the guest", func(c *context) { c.guest.Activity = 1 }},
		{"pending debug exceptions is 0x0: BS", func(c *context) { c.shadow, c.flags = shadowSTI, c.flags|x86.FlagTF }},
		{"pending debug exceptions is 0x4000: BS", func(c *context) { c.shadow, c.guest.PendingDebug = shadowSTI, pendingStep }},
		{"event is 0x80000203: the vector", func(c *context) { c.event = uint64(EventValid | EventNMI | 3) }},
		{"event is 0x80000320: not the vector", func(c *context) { c.event = uint64(EventValid | EventException | 32) }},
		{"event is 0x8000030d: the exception", func(c *context) { c.event = uint64(EventValid | EventException | 13) }},
		{"event is 0x80000b06: the exception", func(c *context) { c.event = uint64(EventValid | EventException | EventErrorValid | 6) }},
		{"event is 0x80000480: a type", func(c *context) { c.event = uint64(EventValid | 4<<8 | 0x80) }},
		{"error code is 0x10000: bits", func(c *context) {
			c.event, c.eventCode = uint64(EventValid|EventException|EventErrorValid|13), 1<<16
		}},
	} {
		add(r.want, longMode(), r.wrong)
	}
	add("CR4 is 0x20000: PCIDE", realMode(), func(c *context) { c.guest.CR4Shadow |= x86.CR4PCIDE })
	add("RIP is 0x100000000: bits", realMode(), func(c *context) { c.rip = 1 << 32 })
	add("RFLAGS is 0x20202: VM", longMode(), func(c *context) {
		c.flags |= x86.FlagVM
		for i := x86.ES; i <= x86.GS; i++ {
			c.guest.Selector[i], c.guest.Base[i], c.guest.Limit[i], c.guest.Access[i] = 0, 0, 0xffff, 0xf3
		}
	})
	add("SS.Attributes is 0xf3: DPL must be 0", realMode(), func(c *context) {
		c.guest.Access[ss] |= 3 << accessDPLShift
		c.guest.Access[cs] = 0xfb
	})
	add("DS.Base is 0x12350: not 16", virtual8086(), func(c *context) { c.guest.Base[ds] += 16 })
	add("DS.Limit is 0xfffe: not FFFF", virtual8086(), func(c *context) { c.guest.Limit[ds]-- })
	add("CS.Attributes is 0xfb: not F3", virtual8086(), func(c *context) { c.guest.Access[cs] = 0xfb })
	for _, r := range rules {
		c := entered(t, r.state)
		r.wrong(c)
		if err := check(c, someLimits); err == nil || !strings.HasPrefix(err.Error(), r.want) {
			t.Errorf("got %v, want %s...", err, r.want)
		}
	}
}

func TestCheckXCR0(t *testing.T) {
	l := limits{xcr0: 0x602ff}
	for v, ok := range map[uint64]bool{
		1: true, 3: true, 7: true, 0x1f: true, 0xe7: true, 0x60003: true,
		0: false, 2: false, 5: false, 0xb: false, 0x27: false, 0xe3: false, 0x20003: false, 0x403: false,
	} {
		if err := checkXCR0(v, l); (err == nil) != ok {
			t.Errorf("XCR0 %#x: %v", v, err)
		}
	}
	if err := checkXCR0(0, limits{}); err != nil {
		t.Errorf("without XSAVE: %v", err)
	}
	if checkSpecCtrl(1, limits{}) == nil || checkSpecCtrl(1, limits{specCtrl: 1}) != nil {
		t.Error("SPEC_CTRL is checked wrongly")
	}
}

// What the capability registers say is in the limits.
func TestLimits(t *testing.T) {
	e, _ := newEngine(t, cpuidtest.BochsBroadwell)
	if e.limits.cr4&(x86.CR4VMXE|x86.CR4SMXE) != 0 || e.limits.cr4&x86.CR4PAE == 0 || e.limits.physicalBits != 40 || e.limits.xcr0 != 7 {
		t.Errorf("%+v", e.limits)
	}
}
