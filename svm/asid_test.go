//go:build !tamago

package svm

import (
	"sync"
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm"
)

// fakeTLB is a processor's TLB and its cached VMCBs: it knows whose
// translations it holds under each address space identifier, and how old.
type fakeTLB struct {
	testing.TB
	held   map[uint32]translations
	cached map[uint64]uint32 // identifier by VMCB, for entries with CleanASID
}

type translations struct {
	of    uint64 // VMCB
	epoch int    // how often the owner's were dropped before these were made
}

// enter is VMRUN of the VMCB at pa, whose translations are to be of this
// epoch. APM vol. 2 §15.16.
func (b *fakeTLB) enter(pa uint64, epoch int) {
	v := vmcbAt(pa)
	if v.Clean&CleanASID == 0 {
		b.cached[pa] = v.ASID
	}
	id := b.cached[pa]
	switch v.TLBControl {
	case TLBFlushAll:
		clear(b.held)
	case TLBFlushASID:
		delete(b.held, id)
	case TLBKeep:
	default:
		b.Fatalf("TLB control is %d", v.TLBControl)
	}
	if id == 0 {
		b.Fatal("a guest has the host's identifier")
	}
	switch have, ok := b.held[id]; {
	case ok && have.of != pa:
		b.Fatalf("identifier %d still has another guest's translations", id)
	case ok && have.epoch != epoch:
		b.Fatalf("identifier %d still has translations that were to be dropped", id)
	}
	b.held[id] = translations{pa, epoch}
}

// Any number of guests, entered in any order, share few identifiers.
func TestGuestsNeverShareTranslations(t *testing.T) {
	for _, tc := range []struct {
		name     string
		asids    uint32
		features uint32
		guests   int
	}{
		{"one identifier", 2, onlyPaging, 3},
		{"one identifier, clean bits", 2, withCleanBits | withFlushByASID, 3},
		{"as many as guests", 4, withFlushByASID, 3},
		{"fewer than guests", 4, onlyPaging, 7},
		{"fewer than guests, flush by ASID", 4, withFlushByASID, 7},
		{"fewer than guests, clean bits", 4, withCleanBits, 7},
		{"fewer than guests, both", 5, withCleanBits | withFlushByASID, 7},
		{"plenty", 64, withCleanBits | withFlushByASID, 7},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, _ := newEngine(t, withSVM(cpuidtest.QEMUEPYC, tc.asids, tc.features))
			tlb := &fakeTLB{TB: t, held: map[uint32]translations{}, cached: map[uint64]uint32{}}
			epochs := map[uint64]int{}
			onRun(t, func(c *context, v *VMCB) {
				tlb.enter(c.vmcb, epochs[c.vmcb])
				exitWith(v, ExitINTR)
			})
			cpus := make([]*CPU, tc.guests)
			for i := range cpus {
				cpus[i] = newCPU(t, e)
			}
			r := random()
			var x vmm.Exit
			for range 2000 {
				// Mostly the first few, so that the others sleep through
				// whole generations.
				c := cpus[r.IntN(1+r.IntN(tc.guests))]
				if r.IntN(4) == 0 {
					c.FlushTLB()
					epochs[c.context.vmcb]++
				}
				c.Run(&x)
			}
		})
	}
}

// Guests stay on their processors, whose TLBs know nothing of each other.
func TestProcessorsFlushForEachGeneration(t *testing.T) {
	const processors, guests = 3, 7
	e, _ := newEngine(t, withSVM(cpuidtest.QEMUEPYC, 5, onlyPaging))
	var tlbs [processors]*fakeTLB
	var generations [processors]uint64
	for i := range tlbs {
		tlbs[i] = &fakeTLB{TB: t, held: map[uint32]translations{}, cached: map[uint64]uint32{}}
	}
	here := 0
	epochs := map[uint64]int{}
	onRun(t, func(c *context, v *VMCB) {
		tlbs[here].enter(c.vmcb, epochs[c.vmcb])
		exitWith(v, ExitINTR)
	})
	cpus := make([]*CPU, guests)
	for i := range cpus {
		cpus[i] = newCPU(t, e)
	}
	r := random()
	var x vmm.Exit
	for range 5000 {
		i := r.IntN(1 + r.IntN(guests))
		if here = i % processors; r.IntN(4) == 0 {
			cpus[i].FlushTLB()
			epochs[cpus[i].context.vmcb]++
		}
		hostGeneration = &generations[here]
		cpus[i].Run(&x)
	}
}

