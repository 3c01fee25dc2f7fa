package clock

import (
	"math/big"
	"math/bits"
	"math/rand/v2"
	"testing"
)

var rates = []uint64{MinHz, 3_579_545, 100_000_000, 999_999_999, 1_000_000_000, 2_399_998_123, 5_700_000_001, 100_000_000_000}

// started returns a clock whose TSC stood at base when it started.
func started(t *testing.T, hz, base uint64) *Clock {
	t.Helper()
	var c Clock
	if err := c.Start(func() uint64 { return base }, hz); err != nil {
		t.Fatal(err)
	}
	return &c
}

func exactNs(ticks, hz uint64) uint64 {
	n := new(big.Int).Mul(new(big.Int).SetUint64(ticks), big.NewInt(nsPerSec))
	return n.Div(n, new(big.Int).SetUint64(hz)).Uint64()
}

func TestClockIsExactOverTwentyYears(t *testing.T) {
	const years = 20 * 365 * 86400
	for _, hz := range rates {
		c := started(t, hz, 12345)
		for _, seconds := range []uint64{0, 1, 3600, 86400, years} {
			ticks := hz*seconds + hz/3
			got, want := c.At(12345+ticks), exactNs(ticks, hz)
			// 50 µs in 20 years.
			if diff := want - got; got > want || diff > 1+want/10_000_000_000_000 {
				t.Errorf("%d Hz: %d ticks are %d ns, want %d", hz, ticks, got, want)
			}
		}
	}
}

func TestClockNeverGoesBack(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, hz := range rates {
		c := started(t, hz, 1000)
		for range 10_000 {
			tsc := 1000 + r.Uint64()>>(2+r.Uint64N(60))
			if a, b := c.At(tsc), c.At(tsc+1); b < a {
				t.Fatalf("%d Hz: %d ns at TSC %d, then %d", hz, a, tsc, b)
			}
		}
	}
}

func TestMomentBeforeStartIsZero(t *testing.T) {
	c := started(t, 1_000_000_000, 5000)
	if got := c.At(4000); got != 0 {
		t.Errorf("a TSC that is behind reads %d ns, want 0", got)
	}
}

func TestDeadlineIsTheFirstTickAtOrAfter(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, hz := range rates {
		c := started(t, hz, 777)
		for range 10_000 {
			ns := r.Uint64() >> (8 + r.Uint64N(56))
			tsc := c.Deadline(ns)
			if tsc == ^uint64(0) || tsc-777 >= 1<<63 {
				continue // more than the TSC counts
			}
			if got := c.At(tsc); got < ns {
				t.Fatalf("%d Hz: the deadline of %d ns is reached at %d ns", hz, ns, got)
			}
			if tsc > 777 && c.At(tsc-1) >= ns {
				t.Fatalf("%d Hz: the deadline of %d ns is later than it need be", hz, ns)
			}
		}
	}
}

func TestDeadlineBeyondTheTSCIsItsLargestValue(t *testing.T) {
	c := started(t, 5_000_000_000, 1<<40)
	if got := c.Deadline(^uint64(0)); got != ^uint64(0) {
		t.Errorf("deadline %#x", got)
	}
}

func TestAdjustedClockGoesOnFromWhatItReads(t *testing.T) {
	tsc := uint64(1000)
	var c Clock
	if err := c.Start(func() uint64 { return tsc }, 1_000_000_000); err != nil {
		t.Fatal(err)
	}
	tsc += 5_000_000_000
	if err := c.Adjust(2_000_000_000); err != nil {
		t.Fatal(err)
	}
	if got := c.Now(); got != 5_000_000_000 {
		t.Errorf("reads %d ns right after the change, want 5000000000", got)
	}
	tsc += 2_000_000_000
	if got := c.Now(); got != 6_000_000_000 || c.Hz() != 2_000_000_000 {
		t.Errorf("reads %d ns a second later, at %d Hz", got, c.Hz())
	}
	if got := c.Deadline(7_000_000_000); got != tsc+2_000_000_000 {
		t.Errorf("a second from now is TSC %d, want %d", got, tsc+2_000_000_000)
	}
	if err := c.Adjust(1); err != ErrRate || c.Now() != 6_000_000_000 {
		t.Errorf("an absurd rate: error %v, clock reads %d ns", err, c.Now())
	}
}

