package vmx

import "github.com/ringo-vmm/ringo/vmm/x86"

// The layout of a VMCS is the processor's secret: VMREAD and VMWRITE reach a
// field of the one that is current. So the engine keeps its own copy of what it
// uses, as structures of 64-bit words, and next to each the list of encodings
// by which run_amd64.s moves them. What every exit needs is in context itself.
// SDM vol. 3 §24.3, §24.11.

// guest is the guest-state area, and what of the controls goes with it.
type guest struct {
	Selector [x86.Segments]uint64
	Limit    [x86.Segments]uint64
	Access   [x86.Segments]uint64
	Base     [x86.Segments]uint64

	GDTRLimit, IDTRLimit, GDTRBase, IDTRBase uint64

	CR0, CR3, CR4        uint64 // as the processor has them
	CR0Shadow, CR4Shadow uint64 // what the guest reads of the masked bits
	EFER, PAT, DR7       uint64

	SysenterCS, SysenterESP, SysenterEIP uint64
	PendingDebug, Activity               uint64
	PDPTE                                [pdptes]uint64 // the pointers in PAE's root
	EntryControls                        uint64         // an exit stores EFER.LMA in it
}

const (
	segmentWords = 4 * x86.Segments // the first of them
	guestWords   = segmentWords + 18 + pdptes
)

var guestFields = [guestWords]Field{
	fieldSelector, fieldSelector + 2, fieldSelector + 4, fieldSelector + 6,
	fieldSelector + 8, fieldSelector + 10, fieldSelector + 12, fieldSelector + 14,
	fieldLimit, fieldLimit + 2, fieldLimit + 4, fieldLimit + 6,
	fieldLimit + 8, fieldLimit + 10, fieldLimit + 12, fieldLimit + 14,
	fieldAccess, fieldAccess + 2, fieldAccess + 4, fieldAccess + 6,
	fieldAccess + 8, fieldAccess + 10, fieldAccess + 12, fieldAccess + 14,
	fieldBase, fieldBase + 2, fieldBase + 4, fieldBase + 6,
	fieldBase + 8, fieldBase + 10, fieldBase + 12, fieldBase + 14,
	fieldGDTRLimit, fieldIDTRLimit, fieldGDTRBase, fieldIDTRBase,
	fieldCR0, fieldCR3, fieldCR4, fieldCR0Shadow, fieldCR4Shadow, fieldEFER, fieldPAT, fieldDR7,
	fieldSysenterCS, fieldSysenterESP, fieldSysenterEIP,
	fieldPendingDebug, fieldActivity, fieldPDPTE, fieldPDPTE + 2, fieldPDPTE + 4, fieldPDPTE + 6, fieldEntryControls,
}

// look is the little that most instructions need to know, as far as x86.State
// has it in another form. The rest of it goes there at once.
type look struct {
	CR0, CR4, CSAccess, SSAccess uint64
}

// controls are the fields that hardly ever change. The primary controls do: see
// context.
type controls struct {
	Pin, Secondary, Exit, Exceptions   uint64
	CR0Mask, CR4Mask                   uint64 // bits that are the host's
	TSCOffset                          uint64
	MSRBitmap, EPTP, VPID              uint64
	EntryMSRLoad, EntryMSRs, ExitMSRs  uint64
	LinkPointer                        uint64 // no VMCS shadowing: all ones
	PauseGap, PauseWindow              uint64
	Timer                              uint64 // what it begins with at each entry
	ExitStores, CR3Targets, DebugCtl   uint64 // none
	PageFaultMask, PageFaultMatch, XSS uint64 // none
	VirtualAPIC, TPRThreshold          uint64
}

const controlWords = 25

var controlFields = [controlWords]Field{
	fieldPin, fieldSecondary, fieldExitControls, fieldExceptions,
	fieldCR0Mask, fieldCR4Mask,
	fieldTSCOffset,
	fieldMSRBitmap, fieldEPTP, fieldVPID,
	fieldEntryMSRLoad, fieldEntryMSRLoads, fieldExitMSRLoads,
	fieldLinkPointer,
	fieldPauseGap, fieldPauseWindow,
	fieldTimer,
	fieldExitMSRStores, fieldCR3Targets, fieldDebugCtl,
	fieldPageFaultMask, fieldPageFaultMatch, fieldXSSBitmap,
	fieldVirtualAPIC, fieldTPRThreshold,
}

// host is the host-state area but for what changes with the thread, which is
// FS base and RSP.
type host struct {
	ES, CS, SS, DS, FS, GS, TR                uint64
	PAT, EFER                                 uint64
	CR0, CR3, CR4                             uint64
	GSBase, TRBase, GDTRBase, IDTRBase        uint64
	SysenterCS, SysenterESP, SysenterEIP, RIP uint64
	MSRs                                      uint64 // the list that an exit loads
}

const hostWords = 21

var hostFields = [hostWords]Field{
	fieldHostES, fieldHostCS, fieldHostSS, fieldHostDS, fieldHostFS, fieldHostGS, fieldHostTR,
	fieldHostPAT, fieldHostEFER,
	fieldHostCR0, fieldHostCR3, fieldHostCR4,
	fieldHostGSBase, fieldHostTRBase, fieldHostGDTRBase, fieldHostIDTRBase,
	fieldHostSysenterCS, fieldHostSysenterESP, fieldHostSysenterEIP, fieldHostRIP,
	fieldExitMSRLoad,
}

// Access rights of a segment: a descriptor's bits 55:52 and 47:40 where they
// are in its second word, and one bit more. SDM vol. 3 table 24-2.
const (
	accessLow      = 0xff
	accessHigh     = 0xf000
	accessShift    = 4 // from x86.Attributes' high bits
	accessUnusable = 1 << 16
)

// accessOf is a segment's attributes as access rights. A null selector leaves a
// segment that is not present, which is unusable.
func accessOf(a x86.Attributes) uint64 {
	v := uint64(a)&accessLow | uint64(a)<<accessShift&accessHigh
	if a&x86.AttrPresent == 0 {
		v |= accessUnusable
	}
	return v
}

// attributesOf is the reverse.
func attributesOf(access uint64) x86.Attributes {
	a := x86.Attributes(access&accessLow | access&accessHigh>>accessShift)
	if access&accessUnusable != 0 {
		a &^= x86.AttrPresent
	}
	return a
}

// Bits of the interruptibility state. SDM vol. 3 table 24-3.
const (
	shadowSTI   = 1 << 0
	shadowMOVSS = 1 << 1
	shadowNMI   = 1 << 3
)

// Bits of the pending debug exceptions: B0 to B3, "enabled breakpoint", BS and
// RTM. SDM vol. 3 table 24-4.
const (
	pendingStep = 1 << 14
	pendingBits = 0xf | 1<<12 | pendingStep | 1<<16
)

// Event is what an entry injects, or an exit interrupted; its error code is in
// a field of its own. SDM vol. 3 tables 24-13, 24-15 and 24-16.
type Event uint64

// Bits of an Event.
const (
	EventVector     Event = 0xff
	EventType       Event = 7 << 8
	EventErrorValid Event = 1 << 11
	EventUnblocked  Event = 1 << 12 // of an exit: an IRET had ended the blocking of NMIs
	EventValid      Event = 1 << 31

	EventInterrupt Event = 0 << 8
	EventNMI       Event = 2 << 8
	EventException Event = 3 << 8
	EventINT1      Event = 5 << 8
)
