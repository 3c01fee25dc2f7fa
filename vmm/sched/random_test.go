package sched

import (
	"math/rand/v2"
	"testing"
)

// TestInvariantsHoldWhateverHappens lets a random crowd sleep, wake, donate, close
// and change its parameters, and looks at everything after each step.
func TestInvariantsHoldWhateverHappens(t *testing.T) {
	for _, policy := range policies {
		for seed := range uint64(8) {
			t.Run(policy.name, func(t *testing.T) {
				r := random(seed)
				m := newSim(t, 1+r.IntN(5), policy.make)
				var groups []*Group
				for range 3000 {
					groups = disturb(m, r, groups)
					m.grants()
					m.check()
					m.step(m.now + r.Uint64N(2*quantum))
					m.check()
				}
				settle(m)
			})
		}
	}
}

func randomParams(m *sim, r *rand.Rand) Params {
	p := Params{Weight: 20 + r.Uint32N(280)}
	if r.IntN(2) == 0 {
		p.Processors = 1<<r.IntN(len(m.s.processors)) | m.s.exist&Set(r.Uint64())
	}
	if r.IntN(3) == 0 {
		p.Cap = 1 + r.Uint32N(250)
	}
	return p
}

// disturb does something at random.
func disturb(m *sim, r *rand.Rand, groups []*Group) []*Group {
	what := r.IntN(100)
	if len(groups) == 0 || what < 3 && len(groups) < 6 {
		g := m.group(randomParams(m, r))
		for range 1 + r.IntN(4) {
			if r.IntN(3) == 0 {
				m.add(g, Never, 0)
			} else {
				m.add(g, 1+r.Uint64N(3*quantum), 1+r.Uint64N(3*quantum))
			}
		}
		return append(groups, g)
	}
	i := r.IntN(len(groups))
	g := groups[i]
	switch {
	case what < 4:
		g.Close()
		m.forget(func(v *vcpu) bool { return v.group == g })
		return append(groups[:i], groups[i+1:]...)
	case what < 10:
		if err := g.Set(randomParams(m, r)); err != nil {
			m.t.Fatal(err)
		}
		return groups
	}
	if len(m.vcpus) == 0 {
		return groups
	}
	v := m.vcpus[r.IntN(len(m.vcpus))]
	switch {
	case what < 11:
		v.Close()
		m.forget(func(o *vcpu) bool { return o == v })
	case what < 30:
		if v.wants {
			m.end(v, m.now+r.Uint64N(5*quantum))
		}
	case what < 40:
		if !v.wants {
			m.begin(v)
		}
	case what < 60 && v.holds:
		v.holds = v.Donate()
	case what < 70 && v.holds:
		v.holds = v.Pass()
	}
	return groups
}

// forget drops vCPUs that were closed.
func (m *sim) forget(gone func(v *vcpu) bool) {
	var left []*vcpu
	for _, v := range m.vcpus {
		if !gone(v) {
			left = append(left, v)
		}
	}
	m.vcpus = left
}

// settle lets m go on undisturbed, and looks whether all get something.
func settle(m *sim) {
	before := make([]uint64, len(m.vcpus))
	for i, v := range m.vcpus {
		before[i] = v.ran
	}
	m.run(60 * second)
	for i, v := range m.vcpus {
		if v.ran == before[i] {
			m.t.Errorf("a vCPU of weight %d and cap %d got nothing in a minute", v.group.params.Weight, v.group.params.Cap)
		}
	}
	m.check()
}
