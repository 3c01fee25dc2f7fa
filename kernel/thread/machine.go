package thread

// never is a deadline that does not come.
const never = 1<<64 - 1

// Machine is what the layer needs of the hardware. Its methods run with
// interrupts off and must neither allocate nor wait.
type Machine interface {
	// Now is the monotonic clock in ns since entry.
	Now() uint64
	// Wall is the time in ns since 1970 at which Now was 0.
	Wall() uint64
	// SetTimer makes this processor take apic.TimerVector at the given time in
	// ns. A time in the past means at once.
	SetTimer(deadline uint64)
	// Kick makes another processor, by its APIC id, take apic.KickVector.
	Kick(apicID uint32)
	// NMI makes another processor, by its APIC id, take a non-maskable
	// interrupt.
	NMI(apicID uint32)
	// Flush drops this processor's translations of the 4 KiB pages from a
	// virtual address, or all of them when there are many.
	Flush(va, pages uint64)
	// Interrupt handles a device's interrupt on this processor and
	// acknowledges it. It tells false for one that nobody expects.
	Interrupt(vector uint8) bool
	// Acknowledge ends the interrupt that this processor handles.
	Acknowledge()
	// Print writes to the console.
	Print(p []byte)
	// Readable tells whether the 8 bytes at a host-virtual address can be
	// read without a fault.
	Readable(va uint64) bool
	// Random fills p with random bytes.
	Random(p []byte)
	// Halt stops this processor for good.
	Halt()
	// Stop ends the machine.
	Stop(why Stop)
}

// Memory is the host-virtual memory of the Go runtime. Addresses and sizes are
// in bytes, page-aligned. Its methods run with interrupts off and the layer's
// lock held. What they take away is gone from the TLBs of all processors before
// they return, see Shootdown.
type Memory interface {
	// Reserve finds size bytes of unused address space.
	Reserve(size uint64) (va uint64, ok bool)
	// Usable tells whether a range may be mapped.
	Usable(va, size uint64) bool
	// Map makes a range usable: its pages are zero and appear when they are
	// touched. A range that is mapped already becomes zero again.
	Map(va, size uint64) bool
	// Unmap gives a range back.
	Unmap(va, size uint64) bool
	// Discard gives back the pages of a mapped range, which stays usable
	// and reads as zeros.
	Discard(va, size uint64) bool
	// Protect changes what a mapped range may be used for.
	Protect(va, size uint64, read, write bool) bool
	// Page is one zero page for the layer itself, outside the range of Map.
	Page() (va uint64, ok bool)
	// Fault makes a page appear that was touched.
	Fault(va uint64, write bool) FaultResult
}

// FaultResult is what became of a page fault.
type FaultResult uint8

const (
	FaultBacked   FaultResult = iota // the page is there now
	FaultInvalid                     // nothing is mapped there, or not for this
	FaultNoMemory                    // the page may be used, but no frame is left
)

// Stop is the reason the machine ends, which the emulators' exit codes tell.
type Stop uint8

// Reasons to stop. The kernel prints each as "ringo: exit N reason".
const (
	StopPowerOff    Stop = 0 // asked for
	StopPanic       Stop = 2 // a Go panic that nobody recovered; Go's own number
	StopSignal      Stop = 3 // a fault outside Go code
	StopLayer       Stop = 4 // a fault in the layer
	StopDoubleFault Stop = 5
	StopNMI         Stop = 6 // non-maskable interrupt or machine check
	StopNoMemory    Stop = 7
	StopBoot        Stop = 8 // the machine cannot be brought up
	StopInterrupt   Stop = 9 // an interrupt that nobody expects
	StopReboot      Stop = 10
	StopExit        Stop = 11 // os.Exit with a number that is none of these
)

var stopNames = [...]string{
	StopPowerOff: "power off", StopPanic: "Go panic", StopSignal: "fault outside Go code",
	StopLayer: "fault in the thread layer", StopDoubleFault: "double fault",
	StopNMI: "NMI or machine check", StopNoMemory: "out of memory", StopBoot: "boot failed",
	StopInterrupt: "unexpected interrupt", StopReboot: "reboot", StopExit: "exit",
}

// String is the reason in words.
func (s Stop) String() string {
	if int(s) < len(stopNames) && stopNames[s] != "" {
		return stopNames[s]
	}
	return "unknown"
}

// Error is an error of this package.
type Error string

func (e Error) Error() string { return string(e) }

// ErrMemory is Run's error.
const ErrMemory Error = "thread: no memory for the first thread"
