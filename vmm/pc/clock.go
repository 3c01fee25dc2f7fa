package pc

import "github.com/ringo-vmm/ringo/vmm/kvmclock"

// clockMSRs is how many registers the paravirtual clock has from the wall
// clock's on, by the new numbers and by the old.
const clockMSRs = 2

// newClock makes the paravirtual clock. The machine has one processor, whose
// own counter it follows.
func (p *PC) newClock(c Config) (err error) {
	p.clock, err = kvmclock.New(kvmclock.Config{
		RAM: p.VM.RAM, CPUs: 1, TSCHz: c.TSCHz, TSC: p.CPU.TSC, Now: p.VM.Clock().Now, Offset: func(int) uint64 { return 0 }, Wall: c.Wall,
	})
	return err
}
