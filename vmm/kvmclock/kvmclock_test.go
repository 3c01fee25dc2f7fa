package kvmclock

import (
	"encoding/binary"
	"math/bits"
	"math/rand"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/state"
)

const (
	tscHz   = 2_600_000_000
	wall0   = 1_700_000_000_123_456_789 // ns, at time 0
	memSize = 2 * ram.BlockSize
)

type rig struct {
	*Clock
	ram *ram.RAM
	hz  uint64
	now uint64 // ns
	off uint64 // of the time stamp counters

	ahead [4]uint64 // of each processor's, besides
}

var blocks = [2][]byte{make([]byte, ram.BlockSize), make([]byte, ram.BlockSize)}

func newRig(hz uint64) *rig {
	r := &rig{hz: hz, now: 1_000_000, off: 12345}
	var err error
	if r.ram, err = ram.New([]ram.Block{{Data: blocks[0]}, {Data: blocks[1]}}); err != nil {
		panic(err)
	}
	r.Clock, err = New(Config{
		RAM: r.ram, CPUs: 4, TSCHz: hz,
		TSC:    r.tscNow,
		Now:    func() uint64 { return r.now },
		Offset: func(cpu int) uint64 { return r.ahead[cpu] },
		Wall:   func() int64 { return wall0 + int64(r.now) },
	})
	if err != nil {
		panic(err)
	}
	return r
}

func (r *rig) tscNow() uint64 {
	hi, lo := bits.Mul64(r.now, r.hz)
	q, _ := bits.Div64(hi, lo, second)
	return q + r.off
}

// guest reads the clock as processor 0 does, from the structure at gpa.
func (r *rig) guest(t *testing.T, gpa uint64) (ns uint64, flags uint8) { return r.processor(t, 0, gpa) }

func (r *rig) processor(t *testing.T, cpu int, gpa uint64) (ns uint64, flags uint8) {
	t.Helper()
	var b [timeInfoSize]byte
	if err := r.ram.Read(gpa, b[:]); err != nil {
		t.Fatal(err)
	}
	if v := binary.LittleEndian.Uint32(b[:]); v&1 != 0 || v == 0 {
		t.Fatalf("version %d", v)
	}
	delta := r.tscNow() + r.ahead[cpu] - binary.LittleEndian.Uint64(b[8:])
	if shift := int8(b[28]); shift < 0 {
		delta >>= -shift
	} else {
		delta <<= shift
	}
	hi, lo := bits.Mul64(delta, uint64(binary.LittleEndian.Uint32(b[24:])))
	return binary.LittleEndian.Uint64(b[16:]) + hi<<32 + lo>>32, b[29]
}

func (r *rig) write(t *testing.T, cpu int, msr uint32, v uint64) {
	t.Helper()
	if !r.Processor(cpu).WriteMSR(msr, v) {
		t.Fatalf("MSR %#x does not take %#x", msr, v)
	}
	if got := r.read(t, cpu, msr); got != v {
		t.Fatalf("MSR %#x reads %#x after %#x", msr, got, v)
	}
}

func (r *rig) read(t *testing.T, cpu int, msr uint32) uint64 {
	t.Helper()
	v, ok := r.Processor(cpu).ReadMSR(msr)
	if !ok {
		t.Fatalf("MSR %#x cannot be read", msr)
	}
	return v
}

func TestTheGuestComputesTheTime(t *testing.T) {
	for _, hz := range []uint64{1_000_000, 10_000_000, 999_999_999, 1_000_000_000, 1_000_000_001, 2_000_000_000, tscHz, 5_123_456_789, 100_000_000_000} {
		r := newRig(hz)
		r.write(t, 0, MSRSystemTime, 0x1000|1)
		for _, step := range []uint64{0, 1000, second, 3600 * second, 30 * 86400 * second} {
			r.now += step
			got, _ := r.guest(t, 0x1000)
			// A tick, and the rounding of a 32-bit factor.
			slack := second/hz + 2 + r.now>>31
			if got > r.now+slack || got+slack < r.now {
				t.Errorf("%d Hz: %d ns, want %d", hz, got, r.now)
			}
		}
	}
}

