//go:build !tamago

package thread

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ringo-vmm/ringo/apic"
)

// TestRandomSchedules runs threads that wait, wake, sleep, yield, poll, signal,
// move, start and end at random on simulated processors, whose interrupts come late
// and in any order, also in the middle of another processor's interrupt. After
// each step every invariant must hold and a model of who waits for what must
// agree with the layer. At the end all threads must come to their end.
func TestRandomSchedules(t *testing.T) {
	for _, processors := range []int{1, 2, 3, 4, 8} {
		for seed := range uint64(4) {
			t.Run(fmt.Sprintf("%d processors, seed %d", processors, seed), func(t *testing.T) {
				s := newStress(t, processors, seed)
				if seed%2 == 1 {
					layer.kickDelay = 100_000
				}
				for i := 0; i < 3000 && !t.Failed(); i++ {
					s.step(s.rng.IntN(processors))
				}
				s.drain()
			})
		}
	}
}

// stress is a world in which much happens.
type stress struct {
	*world
	rng    *rand.Rand
	words  []uintptr // futexes, which hold 7
	events []uint64  // file descriptors
	kicked [maxProcessors]bool
	inside [maxProcessors]bool // in an interrupt, before the layer's lock
	waits  map[ref]waitModel
	order  int
	ending bool
	last   string // what the last step was
}

// waitModel is what a thread waits for.
type waitModel struct {
	on       uintptr // futex, waitPoll, or 0 for sleep
	deadline uint64  // never if there is none
	timedOut uint64  // result then
	home     uint32  // the processor whose timer it is
	order    int
}

const (
	stressThreads = 24
	stressStack   = 4096
)

func newStress(t *testing.T, processors int, seed uint64) *stress {
	s := &stress{world: newWorld(t, processors), rng: rand.New(rand.NewPCG(seed, uint64(processors))), waits: map[ref]waitModel{}}
	s.threads = stressThreads
	for range 4 {
		s.words = append(s.words, put(s.world, uint32(7)))
	}
	s.machine.onKick = func(id uint32) {
		for _, p := range s.processors {
			if p.apicID == id {
				s.kicked[p.index] = true
				return
			}
		}
		t.Errorf("a kick for APIC id %d, which no processor has", id)
	}
	p := s.processors[0]
	s.run(p)
	s.handle(p, sigURG, 0)
	for range 3 {
		s.events = append(s.events, s.newEvent(p, epollIn|epollET))
	}
	return s
}

// step lets something happen on a processor: an interrupt if one is due, or
// what its thread does next.
func (s *stress) step(i int) {
	p := s.processors[i]
	due := s.machine.timers[i] <= s.machine.now
	switch n := s.rng.IntN(10); {
	case s.inside[i]:
		return
	case n < 2:
		s.last = "time passes"
		s.machine.now += s.rng.Uint64N(1 << s.rng.IntN(25))
	case s.kicked[i] && n < 6:
		s.last = "a kick"
		s.kicked[i] = false
		s.interruptStress(i, apic.KickVector)
	case due && n < 8 || s.rng.IntN(50) == 0: // a timer may be early
		s.last = "a timer interrupt"
		s.machine.timers[i] = never
		s.interruptStress(i, apic.TimerVector)
	case s.rng.IntN(20) == 0:
		s.last = "a device's interrupt"
		s.interruptStress(i, apic.FirstDeviceVector)
	case p.current != p.idle:
		s.act(p)
	}
	s.agree()
}

// interruptStress has a processor take an interrupt; before it gets to the
// layer's lock others may do things.
func (s *stress) interruptStress(i int, vector uint8) {
	meanwhile := func() {
		last := testProcessor
		if other := s.rng.IntN(len(s.processors)); s.rng.IntN(3) == 0 {
			s.step(other)
		}
		testProcessor = last
	}
	s.machine.onAcknowledge = meanwhile
	s.machine.onInterrupt = func(uint8) bool {
		meanwhile()
		if e := s.events[s.rng.IntN(len(s.events))]; !s.ending {
			Signal(EventID(e))
			s.expectPoll()
		}
		meanwhile()
		return true
	}
	s.inside[i] = true
	s.interrupt(s.processors[i], vector)
	s.inside[i] = false
	for _, th := range s.due(uint32(i)) {
		s.expectWoken(th, s.waits[th].timedOut)
	}
}

// due lists the threads whose deadline on a processor has come.
func (s *stress) due(home uint32) (list []ref) {
	for th, m := range s.waits {
		if m.home == home && m.deadline <= s.machine.now {
			list = append(list, th)
		}
	}
	return list
}

// waiters lists the threads that wait on something, in the order in which
// they came.
func (s *stress) waiters(on uintptr) (list []ref) {
	for th, m := range s.waits {
		if m.on == on {
			list = append(list, th)
		}
	}
	slices.SortFunc(list, func(a, b ref) int { return cmp.Compare(s.waits[a].order, s.waits[b].order) })
	return list
}

func (s *stress) expectWoken(th ref, result uint64) {
	if t := th.get(); t.state == stateWaiting || t.rax != result {
		s.Errorf("after %s: thread %d is %s, with result %d instead of %d", s.last, t.tid, stateNames[t.state], int64(t.rax), int64(result))
	}
	delete(s.waits, th)
}

