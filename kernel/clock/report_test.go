package clock

import (
	"strings"
	"testing"
)

func name(s string) (n Name) {
	n.set(s)
	return n
}

func example() Result {
	r := Result{Count: 3, Chosen: 0, Checked: 1, HasTimer: true}
	r.Estimates = [sources]Estimate{
		{name("HPET"), 2_400_000_123, 64, Good},
		{name("PM timer"), 2_400_007_200, 90, Good},
		{name("PIT"), 0, 0, Stuck},
	}
	r.Timer = Estimate{name("local APIC timer"), 62_500_000, 20, Good}
	return r
}

func TestSummary(t *testing.T) {
	r := example()
	const want = "clock: TSC 2400.000123 MHz by HPET to 64 ppm, 3 ppm from PM timer; local APIC timer 62.500000 MHz; TSC not declared invariant"
	var buf [160]byte
	if got := string(r.Summary(buf[:])); got != want {
		t.Errorf("summary\n%s, want\n%s", got, want)
	}
	if got := string(r.Summary(buf[:20])); got != want[:20] {
		t.Errorf("in 20 bytes %q, want the first 20 of the text", got)
	}
	if got := r.Summary(nil); len(got) != 0 {
		t.Errorf("in no bytes %q", got)
	}
}

func TestStringListsEverySourceAndWarning(t *testing.T) {
	r := example()
	got := r.String()
	for _, want := range []string{
		"  HPET 2400.000123 MHz to 64 ppm\n",
		"  PM timer 2400.007200 MHz to 90 ppm\n",
		"  PIT does not count\n",
		"clock: warning: PIT does not count\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestLongNameIsCut(t *testing.T) {
	if got := name(strings.Repeat("x", 300)).String(); got != strings.Repeat("x", 23) {
		t.Errorf("name %q", got)
	}
}