// A guest that cannot be entered takes no identifier, and no flush, with it.
func TestARefusedEntryLosesNoFlush(t *testing.T) {
	e, _ := newEngine(t, withSVM(cpuidtest.QEMUEPYC, 2, onlyPaging))
	enter(t, newCPU(t, e))
	bad, next := newCPU(t, e), newCPU(t, e)
	s := longMode()
	s.CR4 = 0
	bad.SetState(&s)
	var x vmm.Exit
	if bad.Run(&x); x.Reason != vmm.ReasonInvalid {
		t.Fatalf("%v", x.Reason)
	}
	if v := enter(t, next); v.TLBControl != TLBFlushAll || v.ASID != 1 {
		t.Errorf("TLB control %d, ASID %d: the other guest's translations are still there", v.TLBControl, v.ASID)
	}
}

func TestTLBControl(t *testing.T) {
	type entry struct {
		control TLBControl
		asid    uint32
	}
	for _, tc := range []struct {
		name     string
		features uint32
		dropped  entry // after FlushTLB
	}{
		{"without FlushByAsid", onlyPaging, entry{TLBKeep, 2}},
		{"with FlushByAsid", withFlushByASID, entry{TLBFlushASID, 1}},
	} {
		e, _ := newEngine(t, withSVM(cpuidtest.QEMUEPYC, 4, tc.features))
		c := newCPU(t, e)
		expect := func(when string, c *CPU, want entry) {
			t.Helper()
			if v := enter(t, c); v.TLBControl != want.control || v.ASID != want.asid {
				t.Errorf("%s: %s: TLB control %d, ASID %d, want %+v", tc.name, when, v.TLBControl, v.ASID, want)
			}
		}
		expect("first entry", c, entry{TLBFlushAll, 1})
		expect("second entry", c, entry{TLBKeep, 1})
		c.FlushTLB()
		expect("after FlushTLB", c, tc.dropped)
		expect("and later", c, entry{TLBKeep, tc.dropped.asid})
		for n := tc.dropped.asid + 1; n < 4; n++ {
			expect("a neighbour", newCPU(t, e), entry{TLBKeep, n})
		}
		expect("one too many", newCPU(t, e), entry{TLBFlushAll, 1})
		expect("the first again", c, entry{TLBKeep, 2})
		// With FlushByAsid, a new identifier in a new generation is empty too.
		c.FlushTLB()
		again := entry{TLBKeep, 3}
		if e.flushByASID {
			again = entry{TLBFlushASID, 2}
		}
		expect("FlushTLB again", c, again)
	}
}

// Goroutines that run guests may be preempted between any two instructions.
func TestIdentifiersAreGivenOutOnce(t *testing.T) {
	e, _ := newEngine(t, withSVM(cpuidtest.QEMUEPYC, 5, onlyPaging))
	type id struct {
		generation uint64
		asid       uint32
	}
	var mu sync.Mutex
	owner := map[id]*CPU{}
	var group sync.WaitGroup
	for range 8 {
		c := newCPU(t, e)
		group.Go(func() {
			for range 500 {
				c.prepare()
				mu.Lock()
				k := id{c.generation, c.v.ASID}
				if o := owner[k]; o != nil && o != c {
					t.Errorf("%+v is two guests'", k)
				}
				owner[k] = c
				mu.Unlock()
			}
		})
	}
	group.Wait()
}
