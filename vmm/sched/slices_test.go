package sched

import (
	"slices"
	"testing"
)

func TestSlicesTellWhoRanWhereAndWhen(t *testing.T) {
	m := newSim(t, 2, NewStride)
	g := m.group(Params{Processors: 1 << 1})
	m.add(g, 3*ms, 2*ms)
	m.run(9 * ms)
	want := []Slice{{"vm", 0, 1, 0, 3 * ms}, {"vm", 0, 1, 5 * ms, 8 * ms}}
	if got := m.s.Slices(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	m.run(2 * ms)
	want = append(want, Slice{"vm", 0, 1, 10 * ms, 11 * ms})
	if got := m.s.Slices(); !slices.Equal(got, want) {
		t.Errorf("while it runs: %v, want %v", got, want)
	}
}

// What is remembered is what ran, whatever the scheduler did with it: nobody is
// at two places, no processor has two, and nothing is missing.
func TestSlicesAreWhatRan(t *testing.T) {
	for _, policy := range policies {
		m := newSim(t, 3, policy.make)
		g := m.group(Params{Cap: 70})
		for i := range uint64(3) {
			m.add(g, (3+i)*ms, 2*ms)
		}
		others := m.group(Params{})
		for range 4 {
			m.add(others, Never, 0)
		}
		m.run(2 * second)
		list := m.s.Slices()
		if len(list) > sliceRing {
			t.Fatal("the ring has gone round")
		}
		ran, all := uint64(0), uint64(0)
		for _, s := range list {
			ran += s.To - s.From
		}
		for _, v := range m.vcpus {
			all += v.ran
		}
		if ran != all {
			t.Errorf("%s: %d ns in slices, %d ran", policy.name, ran, all)
		}
		slices.SortFunc(list, func(a, b Slice) int { return int(int64(a.From - b.From)) })
		free := map[int]uint64{}
		for _, s := range list {
			if s.From < free[s.Processor] {
				t.Fatalf("%s: processor %d has two at %d", policy.name, s.Processor, s.From)
			}
			free[s.Processor] = s.To
		}
	}
}

func TestTheLatestSlicesAreRemembered(t *testing.T) {
	m := newSim(t, 1, NewStride)
	m.add(m.group(Params{}), 1*ms, 1*ms)
	m.run(2*(sliceRing+100)*ms - 1)
	list := m.s.Slices()
	if len(list) != sliceRing || list[0].From != 200*ms {
		t.Errorf("%d slices from %d on", len(list), list[0].From)
	}
}
