package packet

// Threads is what gdb has chosen of a stub's threads, which are processors. gdb
// counts them from 1 on; 0 is any thread, -1 all.
type Threads struct {
	Count int // of the processors
	CPU   int // that registers and memory are read of
	Mover int // that c and s are for; -1 is all

	next int // of the list of threads
}

// Parse reads a thread's number as a processor's; -1 is all.
func (t *Threads) Parse(p []byte) (cpu int, ok bool) {
	if string(p) == "-1" {
		return -1, true
	}
	n, ok := Number(p)
	if !ok || n > uint64(t.Count) {
		return 0, false
	}
	if n == 0 {
		return t.CPU, true
	}
	return int(n - 1), true
}

// Choose handles Hg and Hc.
func (t *Threads) Choose(w *Writer, p []byte) {
	if len(p) < 2 {
		w.Fail(ErrSyntax)
		return
	}
	cpu, ok := t.Parse(p[1:])
	switch {
	case !ok:
		w.Fail(ErrThread)
		return
	case p[0] == 'c':
		t.Mover = cpu
		if string(p[1:]) == "0" {
			t.Mover = -1
		}
	case cpu >= 0:
		t.CPU = cpu
	}
	w.Str("OK")
}

// Alive handles T: whether there is a thread.
func (t *Threads) Alive(w *Writer, p []byte) {
	if _, ok := t.Parse(p); !ok {
		w.Fail(ErrThread)
		return
	}
	w.Str("OK")
}

// List handles qfThreadInfo and qsThreadInfo: some, and the rest.
func (t *Threads) List(w *Writer, first bool) {
	if first {
		t.next = 0
	}
	if t.next >= t.Count {
		w.Str("l")
		return
	}
	const digits = 5 // a comma and a number
	w.Str("m")
	for begun := false; t.next < t.Count && w.Room() > digits; t.next++ {
		if begun {
			w.Str(",")
		}
		w.Number(uint64(t.next + 1))
		begun = true
	}
}
