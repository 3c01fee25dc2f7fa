package thread

// ringSize is how many switches a processor remembers, a power of two.
const ringSize = 512

// rings are the processors' latest switches, by index. The layer's lock guards
// them.
var rings [maxProcessors]ring

type ring struct {
	list [ringSize]Switch
	next uint64 // switches so far
}

// Switch is a processor going over to a thread.
type Switch struct {
	At     uint64 // ns since entry
	Thread uint32 // 0 when it idles from then on
}

// remember keeps that the processor has just gone over to t, whose state is from
// now on.
func (p *processor) remember(t *thread) {
	at := t.since
	if t.state == stateIdle {
		at = p.idleFrom
	}
	r := &rings[p.index]
	r.list[r.next%ringSize] = Switch{at, t.tid}
	r.next++
}

// copy puts what is in a ring in the order of time, and returns how much it is.
func (r *ring) copy(to *[ringSize]Switch) int {
	n := min(r.next, ringSize)
	for i := range n {
		to[i] = r.list[(r.next-n+i)%ringSize]
	}
	return int(n)
}
