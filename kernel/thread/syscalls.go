package thread

// Linux system call numbers for amd64, those that the Go runtime and the few
// packages of std that the kernel uses make.
const (
	sysRead             = 0
	sysWrite            = 1
	sysClose            = 3
	sysFstat            = 5
	sysMmap             = 9
	sysMprotect         = 10
	sysMunmap           = 11
	sysBrk              = 12
	sysRtSigaction      = 13
	sysRtSigprocmask    = 14
	sysRtSigreturn      = 15
	sysSchedYield       = 24
	sysMincore          = 27
	sysMadvise          = 28
	sysNanosleep        = 35
	sysSetitimer        = 38
	sysGetpid           = 39
	sysClone            = 56
	sysExit             = 60
	sysKill             = 62
	sysFcntl            = 72
	sysSigaltstack      = 131
	sysPrctl            = 157
	sysArchPrctl        = 158
	sysGettid           = 186
	sysFutex            = 202
	sysSchedGetaffinity = 204
	sysClockGettime     = 228
	sysExitGroup        = 231
	sysEpollCtl         = 233
	sysTgkill           = 234
	sysOpenat           = 257
	sysReadlinkat       = 267
	sysEpollPwait       = 281
	sysEventfd2         = 290
	sysEpollCreate1     = 291
	sysPrlimit64        = 302
	sysGetrandom        = 318

	// Ringo's own: run a function in the layer, with its lock or without.
	sysCall         = 0x1000
	sysCallUnlocked = 0x1001
)

// archSetFS is arch_prctl's ARCH_SET_FS.
const archSetFS = 0x1002

// blocking answers the system calls that need the lock. The result is in
// place before the thread may wait, because a wake-up may change it.
func blocking(p *processor, t *thread, number uint64) {
	a, b, c, d := t.rdi, t.rsi, t.rdx, t.r10
	switch number {
	case sysFutex:
		touch(uintptr(a), 4, false)
		if d != 0 {
			touch(uintptr(d), 16, false)
		}
		t.rax = futex(p, t, uintptr(a), b, c, uintptr(d))
	case sysSchedYield:
		t.rax = 0
		yield(p)
	case sysNanosleep:
		touch(uintptr(a), 16, false)
		t.rax = 0
		wait(p, t, 0, deadlineIn((*timespec)(pointer(uintptr(a))).ns()+layer.slack), 0)
	case sysEpollPwait:
		t.rax = epollWait(p, t, uintptr(b), c, int32(d))
	case sysRead:
		t.rax = eventRead(a, uintptr(b), c)
	case sysWrite:
		t.rax = eventWrite(p, a, uintptr(b), c)
	case sysClone:
		t.rax = clone(p, t, a, b, t.r8)
	case sysExit:
		exit(t)
	case sysExitGroup:
		exitGroup(p, a)
	case sysTgkill:
		t.rax = tgkill(p, b, c)
	case sysKill:
		t.rax = tgkill(p, uint64(t.tid), b)
	case sysArchPrctl:
		t.rax = fail(einval)
		if a == archSetFS {
			t.rax, t.fsbase = 0, b
		}
	case sysSchedGetaffinity:
		t.rax = affinity(b, uintptr(c))
	case sysGetrandom:
		touch(uintptr(a), b, true)
		layer.machine.Random(bytes(uintptr(a), b))
		t.rax = b
	case sysPrctl, sysPrlimit64:
		t.rax = fail(enosys) // names for memory, limits on files: there are none
	default:
		if !memoryCall(t, number, a, b, c, d) && !signalCall(t, number, a, b, c) && !fileCall(p, t, number, a, b, c, d) {
			t.rax = fail(enosys)
			if known := &reported[min(number, uint64(len(counts)))]; !*known {
				*known = true
				logUnknown(number)
			}
		}
	}
}

// affinity is sched_getaffinity(2): a bit for each processor.
func affinity(size uint64, to uintptr) uint64 {
	if size < 8 {
		return fail(einval)
	}
	touch(to, 8, true)
	*(*uint64)(pointer(to)) = ^uint64(0) >> (64 - uint(layer.nprocessor))
	return 8
}

// exitGroup ends the machine: the Go runtime exits with 2 after a panic.
func exitGroup(p *processor, code uint64) {
	switch code {
	case 0, uint64(StopReboot):
		layer.machine.Stop(Stop(code))
	case uint64(StopPanic):
		stopOthers(p)
		processorTable(p)
		layer.machine.Stop(StopPanic)
	}
	layer.machine.Stop(StopExit)
}

// callInLayer runs the function value at the thread's RDI with the argument
// in RSI. Call is its only user.
func callInLayer(t *thread) {
	f := *(*func(uintptr))(pointer(uintptr(t.rdi)))
	f(uintptr(t.rsi))
	t.rax = 0
}
