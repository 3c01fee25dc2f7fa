package svm

import "fmt"

// ExitCode is why the guest stopped. Some processors and emulators write only
// the low 32 bits of ExitInvalid, so compare with Low. APM vol. 2 appendix C.
type ExitCode uint64

// Low is the code as 32 bits.
func (c ExitCode) Low() uint32 { return uint32(c) }

// The exit codes.
const (
	ExitCR0Read      ExitCode = 0x00
	ExitCR15Write    ExitCode = 0x1f
	ExitCR0Write     ExitCode = 0x10
	ExitDR0Read      ExitCode = 0x20
	ExitDR0Write     ExitCode = 0x30
	ExitDR15Write    ExitCode = 0x3f
	ExitException    ExitCode = 0x40 // plus the vector
	ExitINTR         ExitCode = 0x60
	ExitNMI          ExitCode = 0x61
	ExitSMI          ExitCode = 0x62
	ExitINIT         ExitCode = 0x63
	ExitVINTR        ExitCode = 0x64
	ExitCR0Selective ExitCode = 0x65
	ExitIDTRRead     ExitCode = 0x66
	ExitGDTRRead     ExitCode = 0x67
	ExitLDTRRead     ExitCode = 0x68
	ExitTRRead       ExitCode = 0x69
	ExitIDTRWrite    ExitCode = 0x6a
	ExitGDTRWrite    ExitCode = 0x6b
	ExitLDTRWrite    ExitCode = 0x6c
	ExitTRWrite      ExitCode = 0x6d
	ExitRDTSC        ExitCode = 0x6e
	ExitRDPMC        ExitCode = 0x6f
	ExitPUSHF        ExitCode = 0x70
	ExitPOPF         ExitCode = 0x71
	ExitCPUID        ExitCode = 0x72
	ExitRSM          ExitCode = 0x73
	ExitIRET         ExitCode = 0x74
	ExitINTn         ExitCode = 0x75
	ExitINVD         ExitCode = 0x76
	ExitPAUSE        ExitCode = 0x77
	ExitHLT          ExitCode = 0x78
	ExitINVLPG       ExitCode = 0x79
	ExitINVLPGA      ExitCode = 0x7a
	ExitIO           ExitCode = 0x7b
	ExitMSR          ExitCode = 0x7c
	ExitTaskSwitch   ExitCode = 0x7d
	ExitFERRFreeze   ExitCode = 0x7e
	ExitShutdown     ExitCode = 0x7f
	ExitVMRUN        ExitCode = 0x80
	ExitVMMCALL      ExitCode = 0x81
	ExitVMLOAD       ExitCode = 0x82
	ExitVMSAVE       ExitCode = 0x83
	ExitSTGI         ExitCode = 0x84
	ExitCLGI         ExitCode = 0x85
	ExitSKINIT       ExitCode = 0x86
	ExitRDTSCP       ExitCode = 0x87
	ExitICEBP        ExitCode = 0x88
	ExitWBINVD       ExitCode = 0x89
	ExitMONITOR      ExitCode = 0x8a
	ExitMWAIT        ExitCode = 0x8b
	ExitMWAITArmed   ExitCode = 0x8c
	ExitXSETBV       ExitCode = 0x8d
	ExitRDPRU        ExitCode = 0x8e
	ExitEFERWrite    ExitCode = 0x8f
	ExitNPF          ExitCode = 0x400 // nested page fault
	ExitInvalid               = ^ExitCode(0)
)

var exitNames = map[ExitCode]string{
	ExitINTR: "INTR", ExitNMI: "NMI", ExitSMI: "SMI", ExitINIT: "INIT", ExitVINTR: "VINTR",
	ExitCR0Selective: "CR0 selective write", ExitIDTRRead: "IDTR read", ExitGDTRRead: "GDTR read",
	ExitLDTRRead: "LDTR read", ExitTRRead: "TR read", ExitIDTRWrite: "IDTR write", ExitGDTRWrite: "GDTR write",
	ExitLDTRWrite: "LDTR write", ExitTRWrite: "TR write", ExitRDTSC: "RDTSC", ExitRDPMC: "RDPMC",
	ExitPUSHF: "PUSHF", ExitPOPF: "POPF", ExitCPUID: "CPUID", ExitRSM: "RSM", ExitIRET: "IRET", ExitINTn: "INT n",
	ExitINVD: "INVD", ExitPAUSE: "PAUSE", ExitHLT: "HLT", ExitINVLPG: "INVLPG", ExitINVLPGA: "INVLPGA",
	ExitIO: "I/O", ExitMSR: "MSR", ExitTaskSwitch: "task switch", ExitFERRFreeze: "FERR freeze",
	ExitShutdown: "shutdown", ExitVMRUN: "VMRUN", ExitVMMCALL: "VMMCALL", ExitVMLOAD: "VMLOAD", ExitVMSAVE: "VMSAVE",
	ExitSTGI: "STGI", ExitCLGI: "CLGI", ExitSKINIT: "SKINIT", ExitRDTSCP: "RDTSCP", ExitICEBP: "ICEBP",
	ExitWBINVD: "WBINVD", ExitMONITOR: "MONITOR", ExitMWAIT: "MWAIT", ExitMWAITArmed: "MWAIT, armed",
	ExitXSETBV: "XSETBV", ExitRDPRU: "RDPRU", ExitEFERWrite: "EFER write trap", ExitNPF: "nested page fault",
}

// String is the code's name in the manual.
func (c ExitCode) String() string {
	switch {
	case c.Low() == ExitInvalid.Low():
		return "invalid guest state"
	case c < ExitCR0Write:
		return fmt.Sprintf("CR%d read", c)
	case c <= ExitCR15Write:
		return fmt.Sprintf("CR%d write", c-ExitCR0Write)
	case c < ExitDR0Write:
		return fmt.Sprintf("DR%d read", c-ExitDR0Read)
	case c <= ExitDR15Write:
		return fmt.Sprintf("DR%d write", c-ExitDR0Write)
	case c < ExitINTR:
		return fmt.Sprintf("exception %d", c-ExitException)
	}
	if name, ok := exitNames[c]; ok {
		return name
	}
	return fmt.Sprintf("exit %#x", uint64(c))
}
