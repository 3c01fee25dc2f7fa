//go:build tamago

package thread

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
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

// Event is a counter that interrupt handlers signal and one goroutine waits
// for.
type Event struct {
	id   EventID
	file *os.File
}

// NewEvent makes an event; name is for error messages.
func NewEvent(name string) (*Event, error) {
	fd, _, errno := syscall.RawSyscall(sysEventfd2, 0, 0, 0)
	if errno != 0 {
		return nil, fmt.Errorf("event %s: %w", name, errno)
	}
	return &Event{EventID(fd), os.NewFile(fd, name)}, nil
}

// ID is what Signal takes.
func (e *Event) ID() EventID { return e.id }

// Wait parks the goroutine until the event is signalled and returns how often
// that was since the last Wait.
func (e *Event) Wait() (uint64, error) {
	var count [8]byte
	if _, err := e.file.Read(count[:]); err != nil {
		return 0, err
	}
	return *(*uint64)(unsafe.Pointer(&count)), nil
}
