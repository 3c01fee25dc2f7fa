package pc

import "github.com/ringo-vmm/ringo/vmm/kvmclock"

// clockMSRs is how many registers the paravirtual clock has from the wall
// clock's on, by the new numbers and by the old.
const clockMSRs = 2

// newClock makes the paravirtual clock. Processors may have time-stamp counters
// of their own.
func (p *PC) newClock(c Config) (err error) {
	p.clock, err = kvmclock.New(kvmclock.Config{
		RAM: p.VM.RAM, CPUs: c.CPUs, TSCHz: c.TSCHz, TSC: p.CPU.TSC, Now: p.VM.Clock().Now, Wall: c.Wall,
		Offset: func(i int) uint64 { return p.cpus[i].TSCOffset() - p.CPU.TSCOffset() },
	})
	return err
}
