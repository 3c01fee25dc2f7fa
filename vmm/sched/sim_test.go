package sched

import (
	"math"
	"math/rand/v2"
	"testing"
)

const (
	ms      = uint64(1e6)
	second  = 1000 * ms
	quantum = 10 * ms
)

// sim is a host on a virtual clock: vCPUs that run until Until and then pass,
// and that sleep now and then. It keeps its own account of who ran when.
type sim struct {
	t      testing.TB
	s      *Scheduler
	now    uint64
	timers []*simTimer
	vcpus  []*vcpu
}

type simTimer struct {
	at   uint64
	fire func()
}

func (c *simTimer) Set(at uint64) { c.at = at }
func (c *simTimer) Stop()         { c.at = Never }

func (m *sim) Now() uint64 { return m.now }
func (m *sim) NewTimer(fire func()) Timer {
	c := &simTimer{Never, fire}
	m.timers = append(m.timers, c)
	return c
}

// vcpu runs for burst ns and sleeps for sleep ns, and so on. A burst of Never is
// a hog's.
type vcpu struct {
	*Turn
	group        *Group
	burst, sleep uint64
	yields       bool // after a burst it does not sleep, but passes

	wants, holds bool
	left         uint64 // of the burst
	wakes        uint64
	asked        uint64 // when it began to wait after it slept
	ran          uint64
	passes       uint64
	worstWait    uint64 // from waking to running
}

func newSim(t testing.TB, processors int, policy func() Policy) *sim {
	m := &sim{t: t}
	m.s = New(Options{Processors: processors, Clock: m, Policy: policy, Quantum: quantum})
	return m
}

func (m *sim) group(p Params) *Group {
	g, err := m.s.NewGroup("vm", p)
	if err != nil {
		m.t.Fatal(err)
	}
	return g
}

// add adds a vCPU, which wakes at once.
func (m *sim) add(g *Group, burst, sleep uint64) *vcpu {
	v := &vcpu{group: g, burst: burst, sleep: sleep, wakes: m.now}
	v.Turn = g.NewTurn(func() {})
	m.vcpus = append(m.vcpus, v)
	return v
}

// hogs adds a group of one hog for each weight.
func (m *sim) hogs(weights ...uint32) []*vcpu {
	var all []*vcpu
	for _, w := range weights {
		all = append(all, m.add(m.group(Params{Weight: w}), Never, 0))
	}
	return all
}

// hold notes that v holds its turn.
func (m *sim) hold(v *vcpu) {
	v.holds = true
	if v.asked != Never {
		v.worstWait = max(v.worstWait, m.now-v.asked)
		v.asked = Never
	}
	for _, o := range m.vcpus {
		if o != v && o.holds && o.Processor() == v.Processor() {
			m.t.Fatalf("two turns hold processor %d", v.Processor())
		}
	}
}

// grants takes what was granted.
func (m *sim) grants() {
	for _, v := range m.vcpus {
		select {
		case <-v.Granted():
			if v.holds || !v.wants {
				m.t.Fatal("a turn was granted that did not wait")
			}
			m.hold(v)
		default:
		}
	}
}

// next is when something happens.
func (m *sim) next() uint64 {
	at := Never
	for _, v := range m.vcpus {
		switch {
		case v.holds:
			at = min(at, v.Until())
			if v.left != Never {
				at = min(at, m.now+v.left)
			}
		case !v.wants:
			at = min(at, v.wakes)
		}
	}
	for _, c := range m.timers {
		at = min(at, c.at)
	}
	return max(at, m.now)
}

// advance lets the time pass until at.
func (m *sim) advance(at uint64) {
	ns := at - m.now
	m.now = at
	for _, v := range m.vcpus {
		if v.holds {
			v.ran += ns
			if v.left != Never {
				v.left -= ns
			}
		}
	}
}

func (m *sim) begin(v *vcpu) {
	v.wants, v.asked, v.left, v.wakes = true, m.now, v.burst, Never
	if v.Begin() {
		m.hold(v)
	}
}

func (m *sim) end(v *vcpu, wakes uint64) {
	v.wants, v.holds, v.wakes = false, false, wakes
	v.End()
}

// due lets everything happen whose time has come.
func (m *sim) due() {
	for _, c := range m.timers {
		if c.at <= m.now {
			c.at = Never
			c.fire()
			m.grants()
		}
	}
	for _, v := range m.vcpus {
		switch {
		case v.holds && v.left == 0 && v.yields:
			v.left = v.burst
			v.holds = v.Pass()
		case v.holds && v.left == 0:
			m.end(v, m.now+v.sleep)
		case v.holds && v.Until() <= m.now:
			v.passes++
			v.holds = v.Pass()
		case !v.wants && v.wakes <= m.now:
			m.begin(v)
		}
		m.grants()
	}
}

// step goes to the next event, at the latest to limit.
func (m *sim) step(limit uint64) {
	m.advance(min(m.next(), limit))
	m.due()
}

// run goes on for ns.
func (m *sim) run(ns uint64) {
	for limit := m.now + ns; m.now < limit; {
		m.step(limit)
	}
}

// check looks at what must hold between any two calls.
func (m *sim) check() {
	m.t.Helper()
	holders := map[int]*vcpu{}
	for _, v := range m.vcpus {
		if v.holds != (v.state == Running) {
			m.t.Fatalf("vCPU holds its turn: %v, state %v", v.holds, v.state)
		}
		if v.wants != (v.state != Idle && v.state != closed) {
			m.t.Fatalf("vCPU wants to run: %v, state %v", v.wants, v.state)
		}
		allowed := v.group.params.Processors
		switch v.state {
		case Running:
			if holders[v.Processor()] != nil {
				m.t.Fatalf("two turns on processor %d", v.Processor())
			}
			holders[v.Processor()] = v
			if !allowed.Has(v.Processor()) && v.Until() > m.now {
				m.t.Fatalf("a turn stays on processor %d, allowed are %v", v.Processor(), allowed)
			}
			if n := len(m.s.processors[v.home].queue.Waiting); n > 0 && v.Until() > v.began+quantum {
				m.t.Fatalf("%d wait, but the slice has no end", n)
			}
		case Waiting:
			if m.s.free&allowed != 0 {
				m.t.Fatalf("a turn waits while %v of %v are free", m.s.free, allowed)
			}
			if !allowed.Has(v.home) {
				m.t.Fatalf("a turn waits on processor %d, allowed are %v", v.home, allowed)
			}
		case Capped:
			if v.group.budget == 0 {
				m.t.Fatal("a turn is capped without a cap")
			}
		}
	}
	for i := range m.s.processors {
		if m.s.free.Has(i) != (holders[i] == nil) {
			m.t.Fatalf("processor %d is free: %v, but its turn is %v", i, m.s.free.Has(i), holders[i])
		}
	}
}

// within reports an account that is off by more than a part of it.
func within(t *testing.T, what string, got uint64, want, part float64) {
	t.Helper()
	if math.Abs(float64(got)-want) > part*want {
		t.Errorf("%s: %.3f ms, want %.3f ms within %g %%", what, float64(got)/1e6, want/1e6, part*100)
	}
}

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
