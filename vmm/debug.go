package vmm

// Debug is what a debugger wants of a guest processor. While it wants nothing
// the processor runs as if there were none.
type Debug struct {
	// Step has Run come back behind one instruction at the most: with
	// ReasonDebug, or with another exit, of which the caller sees whether the
	// instruction has been executed. All exceptions exit meanwhile. An event
	// that is queued goes in first, and then nothing stops the guest.
	Step bool
	// Breakpoints makes INT1 (F1h) an exit in front of it.
	Breakpoints bool
	// Vectors are exceptions that exit before the guest gets them, a bit
	// for each: ReasonException.
	Vectors uint32
	// Watch are addresses to stop at. While there are any the guest's own
	// debug registers are kept for it, but do nothing: its moves to and from
	// them exit with ReasonControl.
	Watch [4]Watch
}

// Watch is an address to stop at.
type Watch struct {
	Address uint64 // linear, aligned to Size
	Size    uint8  // bytes: 1, 2, 4 or 8; 1 for WatchExecute
	Kind    WatchKind
}

// WatchKind is what a Watch stops at.
type WatchKind uint8

// The kinds. Execution stops in front of the instruction, an access behind its.
const (
	WatchNothing WatchKind = iota
	WatchExecute
	WatchWrite
	WatchAccess // reads and writes
)

// DebugCause is why a processor stopped for the debugger: bits.
type DebugCause uint8

// The causes. Those of Watch are the low bits, by its index.
const (
	CauseWatch      DebugCause = 1<<4 - 1
	CauseBreakpoint DebugCause = 1 << 4
	CauseStep       DebugCause = 1 << 5
)

// Fields of DR7. APM vol. 2 §13.1.1.4.
const (
	dr7Fixed      = 1 << 10
	dr7Global     = 1 << 1 // G0; those that follow are 2 apart
	dr7KindShift  = 16     // R/W0 and LEN0; those that follow are 4 apart
	dr7LengthBits = 2
)

// DR7 is the register that makes the processor watch.
func (d *Debug) DR7() uint64 {
	v := uint64(dr7Fixed)
	for i, w := range d.Watch {
		var kind, length uint64
		switch w.Kind {
		case WatchNothing:
			continue
		case WatchWrite:
			kind = 1
		case WatchAccess:
			kind = 3
		}
		switch w.Size {
		case 2:
			length = 1
		case 4:
			length = 3
		case 8:
			length = 2
		}
		v |= dr7Global<<(2*i) | (kind|length<<dr7LengthBits)<<(dr7KindShift+4*i)
	}
	return v
}

// Watching tells whether there is anything to watch.
func (d *Debug) Watching() bool { return d.DR7() != dr7Fixed }

// Cause is why a #DB came whose causes are in dr6, in its form of DR6: those
// watches that there are. before tells that one stopped in front of an
// instruction.
func (d *Debug) Cause(dr6 uint64) (cause DebugCause, before bool) {
	for i, w := range d.Watch {
		if w.Kind != WatchNothing && dr6>>i&1 != 0 {
			cause |= 1 << i
			before = before || w.Kind == WatchExecute
		}
	}
	return cause, before
}
