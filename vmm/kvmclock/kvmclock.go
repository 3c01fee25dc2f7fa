// Package kvmclock is the paravirtual clock that KVM defines (the Linux
// kernel's documents virt/kvm/x86/msr and virt/kvm/x86/cpuid): a guest names a
// page for each processor by an MSR, finds there how to make ns of its time
// stamp counter, and needs no other clock.
//
// Package pc gives each processor's MSRs to package policy, tells the guest of
// Features by CPUID, and calls Update and Resumed when time has made a jump.
package kvmclock

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/ram"
)

// MSRs. The guest-physical address of the structure is a multiple of 4; bit 0
// of a system time MSR enables it. The first two numbers are what old guests
// use, and are the same registers.
const (
	MSRWallClockOld  = 0x11
	MSRSystemTimeOld = 0x12
	MSRWallClock     = 0x4b564d00
	MSRSystemTime    = 0x4b564d01

	enable = 1 << 0
)

// Features is EAX of CPUID function 4000_0001h, KVM's features, of a machine
// with this clock.
const Features = featureClock | featureNoDelay | featureClock2 | featureClockStable

const (
	featureClock       = 1 << 0  // the old MSRs
	featureNoDelay     = 1 << 1  // port accesses need no delay after them
	featureClock2      = 1 << 3  // the new MSRs
	featureClockStable = 1 << 24 // flagStable can be trusted
)

// Config is what the clock needs of its machine.
type Config struct {
	RAM   *ram.RAM
	CPUs  int
	TSCHz uint64 // of all time stamp counters

	// TSC is the host's time stamp counter, and Now the machine's time in ns.
	TSC, Now func() uint64
	// Offset is how far a processor's counter is ahead of the host's.
	Offset func(cpu int) uint64
	// Wall is ns since 1970 began, in UTC.
	Wall func() int64
}

// Clock is the paravirtual clock of a virtual machine. It needs the virtual
// machine's device lock, as a device does.
type Clock struct {
	config Config
	mul    uint32
	shift  int8

	// All processors count from the same instant, so that their clocks
	// agree to the ns.
	sampled  bool
	tsc, now uint64 // the host's counter, and the machine's time

	wallClock page
	cpus      []Processor
}

// Processor is the MSRs of one processor: a policy.Handler.
type Processor struct {
	clock *Clock
	id    int
	page
}

// page is where a guest wants a structure.
type page struct {
	msr     uint64
	version uint32 // of the structure; even
}

// New makes a clock.
func New(c Config) (*Clock, error) {
	const least, most = 1_000_000, 100_000_000_000
	if c.TSCHz < least || c.TSCHz > most {
		return nil, fmt.Errorf("kvmclock: a time stamp counter of %d Hz", c.TSCHz)
	}
	k := &Clock{config: c, cpus: make([]Processor, c.CPUs)}
	for i := range k.cpus {
		k.cpus[i].clock, k.cpus[i].id = k, i
	}
	k.mul, k.shift = scale(c.TSCHz)
	return k, nil
}

const second = 1_000_000_000 // ns

// Processor is the MSRs of processor i, from 0.
func (c *Clock) Processor(i int) *Processor { return &c.cpus[i] }

// Reset disables all, as a system reset does.
func (c *Clock) Reset() {
	c.wallClock.msr = 0
	for i := range c.cpus {
		c.cpus[i].msr = 0
	}
}

// ReadMSR reads an MSR: what was written.
func (p *Processor) ReadMSR(num uint32) (v uint64, ok bool) {
	switch num {
	case MSRWallClock, MSRWallClockOld:
		return p.clock.wallClock.msr, true
	case MSRSystemTime, MSRSystemTimeOld:
		return p.msr, true
	}
	return 0, false
}

// WriteMSR writes an MSR, and then the structure that it names. Without memory
// for that at a multiple of 4, the MSR stays as it was.
func (p *Processor) WriteMSR(num uint32, v uint64) (ok bool) {
	c := p.clock
	switch num {
	case MSRWallClock, MSRWallClockOld:
		if v != 0 && !c.valid(v, wallClockSize) {
			return false
		}
		if c.wallClock.msr = v; v != 0 {
			c.writeWallClock()
		}
		return true
	case MSRSystemTime, MSRSystemTimeOld:
		if v&enable != 0 && !c.valid(v&^enable, timeInfoSize) {
			return false
		}
		if p.msr = v; v&enable != 0 {
			p.writeTimeInfo(0)
		}
		return true
	}
	return false
}

// valid tells whether a structure of size bytes may be at gpa.
func (c *Clock) valid(gpa, size uint64) bool { return gpa&3 == 0 && c.config.RAM.Contains(gpa, size) }

// Update writes all processors' structures anew: a processor's time stamp
// counter has made a jump.
func (c *Clock) Update() { c.update(false) }

// Resumed is Update after the machine stood still or was loaded. It tells
// guests, so that their watchdogs do not mind.
func (c *Clock) Resumed() { c.update(true) }

func (c *Clock) update(stopped bool) {
	c.sampled = false
	for i := range c.cpus {
		p := &c.cpus[i]
		if p.msr&enable == 0 {
			continue
		}
		flags := p.flags() & flagStopped // until the guest clears it
		if stopped {
			flags = flagStopped
		}
		p.writeTimeInfo(flags)
	}
}
