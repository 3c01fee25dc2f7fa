package clock

const (
	// agreeing is how many rounds of a pass must tell the same rate.
	agreeing = 3
	// roundSlack is by how much, in ppm, a round may differ from the median of
	// all, beyond what the brackets explain.
	roundSlack = 200
	// roundBlur is the error in ppm at which a single round is of no use.
	roundBlur = 20_000
	// passBlur is the error in ppm at which a whole pass is of no use.
	passBlur = 2_000
	// ratioShift is the fraction bits of TSC ticks per counter tick.
	ratioShift = 32
)

// fit is what a pass tells of one counter: so many TSC ticks went by during so
// many of its own.
type fit struct {
	tsc, counter uint64
	ppm          uint64 // bound of the error that the readings can have made
	steady       bool
}

// fit adds up the rounds that tell about the same rate as the median round
// does. Adjacent ones share a point, so the error of a point between two
// cancels out.
func (t *track) fit() fit {
	var ratio, ordered [rounds]uint64
	for i := range rounds {
		ratio[i] = mulDiv(t.tscOf(i), 1<<ratioShift, t.countOf(i))
		j := i
		for ; j > 0 && ordered[j-1] > ratio[i]; j-- {
			ordered[j] = ordered[j-1]
		}
		ordered[j] = ratio[i]
	}
	median := ordered[rounds/2]

	var f fit
	var edges, chunks uint64
	count, inside := 0, false
	for i := range rounds {
		blur := t.blur(i)
		if blur > roundBlur || ppmApart(ratio[i], median) > roundSlack+2*blur {
			inside = false
			continue
		}
		f.tsc += t.tscOf(i)
		f.counter += t.countOf(i)
		count++
		if inside {
			edges -= t.at[i].half
		} else {
			edges += t.at[i].half
			chunks++
		}
		edges += t.at[i+1].half
		inside = true
	}
	f.ppm = ppmOf(edges, f.tsc) + ppmOf(chunks, f.counter)
	f.steady = count >= agreeing && f.ppm <= passBlur
	return f
}

// tscOf returns the TSC ticks of round i.
func (t *track) tscOf(i int) uint64 { return t.at[i+1].tsc - t.at[i].tsc }

// countOf returns the counter's ticks in round i.
func (t *track) countOf(i int) uint64 { return t.elapsed(t.at[i].value, t.at[i+1].value) }

// blur returns the bound of round i's error in ppm, from its two brackets and
// from the size of a tick.
func (t *track) blur(i int) uint64 {
	b := ppmOf(t.at[i].half+t.at[i+1].half, t.tscOf(i)) + ppmOf(1, t.countOf(i))
	return min(b, roundBlur+1)
}

// never is more ppm than any comparison allows.
const never = 1 << 60

// ppmOf returns part of whole in millionths, rounded up.
func ppmOf(part, whole uint64) uint64 { return min(mulDivUp(part, 1_000_000, whole), never) }

// ppmApart returns by how many millionths of the larger two rates differ, 0 of
// which is no rate.
func ppmApart(a, b uint64) uint64 {
	if a == 0 || b == 0 {
		return never
	}
	return ppmOf(max(a, b)-min(a, b), max(a, b))
}