// expectPoll expects the first waiting poller to have been woken by an event.
func (s *stress) expectPoll() {
	if list := s.waiters(waitPoll); len(list) > 0 {
		s.expectWoken(list[0], 1)
	}
}

// wait notes that t waits, unless its system call has returned.
func (s *stress) wait(t *thread, on uintptr, ns, timedOut uint64) {
	deadline := uint64(never)
	if ns != never {
		deadline = s.machine.now + ns + 1
	}
	s.order++
	s.waits[t.ref()] = waitModel{on, deadline, timedOut, t.cpu, s.order}
}

// act makes the current thread of p do something.
func (s *stress) act(p *processor) {
	t := p.current.get()
	if t.stack.flags&altStackDisable != 0 {
		s.last = "a first step"
		s.altStackFor(p, stressStack)
		return
	}
	if t.rip == testHandler+sigURG && s.rng.IntN(2) == 0 {
		s.last = "the end of a handler"
		s.handlerReturns(p)
		return
	}
	word := s.words[s.rng.IntN(len(s.words))]
	ns := s.rng.Uint64N(1 << s.rng.IntN(26))
	timeout := uint64(put(s.world, timespec{0, int64(ns)}))
	if t.tid != 1 && s.rng.IntN(2) == 0 {
		// The first thread never waits for ever, so there is always one.
		ns, timeout = never, 0
	}
	switch n := s.rng.IntN(13); {
	case s.ending && t.tid != 1:
		s.last = "an exit"
		s.call(p, sysExit)
	case n < 3 && !s.ending:
		s.last = "a futex wait"
		s.call(p, sysFutex, uint64(word), testWait, 7, timeout)
		s.wait(t, word, ns, fail(etimedout))
	case n < 6:
		s.last = "a futex wake"
		count := s.rng.Uint64N(4)
		list := s.waiters(word)
		list = list[:min(len(list), int(count))]
		expectEqual(s, "threads woken", s.call(p, sysFutex, uint64(word), testWake, count), uint64(len(list)))
		for _, th := range list {
			s.expectWoken(th, 0)
		}
	case n == 6 && timeout != 0 && !s.ending:
		s.last = "a sleep"
		s.call(p, sysNanosleep, timeout)
		s.wait(t, 0, ns, 0)
	case n == 7:
		s.last = "a yield"
		s.call(p, sysSchedYield)
	case n == 8:
		s.last = "a write to an event"
		s.write(p, s.events[s.rng.IntN(len(s.events))], 1)
		s.expectPoll()
	case n == 9 && !s.ending && t.tid != 1:
		s.last = "a poll"
		// The first poll may have let a thread run that goes first.
		if len(s.waiters(waitPoll)) > 0 || s.poll(p, 1) == nil && p.current == t.ref() {
			s.call(p, sysEpollPwait, fdPoller, uint64(s.alloc(12, 16)), 1, 2)
			s.wait(t, waitPoll, 2_000_000, 0)
		}
	case n == 10 && s.threads > layer.running && !s.ending:
		s.last = "a clone"
		s.clone(p).rip = 0 // its parent may be in a handler
	case n == 12:
		s.last = "a pin"
		pin := uint32(s.rng.IntN(len(s.processors) + 1))
		f := func(uintptr) { t.setPin(pin) }
		s.call(p, sysCall, uint64(put(s.world, f)), 0)
	case n == 11:
		if other := byID(1 + s.rng.Uint64N(stressThreads)); other != nil && other.stack.flags&altStackDisable == 0 {
			s.last = "a signal"
			expectEqual(s, "tgkill", s.call(p, sysTgkill, 1, uint64(other.tid), sigURG), 0)
		}
	}
}

// agree compares the layer with the model and checks all invariants.
func (s *stress) agree() {
	for _, r := range layer.threads[:stressThreads] {
		if r == 0 {
			continue
		}
		if _, waits := s.waits[r]; waits != (r.get().state == stateWaiting) {
			s.Errorf("after %s: thread %d is %s", s.last, r.get().tid, stateNames[r.get().state])
		}
	}
	late := uint64(0) // those that a kick is kept back for
	for _, p := range s.processors {
		late |= p.late
	}
	told := func(p *processor) bool { return s.kicked[p.index] || s.inside[p.index] || late>>p.index&1 != 0 }
	for _, p := range s.processors {
		if t := p.current.get(); t.pending&^t.blocked != 0 && !told(p) {
			s.Errorf("after %s: thread %d runs on, a signal is pending and no kick on its way", s.last, t.tid)
		}
	}
	s.check(func(p *processor) bool { return told(p) || s.machine.timers[p.index] <= s.machine.now })
	if s.Failed() {
		s.Fatalf("after %s", s.last)
	}
}

// drain lets all threads but the first exit. Nothing wakes them but what was
// promised, and the first thread's futex wakes.
func (s *stress) drain() {
	s.ending = true
	for range 20_000 {
		if layer.running == 1 || s.Failed() {
			return
		}
		s.step(s.rng.IntN(len(s.processors)))
	}
	s.Errorf("%d threads never came to their end", layer.running-1)
}
