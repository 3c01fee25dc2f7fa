package vmx

import "fmt"

// allowed is what a field of controls may hold: the two halves of its capability
// register. SDM vol. 3 App. A.3.
type allowed struct{ must, may uint32 }

// check tells what is wrong with the controls v, if anything.
func (a allowed) check(name string, v uint64) error {
	switch must, may := uint64(a.must), uint64(a.may); {
	case must&^v != 0:
		return bad(name, v, fmt.Sprintf("bits %#x must be 1 on this processor", must&^v))
	case v&^may != 0:
		return bad(name, v, fmt.Sprintf("bits %#x must be 0 on this processor", v&^may))
	}
	return nil
}

// Controls that the engine never turns on, and that others depend on. SDM vol. 3
// tables 24-5 to 24-7, 24-10 and 24-12.
const (
	pinPostedInterrupts    = 1 << 7
	primaryIOBitmaps       = 1 << 25
	secondaryAPICAccess    = 1 << 0
	secondaryX2APIC        = 1 << 4
	secondaryAPICRegisters = 1 << 8
	secondaryInterrupts    = 1 << 9 // virtual-interrupt delivery
	secondaryFunctions     = 1 << secondaryVMFunctions
	secondaryShadowing     = 1 << 14
	secondaryPML           = 1 << 17
	secondaryVE            = 1 << 18 // EPT violations become exceptions
	exitSaveTimer          = 1 << 22
	entryToSMM             = 1 << 10
	entryDeactivateDual    = 1 << 11 // the dual-monitor treatment of SMM
)

// checkControls applies the rules by which an entry refuses the controls, with
// VM-instruction error 7. Controls that want the address of something that the
// engine has not got are refused as such. SDM vol. 3 §26.2.1.
func checkControls(c *context, l limits) error {
	k, f := &c.controls, &l.features
	for _, field := range [...]struct {
		name    string
		allowed allowed
		value   uint64
	}{
		{"pin-based controls", f.allow.pin, k.Pin}, {"primary controls", f.allow.primary, c.primary},
		{"secondary controls", f.allow.secondary, k.Secondary},
		{"exit controls", f.allow.exit, k.Exit}, {"entry controls", f.allow.entry, c.guest.EntryControls},
	} {
		if err := field.allowed.check(field.name, field.value); err != nil {
			return err
		}
	}
	for _, rules := range [...]func(*context, limits) error{checkExecution, checkAPIC, checkPaging, checkTransitions} {
		if err := rules(c, l); err != nil {
			return err
		}
	}
	return nil
}

// checkExecution is for what exits. SDM vol. 3 §26.2.1.1.
func checkExecution(c *context, l limits) error {
	const maxTargets = 4
	k := &c.controls
	switch {
	case c.primary&primarySecondary == 0 && k.Secondary != 0:
		return bad("secondary controls", k.Secondary, "they are not activated")
	case k.CR3Targets > maxTargets:
		return bad("CR3-target count", k.CR3Targets, "more than 4")
	case c.primary&primaryIOBitmaps != 0:
		return bad("primary controls", c.primary, "I/O bitmaps are on, and there are none")
	case c.primary&primaryMSRBitmap != 0 && !l.page(k.MSRBitmap):
		return bad("MSR bitmap", k.MSRBitmap, "not the address of a page")
	case k.Pin&pinVirtualNMI != 0 && k.Pin&pinNMI == 0:
		return bad("pin-based controls", k.Pin, "virtual NMIs need NMI exiting")
	case c.primary&primaryNMIWindow != 0 && k.Pin&pinVirtualNMI == 0:
		return bad("primary controls", c.primary, "NMI-window exiting needs virtual NMIs")
	case k.Secondary&secondaryShadowing != 0:
		return bad("secondary controls", k.Secondary, "VMCS shadowing is on, and there are no bitmaps for it")
	case k.Secondary&secondaryFunctions != 0:
		return bad("secondary controls", k.Secondary, "VM functions are on, and there are none")
	}
	return nil
}

