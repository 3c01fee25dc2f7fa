//go:build !tamago

package thread

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/apic"
)

// arena is the memory of the simulated machine: processors, threads, their
// stacks and what system calls point at. The layer keeps only addresses of it,
// so it must not move or be collected; and as a variable, unlike mapped memory,
// the race detector watches it.
var arena [arenaSize + pageSize]byte

const arenaSize = 8 << 20

// A processor's index must never pass for its APIC id, so in tests the two
// differ and run in opposite directions.
func testAPICID(index int) uint32 { return uint32(200 - 3*index) }

// world is a simulated machine with the layer on it, whose processors idle.
// There is one at a time.
type world struct {
	*testing.T
	machine    fakeMachine
	memory     fakeMemory
	processors []*processor
	threads    int // that check looks at, by tid
}

// arenaUsed is how much of the arena belongs to the present world.
var arenaUsed uintptr

func newWorld(t *testing.T, processors int) *world {
	t.Helper()
	w := &world{T: t, threads: maxThreads}
	clear(arena[:arenaUsed])
	arenaUsed = 0
	reset(&layer)
	reset(&poller)
	reset(&actions)
	reset(&counts)
	reset(&rings)
	reset(&reported)
	reset(&out)
	ending.Store(0)
	w.machine.world, w.memory.world = w, w
	w.memory.pages = arenaSize / pageSize
	layer.machine, layer.memory = &w.machine, &w.memory
	for i := range processors {
		area := w.alloc(AreaPages*pageSize, pageSize)
		w.processors = append(w.processors, initArea(area, uint32(i), testAPICID(i)))
		join(w.processors[i])
		w.machine.timers[i] = never
	}
	for _, p := range w.processors {
		testProcessor = p
		p.lock()
		leave(p)
	}
	return w
}

func reset[T any](v *T) { *v = *new(T) }

// alloc takes zeroed memory from the arena.
func (w *world) alloc(size, align uintptr) uintptr {
	base := uintptr(unsafe.Pointer(&arena))
	at := (base + arenaUsed + align - 1) &^ (align - 1)
	arenaUsed = at + size - base
	if arenaUsed > uintptr(len(arena)) {
		w.Fatal("the arena is too small for this test")
	}
	return at
}

// put stores v in the arena and returns its address.
func put[T any](w *world, v T) uintptr {
	at := w.alloc(unsafe.Sizeof(v), 16)
	*(*T)(pointer(at)) = v
	return at
}

func load[T any](addr uintptr) T { return *(*T)(pointer(addr)) }

// run makes a new thread the current one of a processor that idles.
func (w *world) run(p *processor) *thread {
	w.Helper()
	if p.current != p.idle {
		w.Fatalf("processor %d is busy", p.index)
	}
	t := newThread()
	if t == nil {
		w.Fatal("no thread left")
	}
	t.state, t.cpu, t.rflags = stateRunning, p.index, amd64.FlagsFixed|amd64.FlagsIF
	t.stack.flags = altStackDisable
	p.current = t.ref()
	p.setIdling(false)
	return t
}

// addReady makes a new thread that is ready, as if p's current one had woken
// it.
func (w *world) addReady(p *processor) *thread {
	t := newThread()
	if t == nil {
		w.Fatal("no thread left")
	}
	t.stack.flags = altStackDisable
	p.lock()
	makeReady(p, t)
	leave(p)
	return t
}

// call makes the current thread of p make a system call and returns what is in
// its RAX when the layer is left: the result, unless the thread waits.
func (w *world) call(p *processor, number uint64, args ...uint64) uint64 {
	t := p.current.get()
	t.rax = number
	for i, r := range []*uint64{&t.rdi, &t.rsi, &t.rdx, &t.r10, &t.r8, &t.r9} {
		*r = 0
		if i < len(args) {
			*r = args[i]
		}
	}
	t.full = 0
	testProcessor = p
	systemCall(p)
	return t.rax
}

// interrupt makes p take an interrupt.
func (w *world) interrupt(p *processor, vector uint8) {
	p.current.get().full = 1
	testProcessor = p
	interruptFrom(p, uint64(vector-amd64.Exceptions)*gateBytes)
}

// tick advances the clock by ns and has p take its timer interrupt if that is
// due.
func (w *world) tick(p *processor, ns uint64) {
	w.machine.now += ns
	if d := w.machine.timers[p.index]; d <= w.machine.now {
		w.machine.timers[p.index] = never
		w.interrupt(p, apic.TimerVector)
	}
}

// stops runs f, which must stop the machine, and returns why.
func (w *world) stops(f func()) (why Stop) {
	w.Helper()
	defer func() {
		why = w.asStop(recover())
		layer.lock.release()
	}()
	f()
	w.Error("the machine goes on")
	return
}

func (w *world) asStop(v any) Stop {
	w.Helper()
	if v == nil {
		return 0
	}
	why, ok := v.(Stop)
	if !ok {
		panic(v)
	}
	return why
}

// fakeMachine is a Machine with a virtual clock that records what it is told.
type fakeMachine struct {
	world     *world
	now, wall uint64
	tick      uint64 // 0 but for tests of waits that end

	timers       [maxProcessors]uint64 // by processor
	set          int                   // SetTimer calls
	kicks        []uint32              // APIC ids
	nmis         []uint32              // APIC ids
	deaf         [maxProcessors]bool   // processors that take no NMI
	flushed      atomic.Int64          // Flush calls
	printed      []byte
	acknowledged int

	onInterrupt   func(vector uint8) bool
	onAcknowledge func()
	onKick        func(apicID uint32)
	readable      func(va uint64) bool
}

