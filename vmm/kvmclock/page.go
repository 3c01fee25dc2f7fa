package kvmclock

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Layout of struct pvclock_vcpu_time_info.
const (
	infoVersion  = 0  // 32 bits; odd while the others change
	infoTSC      = 8  // 64 bits
	infoTime     = 16 // 64 bits, ns
	infoMul      = 24 // 32 bits
	infoShift    = 28 // 8 bits, signed
	infoFlags    = 29 // 8 bits
	timeInfoSize = 32

	flagStable  = 1 << 0 // the processors' clocks agree
	flagStopped = 1 << 1 // the machine stood still
)

// Layout of struct pvclock_wall_clock: when the system time was 0.
const (
	wallVersion   = 0 // 32 bits
	wallSeconds   = 4 // 32 bits
	wallNanos     = 8 // 32 bits
	wallClockSize = 12
)

func (p *Processor) writeTimeInfo(flags uint8) {
	c := p.clock
	if !c.sampled {
		c.tsc, c.now = c.sample()
		c.sampled = true
	}
	var b [timeInfoSize]byte
	binary.LittleEndian.PutUint64(b[infoTSC:], c.tsc+c.config.Offset(p.id))
	binary.LittleEndian.PutUint64(b[infoTime:], c.now)
	binary.LittleEndian.PutUint32(b[infoMul:], c.mul)
	b[infoShift] = uint8(c.shift)
	b[infoFlags] = flagStable | flags
	c.publish(&p.page, p.msr&^enable, b[:])
}

func (c *Clock) writeWallClock() {
	boot := uint64(c.config.Wall()) - c.config.Now()
	var b [wallClockSize]byte
	binary.LittleEndian.PutUint32(b[wallSeconds:], uint32(boot/second))
	binary.LittleEndian.PutUint32(b[wallNanos:], uint32(boot%second))
	c.publish(&c.wallClock, c.wallClock.msr, b[:])
}

// sample is the host's counter and the machine's time at the same instant, as
// nearly as can be: something may come between the two, so the closest of a few
// tries counts.
func (c *Clock) sample() (tsc, now uint64) {
	const tries = 4
	least := uint64(math.MaxUint64)
	for range tries {
		before := c.config.TSC()
		n := c.config.Now()
		if took := c.config.TSC() - before; took < least {
			least, tsc, now = took, before+took/2, n
		}
	}
	return tsc, now
}

// publish writes a structure, which begins with its version. Other processors
// may read it meanwhile: they see an odd version, or a new one, when they are
// done. Stores are seen in order on x86.
func (c *Clock) publish(p *page, gpa uint64, b []byte) {
	var version [4]byte
	binary.LittleEndian.PutUint32(version[:], p.version+1)
	c.put(gpa, version[:])
	c.put(gpa+4, b[4:])
	p.version += 2
	binary.LittleEndian.PutUint32(version[:], p.version)
	c.put(gpa, version[:])
}

// put writes to guest memory that was found to be there.
func (c *Clock) put(gpa uint64, b []byte) { _ = c.config.RAM.Write(gpa, b) }

// flags is what the structure has as flags now.
func (p *Processor) flags() uint8 {
	var b [1]byte
	_ = p.clock.config.RAM.Read(p.msr&^enable+infoFlags, b[:])
	return b[0]
}

// scale is how a guest makes ns of ticks: shifted left (right if shift is
// negative), times mul, and shifted right by 32.
func scale(hz uint64) (mul uint32, shift int8) {
	num, den := uint64(second), hz
	for num >= den {
		den <<= 1
		shift++
	}
	for num<<1 < den {
		num <<= 1
		shift--
	}
	q, _ := bits.Div64(num>>32, num<<32, den)
	return uint32(q), shift
}
