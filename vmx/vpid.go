package vmx

import (
	"errors"
	"sync"
)

// vpidPool gives virtual processor identifiers to guest processors, each for
// its lifetime. 0 is the host's. SDM vol. 3 §28.1.
type vpidPool struct {
	mu   sync.Mutex
	last uint16 // that was given out for the first time
	free []uint16
}

var errVPIDs = errors.New("vmx: there are no more virtual processor identifiers")

func (p *vpidPool) take() (uint16, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n != 0 {
		v := p.free[n-1]
		p.free = p.free[:n-1]
		return v, nil
	}
	if p.last == ^uint16(0) {
		return 0, errVPIDs
	}
	p.last++
	return p.last, nil
}

func (p *vpidPool) give(v uint16) {
	p.mu.Lock()
	p.free = append(p.free, v)
	p.mu.Unlock()
}
