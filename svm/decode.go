package svm

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Fields of EXITINFO1 for an I/O exit. APM vol. 2 §15.10.2.
const (
	ioIn           = 1 << 0
	ioString       = 1 << 2
	ioRepeat       = 1 << 3
	ioSizeShift    = 4
	ioAddressShift = 7
	ioSegmentShift = 10
	ioPortShift    = 16
)

// Fields of EXITINFO1 for a nested page fault and for a control register.
// APM vol. 2 §15.25.6, §15.8.1.
const (
	npfWrite   = 1 << 1
	npfFetch   = 1 << 4
	npfWalk    = 1 << 33 // of the guest's page tables
	crGPRValid = 1 << 63
)

// Fields of EXITINFO2 for a task switch, beside the error code. APM vol. 2
// §15.14.1.
const (
	taskIRET = 1 << 36
	taskJump = 1 << 38
	taskRF   = 1 << 48 // the task that is left is to have RFLAGS.RF
)

// simple is the reason for each exit code that needs no more than that. INIT,
// SMI and NMI wait for the host's STGI, as interrupts do.
var simple = [0x90]vmm.Reason{
	ExitINTR: vmm.ReasonHost, ExitNMI: vmm.ReasonHost, ExitSMI: vmm.ReasonHost, ExitINIT: vmm.ReasonHost, ExitIRET: vmm.ReasonHost,
	ExitVINTR: vmm.ReasonWindow, ExitCPUID: vmm.ReasonCPUID, ExitHLT: vmm.ReasonHLT, ExitPAUSE: vmm.ReasonPause,
	ExitINVD: vmm.ReasonInvalidate, ExitWBINVD: vmm.ReasonInvalidate, ExitVMMCALL: vmm.ReasonHypercall,
	ExitXSETBV: vmm.ReasonXSETBV, ExitRDTSC: vmm.ReasonTimestamp, ExitRDTSCP: vmm.ReasonTimestamp,
	ExitShutdown: vmm.ReasonShutdown, ExitRDPMC: vmm.ReasonProtection, // there are no counters
	ExitINVLPGA: vmm.ReasonUndefined, ExitVMRUN: vmm.ReasonUndefined, ExitVMLOAD: vmm.ReasonUndefined,
	ExitVMSAVE: vmm.ReasonUndefined, ExitSTGI: vmm.ReasonUndefined, ExitCLGI: vmm.ReasonUndefined,
	ExitSKINIT: vmm.ReasonUndefined, ExitMONITOR: vmm.ReasonUndefined, ExitMWAIT: vmm.ReasonUndefined,
	ExitMWAITArmed: vmm.ReasonUndefined, ExitRDPRU: vmm.ReasonUndefined, ExitRSM: vmm.ReasonUndefined,
}

// decode turns what the VMCB says about an exit into neutral terms. What is the
// engine's own business becomes ReasonHost.
func (c *CPU) decode(e *vmm.Exit) {
	v := c.v
	code := v.ExitCode
	e.RIP = v.RIP
	switch code {
	case ExitIO:
		decodeIO(v, e)
		return
	case ExitNPF:
		decodeMemory(v, e)
		return
	}
	e.Length, e.Subject = 0, 0
	// Without NRIP save the next RIP is 0.
	if next := v.NextRIP; next != 0 {
		if n := next - v.RIP; n <= maxInstruction {
			e.Length = uint8(n)
		}
	}
	if code < ExitCode(len(simple)) {
		if r := simple[code]; r != vmm.ReasonNone {
			e.Reason = r
			return
		}
	}
	switch code {
	case ExitMSR:
		e.Reason, e.Write, e.Subject = vmm.ReasonMSR, v.ExitInfo1&1 != 0, c.state.GPR[x86.RCX]
	case ExitINVLPG:
		e.Reason, e.Address = vmm.ReasonInvalidatePage, v.ExitInfo1
	case ExitTaskSwitch:
		c.decodeTaskSwitch(e)
	case ExitICEBP:
		c.icebp(e)
	default:
		c.decodeRange(e)
	}
}

