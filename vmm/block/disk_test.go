package block

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

// faulty is a back end that fails when it is told to.
type faulty struct {
	Backend
	size   uint64 // what it says, if it lies
	broken error
	bug    bool
	short  bool
	gate   chan struct{} // if not nil, requests wait for it
	fail   func() bool
}

func (f *faulty) Size() uint64 {
	if f.size != 0 {
		return f.size
	}
	return f.Backend.Size()
}

func (f *faulty) now() error {
	if f.gate != nil {
		<-f.gate
	}
	if f.bug {
		var none []int
		_ = none[len(f.gate)]
	}
	if f.broken != nil && (f.fail == nil || f.fail()) {
		return f.broken
	}
	return nil
}

func (f *faulty) ReadAt(p []byte, off int64) (int, error) {
	if err := f.now(); err != nil {
		return 0, err
	}
	if f.short {
		return len(p) - 1, nil
	}
	return f.Backend.ReadAt(p, off)
}

func (f *faulty) WriteAt(p []byte, off int64) (int, error) {
	if err := f.now(); err != nil {
		return 0, err
	}
	return f.Backend.WriteAt(p, off)
}

func (f *faulty) Flush() error {
	if err := f.now(); err != nil {
		return err
	}
	return f.Backend.Flush()
}

func (f *faulty) Discard(off, n int64) error {
	if err := f.now(); err != nil {
		return err
	}
	return f.Backend.Discard(off, n)
}

// machine is a device lock and a disk.
type machine struct {
	lock sync.Mutex
	*Disk
}

func newMachine(t testing.TB, b Backend) *machine {
	m := &machine{}
	m.Disk = NewDisk(b, func(f func()) {
		m.lock.Lock()
		defer m.lock.Unlock()
		f()
	})
	t.Cleanup(func() { m.Close() })
	return m
}

// do submits a request and waits for it.
func (m *machine) do(r Request) error {
	done := make(chan error, 1)
	r.Done = func(err error) { done <- err }
	m.lock.Lock()
	m.Submit(&r)
	m.lock.Unlock()
	return <-done
}

func TestReadsGiveWhatWasWritten(t *testing.T) {
	m := newMachine(t, NewBytes(make([]byte, 4096), false))
	if err := m.do(Request{Op: Write, Off: 512, Buf: [][]byte{[]byte("one"), nil, []byte("two")}}); err != nil {
		t.Fatal(err)
	}
	if err := m.do(Request{Op: Flush}); err != nil {
		t.Fatal(err)
	}
	a, b := make([]byte, 4), make([]byte, 3)
	if err := m.do(Request{Op: Read, Off: 511, Buf: [][]byte{a, b}}); err != nil || string(a)+string(b) != "\x00onetwo" {
		t.Errorf("%q %q, %v", a, b, err)
	}
	if err := m.do(Request{Op: Discard, Off: 513, Len: 4}); err != nil {
		t.Fatal(err)
	}
	m.do(Request{Op: Read, Off: 511, Buf: [][]byte{a, b}})
	if string(a)+string(b) != "\x00o\x00\x00\x00\x00o" {
		t.Errorf("%q %q after a discard", a, b)
	}
	s := m.Stats()
	if s.Requests != [4]uint64{2, 1, 1, 1} || s.Bytes != [4]uint64{14, 6, 0, 4} || s.Errors != 0 {
		t.Errorf("statistics: %+v", s)
	}
}

// Whoever submits a request learns of it before the disk can be done with it.
func TestSubmittedIsToldOfEachRequest(t *testing.T) {
	m := newMachine(t, NewBytes(make([]byte, 4096), false))
	n := 0
	m.Submitted = func() { n++ }
	for want := 1; want <= 3; want++ {
		if err := m.do(Request{Op: Flush}); err != nil || n != want {
			t.Errorf("told of %d requests, want %d; %v", n, want, err)
		}
	}
}

