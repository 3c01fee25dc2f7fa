//go:build !tamago

package thread

import (
	"strings"
	"testing"
)

// TestUnknownCallIsLoggedOnce checks the number in the log and that the
// answer is always ENOSYS.
func TestUnknownCallIsLoggedOnce(t *testing.T) {
	for _, number := range []uint64{sysSetitimer, 17, 511, 512, 9999, 1 << 40} {
		w := newWorld(t, 2)
		for _, p := range w.processors {
			w.run(p)
			for range 3 {
				expectEqual(t, "result", w.call(p, number), fail(enosys))
			}
		}
		w.expectPrinted("system call " + itoa(number) + " is not implemented\n")
		expectEqual(t, "times", strings.Count(string(w.machine.printed), "not implemented"), 1)
	}
}

func itoa(v uint64) string { return string(line().Reset().Dec(v).Bytes()) }

func TestSilentlyUnknownCalls(t *testing.T) {
	w := newWorld(t, 1)
	w.run(w.processors[0])
	for _, number := range []uint64{sysPrctl, sysPrlimit64} {
		expectEqual(t, "result", w.call(w.processors[0], number), fail(enosys))
	}
	expectEqual(t, "log", string(w.machine.printed), "")
}

func TestWho(t *testing.T) {
	w := newWorld(t, 2)
	w.run(w.processors[0])
	w.run(w.processors[1])
	expectEqual(t, "gettid", w.call(w.processors[1], sysGettid), 2)
	expectEqual(t, "getpid", w.call(w.processors[1], sysGetpid), 1)
}

func TestClockGettime(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.run(p)
	w.machine.now, w.machine.wall = 3_000_000_004, 1_700_000_000_999_999_999
	to := w.alloc(16, 16)
	expectEqual(t, "monotonic", w.call(p, sysClockGettime, 1, uint64(to)), 0)
	expectEqual(t, "monotonic", load[timespec](to), timespec{3, 4})
	w.call(p, sysClockGettime, clockRealtime, uint64(to))
	expectEqual(t, "real time", load[timespec](to), timespec{1_700_000_004, 3})
}

func TestOutputIsPrinted(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.run(p)
	text := uint64(put(w, [5]byte{'h', 'e', 'l', 'l', 'o'}))
	expectEqual(t, "write to 1", w.call(p, sysWrite, 1, text, 4), 4)
	expectEqual(t, "write to 2", w.call(p, sysWrite, 2, text, 5), 5)
	expectEqual(t, "write of nothing", w.call(p, sysWrite, 2, text, 0), 0)
	expectEqual(t, "printed", string(w.machine.printed), "hellhello")
}

func TestAffinityHasABitForEachProcessor(t *testing.T) {
	for _, n := range []int{1, 2, 5, maxProcessors} {
		w := newWorld(t, min(n, 5))
		layer.nprocessor = min(n, 5)
		w.run(w.processors[0])
		layer.nprocessor = n
		to := put(w, ^uint64(0))
		w.processors[0].lock()
		expectEqual(t, "size", affinity(8, to), 8)
		layer.lock.release()
		expectEqual(t, "mask", load[uint64](to), ^uint64(0)>>(64-n))
		layer.nprocessor = min(n, 5)
		expectEqual(t, "size too small", w.call(w.processors[0], sysSchedGetaffinity, 0, 7, uint64(to)), fail(einval))
	}
}

func TestRandomFillsAll(t *testing.T) {
	w := newWorld(t, 1)
	w.run(w.processors[0])
	to := w.alloc(8, 8)
	expectEqual(t, "getrandom", w.call(w.processors[0], sysGetrandom, uint64(to), 5), 5)
	expectEqual(t, "bytes", load[[8]byte](to), [8]byte{3, 10, 17, 24, 31})
}

func TestExitCodes(t *testing.T) {
	for code, want := range map[uint64]Stop{0: StopPowerOff, 2: StopPanic, 10: StopReboot, 1: StopExit, 7: StopExit, 1 << 32: StopExit} {
		w := newWorld(t, 1)
		w.run(w.processors[0])
		expectEqual(t, "stop", w.stops(func() { w.call(w.processors[0], sysExitGroup, code) }), want)
	}
	expectEqual(t, "in words", StopReboot.String(), "reboot")
	expectEqual(t, "in words", Stop(200).String(), "unknown")
}

func TestSetFS(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	th := w.run(p)
	tls := uint64(put(w, [2]uint64{0xabc})) + 8
	expectEqual(t, "arch_prctl", w.call(p, sysArchPrctl, archSetFS, tls), 0)
	expectEqual(t, "FS base", th.fsbase, tls)
	expectEqual(t, "another code", w.call(p, sysArchPrctl, 0x1003, tls), fail(einval))
}

// TestCallRunsInTheLayer: with the lock, or without.
func TestCallRunsInTheLayer(t *testing.T) {
	for _, number := range []uint64{sysCall, sysCallUnlocked} {
		w := newWorld(t, 1)
		p := w.processors[0]
		w.run(p)
		var got uintptr
		var held bool
		f := func(arg uintptr) { got, held = arg, layer.lock != 0 }
		expectEqual(t, "result", w.call(p, number, uint64(put(w, f)), 0x77), 0)
		expectEqual(t, "argument", got, 0x77)
		expectEqual(t, "with the lock", held, number == sysCall)
		w.check(nobody)
	}
}

func TestCallsAreCounted(t *testing.T) {
	w := newWorld(t, 1)
	w.run(w.processors[0])
	for range 3 {
		w.call(w.processors[0], sysGettid)
	}
	w.call(w.processors[0], 1<<63)
	expectEqual(t, "gettid", counts[sysGettid], 3)
}
