// Package kvmclock is the paravirtual clock that KVM defines (the Linux
// kernel's documents virt/kvm/x86/msr and virt/kvm/x86/cpuid): a guest names a
// page for each processor by an MSR, finds there how to make ns of its time
// stamp counter, and needs no other clock. The virtual machine's CPUID and MSR
// policies call it.
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

// Error is why an MSR access is not possible. The guest gets #GP.
type Error string

func (e Error) Error() string { return "kvmclock: " + string(e) }

const (
	ErrMSR       Error = "no MSR of the paravirtual clock"
	ErrProcessor Error = "no such processor"
	ErrAddress   Error = "the address is not guest memory, or no multiple of 4"
)

// Clock is the paravirtual clock of a virtual machine. It needs the virtual
// machine's device lock, as a device does.
type Clock struct {
	ram    *ram.RAM
	wall   func() int64
	sample func() (tsc, now uint64)
	mul    uint32
	shift  int8

	// All processors count from the same instant, so that their clocks
	// agree to the ns.
	sampled  bool
	tsc, now uint64

	wallClock page
	cpus      []page
}

// page is where a guest wants a structure.
type page struct {
	msr     uint64
	version uint32 // of the structure; even
}

// New makes the clock of a machine with a number of processors. sample gives
// the guest's time stamp counter, which counts tscHz a second on all of them,
// and the machine's time in ns at the same instant; wall is ns since 1970 began
// in UTC.
func New(r *ram.RAM, sample func() (tsc, now uint64), wall func() int64, tscHz uint64, cpus int) (*Clock, error) {
	const least, most = 1_000_000, 100_000_000_000
	if tscHz < least || tscHz > most {
		return nil, fmt.Errorf("kvmclock: a time stamp counter of %d Hz", tscHz)
	}
	c := &Clock{ram: r, wall: wall, sample: sample, cpus: make([]page, max(cpus, 0))}
	c.mul, c.shift = scale(tscHz)
	return c, nil
}

const second = 1_000_000_000 // ns

// Reset disables all, as a system reset does.
func (c *Clock) Reset() {
	c.wallClock.msr = 0
	for i := range c.cpus {
		c.cpus[i].msr = 0
	}
}

// ReadMSR reads a processor's MSR: what was written.
func (c *Clock) ReadMSR(cpu int, msr uint32) (uint64, error) {
	p, err := c.find(cpu, msr)
	if err != nil {
		return 0, err
	}
	return p.msr, nil
}

func (c *Clock) find(cpu int, msr uint32) (*page, error) {
	if cpu < 0 || cpu >= len(c.cpus) {
		return nil, ErrProcessor
	}
	switch msr {
	case MSRWallClock, MSRWallClockOld:
		return &c.wallClock, nil
	case MSRSystemTime, MSRSystemTimeOld:
		return &c.cpus[cpu], nil
	}
	return nil, ErrMSR
}

// WriteMSR writes a processor's MSR, and then the structure that it names.
// After an error the MSR is as it was.
func (c *Clock) WriteMSR(cpu int, msr uint32, v uint64) error {
	p, err := c.find(cpu, msr)
	if err != nil {
		return err
	}
	if p == &c.wallClock {
		if v != 0 && !c.valid(v, wallClockSize) {
			return ErrAddress
		}
		if p.msr = v; v != 0 {
			c.writeWallClock()
		}
		return nil
	}
	if v&enable != 0 && !c.valid(v&^enable, timeInfoSize) {
		return ErrAddress
	}
	if p.msr = v; v&enable != 0 {
		c.writeTimeInfo(p, 0)
	}
	return nil
}

// valid tells whether a structure of size bytes may be at gpa.
func (c *Clock) valid(gpa, size uint64) bool { return gpa&3 == 0 && c.ram.Contains(gpa, size) }

// Update writes all processors' structures anew: the time stamp counter or the
// machine's time has made a jump.
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
		flags := c.flags(p) & flagStopped // until the guest clears it
		if stopped {
			flags = flagStopped
		}
		c.writeTimeInfo(p, flags)
	}
}
