package vmx

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/amd64/msr"
)

// Pin-based controls. SDM vol. 3 table 24-5.
const (
	pinInterrupt  = 1 << 0 // external interrupts exit
	pinNMI        = 1 << 3 // NMIs exit
	pinVirtualNMI = 1 << 5 // blocking by NMI is the guest's own
	pinTimer      = 1 << 6 // the preemption timer exits
)

// Primary processor-based controls. SDM vol. 3 table 24-6.
const (
	primaryInterruptWindow = 1 << 2
	primaryTSCOffset       = 1 << 3
	primaryHLT             = 1 << 7
	primaryMWAIT           = 1 << 10
	primaryRDPMC           = 1 << 11
	primaryCR8Load         = 1 << 19
	primaryCR8Store        = 1 << 20
	primaryTPRShadow       = 1 << 21
	primaryNMIWindow       = 1 << 22
	primaryDR              = 1 << 23
	primaryIO              = 1 << 24
	primaryTrapFlag        = 1 << 27
	primaryMSRBitmap       = 1 << 28
	primaryMONITOR         = 1 << 29
	primarySecondary       = 1 << activateSecondary
)

// Secondary controls. SDM vol. 3 table 24-7.
const (
	secondaryRDTSCP       = 1 << 3
	secondaryWBINVD       = 1 << 6
	secondaryUnrestricted = 1 << 7
	secondaryPauseLoop    = 1 << 10
	secondaryINVPCID      = 1 << 12
	secondaryXSAVES       = 1 << 20
)

// Exit and entry controls. SDM vol. 3 tables 24-10 and 24-12.
const (
	exitSaveDebug  = 1 << 2
	exitHost64     = 1 << 9
	exitLoadPAT    = 1 << 19
	exitSaveEFER   = 1 << 20
	exitLoadEFER   = 1 << 21
	entryLoadDebug = 1 << 2
	entryIA32e     = 1 << 9
	entryLoadPAT   = 1 << 14
	entryLoadEFER  = 1 << 15
)

// The controls of every guest: those that it cannot do without, which Probe
// names when they are missing, and those that it has where the processor does.
const (
	needPin       = pinInterrupt | pinNMI | pinVirtualNMI
	wantPin       = pinTimer
	needPrimary   = primaryTSCOffset | primaryHLT | primaryMWAIT | primaryRDPMC | primaryCR8Load | primaryCR8Store | primaryDR | primaryIO | primaryMSRBitmap | primaryMONITOR | primarySecondary
	wantPrimary   = primaryTPRShadow
	needSecondary = 1<<secondaryEPT | secondaryUnrestricted
	wantSecondary = 1<<secondaryVPID | secondaryRDTSCP | secondaryWBINVD | secondaryPauseLoop | secondaryINVPCID | secondaryXSAVES
	needExit      = exitSaveDebug | exitHost64 | exitLoadPAT | exitSaveEFER | exitLoadEFER
	needEntry     = entryLoadDebug | entryLoadPAT | entryLoadEFER
)

// features is what this processor's VMX can do beyond the least, and the
// controls that come of it.
type features struct {
	revision                uint32 // of the VMCS
	pin, primary, secondary uint32
	exit, entry             uint32
	allow                   struct{ pin, primary, secondary, exit, entry allowed }
	invept, invvpid         uint64 // types of the instructions, for what a guest has
	barrier, tscAux, xsave  bool
	cr0Fixed0, cr0Fixed1    uint64
	cr4Fixed0, cr4Fixed1    uint64
	gigabytePages           bool
	usageFlags              bool   // accessed and dirty flags in extended page tables
	trapFlag                bool   // monitor trap flag
	slice                   uint64 // in units of the preemption timer
}

// sliceTicks is how long a guest runs without an exit at the most, in ticks of
// the TSC: a millisecond or less. It bounds the time that the host's interrupts
// wait on processors, or emulators, that do not take them while the guest's
// RFLAGS.IF is 0.
const sliceTicks = 1 << 20

