// Package vmmtest is a host and an engine for tests on plain Linux: an engine
// that replays exits in the place of a processor, and a host whose memory is
// Go's.
package vmmtest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/sched"
)

// TSCHz is the rate of the Host's time-stamp counter.
const TSCHz = 1_000_000_000

// Host is a vmm.Host. Its zero value is ready.
type Host struct {
	mu    sync.Mutex
	lines []string
	used  int
	once  sync.Once
	sched *sched.Scheduler
}

var start = time.Now()

// Now is ns since the test's start, and never 0.
func (h *Host) Now() uint64 { return uint64(time.Since(start)) + 1 }

// TSC is Now: the counter runs at 1 GHz.
func (h *Host) TSC() uint64 { return h.Now() }

// Scheduler has a processor for every vCPU.
func (h *Host) Scheduler() *sched.Scheduler {
	h.once.Do(func() {
		policy, _ := sched.ByName("roundrobin")
		h.sched = sched.New(sched.Options{Processors: 16, Clock: schedClock{h}, Policy: policy, Quantum: uint64(10 * time.Millisecond)})
	})
	return h.sched
}

type schedClock struct{ *Host }

// NewTimer is a real one.
func (c schedClock) NewTimer(fire func()) sched.Timer {
	return &alarm{host: c.Host, timer: time.AfterFunc(1<<62, fire)}
}

// Rendezvous does nothing.
func (h *Host) Rendezvous() {}

// NewAlarm makes an alarm that stores 1 in rang.
func (h *Host) NewAlarm(rang *atomic.Uint32) (vmm.Alarm, error) {
	return &alarm{host: h, timer: time.AfterFunc(1<<62, func() { rang.Store(1) })}, nil
}

type alarm struct {
	host  *Host
	timer *time.Timer
}

func (a *alarm) Set(at uint64) {
	now := a.host.Now()
	a.timer.Reset(time.Duration(min(max(at, now)-now, 1<<62)))
}

func (a *alarm) Move(int) {}
func (a *alarm) Ring()    {}
func (a *alarm) Stop()    { a.timer.Stop() }
func (a *alarm) Close()   { a.timer.Stop() }

// AllocBlock is a block of zeros, at a host-physical address that nothing uses.
func (h *Host) AllocBlock() (ram.Block, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.used++
	return ram.Block{Host: uint64(h.used) << ram.BlockShift, Data: make([]byte, ram.BlockSize)}, nil
}

// FreeBlock takes a block back.
func (h *Host) FreeBlock(ram.Block) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.used--
}

// Blocks is how many blocks are in use.
func (h *Host) Blocks() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.used
}

// Log keeps a line.
func (h *Host) Log(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, fmt.Sprintf(format, args...))
}

// Lines are the lines that were logged.
func (h *Host) Lines() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.lines...)
}

// VM makes a machine on the host.
func VM(name string, h vmm.Host, engine vmm.Engine, memory uint64) (*vmm.VM, error) {
	group, err := h.Scheduler().NewGroup(name, sched.Params{})
	if err != nil {
		return nil, err
	}
	return vmm.New(name, h, engine, memory, group)
}
