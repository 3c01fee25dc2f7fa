package vmx

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Fields of the qualification of an I/O exit, and of the instruction
// information with it. SDM vol. 3 tables 27-5 and 27-8.
const (
	ioSize           = 7 // less 1
	ioIn             = 1 << 3
	ioString         = 1 << 4
	ioRepeat         = 1 << 5
	ioPortShift      = 16
	ioAddressShift   = 7 // 0 to 2: 16, 32 and 64 bits
	ioSegmentShift   = 15
	smallestAddress  = 2
	eptWriteAccess   = 1 << 1 // fields of that of an EPT violation: table 27-7
	eptFetchAccess   = 1 << 2
	eptLinearValid   = 1 << 7
	eptTranslated    = 1 << 8 // the access was to the address itself, not to a page table
	eptUnblocked     = 1 << 12
	taskSourceShift  = 30 // table 27-2; an x86.TaskSource
	taskSelectorMask = 0xffff
)

// simple is the reason for each that needs no more than that.
var simple = [reasons]vmm.Reason{
	ReasonInterrupt: vmm.ReasonHost, ReasonINIT: vmm.ReasonHost, ReasonSIPI: vmm.ReasonHost, ReasonIOSMI: vmm.ReasonHost,
	ReasonSMI: vmm.ReasonHost, ReasonTimer: vmm.ReasonHost,
	ReasonTripleFault: vmm.ReasonShutdown, ReasonInterruptWindow: vmm.ReasonWindow,
	ReasonTPR:   vmm.ReasonWindow,
	ReasonCPUID: vmm.ReasonCPUID, ReasonHLT: vmm.ReasonHLT, ReasonPAUSE: vmm.ReasonPause,
	ReasonINVD: vmm.ReasonInvalidate, ReasonWBINVD: vmm.ReasonInvalidate,
	ReasonVMCALL: vmm.ReasonHypercall, ReasonXSETBV: vmm.ReasonXSETBV,
	ReasonRDTSC: vmm.ReasonTimestamp, ReasonRDTSCP: vmm.ReasonTimestamp,
	ReasonRDPMC:  vmm.ReasonProtection, // there are no counters
	ReasonGETSEC: vmm.ReasonUndefined, ReasonRSM: vmm.ReasonUndefined,
	ReasonVMCLEAR: vmm.ReasonUndefined, ReasonVMLAUNCH: vmm.ReasonUndefined, ReasonVMPTRLD: vmm.ReasonUndefined,
	ReasonVMPTRST: vmm.ReasonUndefined, ReasonVMREAD: vmm.ReasonUndefined, ReasonVMRESUME: vmm.ReasonUndefined,
	ReasonVMWRITE: vmm.ReasonUndefined, ReasonVMXOFF: vmm.ReasonUndefined, ReasonVMXON: vmm.ReasonUndefined,
	ReasonMWAIT: vmm.ReasonUndefined, ReasonMONITOR: vmm.ReasonUndefined, ReasonINVEPT: vmm.ReasonUndefined,
	ReasonINVVPID: vmm.ReasonUndefined, ReasonVMFUNC: vmm.ReasonUndefined, ReasonENCLS: vmm.ReasonUndefined,
}

// decode turns what the VMCS says about an exit into neutral terms. What is the
// engine's own business becomes ReasonHost.
func (c *CPU) decode(e *vmm.Exit) {
	reason := Reason(c.reason)
	e.RIP, e.Length, e.Subject = c.rip, uint8(c.length), 0
	switch reason {
	case ReasonIO:
		c.decodeIO(e)
		return
	case ReasonEPT:
		c.decodeMemory(e)
		return
	}
	if reason < reasons {
		if r := simple[reason]; r != vmm.ReasonNone {
			e.Reason = r
			return
		}
	}
	switch {
	case reason&reasonEntryFailed != 0:
		e.Reason = vmm.ReasonInvalid
	case reason == ReasonRDMSR, reason == ReasonWRMSR:
		c.decodeMSR(e, reason == ReasonWRMSR)
	case reason == ReasonControl:
		c.decodeControl(e)
	case reason == ReasonTrapFlag:
		e.Reason, e.Cause = vmm.ReasonDebug, vmm.CauseStep
	case reason == ReasonDR && c.debugger.watching:
		q := c.qualification
		e.Reason, e.Number, e.Write, e.Register = vmm.ReasonControl, uint8(q&debugNumber), q&debugFrom == 0, uint8(q>>controlRegisterShift&0xf)
	case reason == ReasonDR:
		c.work |= workDebugAccess
		e.Reason = vmm.ReasonHost
	case reason == ReasonNMIWindow:
		c.setPrimary(primaryNMIWindow, false)
		e.Reason = vmm.ReasonNMIWindow
	case reason == ReasonException:
		c.decodeException(e)
	case reason == ReasonTaskSwitch:
		c.decodeTaskSwitch(e)
	default:
		e.Reason = vmm.ReasonUnknown
	}
}

