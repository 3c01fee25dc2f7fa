package console

import "fmt"

// Bounds of what a port takes from the guest: bytes of one buffer, and bytes of
// one notification, after which the rest comes later.
const (
	maxBuffer = 1 << 20
	budget    = 64 << 10
)

// notify sees to the buffers of one of the port's queues.
func (p *Port) notify(out bool) {
	if out {
		p.send()
	} else if p.short {
		p.short = false
		p.Backend.Ready()
	}
}

// send gives the back end what the guest sends.
func (p *Port) send() {
	d, i := p.d, p.inQueue()+1
	q := d.core.Queue(i)
	for sent := uint64(0); ; {
		if sent >= budget {
			d.core.Again(i)
			break
		}
		if !q.Next(&d.chain) {
			if !q.Notify(true) {
				break
			}
			continue
		}
		n := d.chain.OutLen()
		if n > maxBuffer {
			d.core.Break(fmt.Errorf("port %d: a buffer of %d bytes, at most %d", p.id, n, maxBuffer))
			return
		}
		for _, piece := range d.chain.Out() {
			for _, b := range piece {
				p.Backend.Transmit(b)
			}
		}
		sent += n + 1
		q.Use(d.chain.Token(), 0)
	}
	d.core.Flush(i)
}

// Receive takes bytes for the guest, as many as it has given room for. The
// device lock is held.
func (p *Port) Receive(b []byte) (n int) {
	d, i := p.d, p.inQueue()
	if d.core.Live() && (p.guestOpen || !d.core.Has(FeatureMultiport)) {
		q := d.core.Queue(i)
		for n < len(b) {
			if !q.Next(&d.chain) {
				if !q.Notify(true) {
					break
				}
				continue
			}
			k := d.chain.Write(b[n:])
			n += k
			q.Use(d.chain.Token(), uint32(k))
		}
		d.core.Flush(i)
	}
	p.short = n < len(b)
	return n
}
