package pit

import "github.com/ringo-vmm/ringo/vmm/state"

// farTicks bounds tick differences in a saved state.
const farTicks = 1 << 62

// State is device.Stateful's. Times are saved as they are: the clock of the
// machine that loads goes on where that of the machine that saved stood.
func (p *PIT) State(c *state.Codec) {
	c.Version("pit", 1)
	for i := range p.counters {
		p.counters[i].state(c)
	}
	c.U8(&p.port61)
	c.Bool(&p.irq.level)
	c.U64(&p.irq.seen)
	c.U64(&p.irq.owed)
	if !c.Loading() {
		return
	}
	p.irq.owed = min(p.irq.owed, 1+p.irq.catchUp)
	if p.port61&^p61Written != 0 {
		c.Fail("port 0x61 is %#x", p.port61)
	}
	if !p.counters[0].gate || !p.counters[1].gate || p.counters[2].gate != (p.port61&p61Gate2 != 0) {
		c.Fail("a gate is not what it is wired to")
	}
	if c.Err() != nil {
		p.Reset()
		return
	}
	p.irq.line.Set(p.irq.level)
	p.arm(ticksAt(p.clock.Now()), 0)
}

func (k *counter) state(c *state.Codec) {
	c.U8(&k.control)
	for _, b := range []*bool{&k.gate, &k.armed, &k.running, &k.stopped, &k.pending,
		&k.access.writeHigh, &k.access.readHigh, &k.access.countLatched, &k.access.statusLatched} {
		c.Bool(b)
	}
	for _, v := range []*uint64{&k.n, &k.start, &k.held, &k.next, &k.nextAt, &k.rose} {
		c.U64(v)
	}
	c.U8(&k.access.low)
	c.U16(&k.access.count)
	c.U8(&k.access.status)

	least := uint64(1)
	if k.periodic() {
		least = 2
	}
	valid := func(n uint64) bool { return least <= n && n <= 1<<16 }
	if k.control&^controlKept != 0 || k.held > farTicks || k.rose > farTicks ||
		k.running && !valid(k.n) || k.armed && !valid(k.next) || (k.pending || k.running) && !k.armed {
		c.Fail("a counter with control word %#x, count %d and next %d", k.control, k.n, k.next)
	}
}
