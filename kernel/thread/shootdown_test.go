//go:build !tamago

package thread

import (
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/ringo-vmm/ringo/apic"
)

// A processor that works is kicked and answers before the others go on; one
// that idles is left alone, and drops everything when it wakes up.
func TestShootdown(t *testing.T) {
	w := newWorld(t, 4)
	p, busy, idle, waking := w.processors[0], w.processors[1], w.processors[2], w.processors[3]
	w.run(p)
	w.run(busy)
	// As leave does, and as an interrupt does.
	for _, q := range []*processor{p, busy, waking} {
		q.rise()
	}
	w.machine.takeKicks()
	w.machine.onKick = func(id uint32) {
		for _, q := range w.processors {
			if q.apicID == id {
				q.answer()
			}
		}
	}
	p.lock()
	shootdown(p, 0x5000, 2)
	layer.lock.release()
	expectSlice(t, "kicks", w.machine.takeKicks(), []uint32{busy.apicID, waking.apicID})
	expectEqual(t, "flushes", w.machine.flushed.Load(), 2)
	expectEqual(t, "busy", busy.translations, translationsCurrent)
	expectEqual(t, "idle", idle.translations, translationsStale)
	w.interrupt(idle, apic.KickVector)
	expectEqual(t, "flushes once it woke up", w.machine.flushed.Load(), 3)
	expectEqual(t, "idle again", idle.translations, translationsResting)
	w.interrupt(idle, apic.KickVector)
	expectEqual(t, "flushes when there was nothing to drop", w.machine.flushed.Load(), 3)
}

// Two processors that both want the lock and a shootdown do not wait for each
// other for ever.
func TestShootdownsDoNotDeadlock(t *testing.T) {
	w := newWorld(t, 2)
	w.machine.onKick = func(uint32) {}
	done := make(chan bool)
	var working atomic.Int32
	working.Store(2)
	for _, p := range w.processors {
		w.run(p)
		p.rise()
	}
	for _, p := range w.processors {
		go func() {
			for range 2000 {
				p.lock()
				shootdown(p, 0x5000, 1)
				layer.lock.release()
			}
			// Its interrupts go on.
			for working.Add(-1); working.Load() > 0; runtime.Gosched() {
				p.answer()
			}
			done <- true
		}()
	}
	<-done
	<-done
	expectEqual(t, "flushes", w.machine.flushed.Load(), 4000)
}

// A processor that never answers is the end, and its state is told.
func TestSilentProcessorIsFatal(t *testing.T) {
	w := newWorld(t, 2)
	p, other := w.processors[0], w.processors[1]
	w.run(p)
	w.run(other)
	other.rise()
	w.machine.onKick = func(uint32) { w.machine.now += 2 * answerTime }
	w.machine.tick = answerTime
	expectEqual(t, "stop", w.stops(func() { p.lock(); shootdown(p, 0x5000, 1) }), StopLayer)
	w.expectPrinted("processor 1 does not answer")
}
