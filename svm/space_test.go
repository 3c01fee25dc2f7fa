//go:build !tamago

package svm

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/amd64/paging"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
)

const (
	kib = 1 << 10
	mib = 1 << 20
	gib = 1 << 30
)

// leaf is what a nested walk ends in.
type leaf struct {
	hpa   uint64
	size  uint64
	write bool
}

// nestedWalk translates a guest-physical address as the processor would: as a
// user access, with the rights that every level grants. APM vol. 2 §15.25.5.
func nestedWalk(root, gpa uint64) (l leaf, ok bool) {
	const present, write, user, large = 1, 2, 4, 1 << 7
	table := root
	l.write = true
	for shift := 39; ; shift -= 9 {
		e := binary.LittleEndian.Uint64(amd64.Bytes(uintptr(table), 4096)[gpa>>shift&511*8:])
		if e&present == 0 || e&user == 0 {
			return leaf{}, false
		}
		l.write = l.write && e&write != 0
		address := e & (1<<52 - 1) &^ 0xfff
		if shift == 12 || e&large != 0 {
			l.size = 1 << shift
			l.hpa = address&^(l.size-1) + gpa&(l.size-1)
			return l, true
		}
		table = address
	}
}

func newSpace(t testing.TB, m cpuidtest.Model) (*space, *fakeFrames) {
	t.Helper()
	e, f := newEngine(t, m)
	s, err := e.NewSpace()
	if err != nil {
		t.Fatal(err)
	}
	return s.(*space), f
}

func TestMapUsesTheLargestPages(t *testing.T) {
	small := cpuidtest.QEMUEPYC.Clone()
	leaf := small.Leaves[[2]uint32{0x8000_0001, 0}]
	leaf[3] &^= 1 << 26
	small.Leaves[[2]uint32{0x8000_0001, 0}] = leaf
	for _, tc := range []struct {
		name           string
		model          cpuidtest.Model
		gpa, hpa, size uint64
		at, page       uint64
	}{
		{"4 KiB", cpuidtest.QEMUEPYC, 0xa0000, 0x123000, 128 * kib, 0xa5000, 4 * kib},
		{"2 MiB", cpuidtest.QEMUEPYC, 0, 64 * mib, 16 * mib, 5 * mib, 2 * mib},
		{"2 MiB, host not aligned", cpuidtest.QEMUEPYC, 0, 64*mib + 4*kib, 4 * mib, 3 * mib, 4 * kib},
		{"1 GiB", cpuidtest.QEMUEPYC, 4 * gib, 8 * gib, 2 * gib, 5*gib + 12345, gib},
		{"1 GiB, the processor has none", small, 4 * gib, 8 * gib, 2 * gib, 5*gib + 12345, 2 * mib},
		{"the odd end of 2 MiB", cpuidtest.QEMUEPYC, 0, 64 * mib, 2*mib + 4*kib, 2 * mib, 4 * kib},
	} {
		for _, write := range []bool{true, false} {
			s, _ := newSpace(t, tc.model)
			if err := s.Map(tc.gpa, tc.hpa, tc.size, write); err != nil {
				t.Fatalf("%s: %v", tc.name, err)
			}
			l, ok := nestedWalk(s.root, tc.at)
			if !ok || l.hpa != tc.hpa+tc.at-tc.gpa || l.size != tc.page || l.write != write {
				t.Errorf("%s, write %v: %#x is %+v, %v", tc.name, write, tc.at, l, ok)
			}
			for _, beside := range []uint64{tc.gpa + tc.size, tc.gpa - 1} {
				if _, ok := nestedWalk(s.root, beside&(1<<47-1)); ok {
					t.Errorf("%s: %#x is mapped too", tc.name, beside)
				}
			}
			s.Close()
		}
	}
}

func TestUnmap(t *testing.T) {
	s, _ := newSpace(t, cpuidtest.QEMUEPYC)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.Map(0, 64*mib, 4*mib, true))
	must(s.Unmap(0xa0000, 128*kib))
	for gpa, mapped := range map[uint64]bool{0: true, 0x9f000: true, 0xa0000: false, 0xbffff: false, 0xc0000: true, 3 * mib: true} {
		if l, ok := nestedWalk(s.root, gpa); ok != mapped || ok && l.hpa != 64*mib+gpa {
			t.Errorf("%#x is mapped: %v, %+v", gpa, ok, l)
		}
	}
	// A hole can be filled with something else, read-only say.
	must(s.Map(0xc0000-4*kib, 128*mib, 4*kib, false))
	if l, ok := nestedWalk(s.root, 0xc0000-1); !ok || l.write || l.hpa != 128*mib+0xfff {
		t.Errorf("%v, %+v", ok, l)
	}
}

