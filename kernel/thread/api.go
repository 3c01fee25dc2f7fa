//go:build tamago

package thread

import (
	"runtime"
	"unsafe"
)

func call(number, a, b, c uintptr) uintptr

// Call runs f with interrupts off and the layer's lock held, so that nothing
// else in the kernel runs beside it. f is layer code: it must not allocate,
// block or store a pointer; arg is where it puts what it finds, as numbers.
func Call[T any](f func(arg *T), arg *T) { inLayer(sysCall, f, arg) }

// CallUnlocked is Call without the lock: only this processor is held up.
func CallUnlocked[T any](f func(arg *T), arg *T) { inLayer(sysCallUnlocked, f, arg) }

func inLayer[T any](number uintptr, f func(arg *T), arg *T) {
	call(number, uintptr(unsafe.Pointer(&f)), uintptr(unsafe.Pointer(arg)), 0)
	runtime.KeepAlive(&f)
	runtime.KeepAlive(arg)
}

// ID is the number of the calling thread.
func ID() uint32 { return uint32(call(sysGettid, 0, 0, 0)) }
