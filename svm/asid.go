package svm

// asidPool gives address space identifiers to guest processors as they are
// entered. When all are used, a new generation begins: the TLB is flushed, and
// every guest takes a new identifier at its next entry.
type asidPool struct {
	size       uint32 // identifiers there are, 0 is the host's
	next       uint32
	generation uint64
}

// assign gives c an identifier of the present generation. It tells whether the
// whole TLB must be flushed.
func (p *asidPool) assign(c *CPU) (flush bool) {
	if c.generation == p.generation && c.generation != 0 {
		return false
	}
	if p.next == 0 || p.next >= p.size {
		p.next = 1
		p.generation++
		flush = true
	}
	c.v.ASID = p.next
	c.generation = p.generation
	p.next++
	return flush
}