func TestBadRequestsAreErrors(t *testing.T) {
	half := make([]byte, 600)
	rw, ro := newMachine(t, NewBytes(make([]byte, 1024), false)), newMachine(t, NewBytes(make([]byte, 1024), true))
	for name, test := range map[string]struct {
		m    *machine
		r    Request
		want error
	}{
		"read over the end":        {rw, Request{Op: Read, Off: 512, Buf: [][]byte{half}}, ErrRange},
		"read far outside":         {rw, Request{Op: Read, Off: ^uint64(0) - 10, Buf: [][]byte{half}}, ErrRange},
		"pieces over the end":      {rw, Request{Op: Write, Off: 0, Buf: [][]byte{half, half}}, ErrRange},
		"discard over the end":     {rw, Request{Op: Discard, Off: 1, Len: ^uint64(0)}, ErrRange},
		"write to a read-only one": {ro, Request{Op: Write, Buf: [][]byte{half}}, ErrReadOnly},
		"discard on one":           {ro, Request{Op: Discard, Len: 1}, ErrReadOnly},
		"flush of one":             {ro, Request{Op: Flush}, nil},
		"nothing at the end":       {rw, Request{Op: Read, Off: 1024}, nil},
	} {
		if err := test.m.do(test.r); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	if err := rw.do(Request{Op: 17}); err == nil || !strings.Contains(err.Error(), "operation 17") {
		t.Errorf("an unknown operation: %v", err)
	}
	if !ro.ReadOnly() || rw.ReadOnly() || rw.Size() != 1024 {
		t.Error("size or read-only flag")
	}
}

func TestFaultsOfABackendAreThatRequestsErrors(t *testing.T) {
	broken := errors.New("worn out")
	f := &faulty{Backend: NewBytes(make([]byte, 4096), false)}
	m := newMachine(t, f)
	buf := [][]byte{make([]byte, 512)}
	for name, test := range map[string]struct {
		set  func(on bool)
		ops  []Op
		want string
	}{
		"error": {func(on bool) {
			if f.broken = nil; on {
				f.broken = broken
			}
		}, []Op{Read, Write, Flush, Discard}, "worn out"},
		"bug":   {func(on bool) { f.bug = on }, []Op{Read, Write, Flush, Discard}, "bug in a back end: runtime error"},
		"short": {func(on bool) { f.short = on }, []Op{Read}, "511 of 512 bytes at 0x200"},
	} {
		for _, op := range test.ops {
			r := Request{Op: op, Off: 512, Buf: buf, Len: 512}
			m.Do(func() error { test.set(true); return nil })
			if err := m.do(r); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s, operation %d: %v", name, op, err)
			}
			m.Do(func() error { test.set(false); return nil })
			if err := m.do(r); err != nil {
				t.Errorf("after %s, operation %d: %v", name, op, err)
			}
		}
	}
	if got := m.Stats().Errors; got != 9 {
		t.Errorf("%d errors are counted, want 9", got)
	}
}

func TestSubmitDoesNotWaitForASlowBackend(t *testing.T) {
	f := &faulty{Backend: NewBytes(make([]byte, 4096), false), gate: make(chan struct{})}
	m := newMachine(t, f)
	const n = 100
	var order []int
	requests := make([]Request, n)
	m.lock.Lock()
	for i := range requests {
		requests[i] = Request{Op: Write, Buf: [][]byte{{byte(i)}}, Done: func(error) { order = append(order, i) }}
		m.Submit(&requests[i])
	}
	m.lock.Unlock()
	drained := make(chan struct{})
	go func() { m.Drain(); close(drained) }()
	for range n {
		select {
		case <-drained:
			t.Fatal("drained with requests in flight")
		case f.gate <- struct{}{}:
		}
	}
	close(f.gate)
	<-drained
	m.lock.Lock()
	defer m.lock.Unlock()
	if len(order) != n {
		t.Fatalf("%d requests are done, want %d", len(order), n)
	}
	for i, got := range order {
		if got != i {
			t.Fatalf("request %d is done as number %d", got, i)
		}
	}
}

func TestDoneMaySubmitAgain(t *testing.T) {
	m := newMachine(t, NewBytes(make([]byte, 512), false))
	left := 1000
	var r Request
	r = Request{Op: Write, Buf: [][]byte{{1}}, Done: func(error) {
		if left--; left > 0 {
			m.Submit(&r)
		}
	}}
	m.lock.Lock()
	m.Submit(&r)
	m.lock.Unlock()
	m.Drain()
	if left != 0 {
		t.Errorf("drained with %d to go", left)
	}
}

func TestSubmitTwicePanics(t *testing.T) {
	f := &faulty{Backend: Empty(512), gate: make(chan struct{})}
	m := newMachine(t, f)
	r := Request{Op: Read, Buf: [][]byte{{1}}, Done: func(error) {}}
	m.Submit(&r)
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
		close(f.gate)
	}()
	m.Submit(&r)
}

