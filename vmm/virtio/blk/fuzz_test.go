package blk

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
)

// FuzzRequests has a driver ask for anything.
func FuzzRequests(f *testing.F) {
	f.Add(false, append([]byte{0, 16, 31}, header(typeIn, 1)...))
	f.Add(true, append(append([]byte{0, 32, 1}, header(typeDiscard, 0)...), segment(8, 8, 0)...))
	f.Fuzz(func(t *testing.T, packed bool, script []byte) {
		r := newRig(t, options{packed: packed, queues: 2})
		r.Play(script)
		r.disk.Drain()
		if r.dev.inFlight != 0 {
			t.Fatalf("%d in flight", r.dev.inFlight)
		}
		fresh := &rig{bytes: r.bytes}
		fresh.device(r.M, options{queues: 2})
		r.M.Do(func() { devicetest.Survives(t, r.Core(), openLike(r, fresh, packed)) })
	})
}
