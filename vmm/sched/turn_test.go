package sched

import "testing"

// counted is a vCPU that counts its interrupts.
func counted(m *sim, g *Group) (*vcpu, *int) {
	n := new(int)
	v := &vcpu{group: g, burst: Never, wakes: Never}
	v.Turn = g.NewTurn(func() { *n++ })
	m.vcpus = append(m.vcpus, v)
	return v, n
}

func TestWhoQueuesUpGivesTheRunningSliceAnEnd(t *testing.T) {
	m := newSim(t, 1, NewRoundRobin)
	a, interrupts := counted(m, m.group(Params{}))
	b, _ := counted(m, m.group(Params{}))
	m.begin(a)
	if a.Until() != Never || *interrupts != 0 {
		t.Fatalf("alone: until %d, %d interrupts", a.Until(), *interrupts)
	}
	m.now = 3 * ms
	m.begin(b)
	if b.holds || a.Until() != quantum || *interrupts != 1 {
		t.Fatalf("until %d, %d interrupts", a.Until(), *interrupts)
	}
	b.End()
	b.End()
	if a.Until() != Never || *interrupts != 1 {
		t.Errorf("alone again: until %d, %d interrupts", a.Until(), *interrupts)
	}
	m.now = 30 * ms
	if b.Begin() || a.Until() != quantum || *interrupts != 2 {
		t.Errorf("long alone: until %d, %d interrupts", a.Until(), *interrupts)
	}
}

func TestStrideInterruptsWhoHasHadMoreThanTheOneThatWoke(t *testing.T) {
	m := newSim(t, 1, NewStride)
	a, interrupts := counted(m, m.group(Params{}))
	b, _ := counted(m, m.group(Params{}))
	m.begin(b)
	m.end(b, Never)
	m.begin(a)
	m.now = 4 * ms
	m.begin(b)
	if a.Until() != m.now || *interrupts != 1 {
		t.Errorf("until %d, %d interrupts", a.Until(), *interrupts)
	}
	if a.Pass() {
		t.Error("the one that had more goes on")
	}
}

func TestTurnGoesWhereItWasElseWhereItIsFreeElseWhereLoadIsLeast(t *testing.T) {
	m := newSim(t, 3, NewRoundRobin)
	all := m.hogs(10, 20, 10, 5)
	for i, v := range all[:3] {
		m.begin(v)
		if v.Processor() != i {
			t.Fatalf("vCPU %d is on processor %d", i, v.Processor())
		}
	}
	m.end(all[1], Never)
	m.end(all[2], Never)
	m.begin(all[2])
	if all[2].Processor() != 2 {
		t.Errorf("processor %d, not where it was", all[2].Processor())
	}
	m.begin(all[3])
	m.begin(all[1])
	if all[3].Processor() != 1 || all[1].home != 1 {
		t.Errorf("processors %d and %d: want the free one, and then that with least load", all[3].Processor(), all[1].home)
	}
	m.grants()
	m.check()
	m.end(all[3], Never)
	m.end(all[1], Never)
	m.begin(m.hogs(10)[0]) // on processor 1: all loads are 10 now
	m.end(all[2], Never)
	m.begin(m.hogs(10)[0])
	m.begin(all[2])
	if all[2].home != 2 {
		t.Errorf("loads are equal, but it waits on processor %d, not where it was", all[2].home)
	}
}

func TestAFreeProcessorStealsFromTheMostLoaded(t *testing.T) {
	m := newSim(t, 3, NewRoundRobin)
	at := func(weight uint32, processors Set) *vcpu {
		v := m.add(m.group(Params{Weight: weight, Processors: processors}), Never, 0)
		m.begin(v)
		return v
	}
	at(1, 1)
	leaves := at(100, 2)
	at(1, 4)
	light := at(5, 1|2)
	pinned := at(50, 4)
	heavy := at(9, 2|4)
	if light.home != 0 || pinned.home != 2 || heavy.home != 2 {
		t.Fatalf("they wait on %d, %d and %d", light.home, pinned.home, heavy.home)
	}
	m.end(leaves, Never)
	m.grants()
	m.check()
	if !heavy.holds || heavy.Processor() != 1 || light.holds || pinned.holds {
		t.Errorf("the heavy one is %v on %d, the light one %v, the pinned one %v", heavy.state, heavy.Processor(), light.state, pinned.state)
	}
}

