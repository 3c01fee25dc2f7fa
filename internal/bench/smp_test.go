package bench

import "testing"

func TestParseSpread(t *testing.T) {
	const output = "ringo> bench gc\nstop p50 1500 ns, p99 20000 ns, most 30000 ns, 200 times\nwake p50 1 ns, p99 2 ns, most 3 ns, 4 times\n"
	if s, err := ParseSpread(output, "stop"); err != nil || s != (Spread{1500, 20000, 30000}) {
		t.Errorf("%v, %v", s, err)
	}
	if _, err := ParseSpread(output, "sleep"); err == nil {
		t.Error("a spread that is not there")
	}
}

func TestParseCounter(t *testing.T) {
	if n, err := ParseCounter("R14 0000000000000000 R15 0000000000000100\n"); err != nil || n != 256 {
		t.Errorf("%v, %v", n, err)
	}
	if _, err := ParseCounter("off"); err == nil {
		t.Error("no registers")
	}
}

func TestShareError(t *testing.T) {
	for _, c := range []struct{ work, weights []float64 }{
		{[]float64{10, 20, 50}, []float64{1, 2, 5}},
		{[]float64{1, 1}, []float64{7, 7}},
	} {
		if e := ShareError(c.work, c.weights); e > 1e-9 {
			t.Errorf("%v by %v: %v %%", c.work, c.weights, e)
		}
	}
	if e := ShareError([]float64{90, 110}, []float64{1, 1}); e < 9.99 || e > 10.01 {
		t.Errorf("10 %% is %v", e)
	}
}
