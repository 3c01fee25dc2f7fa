package kvmclock

import (
	"encoding/binary"
	"errors"
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
	off uint64 // of the time stamp counter
}

var blocks = [2][]byte{make([]byte, ram.BlockSize), make([]byte, ram.BlockSize)}

func newRig(hz uint64) *rig {
	r := &rig{hz: hz, now: 1_000_000, off: 12345}
	var err error
	if r.ram, err = ram.New([]ram.Block{{Data: blocks[0]}, {Data: blocks[1]}}); err != nil {
		panic(err)
	}
	wall := func() int64 { return wall0 + int64(r.now) }
	if r.Clock, err = New(r.ram, func() (uint64, uint64) { return r.tscNow(), r.now }, wall, hz, 4); err != nil {
		panic(err)
	}
	return r
}

func (r *rig) tscNow() uint64 {
	hi, lo := bits.Mul64(r.now, r.hz)
	q, _ := bits.Div64(hi, lo, second)
	return q + r.off
}

// guest reads the clock as a guest does, from the structure at gpa.
func (r *rig) guest(t *testing.T, gpa uint64) (ns uint64, flags uint8) {
	t.Helper()
	var b [timeInfoSize]byte
	if err := r.ram.Read(gpa, b[:]); err != nil {
		t.Fatal(err)
	}
	if v := binary.LittleEndian.Uint32(b[:]); v&1 != 0 || v == 0 {
		t.Fatalf("version %d", v)
	}
	delta := r.tscNow() - binary.LittleEndian.Uint64(b[8:])
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
	if err := r.WriteMSR(cpu, msr, v); err != nil {
		t.Fatal(err)
	}
	if got, err := r.ReadMSR(cpu, msr); err != nil || got != v {
		t.Fatalf("MSR %#x reads %#x (%v) after %#x", msr, got, err, v)
	}
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

func TestTheFactorIsNormal(t *testing.T) {
	for _, hz := range []uint64{1_000_000, 500_000_000, 1_000_000_000, 2_000_000_000, 2_000_000_001, 3_000_000_000, 100_000_000_000} {
		if mul, _ := scale(hz); mul < 1<<31 {
			t.Errorf("%d Hz: a factor of %#x loses precision", hz, mul)
		}
	}
}

func TestRatesThatCannotBe(t *testing.T) {
	for _, hz := range []uint64{0, 999_999, 1 << 63} {
		if _, err := New(nil, nil, nil, hz, 1); err == nil || !strings.Contains(err.Error(), "Hz") {
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

func TestOldAndNewMSRsAreTheSame(t *testing.T) {
	r := newRig(tscHz)
	r.write(t, 1, MSRSystemTimeOld, 0x3000|1)
	r.write(t, 0, MSRWallClockOld, 0x4000)
	if v, err := r.ReadMSR(1, MSRSystemTime); v != 0x3001 || err != nil {
		t.Errorf("system time %#x, %v", v, err)
	}
	if v, err := r.ReadMSR(3, MSRWallClock); v != 0x4000 || err != nil {
		t.Errorf("wall clock, for another processor, %#x, %v", v, err)
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

func TestHostileAccessesAreErrors(t *testing.T) {
	r := newRig(tscHz)
	for i := range blocks[1] {
		blocks[1][i] = 0
	}
	r.write(t, 0, MSRSystemTime, 0x8000|1)
	r.write(t, 0, MSRWallClock, 0x9000)
	for _, c := range []struct {
		cpu  int
		msr  uint32
		v    uint64
		want error
	}{
		{0, MSRSystemTime, memSize | 1, ErrAddress},
		{0, MSRSystemTime, memSize - 28 | 1, ErrAddress},
		{0, MSRSystemTime, 0x1002 | 1, ErrAddress},
		{0, MSRSystemTime, 1<<64 - 3, ErrAddress},
		{0, MSRSystemTime, 1<<64 - 31, ErrAddress},
		{0, MSRSystemTime, 0xfee0_0000 | 1, ErrAddress},
		{0, MSRWallClock, memSize - 8, ErrAddress},
		{0, MSRWallClock, 0x1001, ErrAddress},
		{0, MSRWallClock, 1<<64 - 4, ErrAddress},
		{0, 0x4b564d02, 0, ErrMSR},
		{4, MSRSystemTime, 0, ErrProcessor},
		{-1, MSRWallClock, 0, ErrProcessor},
	} {
		if err := r.WriteMSR(c.cpu, c.msr, c.v); !errors.Is(err, c.want) {
			t.Errorf("MSR %#x of processor %d, %#x: %v, want %v", c.msr, c.cpu, c.v, err, c.want)
		}
	}
	if _, err := r.ReadMSR(0, 0x10); err != ErrMSR || err.Error() != "kvmclock: no MSR of the paravirtual clock" {
		t.Errorf("%v", err)
	}
	a, _ := r.ReadMSR(0, MSRSystemTime)
	b, _ := r.ReadMSR(0, MSRWallClock)
	if a != 0x8001 || b != 0x9000 {
		t.Errorf("an error changes the MSRs to %#x and %#x", a, b)
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
	a, _ := r.ReadMSR(0, MSRSystemTime)
	b, _ := r.ReadMSR(0, MSRWallClock)
	if a != 0 || b != 0 || blocks[0][0xa000] != 0x77 {
		t.Error("a reset leaves the clock on")
	}
}

func TestCPUID(t *testing.T) {
	var b [12]byte
	binary.LittleEndian.PutUint32(b[0:], Leaves[0].EBX)
	binary.LittleEndian.PutUint32(b[4:], Leaves[0].ECX)
	binary.LittleEndian.PutUint32(b[8:], Leaves[0].EDX)
	if string(b[:]) != "KVMKVMKVM\x00\x00\x00" {
		t.Errorf("signature %q", b)
	}
	if Leaves[0].EAX != Leaves[len(Leaves)-1].Function {
		t.Errorf("the highest function is %#x", Leaves[0].EAX)
	}
	for i, l := range Leaves {
		if l.Function != 0x40000000+uint32(i) {
			t.Errorf("function %d is %#x", i, l.Function)
		}
	}
	if got := Leaves[1].EAX; got != 0x0100000b {
		t.Errorf("features %#x", got)
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
		if err := s.Close(); err == nil || !strings.Contains(err.Error(), "kvmclock") {
			t.Errorf("%s: error %v", name, err)
		}
		fresh.Resumed()
	}
}

// drive does what a guest could.
func (r *rig) drive(ops []byte) {
	msrs := [...]uint32{MSRSystemTime, MSRWallClock, MSRSystemTimeOld, MSRWallClockOld, 0x4b564d02}
	for ; len(ops) >= 10; ops = ops[10:] {
		cpu, msr := int(ops[0]%6)-1, msrs[ops[1]%5]
		switch ops[1] >> 4 & 3 {
		case 0:
			_ = r.WriteMSR(cpu, msr, binary.LittleEndian.Uint64(ops[2:]))
		case 1:
			_, _ = r.ReadMSR(cpu, msr)
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
	_ = r.WriteMSR(0, MSRSystemTime, 0x1001)
	b.ReportAllocs()
	for b.Loop() {
		r.Update()
	}
}
