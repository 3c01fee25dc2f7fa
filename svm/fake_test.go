//go:build !tamago

package svm

import (
	"errors"
	"maps"
	"math/rand/v2"
	"reflect"
	"syscall"
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// fullEPYC is a processor with every feature that the engine knows of, and
// more address space identifiers than a test uses up.
var fullEPYC = withSpeculation(withSVM(cpuidtest.QEMUEPYC, 32768, 0x0011_14ff), everyControl)

// withSpeculation is a processor whose leaf 8000_0008h has these bits of EBX.
func withSpeculation(m cpuidtest.Model, bits uint32) cpuidtest.Model {
	m = m.Clone()
	leaf := m.Leaves[[2]uint32{0x8000_0008, 0}]
	leaf[1] |= bits
	m.Leaves[[2]uint32{0x8000_0008, 0}] = leaf
	return m
}

// Features of leaf 8000_0008h, EBX.
const (
	withIBPB     = 1 << 12
	withIBRS     = 1 << 14
	withSTIBP    = 1 << 15
	withSSBD     = 1 << 24
	withPSFD     = 1 << 28
	everyControl = withIBPB | withIBRS | withSTIBP | withSSBD | withPSFD
)

// withSVM is a processor whose leaf 8000_000Ah has these values of EBX and EDX.
func withSVM(m cpuidtest.Model, asids, features uint32) cpuidtest.Model {
	m = m.Clone()
	m.Leaves[[2]uint32{0x8000_000a, 0}] = [4]uint32{1, asids, 0, features}
	return m
}

// Features of leaf 8000_000Ah, EDX, on their own.
const (
	onlyPaging      = 1 << 0
	withNextRIP     = onlyPaging | 1<<3
	withCleanBits   = onlyPaging | 1<<5
	withFlushByASID = onlyPaging | 1<<6
)

// errNoFrames is what fakeFrames says when its allocations are used up.
var errNoFrames = errors.New("out of memory")

// fakeFrames is host memory: pages from mmap, so that the collector ignores
// them, below 2 GiB, so that they are valid host-physical addresses too. A page
// that was freed is unmapped: using it crashes the test.
type fakeFrames struct {
	testing.TB
	pages     map[uint64]fakePage
	left      int // allocations until they fail; negative: they do not
	exclusive int // calls of Exclusive
}

type fakePage struct {
	mapping []byte
	order   int
}

func newFrames(t testing.TB) *fakeFrames {
	f := &fakeFrames{TB: t, pages: map[uint64]fakePage{}, left: -1}
	t.Cleanup(func() {
		for _, pa := range f.addresses() {
			f.FreePages(pa, f.pages[pa].order)
		}
	})
	return f
}

func (f *fakeFrames) addresses() []uint64 {
	var list []uint64
	for pa := range maps.Keys(f.pages) {
		list = append(list, pa)
	}
	return list
}

func (f *fakeFrames) AllocPages(order int) (uint64, error) {
	if f.left == 0 {
		return 0, errNoFrames
	}
	f.left--
	size := 4096 << order
	m, err := syscall.Mmap(-1, 0, 2*size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_32BIT)
	if err != nil {
		f.Fatalf("mmap: %v", err)
	}
	pa := (uint64(reflect.ValueOf(m).Pointer()) + uint64(size) - 1) &^ uint64(size-1)
	f.pages[pa] = fakePage{m, order}
	return pa, nil
}

func (f *fakeFrames) FreePages(pa uint64, order int) {
	p, ok := f.pages[pa]
	if !ok || p.order != order {
		f.Errorf("FreePages(%#x, %d): allocated %v with order %d", pa, order, ok, p.order)
		return
	}
	delete(f.pages, pa)
	if err := syscall.Munmap(p.mapping); err != nil {
		f.Errorf("munmap: %v", err)
	}
}

func (f *fakeFrames) Exclusive(do func()) {
	f.exclusive++
	do()
}

// newEngine makes an engine on a processor that is not there.
func newEngine(t testing.TB, m cpuidtest.Model) (*Engine, *fakeFrames) {
	t.Helper()
	f := newFrames(t)
	hostGeneration = new(uint64)
	e, err := New(m.CPUID(), f)
	if err != nil {
		t.Fatal(err)
	}
	e.redelivers = false // virtual_test.go turns it on
	return e, f
}

// newCPU makes a guest processor in a space of its own.
func newCPU(t testing.TB, e *Engine) *CPU {
	t.Helper()
	s, err := e.NewSpace()
	if err != nil {
		t.Fatal(err)
	}
	c, err := e.NewCPU(s)
	if err != nil {
		t.Fatal(err)
	}
	return c.(*CPU)
}

// onRun puts f in the place of the processor: it is called for each entry, and
// leaves what the guest and the processor do until the exit in c and v.
func onRun(t testing.TB, f func(c *context, v *VMCB)) {
	old := run
	run = func(c *context) { f(c, vmcbAt(c.vmcb)) }
	t.Cleanup(func() { run = old })
}

// onMachineCheck puts f in the place of the host's #MC.
func onMachineCheck(t testing.TB, f func()) {
	old := machineCheck
	machineCheck = f
	t.Cleanup(func() { machineCheck = old })
}

// exitWith is an exit that nothing else comes with: the event that was to be
// injected was delivered.
func exitWith(v *VMCB, code ExitCode) {
	v.ExitCode, v.ExitInfo1, v.ExitInfo2, v.ExitIntInfo, v.EventInj, v.NextRIP = code, 0, 0, 0, 0, 0
}

// enter runs the guest once, to an exit of the host's, and returns the VMCB as
// it was at entry.
func enter(t testing.TB, c *CPU) (at VMCB) {
	t.Helper()
	old := run
	defer func() { run = old }()
	n := 0
	run = func(c *context) {
		v := vmcbAt(c.vmcb)
		at = *v
		n++
		exitWith(v, ExitINTR)
	}
	var e vmm.Exit
	c.Run(&e)
	if n != 1 {
		t.Fatalf("the guest was entered %d times, want once", n)
	}
	return at
}

// longMode is a guest in 64-bit mode with interrupts on.
func longMode() x86.State {
	var s x86.State
	s.Reset(0)
	s.CR0, s.CR4, s.EFER = x86.CR0PE|x86.CR0PG|1<<4, amd64.CR4PAE, x86.EFERLME|x86.EFERLMA
	s.Seg[x86.CS] = x86.FlatCode64
	s.RIP, s.RFLAGS = 0x1000, x86.FlagFixed|x86.FlagIF
	return s
}

// random is a source of chance that is the same each time.
func random() *rand.Rand { return rand.New(rand.NewPCG(3, 5)) }

// randomize fills every field of the structure that p points to.
func randomize(r *rand.Rand, p reflect.Value) {
	switch p.Kind() {
	case reflect.Struct:
		for i := range p.NumField() {
			randomize(r, p.Field(i))
		}
	case reflect.Array:
		for i := range p.Len() {
			randomize(r, p.Index(i))
		}
	case reflect.Bool:
		p.SetBool(r.Uint64()&1 != 0)
	default:
		p.SetUint(r.Uint64() >> (64 - p.Type().Bits()))
	}
}
