//go:build tamago

package thread

import (
	"runtime"
	"sync/atomic"
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

// Alarm stores 1 in a word at a time, and interrupts the processor then.
type Alarm struct{ addr uintptr }

// NewAlarm makes an alarm for rang, which must stay alive until Close; ok is
// false when there is no memory for it.
func NewAlarm(rang *atomic.Uint32) (a Alarm, ok bool) {
	flag := uintptr(unsafe.Pointer(rang))
	Call(func(a *Alarm) { a.addr = openAlarm(flag) }, &a)
	return a, a.addr != 0
}

// Set sets the alarm to a time in ns since entry, on the processor that calls
// it; all ones is never.
func (a Alarm) Set(at uint64) { Call(func(a *Alarm) { setAlarm(this(), a.addr, at) }, &a) }

// Close frees the alarm.
func (a Alarm) Close() { Call(func(a *Alarm) { closeAlarm(a.addr) }, &a) }
