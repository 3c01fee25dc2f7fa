package scheduler

import (
	"math"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/sched"
)

// The slice, in ns, and how many slices a test runs.
const (
	quantum = 10_000_000
	slices  = 1000
)

// host is one processor on a virtual clock, with vCPUs that want to run all the
// time unless they sleep.
type host struct {
	t     *testing.T
	s     *sched.Scheduler
	now   uint64
	vcpus []*vcpu
}

type vcpu struct {
	turn   *sched.Turn
	group  *sched.Group
	weight float64
	holds  bool
	ran    uint64 // ns
	waited uint64 // ns since it last ran
	worst  uint64 // ns it waited at most
}

type noTimer struct{}

func (noTimer) Set(uint64) {}
func (noTimer) Stop()      {}

func (h *host) Now() uint64                 { return h.now }
func (h *host) NewTimer(func()) sched.Timer { return noTimer{} }

func newHost(t *testing.T, weights ...uint32) *host {
	h := &host{t: t}
	h.s = sched.New(sched.Options{Processors: 1, Clock: h, Policy: New, Quantum: quantum})
	for _, w := range weights {
		g, err := h.s.NewGroup("vm", sched.Params{Weight: w})
		if err != nil {
			t.Fatal(err)
		}
		v := &vcpu{group: g, turn: g.NewTurn(func() {}), weight: float64(w)}
		h.vcpus = append(h.vcpus, v)
		v.holds = v.turn.Begin()
	}
	return h
}

// run lets n slices pass, and calls each after every one.
func (h *host) run(n int, each func()) {
	h.t.Helper()
	for range n {
		v := h.running()
		if v == nil {
			h.t.Fatal("nobody runs, though somebody wants to")
		}
		h.now += quantum
		v.ran += quantum
		for _, o := range h.vcpus {
			if o != v {
				o.waited += quantum
				o.worst = max(o.worst, o.waited)
			}
		}
		v.waited = 0
		v.holds = v.turn.Pass()
		if each != nil {
			each()
		}
	}
}

func (h *host) running() *vcpu {
	for _, v := range h.vcpus {
		select {
		case <-v.turn.Granted():
			v.holds = true
		default:
		}
	}
	for _, v := range h.vcpus {
		if v.holds {
			return v
		}
	}
	return nil
}

// shares checks that each vCPU ran what its weight says, up to a number of
// slices, since it had run what before says.
func (h *host) shares(before []uint64, tolerance float64) {
	h.t.Helper()
	total, weights := 0.0, 0.0
	for i, v := range h.vcpus {
		total += float64(v.ran - before[i])
		weights += v.weight
	}
	for i, v := range h.vcpus {
		got, want := float64(v.ran-before[i])/quantum, total*v.weight/weights/quantum
		if math.Abs(got-want) > tolerance {
			h.t.Fatalf("weight %.0f of %.0f: %.0f slices of %.0f, want %.1f: does Next choose by weight?", v.weight, weights, got, total/quantum, want)
		}
	}
}

func (h *host) ran() (list []uint64) {
	for _, v := range h.vcpus {
		list = append(list, v.ran)
	}
	return list
}

func TestSharesFollowWeights(t *testing.T) {
	for _, weights := range [][]uint32{{100, 200}, {100, 200, 500}, {1, 10, 100}} {
		h := newHost(t, weights...)
		h.run(slices, nil)
		h.shares(make([]uint64, len(weights)), float64(len(weights)))
	}
}

func TestErrorStaysBounded(t *testing.T) {
	h := newHost(t, 100, 200, 500)
	none := make([]uint64, 3)
	h.run(slices, func() { h.shares(none, 3) })
}

func TestNewWeightCounts(t *testing.T) {
	h := newHost(t, 100, 100)
	h.run(100, nil)
	if err := h.vcpus[0].group.Set(sched.Params{Weight: 400}); err != nil {
		t.Fatal(err)
	}
	h.vcpus[0].weight = 400
	before := h.ran()
	h.run(slices, nil)
	h.shares(before, 3)
}

func TestSleepSavesNothingUp(t *testing.T) {
	h := newHost(t, 100, 300)
	h.run(10, nil)
	sleeper := h.vcpus[1]
	sleeper.turn.End()
	sleeper.holds = false
	h.run(slices, nil)
	sleeper.holds = sleeper.turn.Begin()
	sleeper.waited = 0
	h.vcpus[0].waited, h.vcpus[0].worst = 0, 0
	before := h.ran()
	h.run(400, nil)
	if worst := h.vcpus[0].worst / quantum; worst > 4 {
		t.Errorf("when the other has woken, this one waits for %d slices; with weights 1:3 it should be 3 or 4: see Ready", worst)
	}
	h.shares(before, 4)
}