func TestCloseFinishesWhatIsInFlight(t *testing.T) {
	data := make([]byte, 512)
	f := &faulty{Backend: NewBytes(data, false), gate: make(chan struct{}, 100)}
	m := newMachine(t, f)
	done := 0
	requests := make([]Request, 10)
	for i := range requests {
		requests[i] = Request{Op: Write, Off: uint64(i), Buf: [][]byte{{1}}, Done: func(error) { done++ }}
		m.Submit(&requests[i])
	}
	close(f.gate)
	if err := m.Close(); err != nil || done != 10 || bytes.Count(data, []byte{1}) != 10 {
		t.Errorf("closed with %d of 10 done, %v", done, err)
	}
	m.Submit(&requests[0])
	m.Drain()
	if err := m.Do(func() error { return nil }); !errors.Is(err, ErrClosed) || done != 10 {
		t.Errorf("a closed disk works: %v", err)
	}
	f.broken = io.ErrNoProgress
	if err := m.Close(); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("the flush's error: %v", err)
	}
}

func TestADiskIsRevertedWhileItIsUsed(t *testing.T) {
	o := NewOverlay(Empty(1<<20), 1<<20)
	m := newMachine(t, o)
	m.do(Request{Op: Write, Buf: [][]byte{[]byte("before")}})
	if err := m.Do(func() error { _, err := o.Snapshot(); return err }); err != nil {
		t.Fatal(err)
	}
	m.do(Request{Op: Write, Buf: [][]byte{[]byte("behind")}})
	m.Do(func() error { return o.Revert(1) })
	p := make([]byte, 6)
	if err := m.do(Request{Op: Read, Buf: [][]byte{p}}); err != nil || string(p) != "before" {
		t.Errorf("%q, %v", p, err)
	}
	if err := m.Do(func() error { panic("no") }); err == nil {
		t.Error("a bug in a call is no error")
	}
}

// TestManySubmittersMatchPlainBytes has goroutines that each own a part of the
// disk, with faults now and then: what failed may be there or not.
func TestManySubmittersMatchPlainBytes(t *testing.T) {
	const workers, part, steps = 4, 3 * clusterSize / 2, 300
	faults := rand.New(rand.NewPCG(7, 7))
	f := &faulty{Backend: NewOverlay(NewBytes(pattern(workers*part, 3), true), 1<<24),
		broken: errors.New("flaky"), fail: func() bool { return faults.IntN(10) == 0 }}
	m := newMachine(t, f)
	want := pattern(workers*part, 3)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(w)))
			mine := want[w*part:][:part]
			for range steps {
				off := r.IntN(part)
				n := r.IntN(min(part-off, clusterSize))
				p, q := make([]byte, n/3), make([]byte, n-n/3)
				at := uint64(w*part + off)
				switch r.IntN(4) {
				case 0:
					for i := range p {
						p[i] = byte(r.Uint32())
					}
					copy(q, p)
					for m.do(Request{Op: Write, Off: at, Buf: [][]byte{p, q}}) != nil {
					}
					copy(mine[off:], append(p, q...))
				case 1:
					for m.do(Request{Op: Discard, Off: at, Len: uint64(n)}) != nil {
					}
					clear(mine[off : off+n])
				case 2:
					m.do(Request{Op: Flush})
				default:
					if m.do(Request{Op: Read, Off: at, Buf: [][]byte{p, q}}) == nil && !bytes.Equal(append(p, q...), mine[off:off+n]) {
						t.Errorf("part %d: other bytes at %#x", w, off)
						return
					}
				}
			}
		})
	}
	wait.Wait()
	m.Drain()
	wantAll(t, "in the end", f.Backend, want)
}

func BenchmarkRead4K(b *testing.B) {
	m := newMachine(b, NewBytes(make([]byte, 1<<20), false))
	done := make(chan struct{}, 1)
	r := Request{Op: Read, Buf: [][]byte{make([]byte, 4096)}, Done: func(error) { done <- struct{}{} }}
	b.ReportAllocs()
	for b.Loop() {
		m.Submit(&r)
		<-done
	}
}

func TestRequestsDoNotAllocate(t *testing.T) {
	o := NewOverlay(NewBytes(make([]byte, 1<<20), true), 1<<20)
	m := newMachine(t, o)
	done := make(chan struct{}, 1)
	r := Request{Buf: [][]byte{make([]byte, 4096)}, Done: func(error) { done <- struct{}{} }}
	if n := testing.AllocsPerRun(100, func() {
		r.Op ^= Write
		m.Submit(&r)
		<-done
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
