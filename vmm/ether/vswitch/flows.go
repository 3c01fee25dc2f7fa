package vswitch

import (
	"sync"
	"time"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// Bounds of the flows of one port.
const (
	maxFlows = 1024
	tcpIdle  = uint64(10 * time.Minute)
	idle     = uint64(time.Minute)
)

// flow is who talks to an adapter, and where to.
type flow struct {
	proto          uint8
	peer, own      [4]byte
	peerPort, port uint16
}

// flows are the flows that others have begun with an adapter.
type flows struct {
	mu    sync.Mutex
	seen  map[flow]uint64 // when a packet was last heard of
	swept uint64
}

// note tells whether a flow is known, or begins and has room, and notes the
// time.
func (t *flows) note(k flow, begins bool, now uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, ok := t.seen[k]
	if ok = ok && since(at, now) < k.idle(); !ok && !begins {
		return false
	}
	if !ok {
		if t.seen == nil {
			t.seen = make(map[flow]uint64)
		}
		if len(t.seen) >= maxFlows && since(t.swept, now) >= uint64(time.Second) {
			t.swept = now
			for f, at := range t.seen {
				if since(at, now) >= f.idle() {
					delete(t.seen, f)
				}
			}
		}
		if len(t.seen) >= maxFlows {
			return false
		}
	}
	t.seen[k] = max(at, now)
	return true
}

// idle is how long the flow may be silent, in ns.
func (k *flow) idle() uint64 {
	if k.proto == ether.ProtoTCP {
		return tcpIdle
	}
	return idle
}

// since is the time from at to now, 0 if another goroutine's now was later.
func since(at, now uint64) uint64 { return max(now, at) - at }