// maxInstruction is the length of the longest instruction in bytes.
const maxInstruction = 15

func decodeMemory(v *VMCB, e *vmm.Exit) {
	i := v.ExitInfo1
	e.Reason, e.GPA, e.Subject = vmm.ReasonMemory, v.ExitInfo2, v.ExitInfo2
	e.Write, e.Fetch, e.Walk = i&npfWrite != 0, i&npfFetch != 0, i&npfWalk != 0
	e.CodeLength = min(v.FetchedBytes, maxInstruction)
	if e.CodeLength != 0 {
		e.Code = v.InstructionBytes
	}
}

func decodeIO(v *VMCB, e *vmm.Exit) {
	i := v.ExitInfo1
	e.Reason, e.Port, e.Subject = vmm.ReasonPort, uint16(i>>ioPortShift), i>>ioPortShift&0xffff
	e.Write, e.Size, e.String = i&ioIn == 0, uint8(i>>ioSizeShift&7), false
	if i&ioString != 0 {
		e.String, e.Repeat = true, i&ioRepeat != 0
		e.AddressSize, e.Segment = uint8(i>>ioAddressShift&7)*2, uint8(i>>ioSegmentShift&7)
	}
	// The next RIP is here with or without NRIP save.
	e.Length = uint8(v.ExitInfo2 - v.RIP)
}

// decodeTaskSwitch says which task (Address is the selector of its TSS), by what
// (Number) and, of an event that waits again, with which error code.
func (c *CPU) decodeTaskSwitch(e *vmm.Exit) {
	v, source := c.v, x86.TaskByCall
	switch {
	case v.ExitInfo2&taskIRET != 0:
		source = x86.TaskByIRET
	case v.ExitInfo2&taskJump != 0:
		source = x86.TaskByJump
	case v.ExitIntInfo&EventValid != 0:
		source = x86.TaskByEvent
	}
	if v.ExitInfo2&taskRF != 0 {
		v.RFLAGS |= x86.FlagRF
	}
	e.Reason, e.Address, e.Number = vmm.ReasonTaskSwitch, v.ExitInfo1&0xffff, uint8(source)
	e.HasCode, e.ErrorCode = c.pending&EventErrorValid != 0, uint32(c.pending>>32)
}

// decodeRange is for the codes that have a number in them.
func (c *CPU) decodeRange(e *vmm.Exit) {
	v := c.v
	switch code := v.ExitCode; {
	case code.Low() == ExitInvalid.Low():
		e.Reason = vmm.ReasonInvalid
	case code <= ExitCR15Write || code == ExitCR0Selective:
		e.Reason, e.Number, e.Write = vmm.ReasonControl, uint8(code)&15, code >= ExitCR0Write
		if code == ExitCR0Selective {
			e.Number = 0
		}
		e.Register = vmm.NoRegister
		if c.engine.decodeAssists && v.ExitInfo1&crGPRValid != 0 {
			e.Register = uint8(v.ExitInfo1 & 15)
		}
	case code <= ExitDR15Write && c.debugger.watching:
		e.Reason, e.Number, e.Write, e.Register = vmm.ReasonControl, uint8(code)&15, code >= ExitDR0Write, vmm.NoRegister
	case code <= ExitDR15Write:
		c.work |= workDebugAccess
		e.Reason = vmm.ReasonHost
	case code == ExitException+ExitCode(amd64.MachineCheck):
		machineCheck()
		e.Reason = vmm.ReasonHost
	case code < ExitINTR:
		e.Reason, e.Vector = vmm.ReasonException, uint8(code-ExitException)
		e.ErrorCode, e.Address, e.Subject = uint32(v.ExitInfo1), v.ExitInfo2, uint64(e.Vector)
	default:
		e.Reason = vmm.ReasonUnknown
	}
}
