//go:build tamago && linux

package main

import (
	"runtime"
	"syscall"
	"unsafe"

	"github.com/ringo-vmm/ringo/kernel/thread"
)

// startRuntime makes the thread in which the stock Go runtime starts.
// Pre-runtime.
func startRuntime() error { return thread.Run(&runtimeMemory, environment()) }

// The Go runtime's environment: each variable may stand on the command line,
// and has this value without.
var runtimeVariables = [...]struct{ name, value string }{
	{"GOTRACEBACK", "all"}, {"GODEBUG", ""}, {"GOGC", ""}, {"GOMEMLIMIT", ""},
}

var (
	environmentText [1024]byte
	environmentList [len(runtimeVariables)][]byte
)

// environment is the runtime's environment, as NAME=value.
func environment() [][]byte {
	n, text := 0, environmentText[:0]
	for _, v := range runtimeVariables {
		if value, ok := handover.Lookup(v.name); ok {
			v.value = value
		}
		start := len(text)
		if v.value == "" || start+len(v.name)+1+len(v.value) > cap(text) {
			continue
		}
		text = append(append(append(text, v.name...), '='), v.value...)
		environmentList[n] = text[start:]
		n++
	}
	return environmentList[:n]
}

// unhandledFault faults on a thread that has blocked the signal.
func unhandledFault() {
	runtime.LockOSThread()
	const block = 0 // SIG_BLOCK
	mask := ^uint64(0)
	syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, block, uintptr(unsafe.Pointer(&mask)), 0, 8, 0, 0)
	*(*int)(address(0x10)) = 1
}
