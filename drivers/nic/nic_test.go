package nic

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// fakeAdapter has frames to serve when the test says so.
type fakeAdapter struct {
	mu      sync.Mutex
	pending int
	status  Status
	ticks   int
}

func (a *fakeAdapter) Receive(ether.Frame) bool { return true }
func (a *fakeAdapter) Features() ether.Features { return ether.Features{} }
func (a *fakeAdapter) Interrupt() bool          { return true }

func (a *fakeAdapter) Serve(p ether.Port) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.pending > 0 {
		a.pending--
		a.status.Received++
		p.Send(ether.Frame{Data: []byte{byte(a.pending)}})
	}
	return a.pending > 0
}

func (a *fakeAdapter) Tick() { a.change(func() { a.ticks++ }) }

func (a *fakeAdapter) Status() Status {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.status
}

func (a *fakeAdapter) change(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
}

type counter struct{ n int }

func (c *counter) Send(ether.Frame) { c.n++ }

func newService(a *fakeAdapter) (s *Service, log *[]string) {
	wake := make(chan struct{}, 1)
	log = new([]string)
	return &Service{
		Adapter: a,
		Wait:    func() error { <-wake; return nil },
		Wake: func() {
			select {
			case wake <- struct{}{}:
			default:
			}
		},
		Quiet: func() { *log = append(*log, "quiet") },
		Log:   func(format string, args ...any) { *log = append(*log, fmt.Sprintf(format, args...)) },
	}, log
}

func TestFramesGoToPortAndTap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &fakeAdapter{pending: 3}
		a.status.Interrupts = 1
		s, log := newService(a)
		var port, tap counter
		s.Plug(&port)
		done := make(chan struct{})
		go func() { s.Run(); close(done) }()
		synctest.Wait()
		a.change(func() { a.pending = 2 })
		s.Tap(&tap)
		s.Wake()
		synctest.Wait()
		s.Tap(nil)
		if port.n != 5 || tap.n != 2 {
			t.Errorf("%d and %d frames", port.n, tap.n)
		}
		s.Plug(nil)
		a.change(func() { a.pending, a.status.Link = 1, true })
		time.Sleep(tick) // the watch sees to frames whose interrupt was lost
		synctest.Wait()
		if port.n != 5 || a.pending != 0 || a.ticks != 1 {
			t.Errorf("%d frames, %d pending, %d ticks", port.n, a.pending, a.ticks)
		}
		a.change(func() { a.status.Err = errors.New("test") })
		s.Wake()
		<-done
		want := ": link up"
		if got := fmt.Sprint(*log); !strings.Contains(got, want+" quiet") || !strings.Contains(got, "given up: test") {
			t.Errorf("log %q", *log)
		}
	})
}

func TestAdapterWhoseInterruptsDoNotArriveIsPolled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &fakeAdapter{}
		s, log := newService(a)
		go s.Run()
		a.change(func() { a.pending = 1 })
		time.Sleep(2*tick + tick/2)
		a.change(func() { a.pending = 1 })
		time.Sleep(2 * pollInterval)
		synctest.Wait()
		if a.Status().Received != 2 || len(*log) != 1 || !strings.Contains((*log)[0], "polling") {
			t.Errorf("%v, log %q", a.Status(), *log)
		}
		var before, n int
		a.change(func() { before = a.ticks })
		time.Sleep(10 * tick)
		a.change(func() { n = a.ticks - before })
		if n < 9 || n > 11 {
			t.Errorf("%d ticks in 10 s", n)
		}
		a.change(func() { a.status.Err = errors.New("test") })
		s.Wake()
		synctest.Wait()
	})
}

func TestStatusInWords(t *testing.T) {
	s := Status{Model: "virtio", Address: ether.MAC{2, 0, 0, 0, 0, 1}}
	for _, c := range []struct {
		change func()
		want   string
	}{
		{func() {}, "virtio 02:00:00:00:00:01, no link, received 0 frames"},
		{func() { s.Link = true }, ", link,"},
		{func() { s.Mbps = 100 }, ", 100 Mbit/s,"},
		{func() { s.Err = errors.New("it lies") }, ", given up: it lies,"},
	} {
		if c.change(); !strings.Contains(s.String(), c.want) {
			t.Errorf("%q, want %q", s, c.want)
		}
	}
	if ValidAddress(ether.MAC{}) || ValidAddress(ether.Broadcast) || !ValidAddress(ether.MAC{2}) {
		t.Error("which addresses are valid")
	}
}
