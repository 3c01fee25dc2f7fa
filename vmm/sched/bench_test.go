package sched

import "testing"

// fixed is a clock that costs nothing.
type fixed struct{ now uint64 }

func (c *fixed) Now() uint64                { c.now += 1000; return c.now }
func (c *fixed) NewTimer(fire func()) Timer { return &simTimer{Never, fire} }

// benchmark makes turns of so many VMs with so many vCPUs each.
func benchmark(b testing.TB, policy func() Policy, processors, groups, vcpus int, p Params) []*Turn {
	s := New(Options{Processors: processors, Clock: new(fixed), Policy: policy, Quantum: quantum})
	var turns []*Turn
	for range groups {
		g, err := s.NewGroup("vm", p)
		if err != nil {
			b.Fatal(err)
		}
		for range vcpus {
			turns = append(turns, g.NewTurn(func() {}))
		}
	}
	return turns
}

// BenchmarkHalt is what a HLT and its wake-up cost on a processor that nobody else
// wants.
func BenchmarkHalt(b *testing.B) {
	for _, policy := range policies {
		b.Run(policy.name, func(b *testing.B) {
			t := benchmark(b, policy.make, 4, 1, 1, Params{})[0]
			b.ReportAllocs()
			for b.Loop() {
				t.Begin()
				t.End()
			}
		})
	}
}

// step lets the first of turns that runs do something, and takes what was granted.
func step(turns []*Turn, f func(t *Turn) bool) {
	for _, t := range turns {
		if t.state == Running {
			if !f(t) {
				for _, o := range turns {
					select {
					case <-o.granted:
					default:
					}
				}
			}
			return
		}
	}
}

// BenchmarkPass is a change of turns among four VMs of two vCPUs.
func BenchmarkPass(b *testing.B) {
	for _, policy := range policies {
		b.Run(policy.name, func(b *testing.B) {
			turns := benchmark(b, policy.make, 2, 4, 2, Params{})
			for _, t := range turns {
				t.Begin()
			}
			b.ReportAllocs()
			for b.Loop() {
				step(turns, (*Turn).Pass)
			}
		})
	}
}

func BenchmarkUntil(b *testing.B) {
	t := benchmark(b, NewStride, 1, 1, 1, Params{})[0]
	sum := uint64(0)
	for b.Loop() {
		sum += t.Until()
	}
}

func TestNothingIsAllocatedWhileVCPUsRun(t *testing.T) {
	for _, policy := range policies {
		for _, p := range []Params{{}, {Cap: 70}, {Processors: 2}} {
			turns := benchmark(t, policy.make, 3, 3, 4, p)
			r := random(4)
			all := func() {
				for _, turn := range turns {
					switch r.IntN(5) {
					case 0, 1:
						turn.Begin()
					case 2:
						turn.End()
					case 3:
						turn.Donate()
					case 4:
						turn.Pass()
					}
					turn.group.unpark()
				}
			}
			for range 100 {
				all()
			}
			if n := testing.AllocsPerRun(1000, all); n != 0 {
				t.Errorf("%s, %+v: %v allocations", policy.name, p, n)
			}
		}
	}
}
