package clock

// choose picks the estimate to use: the most trusted good one that another
// confirms; else the most trusted good one that was measured, since emulators
// state what they copied; else one that is stated; else a rounded one; else
// the least blurred unsteady one. It reports false when there is none.
func (r *Result) choose() bool {
	first := r.next(Good, -1)
	for i := first; i >= 0; i = r.next(Good, i) {
		for j := first; j >= 0; j = r.next(Good, j) {
			if i != j && r.Estimates[i].agrees(&r.Estimates[j]) {
				r.Chosen, r.Checked = i, j
				return true
			}
		}
	}
	if measured := r.next(Good, r.stated-1); measured >= 0 {
		r.Chosen, r.Checked = measured, r.next(Good, measured)
		if r.Checked < 0 && first != measured {
			r.Checked = first
		}
		return true
	}
	if first >= 0 {
		r.Chosen, r.Checked = first, r.next(Good, first)
		return true
	}
	r.Checked = -1
	if i := r.next(Nominal, -1); i >= 0 {
		r.Chosen = i
		return true
	}
	found := false
	for i := r.next(Unsteady, -1); i >= 0; i = r.next(Unsteady, i) {
		if e := &r.Estimates[i]; e.Hz != 0 && (!found || e.PPM < r.Estimates[r.Chosen].PPM) {
			r.Chosen, found = i, true
		}
	}
	return found
}

// next returns the index of the estimate after i that is in state s, -1 if
// there is none.
func (r *Result) next(s State, i int) int {
	for i++; i < r.Count; i++ {
		if r.Estimates[i].State == s {
			return i
		}
	}
	return -1
}