func TestASampleThatWasInterruptedDoesNotCount(t *testing.T) {
	r := newRig(1_000_000_000)
	n := 0
	r.config.Now = func() uint64 {
		now := r.now
		if n++; n != 3 {
			r.now += 5 * second // before the counter is read again
		}
		return now
	}
	r.write(t, 0, MSRSystemTime, 0x1000|1)
	if got, _ := r.guest(t, 0x1000); got != r.now {
		t.Errorf("%d ns, want %d", got, r.now)
	}
}

func TestTheFactorIsNormal(t *testing.T) {
	for _, hz := range []uint64{1_000_000, 500_000_000, 1_000_000_000, 2_000_000_000, 2_000_000_001, 3_000_000_000, 100_000_000_000} {
		if mul, _ := scale(hz); mul < 1<<31 {
			t.Errorf("%d Hz: a factor of %#x loses precision", hz, mul)
		}
	}
}

func TestRatesThatCannotBe(t *testing.T) {
	for _, hz := range []uint64{0, 999_999, 1 << 63} {
		if _, err := New(Config{TSCHz: hz, CPUs: 1}); err == nil || !strings.Contains(err.Error(), "Hz") {
			t.Errorf("%d Hz: %v", hz, err)
		}
	}
}

func TestProcessorsAgree(t *testing.T) {
	r := newRig(tscHz)
	for cpu := range 4 {
		r.now += 777
		r.write(t, cpu, MSRSystemTime, uint64(0x2000+64*cpu)|1)
	}
	r.now += 1_000_003
	first, flags := r.guest(t, 0x2000)
	for cpu := range 4 {
		if got, _ := r.guest(t, uint64(0x2000+64*cpu)); got != first {
			t.Errorf("processor %d has %d ns, processor 0 %d", cpu, got, first)
		}
	}
	if flags != flagStable {
		t.Errorf("flags %#x", flags)
	}
}

func TestProcessorsAgreeWithCountersOfTheirOwn(t *testing.T) {
	r := newRig(tscHz)
	for cpu := range 4 {
		r.write(t, cpu, MSRSystemTime, uint64(0x2000+64*cpu)|1)
	}
	r.ahead = [4]uint64{0, 1 << 40, 1<<64 - 1<<33, 5} // the guest has set them
	r.now += 1_000_003
	r.Update()
	r.now += 1_000_003
	for cpu := range 4 {
		if got, _ := r.processor(t, cpu, uint64(0x2000+64*cpu)); got > r.now || got+2 < r.now {
			t.Errorf("processor %d has %d ns, want %d", cpu, got, r.now)
		}
	}
}

func TestOldAndNewMSRsAreTheSame(t *testing.T) {
	r := newRig(tscHz)
	r.write(t, 1, MSRSystemTimeOld, 0x3000|1)
	r.write(t, 0, MSRWallClockOld, 0x4000)
	if v := r.read(t, 1, MSRSystemTime); v != 0x3001 {
		t.Errorf("system time %#x", v)
	}
	if v := r.read(t, 3, MSRWallClock); v != 0x4000 {
		t.Errorf("wall clock, for another processor, %#x", v)
	}
}

func TestWallClockIsTheTimeAtZero(t *testing.T) {
	r := newRig(tscHz)
	for i := range uint32(3) {
		r.now += 5 * second
		r.write(t, 0, MSRWallClock, 0x5004)
		var b [12]byte
		r.ram.Read(0x5004, b[:])
		v, sec, ns := binary.LittleEndian.Uint32(b[:]), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])
		if v != 2*(i+1) || sec != 1_700_000_000 || ns != 123_456_789 {
			t.Errorf("version %d, %d s and %d ns", v, sec, ns)
		}
	}
}

