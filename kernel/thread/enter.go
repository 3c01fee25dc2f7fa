package thread

import (
	"sync/atomic"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/apic"
)

// What entry_amd64.s calls, through func values: assembly outside package
// runtime cannot name a Go function by its register ABI.
var (
	systemCallFunc = systemCall
	interruptFunc  = interruptFrom
	exceptionFunc  = exceptionFrom
	abortFunc      = abortFrom
)

// gateBytes is the distance of two gates in bytes, the size of a CALL.
const gateBytes = 5

// interruptFrom handles an interrupt that a thread or the idle loop took. gate
// is the distance of its gate from the first.
func interruptFrom(p *processor, gate uint64) {
	vector := uint8(amd64.Exceptions + gate/gateBytes)
	p.interrupts++
	if p.current == p.idle {
		p.rise()
	}
	switch vector {
	case apic.TimerVector:
		layer.machine.Acknowledge()
		p.armed = never
	case apic.KickVector:
		layer.machine.Acknowledge()
		p.answer()
	default:
		if !layer.machine.Interrupt(vector) {
			unexpected(p, vector)
		}
	}
	p.lock()
	expire(p)
	if p.sliceEnd != 0 && layer.machine.Now() >= p.sliceEnd {
		p.preempt = true
	}
	leave(p)
}

// exceptionFrom handles an exception in a thread: a page that is not there yet
// appears, anything else is a signal.
func exceptionFrom(p *processor, gate, code uint64) {
	t := p.current.get()
	vector := amd64.Vector(gate / gateBytes)
	if vector != amd64.PageFault {
		if (vector == amd64.Debug || vector == amd64.Breakpoint) && p.trapped(t, vector) {
			return
		}
		signalFault(p, t, vector, code, 0)
		return
	}
	va := faultAddress()
	if code&amd64.FaultReserved == 0 && code&amd64.FaultInstruction == 0 {
		p.lock()
		result := layer.memory.Fault(va, code&amd64.FaultWrite != 0)
		layer.lock.release()
		switch result {
		case FaultBacked:
			p.faults++
			return
		case FaultNoMemory:
			outOfMemory(p, t, va)
		}
	}
	signalFault(p, t, vector, code, va)
}

// clockGettime is clock_gettime(2), which the runtime calls far more often
// than all others together.
func clockGettime(clock uint64, to uintptr) uint64 {
	now := layer.machine.Now()
	if clock == clockRealtime {
		now += layer.machine.Wall()
	}
	ts := (*timespec)(pointer(to))
	ts.sec, ts.nsec = int64(now/1e9), int64(now%1e9)
	return 0
}

const clockRealtime = 0

// systemCall answers the system call of the current thread. Calls that neither
// wait nor touch shared state answer without the lock.
func systemCall(p *processor) {
	t := p.current.get()
	number := t.rax
	if number < uint64(len(counts)) {
		atomic.AddUint32(&counts[number], 1)
	}
	switch number {
	case sysClockGettime:
		touchLocked(p, uintptr(t.rsi), 16, true)
		t.rax = clockGettime(t.rdi, uintptr(t.rsi))
		return
	case sysGettid:
		t.rax = uint64(t.tid)
		return
	case sysGetpid:
		t.rax = 1
		return
	case sysWrite:
		if t.rdi == 1 || t.rdi == 2 {
			t.rax = printUser(p, uintptr(t.rsi), t.rdx)
			return
		}
	case sysRtSigreturn:
		sigreturn(t)
		p.lock()
		leave(p)
		return
	}
	if number == sysCallUnlocked {
		callInLayer(t)
		if p.preempt || p.late != 0 { // it has signalled an event or kicked
			p.lock()
			leave(p)
		}
		return
	}
	p.lock()
	if number == sysCall {
		callInLayer(t)
	} else {
		blocking(p, t, number)
	}
	leave(p)
}

// counts counts the system calls by number.
var counts [512]uint32

// reported tells which unknown numbers are in the log; those beyond counts
// share the last.
var reported [len(counts) + 1]bool