// With a rate far below the first one, the clock's 0 lies before the TSC's.
func TestAdjustedClockWhoseStartIsBeforeTheTSC(t *testing.T) {
	tsc := uint64(0)
	var c Clock
	if err := c.Start(func() uint64 { return tsc }, 1_000_000); err != nil {
		t.Fatal(err)
	}
	tsc = 10_000_000 // 10 s
	if err := c.Adjust(1_000_000_000); err != nil {
		t.Fatal(err)
	}
	if got := c.Now(); got != 10_000_000_000 {
		t.Errorf("reads %d ns, want 10000000000", got)
	}
	if got := c.Deadline(10_000_001_000); got != tsc+1000 {
		t.Errorf("1 us from now is TSC %d, want %d", got, tsc+1000)
	}
	if got := c.Deadline(5_000_000_000); got != 0 {
		t.Errorf("5 s ago is TSC %d, want 0", got)
	}
}

func TestAdjustNeverTurnsTheClockBack(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	tsc := r.Uint64() >> 20
	var c Clock
	if err := c.Start(func() uint64 { return tsc }, 1_000_000_000); err != nil {
		t.Fatal(err)
	}
	for range 10_000 {
		tsc += r.Uint64N(1_000_000_000)
		before, hz := c.Now(), MinHz+r.Uint64N(10_000_000_000)
		if err := c.Adjust(hz); err != nil {
			t.Fatal(err)
		}
		if now := c.Now(); now < before || now > before+2+nsPerSec/hz {
			t.Fatalf("read %d ns, and %d after it was set to %d Hz", before, now, hz)
		}
		base, mul := c.Line()
		if hi, lo := bits.Mul64(tsc-base, mul); hi<<(64-Shift)|lo>>Shift != c.Now() {
			t.Fatal("Line is not what Now computes")
		}
	}
}

func TestUnbelievableRatesAreRefused(t *testing.T) {
	for _, hz := range []uint64{0, 1, MinHz - 1, MaxHz + 1, ^uint64(0)} {
		var c Clock
		if err := c.Start(func() uint64 { return 0 }, hz); err != ErrRate {
			t.Errorf("%d Hz: error %v, want %v", hz, err, ErrRate)
		}
	}
}

func TestTimerTicks(t *testing.T) {
	for _, c := range []struct {
		ns, hz uint64
		want   uint32
	}{
		{0, 1_000_000_000, 1},
		{1, 24_000_000, 1},
		{1000, 24_000_000, 24},
		{1001, 24_000_000, 25},
		{1_000_000, 62_500_000, 62_500},
		{4_294_967_295, 1_000_000_000, 1<<32 - 1},
		{4_294_967_296, 1_000_000_000, 1<<32 - 1},
		{^uint64(0), 1_000_000_000_000, 1<<32 - 1},
	} {
		if got := TimerTicks(c.ns, c.hz); got != c.want {
			t.Errorf("%d ns at %d Hz are %d ticks, want %d", c.ns, c.hz, got, c.want)
		}
	}
}

func TestReadingTheClockAllocatesNothing(t *testing.T) {
	c := started(t, 2_000_000_000, 0)
	if n := testing.AllocsPerRun(100, func() { c.Deadline(c.Now() + 1000) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkNow(b *testing.B) {
	var c Clock
	tsc := uint64(0)
	if err := c.Start(func() uint64 { tsc += 100; return tsc }, 2_399_998_123); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		c.Now()
	}
}

func BenchmarkDeadline(b *testing.B) {
	var c Clock
	if err := c.Start(func() uint64 { return 0 }, 2_399_998_123); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		c.Deadline(86_400_000_000_000)
	}
}