func TestUpdateFollowsJumps(t *testing.T) {
	r := newRig(tscHz)
	r.write(t, 0, MSRSystemTime, 0x6000|1)
	r.write(t, 1, MSRSystemTime, 0x6040) // not enabled
	blocks[0][0x6040] = 0x77
	r.off += 1 << 40
	r.Update()
	if got, flags := r.guest(t, 0x6000); got != r.now || flags != flagStable {
		t.Errorf("%d ns with flags %#x, want %d", got, flags, r.now)
	}
	if blocks[0][0x6040] != 0x77 {
		t.Error("a structure that is not enabled was written")
	}
	r.off -= 1 << 41
	r.Resumed()
	r.Update()
	if got, flags := r.guest(t, 0x6000); got != r.now || flags != flagStable|flagStopped {
		t.Errorf("%d ns with flags %#x, want %d and a word of the stop", got, flags, r.now)
	}
	blocks[0][0x6000+infoFlags] = 0 // the guest has seen it
	r.Update()
	if _, flags := r.guest(t, 0x6000); flags != flagStable {
		t.Errorf("flags %#x after the guest has seen the stop", flags)
	}
	r.write(t, 0, MSRSystemTime, 0x6000) // disabled
	blocks[0][0x6000] = 0x77
	r.Update()
	if blocks[0][0x6000] != 0x77 {
		t.Error("a structure that was disabled is written")
	}
}

func TestTheVersionGrows(t *testing.T) {
	r := newRig(tscHz)
	r.write(t, 0, MSRSystemTime, 0x7000|1)
	for want := uint32(4); want < 10; want += 2 {
		r.Update()
		if got := binary.LittleEndian.Uint32(blocks[0][0x7000:]); got != want {
			t.Errorf("version %d, want %d", got, want)
		}
	}
}

func TestHostileAccessesAreRefused(t *testing.T) {
	r := newRig(tscHz)
	for i := range blocks[1] {
		blocks[1][i] = 0
	}
	r.write(t, 0, MSRSystemTime, 0x8000|1)
	r.write(t, 0, MSRWallClock, 0x9000)
	for _, c := range []struct {
		msr uint32
		v   uint64
	}{
		{MSRSystemTime, memSize | 1},
		{MSRSystemTime, memSize - 28 | 1},
		{MSRSystemTime, 0x1002 | 1},
		{MSRSystemTime, 1<<64 - 3},
		{MSRSystemTime, 1<<64 - 31},
		{MSRSystemTime, 0xfee0_0000 | 1},
		{MSRWallClock, memSize - 8},
		{MSRWallClock, 0x1001},
		{MSRWallClock, 1<<64 - 4},
		{0x4b564d02, 0},
	} {
		if r.Processor(0).WriteMSR(c.msr, c.v) {
			t.Errorf("MSR %#x takes %#x", c.msr, c.v)
		}
	}
	if _, ok := r.Processor(0).ReadMSR(0x10); ok {
		t.Error("another MSR can be read")
	}
	if a, b := r.read(t, 0, MSRSystemTime), r.read(t, 0, MSRWallClock); a != 0x8001 || b != 0x9000 {
		t.Errorf("a refused write changes the MSRs to %#x and %#x", a, b)
	}
	for _, v := range []uint64{memSize - timeInfoSize | 1, ram.BlockSize - 12 | 1, 0} {
		r.write(t, 0, MSRSystemTime, v)
		if v != 0 {
			if got, _ := r.guest(t, v&^1); got != r.now {
				t.Errorf("at %#x: %d ns", v, got)
			}
		}
	}
	r.write(t, 0, MSRWallClock, 0)
	r.write(t, 0, MSRSystemTime, memSize) // not enabled, so it does not matter
}

func TestResetDisables(t *testing.T) {
	r := newRig(tscHz)
	r.write(t, 0, MSRSystemTime, 0xa000|1)
	r.write(t, 0, MSRWallClock, 0xb000)
	r.Reset()
	blocks[0][0xa000] = 0x77
	r.Resumed()
	a, b := r.read(t, 0, MSRSystemTime), r.read(t, 0, MSRWallClock)
	if a != 0 || b != 0 || blocks[0][0xa000] != 0x77 {
		t.Error("a reset leaves the clock on")
	}
}

func TestTheFeaturesAreTheMSRsThereAre(t *testing.T) {
	// KVM_FEATURE_CLOCKSOURCE, NOP_IO_DELAY, CLOCKSOURCE2, CLOCKSOURCE_STABLE_BIT.
	if Features != 0x0100000b {
		t.Errorf("features %#x", Features)
	}
}

