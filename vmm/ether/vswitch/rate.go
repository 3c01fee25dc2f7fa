package vswitch

import "sync"

// minBurst is the least that a port with a rate may send or receive at once, in
// bytes: two of the largest frames.
const minBurst = 128 << 10

// maxRate is the most that a port with a rate may have, in bytes a second. More
// is as good as none.
const maxRate = 1 << 40

// bucket holds a port to its rate. It fills with time, and a frame takes its
// length out of it, or is lost.
type bucket struct {
	rate  uint64 // bytes a second; 0 is no bound
	burst uint64
	mu    sync.Mutex
	level uint64
	at    uint64 // when level was right, in ns
}

func (b *bucket) init(rate, now uint64) {
	if rate == 0 {
		return
	}
	b.rate = min(rate, maxRate)
	b.burst = max(b.rate/10, minBurst)
	b.level, b.at = b.burst, now
}

// take takes n bytes out of the bucket, if they are in it.
func (b *bucket) take(n int, now uint64) bool {
	if b.rate == 0 {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if now > b.at {
		b.fill(now)
	}
	if b.level < uint64(n) {
		return false
	}
	b.level -= uint64(n)
	return true
}

// fill adds what has come in since the last time. Time that was not worth a
// byte yet is kept.
func (b *bucket) fill(now uint64) {
	const second = 1e9
	ns, need := now-b.at, b.burst-b.level
	if ns/second > need/b.rate {
		b.level, b.at = b.burst, now
		return
	}
	whole, part := ns/second, ns%second
	got := whole*b.rate + part*(b.rate/second) + part*(b.rate%second)/second
	if got >= need {
		b.level, b.at = b.burst, now
		return
	}
	if got > 0 {
		b.level, b.at = b.level+got, now
	}
}
