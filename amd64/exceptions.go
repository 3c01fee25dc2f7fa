package amd64

// Vector is an interrupt or exception number. AMD APM vol. 2 §8.2.
type Vector uint8

// Exception vectors.
const (
	DivideError        Vector = 0
	Debug              Vector = 1
	NMI                Vector = 2
	Breakpoint         Vector = 3
	Overflow           Vector = 4
	BoundRange         Vector = 5
	InvalidOpcode      Vector = 6
	DeviceNotAvailable Vector = 7
	DoubleFault        Vector = 8
	InvalidTSS         Vector = 10
	SegmentNotPresent  Vector = 11
	StackFault         Vector = 12
	GeneralProtection  Vector = 13
	PageFault          Vector = 14
	X87Error           Vector = 16
	AlignmentCheck     Vector = 17
	MachineCheck       Vector = 18
	SIMDError          Vector = 19
	ControlProtection  Vector = 21
	HypervisorInject   Vector = 28
	VMMCommunication   Vector = 29
	SecurityException  Vector = 30
)

// Exceptions is the number of vectors that the processor keeps to itself.
const Exceptions = 32

var vectorNames = [Exceptions]string{
	DivideError: "#DE divide error", Debug: "#DB debug", NMI: "NMI", Breakpoint: "#BP breakpoint",
	Overflow: "#OF overflow", BoundRange: "#BR bound range", InvalidOpcode: "#UD invalid opcode",
	DeviceNotAvailable: "#NM device not available", DoubleFault: "#DF double fault", InvalidTSS: "#TS invalid TSS",
	SegmentNotPresent: "#NP segment not present", StackFault: "#SS stack fault",
	GeneralProtection: "#GP general protection", PageFault: "#PF page fault", X87Error: "#MF x87 error",
	AlignmentCheck: "#AC alignment check", MachineCheck: "#MC machine check", SIMDError: "#XF SIMD error",
	ControlProtection: "#CP control protection", HypervisorInject: "#HV hypervisor injection",
	VMMCommunication: "#VC VMM communication", SecurityException: "#SX security exception",
}

// String is the vector's mnemonic and name, as the manuals write them.
func (v Vector) String() string {
	if v >= Exceptions {
		return "interrupt"
	}
	if vectorNames[v] == "" {
		return "reserved exception"
	}
	return vectorNames[v]
}

// HasErrorCode tells whether the processor pushes an error code with exception
// v. AMD APM vol. 2 §8.4, table 8-1.
func (v Vector) HasErrorCode() bool {
	switch v {
	case DoubleFault, InvalidTSS, SegmentNotPresent, StackFault, GeneralProtection, PageFault,
		AlignmentCheck, ControlProtection, VMMCommunication, SecurityException:
		return true
	}
	return false
}

// Page-fault error code bits. AMD APM vol. 2 §8.4.2.
const (
	FaultPresent     = 1 << 0 // a protection violation, not a missing page
	FaultWrite       = 1 << 1
	FaultUser        = 1 << 2
	FaultReserved    = 1 << 3
	FaultInstruction = 1 << 4
)