// Now is the time. Each look at it takes a tick.
func (m *fakeMachine) Now() uint64 {
	m.now += m.tick
	return m.now
}

func (m *fakeMachine) Wall() uint64 { return m.wall }

func (m *fakeMachine) SetTimer(deadline uint64) {
	m.world.expectLocked("SetTimer")
	m.timers[testProcessor.index] = deadline
	m.set++
}

func (m *fakeMachine) Kick(apicID uint32) {
	m.world.expectLocked("Kick")
	m.kicks = append(m.kicks, apicID)
	if m.onKick != nil {
		m.onKick(apicID)
	}
}

// NMI arrives at once at a processor that is not deaf.
func (m *fakeMachine) NMI(apicID uint32) {
	m.nmis = append(m.nmis, apicID)
	for _, p := range m.world.processors {
		if p.apicID == apicID && !m.deaf[p.index] {
			m.stop(p)
		}
	}
}

// stop gives p an NMI, which halts it.
func (m *fakeMachine) stop(p *processor) {
	defer func() {
		if v := recover(); v != nil && v != halted {
			panic(v)
		}
	}()
	abortFrom(p, &abortFrame{gate: uint64(amd64.NMI) * gateBytes, rip: 0xabc0 + uint64(p.index)})
}

func (m *fakeMachine) Flush(va, pages uint64) { m.flushed.Add(1) }

func (m *fakeMachine) Interrupt(vector uint8) bool {
	return m.onInterrupt != nil && m.onInterrupt(vector)
}

func (m *fakeMachine) Acknowledge() {
	m.acknowledged++
	if m.onAcknowledge != nil {
		m.onAcknowledge()
	}
}

func (m *fakeMachine) Print(p []byte) { m.printed = append(m.printed, p...) }

func (m *fakeMachine) Readable(va uint64) bool { return m.readable != nil && m.readable(va) }

func (m *fakeMachine) Random(p []byte) {
	for i := range p {
		p[i] = byte(i*7 + 3)
	}
}

func (m *fakeMachine) Halt() { panic(halted) }

// halted is what a processor that halts panics with.
const halted Stop = 100

// Stop ends the test's call into the layer; world.stops expects that.
func (m *fakeMachine) Stop(why Stop) { panic(why) }

// takeKicks returns the APIC ids that were kicked since the last call.
func (m *fakeMachine) takeKicks() []uint32 {
	k := m.kicks
	m.kicks = nil
	return k
}

// fakeMemory is a Memory that records what it is told. Everything in the arena
// is there; another address is what faults says, and invalid by default.
type fakeMemory struct {
	world  *world
	calls  []string // as "map 1000 2000", numbers in hexadecimal
	refuse bool     // all but Fault and Page fail
	pages  int      // that Page gives out
	faults map[uint64]FaultResult
	log    []uint64 // page addresses that Fault was asked for, with bit 0 for a write
}

func (m *fakeMemory) note(format string, args ...any) bool {
	m.calls = append(m.calls, fmt.Sprintf(format, args...))
	return !m.refuse
}

const reserved = 0x7000_0000_0000

func (m *fakeMemory) Reserve(size uint64) (uint64, bool) {
	return reserved, m.note("reserve %x", size)
}

// Usable keeps the runtime out of what is mapped one to one on the machine.
func (m *fakeMemory) Usable(va, size uint64) bool  { return va >= 512<<30 }
func (m *fakeMemory) Map(va, size uint64) bool     { return m.note("map %x %x", va, size) }
func (m *fakeMemory) Unmap(va, size uint64) bool   { return m.note("unmap %x %x", va, size) }
func (m *fakeMemory) Discard(va, size uint64) bool { return m.note("discard %x %x", va, size) }
func (m *fakeMemory) Protect(va, size uint64, read, write bool) bool {
	return m.note("protect %x %x %t %t", va, size, read, write)
}

func (m *fakeMemory) Page() (uint64, bool) {
	if m.pages == 0 {
		return 0, false
	}
	m.pages--
	return uint64(m.world.alloc(pageSize, pageSize)), true
}

func (m *fakeMemory) Fault(va uint64, write bool) FaultResult {
	m.world.expectLocked("Fault")
	entry := va
	if write {
		entry |= 1
	}
	if len(m.log) < 1000 {
		m.log = append(m.log, entry)
	}
	if r, ok := m.faults[va]; ok {
		return r
	}
	base := uint64(uintptr(unsafe.Pointer(&arena)))
	if va >= base-pageSize && va < base+uint64(len(arena)) {
		return FaultBacked
	}
	return FaultInvalid
}

// takeCalls returns what the memory was told since the last call.
func (m *fakeMemory) takeCalls() []string {
	c := m.calls
	m.calls = nil
	return c
}

// expectLocked expects the layer's lock to be held, by whomever.
func (w *world) expectLocked(method string) {
	if atomic.LoadUint32((*uint32)(&layer.lock)) == 0 {
		w.Errorf("%s is called without the layer's lock", method)
	}
}

// expectPrinted expects texts on the console, in this order.
func (w *world) expectPrinted(texts ...string) {
	w.Helper()
	rest := string(w.machine.printed)
	for _, text := range texts {
		_, after, ok := strings.Cut(rest, text)
		if !ok {
			w.Errorf("not printed: %q in\n%s", text, w.machine.printed)
			return
		}
		rest = after
	}
}

func expectEqual[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func expectSlice[T comparable](t testing.TB, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
