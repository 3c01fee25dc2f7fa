package char

import "sync"

// MaxWaiting is how many bytes wait for a guest that does not take them. Those
// beyond are dropped.
const MaxWaiting = 64 << 10

// Input is what waits to be received by a guest. It may outlive the machine: one
// that is reset gets what the one before it did not take. The zero Input is
// empty. All its methods may be called by any goroutine.
type Input struct {
	mu      sync.Mutex
	line    *Line // where it goes; nil while no machine is on
	waiting []byte
	dropped uint64
	posted  bool   // a goroutine is about to deliver
	post    func() // what that runs
}

// Send sends p to the guest at once. What the guest does not take now waits; it
// tells how many bytes did not fit. The caller holds no machine's device lock.
func (in *Input) Send(p []byte) (dropped int) {
	in.mu.Lock()
	dropped = in.add(p)
	l := in.line
	in.mu.Unlock()
	if l != nil {
		l.deliver()
	}
	return dropped
}

// Post is Send for who may hold a device lock, of this machine or of another: it
// does not wait for the guest to get p, which is soon.
func (in *Input) Post(p []byte) (dropped int) {
	in.mu.Lock()
	dropped = in.add(p)
	first := in.line != nil && !in.posted
	if first {
		in.posted = true
		go in.post()
	}
	in.mu.Unlock()
	return dropped
}

// Dropped is how many bytes have been dropped so far.
func (in *Input) Dropped() uint64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.dropped
}

func (in *Input) add(p []byte) (dropped int) {
	n := min(len(p), MaxWaiting-len(in.waiting))
	in.waiting = append(in.waiting, p[:n]...)
	in.dropped += uint64(len(p) - n)
	return len(p) - n
}

func (in *Input) deliver() {
	in.mu.Lock()
	in.posted = false
	l := in.line
	in.mu.Unlock()
	if l != nil {
		l.deliver()
	}
}