// checkAPIC is for the virtualization of the local APIC, of which the engine uses
// the task priority alone. SDM vol. 3 §26.2.1.1.
func checkAPIC(c *context, l limits) error {
	k := &c.controls
	switch {
	case k.Pin&pinPostedInterrupts != 0:
		return bad("pin-based controls", k.Pin, "posted interrupts are on, and there is no descriptor for them")
	case k.Secondary&(secondaryX2APIC|secondaryAPICRegisters|secondaryInterrupts) != 0:
		return bad("secondary controls", k.Secondary, "more of the APIC is virtualized than the engine knows of")
	case c.primary&primaryTPRShadow != 0 && !l.page(k.VirtualAPIC):
		return bad("virtual-APIC address", k.VirtualAPIC, "not the address of a page")
	case c.primary&primaryTPRShadow != 0 && k.TPRThreshold > uint64(*c.tpr>>4):
		return bad("TPR threshold", k.TPRThreshold, fmt.Sprintf("more than CR8, which is %d", *c.tpr>>4))
	case k.Secondary&secondaryAPICAccess != 0:
		return bad("secondary controls", k.Secondary, "APIC accesses are virtualized, and there is no page for them")
	}
	return nil
}

// Fields of the EPT pointer. SDM vol. 3 table 24-8.
const (
	eptpType     = 7
	eptpLevels   = 7 << 3
	eptpReserved = 0x1f << 7
)

// checkPaging is for extended page tables and VPIDs. SDM vol. 3 §26.2.1.1.
func checkPaging(c *context, l limits) error {
	k := &c.controls
	wrong := func(why string) error { return bad("EPT pointer", k.EPTP, why) }
	switch {
	case k.Secondary&(1<<secondaryVPID) != 0 && k.VPID == 0:
		return bad("VPID", k.VPID, "0 is the host's")
	case k.Secondary&(1<<secondaryEPT) == 0:
		if k.Secondary&(secondaryUnrestricted|secondaryPML|secondaryVE) != 0 {
			return bad("secondary controls", k.Secondary, "unrestricted guests, page-modification logs and EPT-violation exceptions need EPT")
		}
		return nil
	case k.Secondary&(secondaryPML|secondaryVE) != 0:
		return bad("secondary controls", k.Secondary, "a page-modification log or EPT-violation exceptions are on, and there is no page for them")
	case k.EPTP&eptpType != eptpWriteBack:
		return wrong("not write-back memory")
	case k.EPTP&eptpLevels != eptpFourLevels:
		return wrong("not four levels of tables")
	case k.EPTP&eptpUsageFlags != 0 && !l.usageFlags:
		return wrong("accessed and dirty flags, which the processor does not have")
	case k.EPTP&eptpReserved != 0 || !l.page(k.EPTP&^0xfff):
		return wrong("reserved bits are set")
	}
	return nil
}

// msrListAlign and msrEntrySize are those of a list of MSRs. SDM vol. 3 §24.7.2.
const (
	msrListAlign = 16
	msrEntrySize = 16
)

// checkTransitions is for what entries and exits do. SDM vol. 3 §26.2.1.2,
// §26.2.1.3; what is injected is checkEvent's.
func checkTransitions(c *context, l limits) error {
	k, g := &c.controls, &c.guest
	switch {
	case k.Exit&exitSaveTimer != 0 && k.Pin&pinTimer == 0:
		return bad("exit controls", k.Exit, "the preemption timer is to be saved, and is off")
	case k.ExitStores != 0:
		return bad("exit MSR-store count", k.ExitStores, "there is no list")
	case k.EntryMSRs != 0 && !l.list(k.EntryMSRLoad, k.EntryMSRs):
		return bad("entry MSR-load address", k.EntryMSRLoad, "not the address of a list")
	case g.EntryControls&(entryToSMM|entryDeactivateDual) != 0:
		return bad("entry controls", g.EntryControls, "an entry to SMM, from outside it")
	}
	return nil
}

// page tells whether an address is that of a page, and no wider than the
// processor's.
func (l limits) page(pa uint64) bool { return pa&0xfff == 0 && pa>>l.physicalBits == 0 }

// list tells whether an address can be that of a list of n MSRs.
func (l limits) list(pa, n uint64) bool {
	return pa%msrListAlign == 0 && n>>32 == 0 && (pa+n*msrEntrySize-1)>>l.physicalBits == 0
}
