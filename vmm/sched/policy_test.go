package sched

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func sum(weights []uint32) (total float64) {
	for _, w := range weights {
		total += float64(w)
	}
	return total
}

// worstLag runs hogs on one processor for a thousand slices, and is by how many
// quanta one of them was off its ideal share at worst, after any slice.
func worstLag(t *testing.T, policy func() Policy, weights []uint32) float64 {
	m := newSim(t, 1, policy)
	all := m.hogs(weights...)
	worst, total := 0.0, sum(weights)
	for range 1000 {
		m.run(quantum)
		for i, v := range all {
			ideal := float64(m.now) * float64(weights[i]) / total
			worst = max(worst, math.Abs(float64(v.ran)-ideal)/float64(quantum))
		}
	}
	return worst
}

func TestStrideStaysWithinOneQuantumOfTheIdealShare(t *testing.T) {
	skewed := slices.Repeat([]uint32{1}, 101)
	skewed[50] = 100
	sets := [][]uint32{{1, 2, 5}, {1}, {7, 7}, slices.Repeat([]uint32{100}, 9), {1, MaxWeight}, skewed}
	r := random(1)
	for range 30 {
		set := make([]uint32, 2+r.IntN(20))
		for i := range set {
			set[i] = 1 + uint32(r.IntN(1<<r.IntN(13)))
		}
		sets = append(sets, set)
	}
	for _, set := range sets {
		if worst := worstLag(t, NewStride, set); worst > 1 {
			t.Errorf("weights %v: off by %.3f quanta", set, worst)
		}
	}
}

// lowestPass is the stride scheduler of the paper, without Stride's condition that
// nobody runs who is ahead.
type lowestPass struct{ Stride }

func (s *lowestPass) Next(q *Queue) *Turn {
	s.now = virtualTime(q)
	return slices.MinFunc(q.Waiting, func(a, b *Turn) int {
		return int(math.Copysign(1, a.pass+stride(q, a)-b.pass-stride(q, b)))
	})
}

func TestLowestPassAloneIsNotWithinOneQuantum(t *testing.T) {
	skewed := slices.Repeat([]uint32{1}, 101)
	skewed[50] = 100
	worst := worstLag(t, func() Policy { return new(lowestPass) }, skewed)
	if worst < 40 {
		t.Errorf("off by %.1f quanta only: then Stride's condition is not needed", worst)
	}
}

func TestLotteryIsWithinThreeSigma(t *testing.T) {
	weights := []uint32{1, 2, 5, 8}
	for seed := range uint64(5) {
		m := newSim(t, 1, NewLottery(seed))
		all := m.hogs(weights...)
		const slices = 1000
		m.run(slices * quantum)
		for i, v := range all {
			p := float64(weights[i]) / sum(weights)
			won, sigma := float64(v.ran)/float64(quantum), math.Sqrt(slices*p*(1-p))
			if math.Abs(won-slices*p) > 3*sigma {
				t.Errorf("seed %d: weight %d of %v won %v of %d slices: more than 3*%.1f from %v",
					seed, weights[i], weights, won, slices, sigma, slices*p)
			}
		}
	}
}

func TestLotteryRepeatsWithItsSeed(t *testing.T) {
	times := func(seed uint64) (ran []uint64) {
		m := newSim(t, 1, NewLottery(seed))
		all := m.hogs(1, 1, 1)
		m.run(200 * quantum)
		for _, v := range all {
			ran = append(ran, v.ran)
		}
		return ran
	}
	if a, b := times(7), times(7); !slices.Equal(a, b) {
		t.Errorf("seed 7 gives %v and %v", a, b)
	}
	if a, b := times(7), times(8); slices.Equal(a, b) {
		t.Errorf("seeds 7 and 8 both give %v", a)
	}
}

func TestLotteryCompensatesWhoUsesLessThanASlice(t *testing.T) {
	m := newSim(t, 1, NewLottery(1))
	hog := m.hogs(100)[0]
	part := m.add(m.group(Params{}), quantum/5, 0)
	part.yields = true
	m.run(100 * second)
	within(t, "one that uses a fifth of its slices", part.ran, float64(m.now)/2, 0.05)
	within(t, "the hog beside it", hog.ran, float64(m.now)/2, 0.05)
}

func TestRoundRobinIsExact(t *testing.T) {
	m := newSim(t, 1, NewRoundRobin)
	all := m.hogs(1, 100, 5, 2, 9)
	for slice := range 1000 {
		m.run(quantum)
		for i, v := range all {
			turns := slice / len(all)
			if i <= slice%len(all) {
				turns++
			}
			if v.ran != uint64(turns)*quantum {
				t.Fatalf("after slice %d, vCPU %d ran %d ns, want %d slices", slice, i, v.ran, turns)
			}
		}
	}
}

func TestByName(t *testing.T) {
	for _, name := range []string{"roundrobin", "stride", "lottery"} {
		if policy, err := ByName(name); err != nil || policy() == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := ByName("fair")
	if err == nil || !strings.Contains(err.Error(), `"fair"`) || !strings.Contains(err.Error(), "lottery, roundrobin, stride") {
		t.Errorf("error %v", err)
	}
}

// The example in docs/scheduling.md.
func TestStrideOrderOfOneTwoFive(t *testing.T) {
	m := newSim(t, 1, NewStride)
	all := m.hogs(1, 2, 5)
	order := ""
	for _, i := range []int{2, 1, 0} {
		m.begin(all[i])
	}
	for range 16 {
		for i, v := range all {
			if v.holds {
				order += "ABC"[i : i+1]
			}
		}
		m.run(quantum)
	}
	if order != "CBCACCBCCBCACCBC" {
		t.Errorf("order %s", order)
	}
}
