package pit

import "testing"

// Linux finds out the rate of the TSC with counter 2 in two ways. The tests do
// what it does, with a TSC of tscKHz and an access that takes accessNS.
const (
	tscKHz   = 2_600_000
	accessNS = 1500
)

func (r *rig) tsc() uint64 { return r.clock.Now() * (tscKHz / 1000) / 1000 }

func (r *rig) slowIn(port uint16) uint8 {
	r.clock.Advance(accessNS)
	return r.in(port)
}

func within(got, want, ppm uint64) bool {
	return got > want-want*ppm/1_000_000 && got < want+want*ppm/1_000_000
}

// TestLinuxQuickCalibration waits for each next value of the count's high byte
// and takes the time in between. It reads without latching, low byte first.
func TestLinuxQuickCalibration(t *testing.T) {
	r := newRig()
	r.out(Port61, r.in(Port61)&^2|1)
	r.out(0x43, 0xb0)
	r.out(0x42, 0xff, 0xff)
	high := func() uint8 { r.slowIn(0x42); return r.slowIn(0x42) }
	high()
	expect := func(v uint8) (tsc, delta uint64) {
		var reads int
		var last uint64
		for reads = 0; reads < 50_000 && high() == v; reads++ {
			last, tsc = tsc, r.tsc()
		}
		if reads <= 5 {
			t.Fatalf("the high byte is %#x for %d reads only", v, reads)
		}
		return tsc, r.tsc() - last
	}
	start, d1 := expect(0xff)
	for i := uint64(1); i < 0xe9; i++ {
		tsc, d2 := expect(uint8(0xff - i))
		delta := tsc - start
		if d1+d2 >= delta>>11 {
			continue
		}
		khz := delta * Hz / (i * 256 * 1000)
		if !within(khz, tscKHz, 500) {
			t.Errorf("%d kHz, want %d", khz, tscKHz)
		}
		return
	}
	t.Error("the calibration does not end")
}

// TestLinuxCalibrationByPort61 waits 50 ms for OUT 2, and counts its polls.
func TestLinuxCalibrationByPort61(t *testing.T) {
	const ms = 50
	const latch = Hz / (1000 / ms)
	r := newRig()
	r.out(Port61, r.in(Port61)&^2|1)
	r.out(0x43, 0xb0)
	r.out(0x42, latch&0xff, latch>>8)
	start := r.tsc()
	polls, most := 0, uint64(0)
	for last := start; r.slowIn(Port61)&p61Out2 == 0; polls++ {
		now := r.tsc()
		most, last = max(most, now-last), now
		if polls > 100_000 {
			t.Fatal("OUT 2 stays low")
		}
	}
	if polls < 1000 || most > 10*accessNS*tscKHz/1_000_000 {
		t.Errorf("%d polls, the longest of %d cycles", polls, most)
	}
	if khz := (r.tsc() - start) / ms; !within(khz, tscKHz, 200) {
		t.Errorf("%d kHz, want %d", khz, tscKHz)
	}
}

// TestLinuxTickDevice goes through the states of Linux's clock event device.
func TestLinuxTickDevice(t *testing.T) {
	r := newRig()
	r.out(0x43, 0x30) // shut down
	r.out(0x40, 0, 0)
	r.out(0x43, 0x30)
	r.clock.Advance(second)
	r.line.Edges = 0
	r.out(0x43, 0x34) // periodic, 250 Hz
	const latch = (Hz + 125) / 250
	r.out(0x40, latch&0xff, latch>>8)
	r.line.Edges = 0
	r.clock.Advance(second)
	if r.line.Edges < 249 || r.line.Edges > 250 {
		t.Errorf("%d interrupts a second, want 250", r.line.Edges)
	}
	r.out(0x43, 0x38) // one-shot
	for _, delta := range []uint64{0x10, 0x1000, 0xffff} {
		r.line.Edges = 0
		r.out(0x40, uint8(delta), uint8(delta>>8))
		r.ticks(delta)
		if r.line.Edges != 0 {
			t.Errorf("a one-shot of %d comes early", delta)
		}
		r.ticks(20_000)
		if r.line.Edges != 1 {
			t.Errorf("a one-shot of %d comes %d times", delta, r.line.Edges)
		}
	}
}
