package vmm

import (
	"sync"
	"sync/atomic"
)

// gate keeps a machine's processors out of their guest while the machine is
// paused. A processor goes through it when it starts, and stops at it when it
// finds it closed.
type gate struct {
	closed atomic.Int32 // how many want the machine to stand still

	mu      sync.Mutex
	changed sync.Cond
	inside  int // processors that may be running
}

func (g *gate) init() { g.changed.L = &g.mu }

// enter waits until the gate is open and goes through.
func (g *gate) enter() {
	g.mu.Lock()
	for g.closed.Load() != 0 {
		g.changed.Wait()
	}
	g.inside++
	g.mu.Unlock()
}

// leave comes out.
func (g *gate) leave() {
	g.mu.Lock()
	g.inside--
	g.changed.Broadcast()
	g.mu.Unlock()
}

// drain waits until nobody is inside. The gate must be closed.
func (g *gate) drain() {
	g.mu.Lock()
	for g.inside != 0 {
		g.changed.Wait()
	}
	g.mu.Unlock()
}

// open lets one who wanted the machine to stand still change their mind.
func (g *gate) open() {
	g.mu.Lock()
	g.closed.Add(-1)
	g.changed.Broadcast()
	g.mu.Unlock()
}