// Types of INVEPT and INVVPID, 0 for none. SDM vol. 3 ch. 30.
const (
	invalidateSingle = 1
	invalidateAll    = 2
)

// Bits of IA32_VMX_EPT_VPID_CAP. SDM vol. 3 App. A.10.
const (
	capGigabytePages = 1 << 17
	capUsageFlags    = 1 << 21
	capINVEPTSingle  = 1 << 25
	capINVVPID       = 1 << 32
	capINVVPIDSingle = 1 << 41
	capINVVPIDAll    = 1 << 42
)

// readFeatures reads the capability registers. It fails with what is missing.
func readFeatures(cpu cpuid.Func, rdmsr func(uint32) (uint64, error)) (features, error) {
	p := Probe(cpu, rdmsr)
	if !p.Usable {
		return features{}, errors.New("vmx: " + strings.Join(p.Missing, "; "))
	}
	r := reader{rdmsr: rdmsr}
	f := features{
		revision:  uint32(r.read(msr.VMXBasic) & basicRevision),
		cr0Fixed0: r.read(msr.VMXCR0Fixed0), cr0Fixed1: r.read(msr.VMXCR0Fixed1),
		cr4Fixed0: r.read(msr.VMXCR4Fixed0), cr4Fixed1: r.read(msr.VMXCR4Fixed1),
		barrier: hasAny(cpu, "IBPB", "IBRS_IBPB"),
		tscAux:  hasAny(cpu, "RDTSCP", "RDPID"),
		xsave:   cpu.Has(cpuid.XSAVE),
	}
	f.pin, f.allow.pin = r.control(msr.VMXTruePinCtls, needPin, wantPin)
	f.primary, f.allow.primary = r.control(msr.VMXTrueProcCtls, needPrimary, wantPrimary)
	if f.primary&primaryTPRShadow != 0 {
		f.primary &^= primaryCR8Load | primaryCR8Store
	}
	f.trapFlag = f.allow.primary.may&primaryTrapFlag != 0
	f.secondary, f.allow.secondary = r.control(msr.VMXProcCtls2, needSecondary, wantSecondary)
	f.exit, f.allow.exit = r.control(msr.VMXTrueExitCtls, needExit, 0)
	f.entry, f.allow.entry = r.control(msr.VMXTrueEntryCtls, needEntry, 0)
	f.slice = sliceTicks >> (r.read(msr.VMXMisc) & miscTimerShift)
	caps := r.read(msr.VMXEPTVPIDCap)
	if r.err != nil {
		return f, r.err
	}
	f.gigabytePages = caps&capGigabytePages != 0
	f.usageFlags = caps&capUsageFlags != 0
	f.invept = invalidateAll
	if caps&capINVEPTSingle != 0 {
		f.invept = invalidateSingle
	}
	switch {
	case f.secondary&(1<<secondaryVPID) == 0:
	case caps&capINVVPID != 0 && caps&capINVVPIDSingle != 0:
		f.invvpid = invalidateSingle
	case caps&capINVVPID != 0 && caps&capINVVPIDAll != 0:
		f.invvpid = invalidateAll
	default:
		f.secondary &^= 1 << secondaryVPID // what cannot be dropped is not kept
	}
	return f, nil
}

// reader reads registers until one fails.
type reader struct {
	rdmsr func(uint32) (uint64, error)
	err   error
}

func (r *reader) read(num uint32) uint64 {
	v, err := r.rdmsr(num)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("vmx: %s cannot be read: %w", msr.Name(num), err)
	}
	return v
}

// control is a field of controls: the bits that must be 1, those that are
// needed, and what there is of those that are wanted. The low half of a
// capability register has the first, the high half all that may be 1. SDM
// vol. 3 App. A.3.
func (r *reader) control(num, need, want uint32) (uint32, allowed) {
	v := r.read(num)
	a := allowed{must: uint32(v), may: uint32(v >> 32)}
	if missing := need &^ a.may; missing != 0 && r.err == nil {
		r.err = fmt.Errorf("vmx: %s lacks the controls %#x", msr.Name(num), missing)
	}
	return a.must | need | want&a.may, a
}
