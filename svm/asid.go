package svm

import (
	"sync"
	"sync/atomic"
)

// asidPool gives address space identifiers to guest processors as they are
// entered. When all are used, a new generation begins: every guest takes a new
// identifier at its next entry, and each processor's TLB is flushed before it
// runs the first guest of that generation. APM vol. 2 §15.16.
type asidPool struct {
	size       uint32        // identifiers there are, 0 is the host's
	generation atomic.Uint64 // from 1 on

	mu   sync.Mutex
	next uint32
}

// assign gives c another identifier, under which this processor's TLB holds
// nothing yet. It tells whether the whole TLB must be flushed for that.
func (p *asidPool) assign(c *CPU) (flush bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next == 0 || p.next >= p.size {
		p.next = 1
		p.generation.Add(1)
	}
	c.v.ASID = p.next
	c.v.Clean &^= CleanASID
	c.generation = p.generation.Load()
	p.next++
	if flushed := flushedFor(); *flushed != c.generation {
		*flushed = c.generation
		return true
	}
	return false
}
