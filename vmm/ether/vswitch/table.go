package vswitch

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// Bounds of the table. An address that is not heard of for maxAge is
// forgotten: IEEE 802.1Q §8.8.3, ageing time.
const (
	maxEntries = 4096
	maxLearned = 512 // of one port
	maxAge     = uint64(300 * time.Second)
)

// Entry is what the switch has learned: where an address is.
type Entry struct {
	MAC  ether.MAC
	VLAN uint16
	Port string
	Age  time.Duration // since it was heard of
}

type key struct {
	mac  ether.MAC
	vlan uint16
}

type entry struct {
	port *Port
	seen atomic.Uint64
}

// table knows where addresses are. Looking up and hearing again of what is
// known locks it for reading only.
type table struct {
	mu      sync.RWMutex
	entries map[key]*entry
	swept   uint64 // when it was last searched for what is too old
}

func (t *table) init() { t.entries = make(map[key]*entry) }

// find is the port with an address, nil if it is not known.
func (t *table) find(k key, now uint64) *Port {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if e := t.entries[k]; e != nil && since(e.seen.Load(), now) < maxAge {
		return e.port
	}
	return nil
}

// learn notes that an address was heard at a port. It is false if the address
// belongs to another port.
func (t *table) learn(k key, p *Port, now uint64) bool {
	t.mu.RLock()
	e := t.entries[k]
	same := e != nil && e.port == p
	if same {
		e.seen.Store(max(e.seen.Load(), now))
	}
	t.mu.RUnlock()
	if same {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.move(k, p, now)
}

// move puts an address at another port, unless it is that port's by
// configuration, or there is no room.
func (t *table) move(k key, p *Port, now uint64) bool {
	e := t.entries[k]
	if e != nil {
		if e.port.config.MAC == k.mac && e.port != p {
			return false
		}
		t.remove(k, e)
	}
	fixed := p.config.MAC == k.mac
	if !fixed && (p.learned >= maxLearned || len(t.entries) >= maxEntries) {
		t.sweep(now)
		if p.learned >= maxLearned || len(t.entries) >= maxEntries {
			return true // frames for it will go everywhere
		}
	}
	if p.gone.Load() {
		return true
	}
	e = &entry{port: p}
	e.seen.Store(now)
	t.entries[k] = e
	p.learned++
	return true
}

func (t *table) remove(k key, e *entry) {
	delete(t.entries, k)
	e.port.learned--
}

// sweep drops what is too old, at most once a second.
func (t *table) sweep(now uint64) {
	if since(t.swept, now) < uint64(time.Second) {
		return
	}
	t.swept = now
	for k, e := range t.entries {
		if since(e.seen.Load(), now) >= maxAge {
			t.remove(k, e)
		}
	}
}

// forget drops all addresses at a port.
func (t *table) forget(p *Port) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, e := range t.entries {
		if e.port == p {
			t.remove(k, e)
		}
	}
}

// Table is what the switch has learned, in no order.
func (s *Switch) Table() []Entry {
	now := s.now()
	t := &s.table
	t.mu.RLock()
	defer t.mu.RUnlock()
	var all []Entry
	for k, e := range t.entries {
		if age := since(e.seen.Load(), now); age < maxAge {
			all = append(all, Entry{k.mac, k.vlan, e.port.config.Name, time.Duration(age)})
		}
	}
	return all
}