func TestStateSurvives(t *testing.T) {
	r := newRig(tscHz)
	r.write(t, 0, MSRSystemTime, 0xc000|1)
	r.write(t, 3, MSRSystemTime, 0xc040|1)
	r.write(t, 0, MSRWallClock, 0xd000)
	r.Update()
	fresh := newRig(tscHz)
	fresh.off = 1 << 50 // another processor's counter
	devicetest.Survives(t, r, fresh)
	fresh.Resumed()
	for _, gpa := range []uint64{0xc000, 0xc040} {
		if got, flags := fresh.guest(t, gpa); got != fresh.now || flags&flagStopped == 0 {
			t.Errorf("at %#x: %d ns with flags %#x", gpa, got, flags)
		}
	}
	if got := binary.LittleEndian.Uint32(blocks[0][0xc000:]); got != 6 {
		t.Errorf("version %d after a load, want 6", got)
	}
}

func TestImpossibleStatesAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(c *Clock){
		"processors":  func(c *Clock) { c.cpus = c.cpus[:3] },
		"system time": func(c *Clock) { c.cpus[2].msr = memSize | 1 },
		"wall clock":  func(c *Clock) { c.wallClock.msr = 2 },
	} {
		r := newRig(tscHz)
		r.write(t, 0, MSRSystemTime, 0xe000|1)
		spoil(r.Clock)
		s := state.Loader(devicetest.Save(r))
		fresh := newRig(tscHz)
		fresh.State(s)
		if v := fresh.read(t, 0, MSRSystemTime); v != 0 {
			t.Errorf("%s: system time %#x", name, v)
		}
		if err := s.Close(); err == nil || !strings.Contains(err.Error(), "kvmclock") {
			t.Errorf("%s: error %v", name, err)
		}
		fresh.Resumed()
	}
}

func TestALoadedVersionIsMadeEven(t *testing.T) {
	r := newRig(tscHz)
	r.write(t, 0, MSRSystemTime, 0xf000|1)
	r.cpus[0].version++
	fresh := newRig(tscHz)
	devicetest.Load(t, fresh, devicetest.Save(r))
	fresh.Resumed()
	fresh.guest(t, 0xf000) // fails where the version is odd
}

// drive does what a guest could.
func (r *rig) drive(ops []byte) {
	msrs := [...]uint32{MSRSystemTime, MSRWallClock, MSRSystemTimeOld, MSRWallClockOld, 0x4b564d02}
	for ; len(ops) >= 10; ops = ops[10:] {
		p, msr := r.Processor(int(ops[0]%4)), msrs[ops[1]%5]
		switch ops[1] >> 4 & 3 {
		case 0:
			p.WriteMSR(msr, binary.LittleEndian.Uint64(ops[2:]))
		case 1:
			_, _ = p.ReadMSR(msr)
		case 2:
			r.now += uint64(ops[2])
			r.Update()
		case 3:
			r.Resumed()
		}
	}
}

func FuzzAccess(f *testing.F) {
	f.Add([]byte("\x01\x00\x01\x10\x00\x00\x00\x00\x00\x00\x01\x20\x00\x00\x00\x00\x00\x00\x00\x00"), []byte(nil))
	f.Add([]byte("\x02\x01\xfc\xff\xff\xff\xff\xff\xff\xff"), devicetest.Save(newRig(tscHz)))
	f.Fuzz(func(t *testing.T, ops, saved []byte) {
		r := newRig(tscHz)
		if saved != nil {
			r.State(state.Loader(saved))
		}
		r.drive(ops)
		devicetest.Survives(t, r, newRig(tscHz))
	})
}

func TestAccessesDoNotAllocate(t *testing.T) {
	ops := make([]byte, 10_000)
	rand.New(rand.NewSource(1)).Read(ops)
	for i := 0; i < len(ops); i += 10 {
		copy(ops[i+5:], make([]byte, 5)) // low addresses, that there may be
	}
	r := newRig(tscHz)
	if n := testing.AllocsPerRun(10, func() { r.drive(ops) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkUpdate(b *testing.B) {
	r := newRig(tscHz)
	r.Processor(0).WriteMSR(MSRSystemTime, 0x1001)
	b.ReportAllocs()
	for b.Loop() {
		r.Update()
	}
}
