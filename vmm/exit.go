package vmm

// Reason is why a guest stopped, in terms that name no vendor.
type Reason uint8

// The reasons.
const (
	ReasonNone           Reason = iota
	ReasonHost                  // an interrupt of the host; nothing is to be done for the guest
	ReasonWindow                // the guest can take an interrupt now
	ReasonNMIWindow             // the guest can take an NMI now
	ReasonCPUID                 // Length
	ReasonHLT                   // Length
	ReasonPause                 // Length
	ReasonPort                  // Port, Size, Write, String, Repeat, AddressSize, Segment, Length
	ReasonMSR                   // Write, Length; the number is in RCX
	ReasonMemory                // GPA, Write, Fetch, Walk, Delivering; Code if the hardware gives it
	ReasonControl               // a control register, or a debug register that is kept: Number, Write, Register; Length
	ReasonDebug                 // for the debugger: Cause
	ReasonException             // Vector, ErrorCode
	ReasonInvalidatePage        // INVLPG: Address, Length
	ReasonInvalidate            // INVD or WBINVD: Length
	ReasonHypercall             // VMCALL or VMMCALL: Length
	ReasonXSETBV                // Length
	ReasonTimestamp             // RDTSC or RDTSCP: Length
	ReasonTaskSwitch            // Address (selector of the TSS), Number (an x86.TaskSource), Delivering, HasCode, ErrorCode; Length of an instruction's
	ReasonUndefined             // an instruction that does not exist for the guest: #UD
	ReasonProtection            // an instruction that the guest may not execute: #GP
	ReasonShutdown              // triple fault
	ReasonInit                  // INIT
	ReasonInvalid               // the entry was refused: Engine.Why says what for
	ReasonUnknown               // Raw is the hardware's code

	Reasons = int(ReasonUnknown) + 1
)

var reasonNames = [Reasons]string{
	"none", "host interrupt", "interrupt window", "NMI window", "CPUID", "HLT", "PAUSE", "port", "MSR", "memory",
	"control register", "debugger", "exception", "INVLPG", "WBINVD", "hypercall", "XSETBV", "RDTSC", "task switch",
	"undefined instruction", "forbidden instruction", "triple fault", "INIT", "invalid state", "unknown",
}

// String is the reason as the monitor shows it.
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return "unknown"
}

// Exit is what an engine says about why its guest stopped. Which fields count
// depends on the reason. The engine fills it in place: no exit allocates.
type Exit struct {
	Reason Reason

	// Length is the size of the instruction in bytes, 0 when the hardware
	// does not tell.
	Length uint8

	Write       bool
	Size        uint8 // bytes: 1, 2 or 4 for a port
	String      bool  // INS or OUTS
	Repeat      bool
	Fetch       bool  // an instruction fetch
	Walk        bool  // the processor's own access to a page table of the guest
	Delivering  bool  // of an event that was being delivered, and is queued again
	HasCode     bool  // that event has an ErrorCode
	AddressSize uint8 // bytes, of a string instruction
	Segment     uint8 // index of the segment register of OUTS
	Number      uint8 // of a control or debug register
	Register    uint8 // general register of a move, NoRegister when the hardware does not tell
	Vector      uint8
	CodeLength  uint8 // bytes of Code
	Cause       DebugCause
	Port        uint16
	ErrorCode   uint32
	Code        [15]byte // from RIP on
	GPA         uint64   // guest-physical address
	Address     uint64   // guest-virtual address

	RIP uint64 // where the guest stopped, an offset in its code segment

	// Subject is what the exit is about, for the trace: a port, a
	// guest-physical address, the number of an MSR, a vector; else 0.
	Subject uint64

	// Entered and Left are the time-stamp counter before the guest was
	// entered and after it stopped.
	Entered, Left uint64
}

// NoRegister is Exit.Register when the hardware does not tell.
const NoRegister = 0xff
