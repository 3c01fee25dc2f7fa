package nic

import (
	"errors"

	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/virtio/queue"
)

var errSmall = errors.New("a receive buffer without room for a header")

// outcome is what became of a frame for the guest.
type outcome uint8

const (
	delivered outcome = iota
	lost
	later // when the driver gives more buffers
)

// adapter is the ether.NIC.
type adapter Device

// NIC is what the switch is to know of the device.
func (d *Device) NIC() ether.NIC { return (*adapter)(d) }

// Features are what the driver takes unfinished.
func (a *adapter) Features() ether.Features {
	t := a.takes.Load()
	return ether.Features{Checksum: t&FeatureGuestChecksum != 0, TCP4: t&FeatureGuestTSO4 != 0, TCP6: t&FeatureGuestTSO6 != 0, Tail: true}
}

// Receive takes a frame for the guest.
func (a *adapter) Receive(f ether.Frame) (ok bool) {
	d := (*Device)(a)
	if d.waiting.Load() == 0 && d.made.Lock.TryLock() {
		o := d.guarded(&f)
		d.made.Lock.Unlock()
		if o != later {
			return o == delivered
		}
	}
	d.waiting.Add(1)
	if ok = d.backlog.Put(f); !ok {
		d.waiting.Add(-1)
	}
	return ok
}

// guarded is deliver for goroutines that are another machine's, or nobody's: a
// bug here costs this machine.
func (d *Device) guarded(f *ether.Frame) (o outcome) {
	defer func() {
		if bug := recover(); bug != nil {
			o = lost
			d.made.Broken(bug)
		}
	}()
	return d.deliver(f)
}

// work is the device's goroutine: it waits for the device lock when nobody else
// can.
func (d *Device) work() {
	defer close(d.stopped)
	for d.backlog.Wait() {
		d.made.Lock.Lock()
		for {
			f, ok := d.backlog.Get()
			if !ok || d.guarded(&f) == later {
				break
			}
			d.drop()
		}
		d.made.Lock.Unlock()
	}
}

// drain gives the guest what waits, as far as it has room.
func (d *Device) drain() {
	for {
		f, ok := d.backlog.Get()
		if !ok || d.deliver(&f) == later {
			return
		}
		d.drop()
	}
}

// drop takes the oldest frame out of the backlog.
func (d *Device) drop() {
	d.backlog.Done()
	d.waiting.Add(-1)
}

// deliver puts a frame in the guest's memory. The device lock is held.
func (d *Device) deliver(f *ether.Frame) outcome {
	if !d.core.Live() || !d.up || !d.taken(&f.Offload) {
		return lost
	}
	if !d.wanted(f.Data) {
		return delivered
	}
	i := 2 * d.flows.pair(f, d.pairs)
	q := d.core.Queue(i)
	mark := q.Mark()
	n, o := d.collect(q, d.header()+f.Len())
	if o != delivered {
		if o == lost {
			d.stats.NoRoom++
		}
		q.Rewind(mark)
		return o
	}
	q.Notify(false)
	d.fill(q, n, f)
	d.core.Flush(i)
	return delivered
}

// collect takes as many buffers as size bytes need, to d.rx. A driver that has
// no mergeable buffers is to have each large enough.
func (d *Device) collect(q *queue.Queue, size int) (n int, o outcome) {
	for room := uint64(0); room < uint64(size); {
		if n == 1 && !d.core.Has(FeatureMergeable) {
			return n, lost
		}
		if n == len(d.rx) {
			d.rx = append(d.rx, new(queue.Chain))
		}
		c := d.rx[n]
		if !q.Next(c) {
			switch {
			case !q.Ready() || q.InFlight() >= int(q.Size):
				return n, lost // all that can be is not enough
			case q.Notify(true):
				continue
			}
			return n, later
		}
		if n == 0 && c.InLen() < headerBytes {
			d.core.Break(errSmall)
			return n, lost
		}
		n++
		room += c.InLen()
	}
	return n, delivered
}

// fill writes a frame to the n buffers in d.rx.
func (d *Device) fill(q *queue.Queue, n int, f *ether.Frame) {
	var h [headerBytes]byte
	encode(&h, &f.Offload, n)
	data, rest := f.Data, f.Tail
	for i, c := range d.rx[:n] {
		written := 0
		if i == 0 {
			written = c.Write(h[:d.header()])
		}
		for {
			k := c.Write(data)
			written += k
			if data = data[k:]; len(data) > 0 || len(rest) == 0 {
				break
			}
			data, rest = rest[0], rest[1:]
		}
		q.Use(c.Token(), uint32(written))
	}
}
