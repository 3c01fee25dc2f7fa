package amd64

// ReadMSR reads a model-specific register. A register the processor lacks
// raises #GP. AMD APM vol. 3 RDMSR.
func ReadMSR(msr uint32) uint64

// WriteMSR writes a model-specific register. A register the processor lacks,
// or a reserved bit, raises #GP. AMD APM vol. 3 WRMSR.
func WriteMSR(msr uint32, v uint64)

// CPUID executes CPUID with leaf in EAX and sub in ECX. AMD APM vol. 3 CPUID.
func CPUID(leaf, sub uint32) (eax, ebx, ecx, edx uint32)

// RDTSC is the time-stamp counter, in ticks, read after all earlier
// instructions (LFENCE). AMD APM vol. 2 §13.2.4.
func RDTSC() uint64

// TSC is the time-stamp counter, in ticks, as the processor happens to read it
// among the instructions around.
func TSC() uint64

// RDRAND asks the processor for 64 random bits; ok is false when it had none
// ready. A processor without the instruction raises #UD. AMD APM vol. 3 RDRAND.
func RDRAND() (v uint64, ok bool)

// Control registers. AMD APM vol. 2 §3.1.
func ReadCR0() uint64
func WriteCR0(v uint64)
func ReadCR2() uint64
func ReadCR3() uint64
func WriteCR3(v uint64)
func ReadCR4() uint64
func WriteCR4(v uint64)

// INVLPG drops the translations of one page from this processor's TLB; va is
// a host-virtual address. AMD APM vol. 2 §5.5.
func INVLPG(va uintptr)

// LoadGDT, LoadIDT and LoadTR load the descriptor-table registers and the task
// register; base is a host-virtual address, size in bytes, sel a selector.
// AMD APM vol. 2 §4.6.
func LoadGDT(base uintptr, size int)
func LoadIDT(base uintptr, size int)
func LoadTR(sel uint16)

// Pause tells the processor that this is a spin loop.
func Pause()

// Halt stops this processor for good: interrupts off, then HLT in a loop.
func Halt()

// DisableInterrupts clears RFLAGS.IF and tells whether it was set.
func DisableInterrupts() (was bool)

// EnableInterrupts sets RFLAGS.IF.
func EnableInterrupts()

// ZeroPage writes zeros to the 4 KiB page at host-virtual address va.
func ZeroPage(va uintptr)

// Symbol addresses and faults that tests provoke.

// UndefinedInstruction executes UD2, which raises #UD.
func UndefinedInstruction()

// SoftwareInterrupt executes INT with a vector nothing else uses,
// TestVector.
func SoftwareInterrupt()

// TestVector is the vector that SoftwareInterrupt raises.
const TestVector = 0xEE

// CR0 bits. AMD APM vol. 2 §3.1.1.
const (
	CR0PE = 1 << 0
	CR0MP = 1 << 1
	CR0NE = 1 << 5
	CR0WP = 1 << 16
	CR0PG = 1 << 31
)

// CR4 bits. AMD APM vol. 2 §3.1.3.
const (
	CR4PAE        = 1 << 5
	CR4MCE        = 1 << 6
	CR4PGE        = 1 << 7
	CR4OSFXSR     = 1 << 9
	CR4OSXMMEXCPT = 1 << 10
	CR4FSGSBASE   = 1 << 16
	CR4OSXSAVE    = 1 << 18
)

// RFLAGS bits. AMD APM vol. 2 §3.1.6.
const (
	FlagsFixed = 1 << 1 // reads as 1 always
	FlagsTF    = 1 << 8
	FlagsIF    = 1 << 9
	FlagsDF    = 1 << 10
	FlagsNT    = 1 << 14
	FlagsAC    = 1 << 18
)
