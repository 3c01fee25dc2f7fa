package clock

import "testing"

func TestCounterWrapsDuringCalibration(t *testing.T) {
	m := newMachine(2_000_000_000)
	h, pm, pit := m.hpet(), m.pmTimer(), m.pit()
	h.first, pm.first, pit.first = 1<<32-50_000, 1<<24-12_000, 1<<16-4_000
	timer := m.lapic(100_000_000)
	timer.first = 1<<32 - 400_000
	r := calibrate(t, m.machine(timer, h, pm, pit))
	for _, e := range r.Estimates[:r.Count] {
		within(t, e.Source.String(), e.Hz, m.tscHz, 250)
	}
	within(t, "timer", r.Timer.Hz, 100_000_000, 200)
	quiet(t, &r)
}

// A counter so narrow that most rounds see it wrap.
func TestNarrowCounter(t *testing.T) {
	m := newMachine(2_000_000_000)
	h := m.hpet()
	h.width = 15 // 2.3 ms
	r := calibrate(t, m.machine(nil, h))
	within(t, "TSC", r.Hz(), m.tscHz, 150)
	if e := r.Estimates[0]; e.State != Good || e.PPM > 120 {
		t.Errorf("estimate %+v", e)
	}
	if m.elapsedMs() > 9 {
		t.Errorf("took %.1f ms", m.elapsedMs())
	}
}

// A machine held up for so long that no try at the last point has a narrow
// bracket: the other rounds serve, without another pass.
func TestPointWithoutANarrowBracketIsLeftOut(t *testing.T) {
	m := newMachine(2_000_000_000)
	h, pm := m.hpet(), m.pmTimer()
	held := 0
	h.onRead = func(int) {
		if m.now > 7_900_000_000 && held < 2*sampleTries {
			held++
			m.now += 100_000_000
		}
	}
	r := calibrate(t, m.machine(nil, h, pm))
	within(t, "TSC", r.Hz(), m.tscHz, 150)
	if held <= sampleTries {
		t.Errorf("held up %d times only", held)
	}
	if e := r.Estimates[r.Chosen]; e.Source.String() != "HPET" || e.PPM > 150 {
		t.Errorf("chose %+v", e)
	}
	if m.elapsedMs() > 12 {
		t.Errorf("took %.1f ms", m.elapsedMs())
	}
	quiet(t, &r)
}

// An SMI between a reading and its bracket must not shift the rate: here one
// of 1 ms hits a reading of the HPET in every sample of the pass, always after
// it read, so that no averaging would help.
func TestSMIInTheMiddleOfASample(t *testing.T) {
	m := newMachine(2_000_000_000)
	h := m.hpet()
	hits := 0
	smi := func() {
		hits++
		m.now += 1_000_000_000
	}
	pending := false
	tsc := func() uint64 {
		if pending {
			pending = false
			smi()
		}
		return m.tsc()
	}
	last := uint64(0)
	h.onRead = func(int) {
		if m.now-last > 1_500_000_000 { // the first reading after a wait
			pending = true
			last = m.now
		}
	}
	machine := m.machine(nil, h, m.pmTimer())
	machine.TSC = tsc
	r := calibrate(t, machine)
	within(t, "TSC", r.Hz(), m.tscHz, 150)
	if hits < 3 {
		t.Errorf("only %d SMIs hit", hits)
	}
	quiet(t, &r)
}

func TestNothingToMeasureWithIsAnError(t *testing.T) {
	m := newMachine(2_000_000_000)
	if _, err := Calibrate(m.machine(m.lapic(1_000_000_000))); err != ErrNoSource {
		t.Errorf("error %v, want %v", err, ErrNoSource)
	}
	dead := m.pit()
	dead.stopsAt = 1
	if _, err := Calibrate(m.machine(nil, dead)); err != ErrNoSource {
		t.Errorf("with a dead PIT: error %v, want %v", err, ErrNoSource)
	}
}

func TestTSCThatStandsStillIsAnError(t *testing.T) {
	m := newMachine(2_000_000_000)
	machine := m.machine(nil, m.hpet(), m.pmTimer())
	machine.TSC = func() uint64 { return 42 }
	if _, err := Calibrate(machine); err != ErrTSC {
		t.Errorf("error %v, want %v", err, ErrTSC)
	}
}

func TestTimerThatStandsStillIsNamed(t *testing.T) {
	m := newMachine(2_000_000_000)
	r := calibrate(t, m.machine(m.lapic(0), m.hpet(), m.pmTimer()))
	if w := warnings(&r); len(w) != 1 || w[0] != "clock: warning: local APIC timer does not count" {
		t.Errorf("warnings %q", w)
	}
}

// A TSC whose rate changes while it is measured gives no rate to trust.
func TestVaryingTSCRateIsNotCalledGood(t *testing.T) {
	m := newMachine(1_000_000_000)
	var extra uint64
	machine := m.machine(nil, m.hpet(), m.pmTimer())
	machine.TSC = func() uint64 {
		v := m.tsc()
		ms := m.now / 1_000_000_000
		extra = v / 100 * (ms % 7)
		return v + extra
	}
	r, err := Calibrate(machine)
	if err != nil {
		return
	}
	if r.Estimates[r.Chosen].State == Good {
		t.Errorf("called good: %v", r.String())
	}
	if len(warnings(&r)) == 0 {
		t.Error("no warning")
	}
}
