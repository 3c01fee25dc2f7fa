package vmm

import (
	"math/rand/v2"
	"sort"
	"testing"
)

type fakeTime struct {
	Host
	now uint64
}

func (f *fakeTime) Now() uint64 { return f.now }

func TestTimersFireInOrder(t *testing.T) {
	host := &fakeTime{now: 1000}
	c := &clock{host: host}
	r := rand.New(rand.NewPCG(1, 2))
	var want, got []uint64
	var timers []*timer
	for range 200 {
		var tm *timer
		tm = c.NewTimer(func() { got = append(got, tm.at) }).(*timer)
		tm.Set(1000 + r.Uint64N(5000))
		timers = append(timers, tm)
	}
	for i, tm := range timers {
		switch i % 3 {
		case 0:
			tm.Set(1000 + r.Uint64N(5000))
		case 1:
			tm.Stop()
			continue
		}
		want = append(want, tm.at)
	}
	sort.Slice(want, func(i, j int) bool { return want[i] < want[j] })
	for host.now = 1000; host.now <= 6000; host.now += 100 {
		if at, ok := c.next(); ok && at != c.heap[0].at {
			t.Fatalf("next is %d, the first timer is at %d", at, c.heap[0].at)
		}
		c.expire()
	}
	if len(got) != len(want) {
		t.Fatalf("%d timers fired, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("timer %d fired with %d, want %d", i, got[i], want[i])
		}
	}
}

func TestTimerThatSetsItselfToThePastDoesNotHang(t *testing.T) {
	c := &clock{host: &fakeTime{now: 50}}
	n := 0
	var tm *timer
	tm = c.NewTimer(func() { n++; tm.Set(10) }).(*timer)
	tm.Set(10)
	c.expire()
	if n != 1 {
		t.Errorf("fired %d times in one go", n)
	}
}

func TestPausedTimeDoesNotPass(t *testing.T) {
	host := &fakeTime{now: 100}
	c := &clock{host: host, paused: 40}
	if c.Now() != 60 {
		t.Errorf("it is %d, want 60", c.Now())
	}
	c.stopped = 100
	host.now = 500
	if c.Now() != 60 {
		t.Errorf("it is %d while paused, want 60", c.Now())
	}
}

// A guest's deadline at the end of time is no deadline, however long the
// machine was paused.
func TestADeadlineAtTheEndOfTimeNeverComes(t *testing.T) {
	c := &clock{host: &fakeTime{now: 1000}, paused: 600}
	c.NewTimer(func() { t.Error("it has come") }).Set(never - 5)
	c.expire()
	if at, ok := c.next(); !ok || at != never {
		t.Errorf("the next deadline is %#x, %v", at, ok)
	}
}
