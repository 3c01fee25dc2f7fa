package nic

import "github.com/ringo-vmm/ringo/vmm/ether"

// budget is how many frames one notification sends. What is left comes later.
const budget = 64

// send sends what is in a queue. Frames are copied first, of large ones the
// headers: the guest can change its memory, and what the switch has checked must
// stay.
func (d *Device) send(i int) {
	q := d.core.Queue(i)
	for n := 0; ; n++ {
		if n == budget {
			d.core.Again(i)
			break
		}
		if !q.Next(&d.chain) {
			if !q.Notify(true) {
				break
			}
			continue
		}
		d.transmit(i / 2)
		q.Use(d.chain.Token(), 0)
	}
	d.core.Flush(i)
}

// transmit sends the frame in the chain, or counts it.
func (d *Device) transmit(pair int) {
	var h [headerBytes]byte
	n := d.header()
	size := int(d.chain.OutLen()) - n
	if size <= 0 || size > len(d.frame) {
		d.stats.BadSend++
		return
	}
	d.chain.Read(h[:n])
	offload, ok := d.decode(&h)
	if !ok {
		d.stats.BadSend++
		return
	}
	f := ether.Frame{Data: d.frame[:size], Offload: offload}
	if offload.Segment != ether.SegmentNone && size > ether.HeadSize {
		f.Data = d.frame[:ether.HeadSize]
	}
	d.chain.Read(f.Data)
	if len(f.Data) < size {
		f.Tail = d.chain.Out()
	}
	d.flows.sent(&f, pair)
	if d.up {
		d.made.Port.Send(f)
	}
}