func (c *CPU) decodeMemory(e *vmm.Exit) {
	q := c.qualification
	e.Reason, e.GPA, e.Subject, e.CodeLength = vmm.ReasonMemory, c.gpa, c.gpa, 0
	e.Write, e.Fetch = q&eptWriteAccess != 0, q&eptFetchAccess != 0
	e.Walk = q&(eptLinearValid|eptTranslated) == eptLinearValid
	c.blockNMI(q&eptUnblocked != 0)
}

// decodeTaskSwitch says which task, by what, and of an event that waits again its
// error code. An IRET has ended the blocking of NMIs.
func (c *CPU) decodeTaskSwitch(e *vmm.Exit) {
	q := c.qualification
	source := x86.TaskSource(q >> taskSourceShift & 3)
	e.Reason, e.Address, e.Number = vmm.ReasonTaskSwitch, q&taskSelectorMask, uint8(source)
	e.HasCode, e.ErrorCode = Event(c.event)&EventErrorValid != 0, uint32(c.eventCode)
	if source == x86.TaskByIRET {
		c.shadow &^= shadowNMI
	}
}

func (c *CPU) decodeIO(e *vmm.Exit) {
	q := c.qualification
	port := q >> ioPortShift & 0xffff
	e.Reason, e.Port, e.Subject = vmm.ReasonPort, uint16(port), port
	e.Write, e.Size, e.String = q&ioIn == 0, uint8(q&ioSize)+1, false
	if q&ioString != 0 {
		i := vmread(&c.context, fieldInstructionInfo)
		e.String, e.Repeat = true, q&ioRepeat != 0
		e.AddressSize, e.Segment = smallestAddress<<(i>>ioAddressShift&3), uint8(i>>ioSegmentShift&7)
	}
}

// decodeMSR is an access to an MSR that is not the guest's own. A base that is
// not canonical must not get into the list that an entry loads.
func (c *CPU) decodeMSR(e *vmm.Exit, write bool) {
	num := c.state.GPR[x86.RCX]
	e.Reason, e.Write, e.Subject = vmm.ReasonMSR, write, num
	if write && uint32(num) == msr.LSTAR {
		v := c.state.GPR[x86.RAX]&0xffff_ffff | c.state.GPR[x86.RDX]<<32
		if !canonical(v) {
			e.Reason = vmm.ReasonProtection
		}
	}
}

// decodeException is an exception, or an NMI of the host.
func (c *CPU) decodeException(e *vmm.Exit) {
	i := Event(vmread(&c.context, fieldInterruptInfo))
	vector := amd64.Vector(i & EventVector)
	c.blockNMI(i&EventUnblocked != 0 && vector != amd64.DoubleFault)
	switch {
	case i&EventType == EventNMI:
		hostNMI()
		e.Reason = vmm.ReasonHost
		return
	case vector == amd64.MachineCheck:
		machineCheck()
		e.Reason = vmm.ReasonHost
		return
	case i&EventType == EventINT1:
		c.int1(e)
		return
	case vector == amd64.Debug:
		if c.debugged(e) {
			return
		}
	}
	e.Reason, e.Vector, e.Subject, e.Address = vmm.ReasonException, uint8(vector), uint64(vector), c.qualification
	e.ErrorCode = 0
	if i&EventErrorValid != 0 {
		e.ErrorCode = uint32(vmread(&c.context, fieldInterruptCode))
	}
}
