//go:build !tamago

package vmx

import (
	"errors"
	"reflect"
	"syscall"
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// errNoFrames is what fakeFrames says when its allocations are used up.
var errNoFrames = errors.New("out of memory")

// fakeFrames is host memory: pages from mmap, so that the collector ignores
// them, below 2 GiB, so that they are valid host-physical addresses too. A page
// that was freed is unmapped: using it crashes the test.
type fakeFrames struct {
	testing.TB
	pages map[uint64]fakePage
	left  int // allocations until they fail; negative: they do not
}

type fakePage struct {
	mapping []byte
	order   int
}

func newFrames(t testing.TB) *fakeFrames {
	f := &fakeFrames{TB: t, pages: map[uint64]fakePage{}, left: -1}
	t.Cleanup(func() {
		for pa, p := range f.pages {
			f.FreePages(pa, p.order)
		}
	})
	return f
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

func (f *fakeFrames) Exclusive(do func()) { do() }

// newEngine makes an engine on a processor that is not there.
func newEngine(t testing.TB, m cpuidtest.Model) (*Engine, *fakeFrames) {
	t.Helper()
	f := newFrames(t)
	e, err := New(m.CPUID(), m.ReadMSR, f)
	if err != nil {
		t.Fatal(err)
	}
	return e, f
}

// running is a guest processor in 64-bit mode with interrupts on, in a space of
// its own, and the VMCS that its processor has.
func running(t testing.TB) (*CPU, *fakeVMCS) {
	e, _ := newEngine(t, cpuidtest.BochsBroadwell)
	s, err := e.NewSpace()
	if err != nil {
		t.Fatal(err)
	}
	c, err := e.NewCPU(s)
	if err != nil {
		t.Fatal(err)
	}
	v := plug(t)
	long := longMode()
	c.SetState(&long)
	return c.(*CPU), v
}

// fakeVMCS is the fields of a VMCS, and what the guest and the processor do
// until the exit.
type fakeVMCS struct {
	fields  map[Field]uint64
	guest   func(c *context)
	entries int
	at      context // as it was at the last entry
}

// plug puts a fake VMCS in the place of the processor's.
func plug(t testing.TB) *fakeVMCS {
	v := &fakeVMCS{fields: map[Field]uint64{}}
	oldRun, oldLook, oldGuest, oldRead, oldWrite := run, readLook, readGuest, vmread, vmwrite
	t.Cleanup(func() { run, readLook, readGuest, vmread, vmwrite = oldRun, oldLook, oldGuest, oldRead, oldWrite })
	run = v.run
	vmread = func(_ *context, f Field) uint64 { return v.fields[f] }
	vmwrite = func(_ *context, f Field, x uint64) { v.fields[f] = x }
	readLook = func(c *context) {
		c.state.CR3, c.state.EFER, c.state.Seg[x86.CS].Base = v.fields[fieldCR3], v.fields[fieldEFER], v.fields[fieldBase+2*x86.CS]
		c.look = look{v.fields[fieldCR0], v.fields[fieldCR4], v.fields[fieldAccess+2*x86.CS], v.fields[fieldAccess+2*x86.SS]}
	}
	readGuest = func(c *context, n uint64) { v.load(guestFields[:n], &c.guest) }
	return v
}

// run does what run_amd64.s does, as far as it is about fields.
func (v *fakeVMCS) run(c *context) {
	c.result = resultBell
	if c.bell.Attention.Load() != 0 || c.bell.Rang.Load() != 0 {
		return
	}
	if c.dirty&dirtyPrimary != 0 {
		v.fields[fieldPrimary] = c.primary
	}
	if c.dirty&dirtyGuest != 0 {
		v.store(guestFields[:], &c.guest)
	}
	if c.dirty&dirtyControls != 0 {
		v.store(controlFields[:], &c.controls)
	}
	v.entries++
	v.at = *c
	c.dirty, c.extra = 0, c.extra&^extraFlush
	c.result, c.reason, c.qualification, c.length, c.vectoring = resultExit, uint64(ReasonInterrupt), 0, 0, 0
	if v.guest != nil {
		v.guest(c)
	}
}

// store and load move words between a structure and fields.
func (v *fakeVMCS) store(list []Field, from any) {
	w := words(from)
	for i, f := range list {
		v.fields[f] = *w[i]
	}
}

func (v *fakeVMCS) load(list []Field, to any) {
	w := words(to)
	for i, f := range list {
		*w[i] = v.fields[f]
	}
}

// words are the words of a structure, by way of reflection.
func words(p any) (list []*uint64) {
	var walk func(reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				walk(v.Field(i))
			}
		case reflect.Array:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		default:
			list = append(list, (*uint64)(v.Addr().UnsafePointer()))
		}
	}
	walk(reflect.ValueOf(p).Elem())
	return list
}

// exit runs the guest to an exit that change describes.
func (v *fakeVMCS) exit(t testing.TB, c *CPU, r Reason, change func(c *context)) (e vmm.Exit) {
	t.Helper()
	v.guest = func(x *context) {
		x.reason = uint64(r)
		if change != nil {
			change(x)
		}
	}
	n := v.entries
	c.Run(&e)
	if v.entries != n+1 {
		t.Fatalf("the guest was entered %d times, want once: %v", v.entries-n, e.Reason)
	}
	return e
}

// longMode is a guest in 64-bit mode with interrupts on.
func longMode() x86.State {
	var s x86.State
	s.Reset(0)
	s.CR0, s.CR4, s.EFER = x86.CR0PE|x86.CR0PG|x86.CR0ET, x86.CR4PAE, x86.EFERLME|x86.EFERLMA
	s.Seg[x86.CS] = x86.FlatCode64
	s.RIP, s.RFLAGS = 0x1000, x86.FlagFixed|x86.FlagIF
	return s
}
