package sched

import (
	"testing"
)

func TestWeightsShareAProcessor(t *testing.T) {
	for name, policy := range map[string]func() Policy{"stride": NewStride, "lottery": NewLottery(3)} {
		m := newSim(t, 1, policy)
		weights := []uint32{1, 2, 5}
		all := m.hogs(weights...)
		m.run(60 * second)
		part := 0.02
		if name == "lottery" {
			part = 0.1
		}
		for i, v := range all {
			within(t, name, v.ran, float64(m.now)*float64(weights[i])/8, part)
		}
	}
}

// On several processors a turn's share is that of its queue, and turns move one at
// a time when that does not make the loads less equal. So weights hold if that
// leads to loads that are equal, or, with as many equal turns as processors and
// one more, are so on average. They do not hold
//   - for 5:2:1:1:2:5 on two, begun in this order: both fives come to be on one
//     processor, and moving one would leave 5 and 11 instead of 10 and 6;
//   - for 2:3:4 on two, which no layout makes even: off by an eighth;
//   - for five equal hogs on two: they rotate, but who moves when depends on the
//     passes, and some are in the shorter queue more often: off by a quarter.
func TestWeightsShareSeveralProcessors(t *testing.T) {
	for _, c := range []struct {
		processors int
		weights    []uint32
	}{
		{2, []uint32{5, 5, 2, 2, 1, 1}}, {2, []uint32{1, 2, 5, 8}}, {2, []uint32{1, 2, 3}},
		{2, []uint32{100, 100, 50, 50, 200}}, {2, []uint32{1, 1, 1}}, {3, []uint32{1, 1, 1, 1}},
		{4, []uint32{1, 1, 1, 1, 1}},
	} {
		m := newSim(t, c.processors, NewStride)
		all := m.hogs(c.weights...)
		m.run(60 * second)
		capacity := float64(c.processors) * float64(m.now)
		for i, v := range all {
			within(t, "vCPU", v.ran, capacity*float64(c.weights[i])/sum(c.weights), 0.02)
		}
		if t.Failed() {
			t.Fatalf("weights %v on %d processors", c.weights, c.processors)
		}
	}
}

// A VM that may use one processor only takes its share there, whatever others do.
func TestPinnedWeightsShareTheirProcessor(t *testing.T) {
	m := newSim(t, 2, NewStride)
	var all []*vcpu
	for _, w := range []uint32{1, 2, 5} {
		all = append(all, m.add(m.group(Params{Weight: w, Processors: 2}), Never, 0))
	}
	free := m.hogs(3)[0]
	m.run(60 * second)
	for i, w := range []float64{1, 2, 5} {
		within(t, "pinned", all[i].ran, float64(m.now)*w/8, 0.02)
		if all[i].Processor() != 1 {
			t.Errorf("weight %g is on processor %d", w, all[i].Processor())
		}
	}
	within(t, "the one that is not pinned", free.ran, float64(m.now), 0.001)
}

func TestFourVCPUsShareAsOne(t *testing.T) {
	m := newSim(t, 1, NewStride)
	one := m.hogs(100)[0]
	four, ran := m.group(Params{}), uint64(0)
	var vcpus []*vcpu
	for range 4 {
		vcpus = append(vcpus, m.add(four, Never, 0))
	}
	m.run(60 * second)
	for _, v := range vcpus {
		within(t, "one of four", v.ran, float64(m.now)/8, 0.02)
		ran += v.ran
	}
	within(t, "four", ran, float64(m.now)/2, 0.01)
	within(t, "one", one.ran, float64(m.now)/2, 0.01)
}