func TestDonateLetsAnotherOfTheVMFinishTheSlice(t *testing.T) {
	m := newSim(t, 2, NewStride)
	vm, other := m.group(Params{}), m.hogs(100, 100)
	a, b := m.add(vm, Never, 0), m.add(vm, Never, 0)
	m.begin(a)
	m.begin(other[0])
	m.begin(other[1]) // queues up behind a, whose group is alone there
	m.begin(b)
	if b.holds || other[1].home != 0 {
		t.Fatalf("b is %v, the other waits on %d", b.state, other[1].home)
	}
	m.now = 2 * ms
	until := a.Until()
	if a.holds = a.Donate(); a.holds {
		t.Fatal("the donor goes on")
	}
	m.grants()
	m.check()
	if !b.holds || b.Processor() != 0 || b.Until() != until {
		t.Errorf("b holds processor %d: %v, until %d, want %d", b.Processor(), b.holds, b.Until(), until)
	}
	if b.holds = b.Donate(); b.holds {
		t.Fatal("the second donor goes on")
	}
	m.grants()
	if !a.holds || a.Until() != until {
		t.Errorf("a holds: %v, until %d, want %d", a.holds, a.Until(), until)
	}
}

func TestDonateIsPassWhenTheSliceIsOver(t *testing.T) {
	m := newSim(t, 1, NewRoundRobin)
	vm := m.group(Params{})
	a, other, b := m.add(vm, Never, 0), m.hogs(1)[0], m.add(vm, Never, 0)
	m.begin(a)
	m.begin(other)
	m.begin(b)
	m.now = a.Until()
	a.holds = a.Donate()
	m.grants()
	if a.holds || b.holds || !other.holds {
		t.Errorf("a %v, b %v, the other %v", a.state, b.state, other.state)
	}
}

func TestDonorsDoNotStarveOthers(t *testing.T) {
	m := newSim(t, 1, NewStride)
	other := m.hogs(100)[0]
	vm := m.group(Params{})
	a, b := m.add(vm, Never, 0), m.add(vm, Never, 0)
	for m.now < 10*second {
		m.step(m.now + 100_000)
		for _, v := range []*vcpu{a, b} {
			if v.holds {
				v.holds = v.Donate()
				m.grants()
				break
			}
		}
		m.check()
	}
	within(t, "the other", other.ran, float64(m.now)/2, 0.02)
}

func TestSetMovesTurnsFromProcessorsThatTheyMayNotUse(t *testing.T) {
	m := newSim(t, 2, NewStride)
	g := m.group(Params{Processors: 1})
	a, interrupts := counted(m, g)
	b, _ := counted(m, g)
	m.begin(a)
	m.begin(b)
	*interrupts = 0
	if err := g.Set(Params{Processors: 2}); err != nil {
		t.Fatal(err)
	}
	m.grants()
	if !b.holds || b.Processor() != 1 || a.Until() != m.now || *interrupts == 0 {
		t.Errorf("b: %v on %d; a until %d, %d interrupts", b.state, b.Processor(), a.Until(), *interrupts)
	}
	if a.holds = a.Pass(); a.holds {
		t.Error("a goes on where it may not be")
	}
	m.check()
	m.end(b, Never)
	m.grants()
	if u := m.s.Usage(); !a.holds || u[0].Moves != 1 || u[1].Moves != 0 {
		t.Errorf("a is %v after %d moves, b moved %d times", a.state, u[0].Moves, u[1].Moves)
	}
}

func TestMisuseIsHarmless(t *testing.T) {
	m := newSim(t, 1, NewStride)
	g := m.group(Params{Cap: 50})
	a, b := m.add(g, Never, 0), m.add(g, Never, 0)
	a.End()
	if a.Pass() || a.Donate() {
		t.Error("an idle turn passes")
	}
	if !a.Begin() || !a.Begin() {
		t.Error("a turn that runs does not")
	}
	if b.Begin() || b.Begin() || b.Pass() || b.Donate() {
		t.Error("two run")
	}
	a.End()
	a.End()
	a.Close()
	a.Close()
	a.End()
	if a.Begin() || a.Pass() {
		t.Error("a closed turn runs")
	}
	g.Close()
	g.Close()
	late := g.NewTurn(func() {})
	if late.Begin() || g.Set(Params{}) != nil || len(m.s.Usage()) != 0 || m.s.free != 1 {
		t.Error("a closed group lives")
	}
	g.unpark()
}

func TestEndTakesBackAGrant(t *testing.T) {
	m := newSim(t, 1, NewRoundRobin)
	all := m.hogs(1, 1)
	all[0].Begin()
	all[1].Begin()
	all[0].End()
	all[1].End() // it was granted, but did not look
	all[0].Begin()
	if all[1].Begin() {
		t.Fatal("two run")
	}
	select {
	case <-all[1].Granted():
		t.Error("an old grant")
	default:
	}
}
