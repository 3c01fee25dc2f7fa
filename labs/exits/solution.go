//go:build solution

package exits

import (
	"sync"

	"github.com/ringo-vmm/ringo/vmm"
)

type meter struct {
	mu     sync.Mutex
	total  uint64
	since  uint64
	halted bool
}

func (m *meter) halt(now uint64) {
	m.mu.Lock()
	m.halted, m.since = true, now
	m.mu.Unlock()
}

func (m *meter) wake(now uint64) {
	m.mu.Lock()
	if m.halted {
		m.total += now - m.since
	}
	m.halted = false
	m.mu.Unlock()
}

func (m *meter) idle(now uint64) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.halted && now > m.since {
		return m.total + now - m.since
	}
	return m.total
}

func onHLT(c *vmm.VCPU, now func() uint64, next func(*vmm.VCPU)) {
	m := &of(c).meter
	m.halt(now())
	next(c)
	m.wake(now())
}

func onWBINVD(c *vmm.VCPU, next func(*vmm.VCPU)) {
	of(c).caches.Add(1)
	c.Complete()
}
