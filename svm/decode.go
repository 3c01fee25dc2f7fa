package svm

import "github.com/ringo-vmm/ringo/vmm"

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
	crGPRValid = 1 << 63
)

// simple is the reason for each exit code that needs no more than that.
var simple = [0x90]vmm.Reason{
	ExitINTR: vmm.ReasonHost, ExitNMI: vmm.ReasonHost, ExitSMI: vmm.ReasonHost, ExitIRET: vmm.ReasonHost,
	ExitVINTR: vmm.ReasonWindow, ExitCPUID: vmm.ReasonCPUID, ExitHLT: vmm.ReasonHLT, ExitPAUSE: vmm.ReasonPause,
	ExitINVD: vmm.ReasonInvalidate, ExitWBINVD: vmm.ReasonInvalidate, ExitVMMCALL: vmm.ReasonHypercall,
	ExitXSETBV: vmm.ReasonXSETBV, ExitRDTSC: vmm.ReasonTimestamp, ExitRDTSCP: vmm.ReasonTimestamp,
	ExitTaskSwitch: vmm.ReasonTaskSwitch, ExitShutdown: vmm.ReasonShutdown, ExitINIT: vmm.ReasonInit,
	ExitINVLPGA: vmm.ReasonUndefined, ExitVMRUN: vmm.ReasonUndefined, ExitVMLOAD: vmm.ReasonUndefined,
	ExitVMSAVE: vmm.ReasonUndefined, ExitSTGI: vmm.ReasonUndefined, ExitCLGI: vmm.ReasonUndefined,
	ExitSKINIT: vmm.ReasonUndefined, ExitMONITOR: vmm.ReasonUndefined, ExitMWAIT: vmm.ReasonUndefined,
	ExitMWAITArmed: vmm.ReasonUndefined, ExitRDPRU: vmm.ReasonUndefined, ExitRSM: vmm.ReasonUndefined, ExitICEBP: vmm.ReasonUndefined,
}

// decode turns what the VMCB says about an exit into neutral terms.
func decode(v *VMCB, e *vmm.Exit) {
	code := v.ExitCode
	e.RIP, e.Raw, e.Info1, e.Info2 = v.RIP, uint64(code), v.ExitInfo1, v.ExitInfo2
	// Without NRIP save the next RIP is 0, and the difference no length.
	e.Length = 0
	if n := v.NextRIP - v.RIP; n <= maxInstruction {
		e.Length = uint8(n)
	}
	if code < ExitCode(len(simple)) {
		if r := simple[code]; r != vmm.ReasonNone {
			e.Reason = r
			return
		}
	}
	switch code {
	case ExitIO:
		decodeIO(v, e)
	case ExitNPF:
		decodeMemory(v, e)
	case ExitMSR:
		e.Reason, e.Write = vmm.ReasonMSR, v.ExitInfo1&1 != 0
	case ExitINVLPG:
		e.Reason, e.Address = vmm.ReasonInvalidatePage, v.ExitInfo1
	default:
		decodeRange(v, e)
	}
}

// maxInstruction is the length of the longest instruction in bytes.
const maxInstruction = 15

func decodeMemory(v *VMCB, e *vmm.Exit) {
	e.Reason, e.GPA = vmm.ReasonMemory, v.ExitInfo2
	e.Write, e.Fetch = v.ExitInfo1&npfWrite != 0, v.ExitInfo1&npfFetch != 0
	e.CodeLength = min(v.FetchedBytes, maxInstruction)
	if e.CodeLength != 0 {
		e.Code = v.InstructionBytes
	}
}

func decodeIO(v *VMCB, e *vmm.Exit) {
	i := v.ExitInfo1
	e.Reason, e.Port = vmm.ReasonPort, uint16(i>>ioPortShift)
	e.Write, e.String, e.Repeat = i&ioIn == 0, i&ioString != 0, i&ioRepeat != 0
	e.Size, e.AddressSize = uint8(i>>ioSizeShift&7), uint8(i>>ioAddressShift&7)*2
	e.Segment = uint8(i >> ioSegmentShift & 7)
	// The next RIP is here with or without NRIP save.
	e.Length = uint8(v.ExitInfo2 - v.RIP)
}

// decodeRange is for the codes that have a number in them.
func decodeRange(v *VMCB, e *vmm.Exit) {
	c := v.ExitCode
	switch {
	case c.Low() == ExitInvalid.Low():
		e.Reason = vmm.ReasonInvalid
	case c <= ExitCR15Write || c == ExitCR0Selective:
		e.Reason, e.Number, e.Write = vmm.ReasonControl, uint8(c)&15, c >= ExitCR0Write
		if c == ExitCR0Selective {
			e.Number = 0
		}
		e.Register = vmm.NoRegister
		if v.ExitInfo1&crGPRValid != 0 {
			e.Register = uint8(v.ExitInfo1 & 15)
		}
	case c <= ExitDR15Write:
		// Decode assists put the register here too; without them this is 0,
		// which is a register as well, so it is not used.
		e.Reason, e.Number, e.Write = vmm.ReasonDebug, uint8(c)&15, c >= ExitDR0Write
		e.Register = vmm.NoRegister
	case c < ExitINTR:
		e.Reason, e.Vector = vmm.ReasonException, uint8(c-ExitException)
		e.ErrorCode, e.Address = uint32(v.ExitInfo1), v.ExitInfo2
	default:
		e.Reason = vmm.ReasonUnknown
	}
}
