package clock

import (
	"strings"
	"testing"
)

// within fails the test unless got is at most ppm millionths from want.
func within(t *testing.T, what string, got, want, ppm uint64) {
	t.Helper()
	if d := ppmApart(got, want); d > ppm {
		t.Errorf("%s is %d Hz, %d ppm from the true %d", what, got, d, want)
	}
}

func warnings(r *Result) []string {
	var all []string
	var buf [256]byte
	for i := 0; ; i++ {
		w := r.Warning(i, buf[:])
		if w == nil {
			return all
		}
		all = append(all, string(w))
	}
}

func calibrate(t *testing.T, m *Machine) Result {
	t.Helper()
	r, err := Calibrate(m)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// quiet fails the test if the result has warnings.
func quiet(t *testing.T, r *Result) {
	t.Helper()
	if w := warnings(r); w != nil {
		t.Errorf("warnings %q", w)
	}
}

func TestRateIsWithin200PPM(t *testing.T) {
	for _, tscHz := range []uint64{4_000_000, 100_000_000, 1_000_000_000, 2_399_998_123, 5_700_000_000} {
		for _, c := range []struct {
			name            string
			jitter          uint64
			perMille, stall uint64
			ppm             uint64
		}{
			{"steady machine", 0, 0, 0, 100},
			{"jittery accesses", 400_000, 0, 0, 150},
			{"one access in 20 held up by 0.3 ms", 100_000, 50, 300_000_000, 150},
			{"one access in 100 held up by 10 ms", 100_000, 10, 10_000_000_000, 150},
		} {
			m := newMachine(tscHz)
			m.jitter, m.perMille, m.stall = c.jitter, c.perMille, c.stall
			r := calibrate(t, m.machine(m.lapic(62_500_000), m.hpet(), m.pmTimer(), m.pit()))
			what := c.name + ": TSC"
			within(t, what, r.Hz(), tscHz, c.ppm)
			within(t, c.name+": timer", r.Timer.Hz, 62_500_000, c.ppm)
			if e := r.Estimates[r.Chosen]; c.jitter == 0 && e.PPM > 120 {
				t.Errorf("%s: error bound of %d ppm", c.name, e.PPM)
			}
			if got := r.Estimates[r.Chosen].Source.String(); got != "HPET" {
				t.Errorf("%s: chose %s, not the HPET", c.name, got)
			}
			if c.perMille > 0 && m.stalls == 0 {
				t.Errorf("%s: the machine was never held up", c.name)
			}
			quiet(t, &r)
		}
	}
}

func TestErrorBoundIsHonest(t *testing.T) {
	for seed := range uint64(200) {
		m := newMachine(2_000_000_000 + seed*12_345)
		m.now += seed * 100_003 // another phase of each counter
		m.jitter, m.perMille, m.stall = 500_000, seed%50, 2_000_000_000
		r := calibrate(t, m.machine(m.lapic(25_000_000), m.hpet(), m.pmTimer(), m.pit()))
		for _, e := range r.Estimates[:r.Count] {
			if d := ppmApart(e.Hz, m.tscHz); e.State == Good && d > e.PPM {
				t.Errorf("seed %d: %s is %d ppm off, and says at most %d", seed, e.Source, d, e.PPM)
			}
		}
		if d := ppmApart(r.Timer.Hz, 25_000_000); d > r.Timer.PPM {
			t.Errorf("seed %d: the timer is %d ppm off, and says at most %d", seed, d, r.Timer.PPM)
		}
	}
}

func TestCalibrationTakesLittleTime(t *testing.T) {
	for _, c := range []struct {
		name string
		refs func(m *fakeMachine) []Counter
		ms   float64
	}{
		{"all", func(m *fakeMachine) []Counter { return []Counter{m.hpet(), m.pmTimer(), m.pit()} }, 10},
		{"HPET", func(m *fakeMachine) []Counter { return []Counter{m.hpet()} }, 9},
		{"PIT", func(m *fakeMachine) []Counter { return []Counter{m.pit()} }, 21},
	} {
		m := newMachine(3_000_000_000)
		calibrate(t, m.machine(m.lapic(1_000_000_000), c.refs(m)...))
		if m.elapsedMs() > c.ms {
			t.Errorf("%s: took %.1f ms, want at most %.1f", c.name, m.elapsedMs(), c.ms)
		}
	}
}

func TestRoughCalibrationBySlowReferenceIsQuick(t *testing.T) {
	m := newMachine(2_500_000_000)
	machine := m.machine(nil, m.pit())
	machine.Rough = true
	r := calibrate(t, machine)
	within(t, "TSC", r.Hz(), m.tscHz, 1000)
	if m.elapsedMs() > 9 {
		t.Errorf("took %.1f ms", m.elapsedMs())
	}
}

func TestEachReferenceAloneWillDo(t *testing.T) {
	for _, pick := range []func(m *fakeMachine) *fakeCounter{
		(*fakeMachine).hpet, (*fakeMachine).pmTimer, (*fakeMachine).pit,
	} {
		m := newMachine(2_500_000_000)
		ref := pick(m)
		r := calibrate(t, m.machine(nil, ref))
		within(t, "TSC by "+ref.name, r.Hz(), m.tscHz, 200)
		want := "clock: warning: no second source confirms the TSC's rate by " + ref.name
		if w := warnings(&r); len(w) != 1 || w[0] != want {
			t.Errorf("warnings %q, want %q", w, want)
		}
	}
}

func TestLyingReferenceIsOutvotedAndNamed(t *testing.T) {
	for _, c := range []struct {
		name string
		true func(said uint64) uint64
	}{
		{"ten times too slow", func(hz uint64) uint64 { return hz / 10 }},
		{"0.2 % too slow", func(hz uint64) uint64 { return hz - hz/500 }},
		{"1 % too fast", func(hz uint64) uint64 { return hz + hz/100 }},
		{"50 times too fast", func(hz uint64) uint64 { return hz * 50 }},
	} {
		m := newMachine(2_000_000_000)
		liar := m.hpet()
		liar.trueHz = c.true(liar.hz)
		r := calibrate(t, m.machine(m.lapic(1_000_000_000), liar, m.pmTimer(), m.pit()))
		within(t, c.name+": TSC", r.Hz(), m.tscHz, 200)
		within(t, c.name+": timer", r.Timer.Hz, 1_000_000_000, 200)
		w := warnings(&r)
		if len(w) != 1 || !strings.Contains(w[0], "HPET says") || !strings.Contains(w[0], "using PM timer") {
			t.Errorf("%s: warnings %q, want one that names the HPET and the PM timer", c.name, w)
		}
		if m.elapsedMs() > 12 {
			t.Errorf("%s: took %.1f ms", c.name, m.elapsedMs())
		}
	}
}

// So slow a counter has too few ticks to tell any rate, and costs two more
// passes.
func TestReferenceTooSlowToMeasureIsNamed(t *testing.T) {
	m := newMachine(2_000_000_000)
	liar := m.hpet()
	liar.trueHz /= 1000
	r := calibrate(t, m.machine(nil, liar, m.pmTimer(), m.pit()))
	within(t, "TSC", r.Hz(), m.tscHz, 200)
	if w := warnings(&r); len(w) != 1 || w[0] != "clock: warning: HPET gives no steady rate" {
		t.Errorf("warnings %q", w)
	}
	if m.elapsedMs() > 30 {
		t.Errorf("took %.1f ms", m.elapsedMs())
	}
}

func TestTwoSourcesThatDisagreeAreBothNamed(t *testing.T) {
	m := newMachine(2_000_000_000)
	liar := m.pmTimer()
	liar.trueHz += liar.trueHz / 100
	r := calibrate(t, m.machine(nil, m.hpet(), liar))
	within(t, "TSC", r.Hz(), m.tscHz, 200)
	w := warnings(&r)
	if len(w) != 1 || !strings.HasPrefix(w[0], "clock: warning: PM timer says 1980.") ||
		!strings.Contains(w[0], "HPET 2000.") || !strings.HasSuffix(w[0], "ppm apart: using HPET") {
		t.Errorf("warnings %q, want one that names both", w)
	}
}

func TestCPUIDRateIsUsedWhenConfirmed(t *testing.T) {
	m := newMachine(2_592_000_000)
	m.leaves = map[uint32][4]uint32{0: {0x16}, 0x15: {2, 216, 24_000_000}, 0x16: {2600}}
	r := calibrate(t, m.machine(m.lapic(24_000_000), m.hpet(), m.pmTimer()))
	if e := r.Estimates[r.Chosen]; r.Hz() != 2_592_000_000 || e.Source.String() != "CPUID" || e.PPM != 0 {
		t.Errorf("chose %+v, want what CPUID says exactly", e)
	}
	if got := r.Estimates[r.Checked].Source.String(); got != "HPET" {
		t.Errorf("checked against %s, not the HPET", got)
	}
	within(t, "timer", r.Timer.Hz, 24_000_000, 100)
	quiet(t, &r)
}

func TestCPUIDRateThatIsFalseIsOutvoted(t *testing.T) {
	m := newMachine(100_000_000) // an emulator that copied CPUID from a real processor
	m.leaves = map[uint32][4]uint32{0: {0x16}, 0x15: {2, 176, 38_400_000}, 0x16: {3400}}
	r := calibrate(t, m.machine(nil, m.hpet(), m.pmTimer()))
	within(t, "TSC", r.Hz(), m.tscHz, 200)
	if w := warnings(&r); len(w) != 1 || !strings.Contains(w[0], "CPUID says 3379.200000 MHz and HPET 100.0") {
		t.Errorf("warnings %q, want one that names CPUID and the HPET", w)
	}
}

func TestMeasurementBeatsCPUIDWhenNothingDecides(t *testing.T) {
	m := newMachine(100_000_000)
	m.leaves = map[uint32][4]uint32{0: {0x15}, 0x15: {2, 176, 38_400_000}}
	r := calibrate(t, m.machine(nil, m.pmTimer()))
	within(t, "TSC", r.Hz(), m.tscHz, 200)
	if w := warnings(&r); len(w) != 1 || !strings.Contains(w[0], "CPUID says 3379.200000 MHz and PM timer") {
		t.Errorf("warnings %q, want one that names CPUID and the PM timer", w)
	}
	if r.Checked < 0 || r.Estimates[r.Checked].Source.String() != "CPUID" {
		t.Errorf("checked against estimate %d", r.Checked)
	}
}

func TestCPUIDAloneTimesTheLocalAPICTimer(t *testing.T) {
	for _, c := range []struct {
		name   string
		leaves map[uint32][4]uint32
		hz     uint64
	}{
		{"crystal", map[uint32][4]uint32{0: {0x15}, 0x15: {2, 216, 24_000_000}}, 2_592_000_000},
		{"rounded", map[uint32][4]uint32{0: {0x16}, 0x16: {2592}}, 2_592_000_000},
		{"hypervisor", map[uint32][4]uint32{1: {2: 1 << 31}, 0x4000_0000: {0x4000_0010}, 0x4000_0010: {2_592_000}}, 2_592_000_000},
	} {
		m := newMachine(c.hz)
		m.leaves = c.leaves
		r := calibrate(t, m.machine(m.lapic(1_000_000_000)))
		if r.Hz() != c.hz {
			t.Errorf("%s: TSC is %d Hz, want %d", c.name, r.Hz(), c.hz)
		}
		within(t, c.name+": timer", r.Timer.Hz, 1_000_000_000, 50)
		if w := warnings(&r); len(w) != 1 || !strings.Contains(w[0], "no second source") {
			t.Errorf("%s: warnings %q", c.name, w)
		}
		if m.elapsedMs() > 10 {
			t.Errorf("%s: took %.1f ms", c.name, m.elapsedMs())
		}
	}
}

func TestDeadReferenceIsNamedAndNotUsed(t *testing.T) {
	for _, c := range []struct {
		name string
		kill func(h *fakeCounter)
		says string
	}{
		{"never counts", func(h *fakeCounter) { h.stopsAt = 1 }, "HPET does not count"},
		{"stops half-way", func(h *fakeCounter) { h.stopsAt = 4_000_000_000 }, "HPET gives no steady rate"},
	} {
		m := newMachine(2_000_000_000)
		h := m.hpet()
		c.kill(h)
		r := calibrate(t, m.machine(nil, h, m.pmTimer(), m.pit()))
		within(t, c.name+": TSC", r.Hz(), m.tscHz, 200)
		if w := warnings(&r); len(w) != 1 || !strings.Contains(w[0], c.says) {
			t.Errorf("%s: warnings %q, want %q", c.name, w, c.says)
		}
		if got := r.Estimates[r.Chosen].Source.String(); got != "PM timer" {
			t.Errorf("%s: chose %s", c.name, got)
		}
	}
}

func TestLoneReferenceThatStopsIsAnError(t *testing.T) {
	m := newMachine(2_000_000_000)
	h := m.hpet()
	h.stopsAt = 3_000_000_000
	if _, err := Calibrate(m.machine(nil, h)); err != ErrNoSource {
		t.Errorf("error %v, want %v", err, ErrNoSource)
	}
	if m.elapsedMs() > 1000 {
		t.Errorf("took %.0f ms to find out", m.elapsedMs())
	}
}

func TestCalibrationAllocatesNothing(t *testing.T) {
	m := newMachine(2_000_000_000)
	m.leaves = map[uint32][4]uint32{}
	h, pm, timer := m.hpet(), m.pmTimer(), m.lapic(1_000_000_000)
	machine := m.machine(timer, h, pm)
	var buf [256]byte
	n := testing.AllocsPerRun(3, func() {
		r, err := Calibrate(machine)
		if err != nil {
			t.Error(err)
		}
		r.Summary(buf[:])
		r.Warning(0, buf[:])
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