// A processor may hold what it was told of a mapping that has changed until
// its TLB is flushed: the caller stops the space's processors and flushes them.
// APM vol. 2 §15.16.1.
func TestUnmapTakesEffectWithFlushTLB(t *testing.T) {
	for features, want := range map[uint32]TLBControl{withFlushByASID: TLBFlushASID, withFlushByASID | withCleanBits: TLBFlushASID} {
		e, _ := newEngine(t, withSVM(cpuidtest.QEMUEPYC, 4, features))
		c := newCPU(t, e)
		if err := c.space.Map(0, 64*mib, 2*mib, true); err != nil {
			t.Fatal(err)
		}
		enter(t, c)
		if err := c.space.Unmap(0, 2*mib); err != nil {
			t.Fatal(err)
		}
		c.FlushTLB()
		v := enter(t, c)
		if v.TLBControl != want || v.NestedCR3 != c.space.root {
			t.Errorf("TLB control %d, nested CR3 %#x", v.TLBControl, v.NestedCR3)
		}
	}
}

func TestMapRefuses(t *testing.T) {
	s, f := newSpace(t, cpuidtest.QEMUEPYC)
	if err := s.Map(0, 64*mib, 2*mib, true); err != nil {
		t.Fatal(err)
	}
	frames := len(f.pages)
	for _, tc := range []struct {
		name           string
		gpa, hpa, size uint64
		want           error
	}{
		{"nothing", 4 * mib, 0, 0, paging.ErrSize},
		{"an odd address", 4*mib + 1, 0, 4 * kib, paging.ErrAlign},
		{"an odd host address", 4 * mib, 8, 4 * kib, paging.ErrAlign},
		{"more than 47 bits", 1 << 47, 0, 4 * kib, paging.ErrCanonical},
		{"what is mapped to something else", mib, 0, 2 * mib, paging.ErrOverlap},
		{"beyond host memory", 4 * mib, 1 << 52, 4 * kib, paging.ErrPhysical},
	} {
		if err := s.Map(tc.gpa, tc.hpa, tc.size, true); err != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
	if len(f.pages) != frames {
		t.Error("a refused Map made tables")
	}
}

// The processor sets bits 5 and 6 of an entry. APM vol. 2 §5.4.2.
func TestHarvest(t *testing.T) {
	s, _ := newSpace(t, cpuidtest.QEMUEPYC)
	if err := s.Map(0, 64*mib, 6*mib, true); err != nil {
		t.Fatal(err)
	}
	large := tableMemory{}.Table(uint64(s.tables.Walk(0).Entries[paging.PDPT-1]) & 0xf_ffff_ffff_f000)
	large[0] |= 1<<5 | 1<<6
	large[1] |= 1 << 5
	large[2] |= 1<<8 | 1<<9 // which are software's
	for _, want := range [][]vmmtest.Page{{{GPA: 0, Size: 2 * mib, Written: true}, {GPA: 2 * mib, Size: 2 * mib}}, nil} {
		var got []vmmtest.Page
		if err := s.Harvest(0, vmm.SpaceSize, func(gpa, size uint64, written bool) {
			got = append(got, vmmtest.Page{GPA: gpa, Size: size, Written: written})
		}); err != nil || !slices.Equal(got, want) {
			t.Errorf("%v, %v, want %v", got, err, want)
		}
	}
	if l, ok := nestedWalk(s.root, mib); !ok || !l.write || l.hpa != 65*mib {
		t.Errorf("%v, %+v", ok, l)
	}
}

// spaces maps and unmaps at random, then closes: no frame stays.
func TestSpaceGivesAllFramesBack(t *testing.T) {
	e, f := newEngine(t, cpuidtest.QEMUEPYC)
	before := len(f.pages)
	r := random()
	for range 10 {
		s, err := e.NewSpace()
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			gpa, size := r.Uint64N(1<<uint(24+r.IntN(24)))&^0xfff&(1<<47-1), uint64(1+r.IntN(2000))*4*kib
			if r.IntN(3) == 0 {
				s.Unmap(gpa, size)
			} else {
				s.Map(gpa, gpa+gib, size, r.IntN(2) == 0)
			}
		}
		s.Close()
		if len(f.pages) != before {
			t.Fatalf("%d frames stay", len(f.pages)-before)
		}
	}
}

// Memory may run out at any allocation.
func TestNothingLeaksWhenMemoryRunsOut(t *testing.T) {
	f := newFrames(t)
	build := func() (err error) {
		e, err := New(fullEPYC.CPUID(), f)
		if err != nil {
			return err
		}
		defer func() {
			f.FreePages(e.iopm, iopmOrder)
			f.FreePages(e.msrpm, msrpmOrder)
		}()
		s, err := e.NewSpace()
		if err != nil {
			return err
		}
		defer s.Close()
		if err := s.Map(0, 64*mib, 2*mib, true); err != nil {
			return err
		}
		if err := s.Unmap(0xa0000, 128*kib); err != nil { // splits a page
			return err
		}
		if err := s.Map(5*gib+4*kib, 64*mib, 8*kib, true); err != nil {
			return err
		}
		var c vmm.CPU
		if c, err = e.NewCPU(s); err != nil {
			return err
		}
		c.Close()
		return nil
	}
	for n := 0; ; n++ {
		f.left = n
		err := build()
		if len(f.pages) != 0 {
			t.Fatalf("after %d allocations: %v, %d blocks stay", n, err, len(f.pages))
		}
		if err == nil {
			if n < 10 {
				t.Errorf("all of it took %d allocations", n)
			}
			return
		}
		if n > 100 {
			t.Fatal(err)
		}
	}
}
