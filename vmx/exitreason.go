package vmx

import "fmt"

// Reason is why the guest stopped. SDM vol. 3 appendix C.
type Reason uint64

// The exit reasons.
const (
	ReasonException       Reason = 0
	ReasonInterrupt       Reason = 1
	ReasonTripleFault     Reason = 2
	ReasonINIT            Reason = 3
	ReasonSIPI            Reason = 4
	ReasonIOSMI           Reason = 5
	ReasonSMI             Reason = 6
	ReasonInterruptWindow Reason = 7
	ReasonNMIWindow       Reason = 8
	ReasonTaskSwitch      Reason = 9
	ReasonCPUID           Reason = 10
	ReasonGETSEC          Reason = 11
	ReasonHLT             Reason = 12
	ReasonINVD            Reason = 13
	ReasonINVLPG          Reason = 14
	ReasonRDPMC           Reason = 15
	ReasonRDTSC           Reason = 16
	ReasonRSM             Reason = 17
	ReasonVMCALL          Reason = 18
	ReasonVMCLEAR         Reason = 19
	ReasonVMLAUNCH        Reason = 20
	ReasonVMPTRLD         Reason = 21
	ReasonVMPTRST         Reason = 22
	ReasonVMREAD          Reason = 23
	ReasonVMRESUME        Reason = 24
	ReasonVMWRITE         Reason = 25
	ReasonVMXOFF          Reason = 26
	ReasonVMXON           Reason = 27
	ReasonControl         Reason = 28
	ReasonDR              Reason = 29
	ReasonIO              Reason = 30
	ReasonRDMSR           Reason = 31
	ReasonWRMSR           Reason = 32
	ReasonGuestState      Reason = 33
	ReasonMSRLoad         Reason = 34
	ReasonMWAIT           Reason = 36
	ReasonTrapFlag        Reason = 37
	ReasonMONITOR         Reason = 39
	ReasonPAUSE           Reason = 40
	ReasonEntryMC         Reason = 41
	ReasonTPR             Reason = 43
	ReasonAPICAccess      Reason = 44
	ReasonEOI             Reason = 45
	ReasonGDTR            Reason = 46
	ReasonLDTR            Reason = 47
	ReasonEPT             Reason = 48
	ReasonEPTBad          Reason = 49
	ReasonINVEPT          Reason = 50
	ReasonRDTSCP          Reason = 51
	ReasonTimer           Reason = 52
	ReasonINVVPID         Reason = 53
	ReasonWBINVD          Reason = 54
	ReasonXSETBV          Reason = 55
	ReasonAPICWrite       Reason = 56
	ReasonRDRAND          Reason = 57
	ReasonINVPCID         Reason = 58
	ReasonVMFUNC          Reason = 59
	ReasonENCLS           Reason = 60
	ReasonRDSEED          Reason = 61
	ReasonPMLFull         Reason = 62
	ReasonXSAVES          Reason = 63
	ReasonXRSTORS         Reason = 64

	reasons = 65

	// reasonEntryFailed is set when the guest was not entered.
	reasonEntryFailed Reason = 1 << 31
)

// Basic is the reason without flags.
func (r Reason) Basic() Reason { return r & 0xffff }

var reasonNames = [reasons]string{
	ReasonException:       "exception or NMI",
	ReasonInterrupt:       "external interrupt",
	ReasonTripleFault:     "triple fault",
	ReasonINIT:            "INIT",
	ReasonSIPI:            "SIPI",
	ReasonIOSMI:           "I/O SMI",
	ReasonSMI:             "SMI",
	ReasonInterruptWindow: "interrupt window",
	ReasonNMIWindow:       "NMI window",
	ReasonTaskSwitch:      "task switch",
	ReasonCPUID:           "CPUID",
	ReasonGETSEC:          "GETSEC",
	ReasonHLT:             "HLT",
	ReasonINVD:            "INVD",
	ReasonINVLPG:          "INVLPG",
	ReasonRDPMC:           "RDPMC",
	ReasonRDTSC:           "RDTSC",
	ReasonRSM:             "RSM",
	ReasonVMCALL:          "VMCALL",
	ReasonVMCLEAR:         "VMCLEAR",
	ReasonVMLAUNCH:        "VMLAUNCH",
	ReasonVMPTRLD:         "VMPTRLD",
	ReasonVMPTRST:         "VMPTRST",
	ReasonVMREAD:          "VMREAD",
	ReasonVMRESUME:        "VMRESUME",
	ReasonVMWRITE:         "VMWRITE",
	ReasonVMXOFF:          "VMXOFF",
	ReasonVMXON:           "VMXON",
	ReasonControl:         "control register",
	ReasonDR:              "debug register",
	ReasonIO:              "I/O",
	ReasonRDMSR:           "RDMSR",
	ReasonWRMSR:           "WRMSR",
	ReasonGuestState:      "invalid guest state",
	ReasonMSRLoad:         "MSR loading",
	ReasonMWAIT:           "MWAIT",
	ReasonTrapFlag:        "monitor trap flag",
	ReasonMONITOR:         "MONITOR",
	ReasonPAUSE:           "PAUSE",
	ReasonEntryMC:         "machine check at an entry",
	ReasonTPR:             "TPR below threshold",
	ReasonAPICAccess:      "APIC access",
	ReasonEOI:             "virtualized EOI",
	ReasonGDTR:            "access to GDTR or IDTR",
	ReasonLDTR:            "access to LDTR or TR",
	ReasonEPT:             "EPT violation",
	ReasonEPTBad:          "EPT misconfiguration",
	ReasonINVEPT:          "INVEPT",
	ReasonRDTSCP:          "RDTSCP",
	ReasonTimer:           "preemption timer",
	ReasonINVVPID:         "INVVPID",
	ReasonWBINVD:          "WBINVD",
	ReasonXSETBV:          "XSETBV",
	ReasonAPICWrite:       "APIC write",
	ReasonRDRAND:          "RDRAND",
	ReasonINVPCID:         "INVPCID",
	ReasonVMFUNC:          "VMFUNC",
	ReasonENCLS:           "ENCLS",
	ReasonRDSEED:          "RDSEED",
	ReasonPMLFull:         "page-modification log full",
	ReasonXSAVES:          "XSAVES",
	ReasonXRSTORS:         "XRSTORS",
}

// String is the reason's name in the manual.
func (r Reason) String() string {
	b := r.Basic()
	if b >= reasons || reasonNames[b] == "" {
		return fmt.Sprintf("exit reason %d", uint64(b))
	}
	if r&reasonEntryFailed != 0 {
		return "failed entry: " + reasonNames[b]
	}
	return reasonNames[b]
}

// instructionErrors are the reasons for which the processor refuses an
// instruction of VMX that the engine executes. SDM vol. 3 §30.4.
var instructionErrors = map[uint64]string{
	2: "VMCLEAR with an invalid address", 3: "VMCLEAR of the VMXON region",
	4: "VMLAUNCH of a VMCS that is not clear", 5: "VMRESUME of a VMCS that is not launched",
	6: "VMRESUME after VMXOFF", 7: "invalid controls", errorHost: "invalid host state",
	9: "VMPTRLD with an invalid address", 10: "VMPTRLD of the VMXON region", 11: "VMPTRLD with another revision",
	12: "a field that does not exist", 13: "VMWRITE to a read-only field", 26: "an entry behind MOV SS",
	28: "an invalid operand of INVEPT or INVVPID",
}

// errorHost is the one for the host's state.
const errorHost = 8

func instructionError(n uint64) string {
	if s, ok := instructionErrors[n]; ok {
		return s
	}
	return "unknown"
}
