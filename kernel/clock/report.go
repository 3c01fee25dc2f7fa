package clock

import "strings"

// Summary writes the result in one line, for the boot log, into buf, of which
// it returns a part. 160 bytes hold all of it.
func (r *Result) Summary(buf []byte) []byte {
	t := text{buf: buf}
	chosen := &r.Estimates[r.Chosen]
	t.str("clock: TSC ")
	t.mhz(chosen.Hz)
	t.str(" by ")
	t.name(&chosen.Source)
	if chosen.PPM != 0 {
		t.str(" to ")
		t.ppm(chosen.PPM)
	}
	if r.Checked >= 0 {
		check := &r.Estimates[r.Checked]
		t.str(", ")
		t.ppm(ppmApart(chosen.Hz, check.Hz))
		t.str(" from ")
		t.name(&check.Source)
	}
	if r.HasTimer && r.Timer.Hz != 0 {
		t.str("; local APIC timer ")
		t.mhz(r.Timer.Hz)
	}
	if !r.Invariant {
		t.str("; TSC not declared invariant")
	}
	return t.done()
}

// Warning writes the i-th thing that is wrong with the result, from 0, in one
// line into buf, of which it returns a part: nil when there are no more. 200
// bytes hold all of it.
func (r *Result) Warning(i int, buf []byte) []byte {
	chosen := &r.Estimates[r.Chosen]
	for j := range r.Count {
		e := &r.Estimates[j]
		if !r.wrong(e) {
			continue
		}
		if i > 0 {
			i--
			continue
		}
		t := text{buf: buf}
		t.str("clock: warning: ")
		if e.State == Good {
			t.dispute(e, chosen)
		} else {
			t.state(e)
		}
		return t.done()
	}
	unconfirmed := chosen.State != Good || r.Checked < 0
	if unconfirmed {
		if i == 0 {
			t := text{buf: buf}
			t.str("clock: warning: no second source confirms the TSC's rate by ")
			t.name(&chosen.Source)
			return t.done()
		}
		i--
	}
	if i == 0 && r.HasTimer && r.Timer.State != Good {
		t := text{buf: buf}
		t.str("clock: warning: ")
		t.state(&r.Timer)
		return t.done()
	}
	return nil
}

// wrong reports whether there is something to say about an estimate.
func (r *Result) wrong(e *Estimate) bool {
	switch e.State {
	case Good:
		return !e.agrees(&r.Estimates[r.Chosen])
	case Nominal:
		return false
	}
	return true
}

// dispute says that two sources differ, and which is used.
func (t *text) dispute(e, chosen *Estimate) {
	t.name(&e.Source)
	t.str(" says ")
	t.mhz(e.Hz)
	t.str(" and ")
	t.name(&chosen.Source)
	t.str(" ")
	t.mhz(chosen.Hz)
	t.str(", ")
	t.ppm(ppmApart(e.Hz, chosen.Hz))
	t.str(" apart: using ")
	t.name(&chosen.Source)
}

// state says what is wrong with a counter.
func (t *text) state(e *Estimate) {
	t.name(&e.Source)
	if e.State == Stuck {
		t.str(" does not count")
	} else {
		t.str(" gives no steady rate")
	}
}

// String returns the result in lines, each with its end, for the monitor.
func (r *Result) String() string {
	var b strings.Builder
	var line [256]byte
	b.Write(r.Summary(line[:]))
	b.WriteByte('\n')
	for i := range r.Count {
		e := &r.Estimates[i]
		t := text{buf: line[:]}
		t.str("  ")
		if e.State == Stuck {
			t.state(e)
		} else {
			t.name(&e.Source)
			t.str(" ")
			t.mhz(e.Hz)
			t.str(" to ")
			t.ppm(e.PPM)
		}
		b.Write(t.done())
		b.WriteByte('\n')
	}
	for i := 0; ; i++ {
		w := r.Warning(i, line[:])
		if w == nil {
			return b.String()
		}
		b.Write(w)
		b.WriteByte('\n')
	}
}
