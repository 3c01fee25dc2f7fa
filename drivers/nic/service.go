package nic

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

const (
	tick = time.Second
	// pollInterval is how often an adapter is looked at whose interrupts do
	// not arrive.
	pollInterval = 5 * time.Millisecond
)

// Service serves an adapter.
type Service struct {
	Adapter
	// Wait parks the goroutine until Wake is called, or was since the last
	// Wait. Wake may be called by any goroutine.
	Wait func() error
	Wake func()
	// Quiet makes sure that an adapter that was given up reaches no memory
	// and interrupts nobody.
	Quiet func()
	// Log takes a line about the adapter.
	Log func(format string, args ...any)

	port atomic.Pointer[ether.Port]
	tap  atomic.Pointer[ether.Port]
}

// Plug makes a port the other end of the adapter's wire, in place of the one
// before; nil is none, and what comes is dropped.
func (s *Service) Plug(p ether.Port) { store(&s.port, p) }

// Tap has a port see all that comes as well, until the next call of Tap.
func (s *Service) Tap(p ether.Port) { store(&s.tap, p) }

func store(to *atomic.Pointer[ether.Port], p ether.Port) {
	if p == nil {
		to.Store(nil)
		return
	}
	to.Store(&p)
}

// Send is ether.Port's: a frame from the wire.
func (s *Service) Send(f ether.Frame) {
	if p := s.tap.Load(); p != nil {
		(*p).Send(f)
	}
	if p := s.port.Load(); p != nil {
		(*p).Send(f)
	}
}

// Run serves the adapter until it is given up.
func (s *Service) Run() {
	done := make(chan struct{})
	defer close(done)
	go s.watch(done)
	for s.Status().Err == nil {
		for s.Serve(s) {
			runtime.Gosched()
		}
		if s.Status().Err == nil && s.Wait() != nil {
			return
		}
	}
	s.Quiet()
	s.Log("%v", s.Status())
}

// watch looks after the adapter once a second, and more often if its
// interrupts do not arrive.
func (s *Service) watch(done <-chan struct{}) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	polls, link := false, false
	for n := 0; ; n++ {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		if !polls || n%int(tick/pollInterval) == 0 {
			s.Tick()
		}
		s.Wake()
		st := s.Status()
		if !polls && st.Received > 0 && st.Interrupts == 0 {
			polls = true
			ticker.Reset(pollInterval)
			s.Log("%s %v: its interrupts do not arrive: polling", st.Model, st.Address)
		}
		if st.Link != link {
			link = st.Link
			s.Log("%s %v: link %s", st.Model, st.Address, map[bool]string{true: "up", false: "down"}[link])
		}
	}
}
