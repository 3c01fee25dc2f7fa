package clock

// MaxReferences is how many reference counters a calibration uses.
const MaxReferences = 4

// sources is how many estimates of the TSC's rate there can be.
const sources = MaxReferences + 3

// tolerance is by how much, in ppm, two good sources may differ beyond their
// own errors.
const tolerance = 500

// State says what an estimate is worth.
type State uint8

// The states of an estimate.
const (
	Good     State = iota // stated exactly, or measured steadily
	Nominal               // stated, but rounded
	Unsteady              // measured, with readings that contradict each other
	Stuck                 // the counter does not count, or stopped
)

// Estimate is the TSC's rate as one source gives it.
type Estimate struct {
	Source Name
	Hz     uint64 // ticks a second; 0 when Stuck
	PPM    uint64 // bound of the error of the measurement, in millionths
	State  State
}

// agrees reports whether two estimates differ by no more than they may.
func (e *Estimate) agrees(o *Estimate) bool {
	return ppmApart(e.Hz, o.Hz) <= tolerance+e.PPM+o.PPM
}

// Machine is what a calibration looks at.
type Machine struct {
	// TSC reads the time-stamp counter in program order (LFENCE; RDTSC, or
	// RDTSCP).
	TSC   func() uint64
	CPUID CPUID
	// References is the reference counters that the machine has, running, the
	// best first. Those beyond MaxReferences are not used.
	References []Counter
	// Timer is the local APIC timer, counting, or nil.
	Timer Counter
	// Rough makes a lone slow reference, the PIT, do with 8 ms: for a first
	// clock, until the other references are found.
	Rough bool
}

// Result is what a calibration found. It holds no pointer.
type Result struct {
	// Estimates[:Count] is the rate of the TSC from every source, the most
	// trusted first.
	Estimates [sources]Estimate
	Count     int
	// Chosen is the index of the estimate to use, and Checked that of the one
	// that was compared with it, -1 if there is none.
	Chosen, Checked int
	// Invariant says that the TSC is declared to run at one rate in all power
	// states.
	Invariant bool
	// Timer is the rate of the local APIC timer, as far as it was asked for.
	Timer    Estimate
	HasTimer bool

	stated int // how many of the estimates come from CPUID and are exact
}

// Hz returns the rate of the TSC in ticks a second.
func (r *Result) Hz() uint64 { return r.Estimates[r.Chosen].Hz }

// Calibrate finds the rate of the TSC and of the local APIC timer. It takes
// about 8 ms by the references' clock, 20 ms with a lone PIT, and interrupts
// should be off. It stores no pointer, so it may also run in the layer beneath
// the Go runtime. The errors are ErrNoSource and ErrTSC; a source that is wrong
// is no error but a warning in the result.
func Calibrate(m *Machine) (r Result, err error) {
	r.Invariant = Invariant(m.CPUID)
	r.add("hypervisor", hypervisorHz(m.CPUID), Good)
	r.add("CPUID", crystalHz(m.CPUID), Good)
	r.stated = r.Count
	base := baseHz(m.CPUID)

	var tracks [MaxReferences + 1]track
	var fits [MaxReferences + 1]fit
	n := min(len(m.References), MaxReferences)
	used := n
	if m.Timer != nil {
		used++
	}
	p := pass{m: m, tracks: tracks[:used], paceHz: base}
	if r.stated > 0 {
		p.paceHz = r.Estimates[0].Hz
	}
	begin := m.TSC()
	p.measure(fits[:])
	if int64(m.TSC()-begin) <= 0 {
		return r, ErrTSC
	}

	for i := range n {
		r.addMeasured(m.References[i].Name(), &tracks[i], &fits[i])
	}
	r.add("CPUID, rounded", base, Nominal)
	if !r.choose() {
		return r, ErrNoSource
	}
	if m.Timer != nil {
		r.timer(m.Timer.Name(), &tracks[n], &fits[n])
	}
	return r, nil
}

// add adds what CPUID states, unless that is nothing.
func (r *Result) add(source string, hz uint64, s State) {
	if hz == 0 {
		return
	}
	e := &r.Estimates[r.Count]
	e.Source.set(source)
	e.Hz, e.State = hz, s
	r.Count++
}

// addMeasured adds what a reference showed.
func (r *Result) addMeasured(source string, t *track, f *fit) {
	e := &r.Estimates[r.Count]
	e.Source.set(source)
	e.State = t.state
	r.Count++
	if t.state == Stuck {
		return
	}
	e.PPM = f.ppm
	e.Hz = believed(mulDiv(f.tsc, t.hz, f.counter))
	if e.Hz == 0 {
		e.State = Unsteady
	}
}

// timer turns the timer's ticks per TSC tick into its rate.
func (r *Result) timer(source string, t *track, f *fit) {
	r.HasTimer = true
	r.Timer.Source.set(source)
	r.Timer.State = t.state
	if t.state == Stuck {
		return
	}
	r.Timer.PPM = f.ppm + r.Estimates[r.Chosen].PPM
	r.Timer.Hz = mulDiv(f.counter, r.Hz(), f.tsc)
	if r.Timer.Hz > MaxHz {
		r.Timer.Hz, r.Timer.State = 0, Unsteady
	}
}
