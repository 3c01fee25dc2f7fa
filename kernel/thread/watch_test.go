//go:build !tamago

package thread

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ringo-vmm/ringo/apic"
)

// newWatchedWorld is a world with the watchdog on. Its processors have had
// their first tick.
func newWatchedWorld(t *testing.T, processors int) *world {
	w := newWorld(t, processors)
	w.machine.now = 1000
	layer.watch = true
	for _, p := range w.processors {
		w.interrupt(p, apic.TimerVector)
	}
	return w
}

// pass lets seconds pass for all processors but some.
func (w *world) pass(seconds int, but ...*processor) {
	for range seconds {
		w.machine.now += watchPeriod
		for _, p := range w.processors {
			if len(but) == 0 || p != but[0] {
				w.tick(p, 0)
			}
		}
	}
}

func (w *world) expectReports(n int) {
	w.Helper()
	if got := strings.Count(string(w.machine.printed), "watchdog: "); got != n {
		w.Errorf("%d reports, want %d:\n%s", got, n, w.machine.printed)
	}
}

func TestWatchdogIsSilentWhileAllIsWell(t *testing.T) {
	w := newWatchedWorld(t, 3)
	w.run(w.processors[1])
	w.pass(30)
	// The whole machine stands still for an hour.
	w.machine.now += 3600 * watchPeriod
	w.pass(9)
	w.expectReports(0)
	expectEqual(t, "ticks", w.processors[0].ticks, 40)
}

func TestWatchdogSeesAProcessorThatStands(t *testing.T) {
	for stands := range 3 {
		w := newWatchedWorld(t, 3)
		p := w.processors[stands]
		w.run(p)
		w.pass(9, p)
		w.expectReports(0)
		w.pass(10, p)
		w.expectReports(1)
		w.expectPrinted("watchdog: processor ", " has not entered the layer for 10 s", "at 000000000000abc", "threads are ready", "thread 1 running")
		if !strings.HasPrefix(string(w.machine.printed), "watchdog: processor "+string(rune('0'+stands))) {
			t.Errorf("it is processor %d:\n%s", stands, w.machine.printed)
		}
		// When it goes on and stands again, that is news.
		w.pass(2)
		w.pass(11, p)
		w.expectReports(2)
		w.check(nobody)
	}
}

func TestWatchdogSeesAThreadThatDoesNotGetToRun(t *testing.T) {
	for _, pinned := range []bool{false, true} {
		w := newWatchedWorld(t, 2)
		th := newThread()
		if pinned {
			th.setPin(2)
		}
		th.enqueue(false) // and nobody is told
		th.since = 1000
		for range 21 {
			w.machine.now += watchPeriod
			for _, p := range w.processors {
				p.lock()
				watch(p, w.machine.now)
				layer.lock.release()
			}
		}
		w.expectReports(1)
		w.expectPrinted("watchdog: thread 1 is ready and has not run for 11 s", "thread 1 ready cpu 0 for 11000 ms")
	}
}

func TestWatchdogSeesALockThatIsHeld(t *testing.T) {
	w := newWatchedWorld(t, 2)
	holder, waiter := w.processors[0], w.processors[1]
	holder.lock()
	var wait lockWatch
	for range 30 {
		for range spinsPerLook {
			wait.spin(waiter)
		}
		w.machine.now += watchPeriod
	}
	w.expectReports(1)
	w.expectPrinted("watchdog: processor 0 has held the layer's lock for 10 s", "the lock is held by processor 0")
	wait.done(waiter)
	expectEqual(t, "reported", layer.held, 0)
	layer.lock.release()
}

// The same when another processor stands, and when that is the one that usually
// looks.
func TestWatchdogSeesAThreadThatNobodyRuns(t *testing.T) {
	for stands := range 4 {
		w := newWatchedWorld(t, 4)
		p := w.processors[stands]
		w.run(p)
		w.pass(11, p)
		w.expectReports(1)
		newThread().enqueue(false)
		for second := range 20 {
			w.machine.now += watchPeriod
			for _, other := range w.processors {
				if other != p {
					other.lock()
					watch(other, w.machine.now)
					layer.lock.release()
				}
			}
			if second == 8 {
				w.expectReports(1)
			}
		}
		w.expectReports(2)
	}
}

// Who has waited for the lock in vain for long gets it in the end, and then the
// next time is news.
func TestLockIsTakenAfterAReport(t *testing.T) {
	w := newWatchedWorld(t, 2)
	holder, waiter := w.processors[0], w.processors[1]
	w.machine.tick = watchPeriod
	for n := range 2 {
		holder.lock()
		done := make(chan struct{})
		go func() {
			waiter.lock()
			layer.lock.release()
			close(done)
		}()
		for atomic.LoadUint32(&layer.held) == 0 {
			runtime.Gosched()
		}
		layer.lock.release()
		<-done
		expectEqual(t, "reported", layer.held, 0)
		w.expectReports(n + 1)
	}
}

// A processor that takes no NMI does not hold the report up.
func TestWatchdogOfADeafProcessor(t *testing.T) {
	w := newWatchedWorld(t, 2)
	p := w.processors[0]
	w.run(p)
	w.machine.deaf[0], w.machine.tick = true, 1000
	w.pass(20, p)
	w.expectPrinted("processor 0 ", "takes no NMI")
}

// The registers of the processor that is looked at are as they were: an NMI
// that nobody asked for is still the end.
func TestLookIsAnsweredOnce(t *testing.T) {
	w := newWatchedWorld(t, 2)
	pc, ok := w.processors[1].look()
	expectEqual(t, "answered", ok, true)
	expectEqual(t, "pc", pc, 0xabc1)
	expectEqual(t, "why", w.stops(func() { w.machine.stop(w.processors[1]) }), StopNMI)
}
