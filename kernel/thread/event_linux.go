//go:build tamago && linux

package thread

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

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
