package sched

import "testing"

// capHolds runs m for 3 s and compares what g's vCPUs ran in each period with its
// cap. In a period it may be off by slack, but that is made good in the next.
func capHolds(t *testing.T, m *sim, g *Group, slack uint64, full bool) {
	t.Helper()
	budget, total := uint64(g.params.Cap)*percent, uint64(0)
	start := m.now
	for range 30 {
		before := uint64(0)
		for _, v := range m.vcpus {
			if v.group == g {
				before += v.ran
			}
		}
		m.run(period)
		ran := -before
		for _, v := range m.vcpus {
			if v.group == g {
				ran += v.ran
			}
		}
		if ran > budget+slack {
			t.Errorf("ran %d ns in a period, cap %d %%", ran, g.params.Cap)
		}
		if full && ran+slack < budget {
			t.Errorf("ran %d ns only in a period, cap %d %%", ran, g.params.Cap)
		}
		total += ran
	}
	if limit := (m.now - start) / period * budget; total > limit+slack {
		t.Errorf("ran %d ns of %d in all", total, limit)
	}
}

func TestCapHoldsWithinAQuantumAPeriod(t *testing.T) {
	for name, c := range map[string]struct {
		cap               uint32
		processors, vcpus int
		hogs              int
		full              bool
	}{
		"alone":                         {30, 1, 1, 0, true},
		"one percent":                   {1, 1, 1, 0, true},
		"all of a processor":            {100, 1, 1, 0, true},
		"among hogs":                    {20, 1, 1, 2, true},
		"four vCPUs on four processors": {50, 4, 4, 0, true},
		"more than a processor":         {150, 4, 4, 0, true},
		"odd budget":                    {7, 4, 3, 0, true},
		"more than it can use":          {400, 2, 2, 0, false},
		"four vCPUs on two":             {60, 2, 4, 1, true},
	} {
		for _, policy := range policies {
			m := newSim(t, c.processors, policy.make)
			g := m.group(Params{Cap: c.cap})
			for range c.vcpus {
				m.add(g, Never, 0)
			}
			for range c.hogs {
				m.add(m.group(Params{}), Never, 0)
			}
			// By chance or by turns, among hogs it may not get what it may use.
			full := c.full && (c.hogs == 0 || policy.name == "stride")
			capHolds(t, m, g, quantum, full)
			if t.Failed() {
				t.Fatalf("%s, %s", name, policy.name)
			}
		}
	}
}

func TestWhatACapLeavesGoesToOthers(t *testing.T) {
	m := newSim(t, 1, NewStride)
	m.add(m.group(Params{Cap: 10}), Never, 0)
	hog := m.hogs(1)[0]
	m.run(10 * second)
	within(t, "hog", hog.ran, 0.9*float64(m.now), 0.001)
}

func TestCappedVCPUsThatSleepUseTheirBudget(t *testing.T) {
	m := newSim(t, 2, NewStride)
	g := m.group(Params{Cap: 40})
	m.add(g, 3*ms, 2*ms)
	m.add(g, 5*ms, 1*ms)
	m.add(m.group(Params{}), Never, 0)
	capHolds(t, m, g, quantum, true)
}

func TestCapChangesWhileItRuns(t *testing.T) {
	m := newSim(t, 1, NewStride)
	g := m.group(Params{Cap: 10})
	v := m.add(g, Never, 0)
	m.run(50 * ms)
	if v.ran != 10*ms || v.state != Capped {
		t.Fatalf("ran %d ns, %v", v.ran, v.state)
	}
	set := func(c uint32) {
		if err := g.Set(Params{Cap: c}); err != nil {
			t.Fatal(err)
		}
		m.grants()
		m.check()
	}
	set(30)
	m.run(50 * ms)
	if v.ran != 30*ms {
		t.Errorf("ran %d ns after the cap was raised", v.ran)
	}
	m.run(10 * ms)
	set(5)
	m.run(90 * ms)
	if v.ran > 41*ms {
		t.Errorf("ran %d ns after the cap was lowered", v.ran)
	}
	set(0)
	before := v.ran
	m.run(second)
	if v.ran-before != second || v.Until() != Never {
		t.Errorf("ran %d ns after the cap was lifted, until %d", v.ran-before, v.Until())
	}
	set(50)
	m.run(100 * ms)
	if ran := v.ran - before - second; ran != 50*ms {
		t.Errorf("ran %d ns after a cap was set", ran)
	}
}

func TestWhoWaitsIsParkedWithWhoRan(t *testing.T) {
	m := newSim(t, 1, NewStride)
	g := m.group(Params{Cap: 10})
	a, b := m.add(g, Never, 0), m.add(g, Never, 0)
	m.run(50 * ms)
	if a.state != Capped || b.state != Capped {
		t.Errorf("%v and %v", a.state, b.state)
	}
	if a.ran+b.ran != 10*ms {
		t.Errorf("they ran %d and %d ns", a.ran, b.ran)
	}
}

// overrun is a vCPU with a cap of 10 % that ran 25 ms before it looked at Until.
func overrun(m *sim) *vcpu {
	v, _ := counted(m, m.group(Params{Cap: 10}))
	m.begin(v)
	m.now = 25 * ms
	return v
}

func TestWhatIsOverrunIsTakenFromTheNextPeriod(t *testing.T) {
	m := newSim(t, 1, NewStride)
	v := overrun(m)
	if v.holds = v.Pass(); v.holds || v.state != Capped {
		t.Fatal(v.state)
	}
	m.run(174 * ms)
	if v.ran != 0 {
		t.Errorf("ran %d ns in the period after", v.ran)
	}
	m.run(2 * ms)
	if !v.holds {
		t.Errorf("%v in the third period", v.state)
	}
}

func TestIdlePeriodsPayWhatWasOverrun(t *testing.T) {
	m := newSim(t, 1, NewStride)
	v := overrun(m)
	m.end(v, Never)
	m.now = 250 * ms
	m.begin(v)
	if !v.holds {
		t.Error(v.state)
	}
}
