//go:build tamago && !linux

package thread

import (
	"fmt"
	"time"
)

// Event is a counter that interrupt handlers signal and one goroutine waits
// for.
type Event struct{ id EventID }

// NewEvent makes an event; name is for error messages.
func NewEvent(name string) (*Event, error) {
	var fd uint64
	Call(func(fd *uint64) { *fd = newEvent(0) }, &fd)
	if int64(fd) < 0 {
		return nil, fmt.Errorf("event %s: too many events", name)
	}
	return &Event{EventID(fd)}, nil
}

// ID is what Signal takes.
func (e *Event) ID() EventID { return e.id }

// TamaGo's runtime has no poller that a goroutine could park in, so an event
// is looked at now and then: soon after the last one, and ever less often, to
// let the processor sleep.
const (
	shortestWait = time.Millisecond
	longestWait  = 128 * time.Millisecond
)

// Wait waits until the event is signalled and returns how often that was since
// the last Wait.
func (e *Event) Wait() (uint64, error) {
	for interval := shortestWait; ; interval = min(2*interval, longestWait) {
		var count uint64
		Call(func(count *uint64) {
			ev := eventOf(uint64(e.id))
			*count, ev.count = ev.count, 0
			ev.note()
		}, &count)
		if count != 0 {
			return count, nil
		}
		time.Sleep(interval)
	}
}