func TestWokenTurnWaitsLessThanAQuantumAmongHogs(t *testing.T) {
	r := random(2)
	for range 20 {
		m := newSim(t, 1, NewStride)
		hogs := make([]uint32, 1+r.IntN(8))
		for i := range hogs {
			hogs[i] = 100
		}
		m.hogs(hogs...)
		// It wants at most half of its share, or it would be a hog too.
		burst := 1 + r.Uint64N(2*ms)
		sleep := 2 * burst * uint64(len(hogs)+1)
		v := m.add(m.group(Params{}), burst, sleep)
		m.run(second)
		v.worstWait = 0 // at first it has not slept yet
		m.run(19 * second)
		if v.worstWait >= quantum {
			t.Errorf("%d hogs, bursts of %d ns: waited %d ns", len(hogs), burst, v.worstWait)
		}
		cycles := m.now / (burst + sleep + quantum)
		if v.ran < cycles*burst {
			t.Errorf("%d hogs, bursts of %d ns: ran %d ns only", len(hogs), burst, v.ran)
		}
	}
}

// Neither has one that slept a credit to hog later, nor does a hog pay for time
// in which nobody else wanted to run.
func TestSleepIsNoCredit(t *testing.T) {
	m := newSim(t, 1, NewStride)
	hog := m.hogs(100)[0]
	sleeper := m.add(m.group(Params{}), ms, 30*second)
	m.run(second)
	sleeper.burst = Never
	m.run(sleeper.wakes - m.now - 1)
	sleeper.ran = 0
	before := hog.ran
	m.run(second)
	if d := int64(sleeper.ran) - int64(hog.ran-before); d < -int64(2*quantum) || d > int64(2*quantum) {
		t.Errorf("in the second after its sleep it ran %d ns more than the hog", d)
	}
}

// One that did not pass in time pays for a quantum of that.
func TestDebtIsBounded(t *testing.T) {
	m := newSim(t, 1, NewStride)
	a, _ := counted(m, m.group(Params{}))
	b, _ := counted(m, m.group(Params{}))
	m.begin(a)
	m.begin(b)
	m.now = second
	m.end(a, Never)
	m.grants()
	m.begin(a)
	m.run(second)
	within(t, "the one that was late", a.ran, float64(second)/2, 0.04)
}

// One that sleeps all the time for a moment does not lose by it, nor win.
func TestShortSleepsDoNotChangeTheShare(t *testing.T) {
	m := newSim(t, 1, NewStride)
	hogs := m.hogs(100, 100)
	naps := m.add(m.group(Params{}), 3*ms, 1000)
	m.run(60 * second)
	within(t, "one that naps", naps.ran, float64(m.now)/3, 0.02)
	within(t, "hog", hogs[0].ran, float64(m.now)/3, 0.02)
}

func TestNobodyPassesWhileNobodyWaits(t *testing.T) {
	m := newSim(t, 2, NewStride)
	all := m.hogs(1, 1)
	m.run(60 * second)
	for _, v := range all {
		if v.passes != 0 || v.Until() != Never {
			t.Errorf("%d passes, until %d", v.passes, v.Until())
		}
	}
	third := m.add(m.group(Params{}), 1, Never/2)
	m.run(2 * quantum)
	if third.ran != 1 || all[0].Until() != Never || all[1].Until() != Never {
		t.Errorf("the third ran %d ns, until %d and %d", third.ran, all[0].Until(), all[1].Until())
	}
}

func TestUsageAgreesWithWhatRan(t *testing.T) {
	m := newSim(t, 2, NewStride)
	m.hogs(3, 1)
	m.add(m.group(Params{Cap: 30}), Never, 0)
	m.add(m.group(Params{Weight: 7}), 3*ms, 8*ms)
	m.run(7 * second)
	busy := uint64(0)
	for i, u := range m.s.Usage() {
		v := m.vcpus[i]
		if u.Run != v.ran || u.Run+u.Wait+u.Idle+u.Capped != m.now || u.State != v.state || u.Slices == 0 {
			t.Errorf("ran %d of %d ns: %+v", v.ran, m.now, u)
		}
		busy += u.Run
	}
	b := m.s.Busy()
	if b[0]+b[1] != busy {
		t.Errorf("processors were busy %v, vCPUs ran %d", b, busy)
	}
	if u := m.s.Usage(); u[2].Capped == 0 || u[3].Idle == 0 || u[1].Wait == 0 || u[3].Weight != 7 || u[2].Cap != 30 {
		t.Errorf("%+v", u)
	}
}
