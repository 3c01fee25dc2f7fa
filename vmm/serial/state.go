package serial

import "github.com/ringo-vmm/ringo/vmm/state"

// State is device.Stateful's. A character time-out that was on its way starts
// again with a load.
func (u *UART) State(c *state.Codec) {
	c.Version("serial", 1)
	for _, v := range []*uint8{&u.ier, &u.lcr, &u.mcr, &u.scr, &u.lsr, &u.msr, &u.fcr} {
		c.U8(v)
	}
	c.U16(&u.divisor)
	c.Bool(&u.emptied)
	c.Bool(&u.stale)
	u.fifo.state(c)
	u.queue.state(c)
	if !c.Loading() {
		return
	}
	if u.fifo.n > u.depth() {
		c.Fail("%d characters in a receiver of %d", u.fifo.n, u.depth())
		u.fifo.clear()
	}
	u.ier &= ierAll
	u.mcr &= mcrAll
	u.fcr &= fcrEnable | fcrTrigger
	u.lsr = u.lsr&lsrErrors | lsrTHRE | lsrTEMT
	u.reveal()
	u.stale = u.stale && u.fifo.n > 0
	u.level = u.raised()
	u.irq.Set(u.level)
	u.settle()
}
