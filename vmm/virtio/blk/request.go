package blk

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/virtio/queue"
)

// Types of requests, and what is written behind one. VIRTIO 1.2 §5.2.6.
const (
	typeIn          = 0
	typeOut         = 1
	typeFlush       = 4
	typeGetID       = 8
	typeDiscard     = 11
	typeWriteZeroes = 13

	statusOK          = 0
	statusError       = 1
	statusUnsupported = 2

	headerSize  = 16 // bytes: type, reserved, sector
	segmentSize = 16 // of discard and write zeroes: sector, sectors, flags
	serialSize  = 20
	flagUnmap   = 1 << 0
)

// request is a buffer that the disk has.
type request struct {
	block.Request
	d      *Device
	chain  queue.Chain
	queue  int
	status *byte // the last byte of the buffer
	read   uint32
	flush  bool // a write that is to be flushed before it is done
	stale  bool // its driver has reset the device

	next, prev *request
}

// get is a request that nobody uses.
func (d *Device) get() *request {
	r := d.free
	if r == nil {
		r = &request{d: d}
		r.Done = r.done
		return r
	}
	d.free, r.next = r.next, nil
	return r
}

func (d *Device) put(r *request) {
	r.next, r.prev = d.free, nil
	d.free = r
}

// take takes a buffer from a queue and hands it to the disk, or answers at once.
func (d *Device) take(i int) bool {
	q := d.core.Queue(i)
	r := d.get()
	if !q.Next(&r.chain) {
		d.put(r)
		return false
	}
	r.queue = i
	d.begin(r)
	return true
}

// begin does what a buffer asks for.
func (d *Device) begin(r *request) {
	c := &r.chain
	r.status, r.read, r.flush, r.stale = c.TakeLast(), 0, false, false
	var header [headerSize]byte
	if c.Read(header[:]) != headerSize || r.status == nil {
		d.core.Break(errShort)
		d.put(r)
		return
	}
	status := d.decode(r, binary.LittleEndian.Uint32(header[:]), binary.LittleEndian.Uint64(header[8:]))
	if status == pending {
		d.fly(r)
		return
	}
	d.answer(r, status)
}

// fly hands a request to the disk.
func (d *Device) fly(r *request) {
	r.prev, r.next = d.last, nil
	if d.last == nil {
		d.flying = r
	} else {
		d.last.next = r
	}
	d.last = r
	d.inFlight++
	d.disk.Submit(&r.Request)
}

// land takes it back.
func (d *Device) land(r *request) {
	if r.prev == nil {
		d.flying = r.next
	} else {
		r.prev.next = r.next
	}
	if r.next == nil {
		d.last = r.prev
	} else {
		r.next.prev = r.prev
	}
}

// answer gives a buffer back.
func (d *Device) answer(r *request, status byte) {
	*r.status = status
	d.core.Queue(r.queue).Use(r.chain.Token(), r.read+1)
	d.put(r)
}

// done is called when the disk has served a request.
func (r *request) done(err error) {
	d := r.d
	if r.stale {
		d.land(r)
		d.stale--
		d.put(r)
		return
	}
	if err == nil && r.flush {
		r.flush, r.Op, r.Buf = false, block.Flush, nil
		d.disk.Submit(&r.Request)
		return
	}
	d.land(r)
	d.inFlight--
	status := byte(statusOK)
	if err != nil {
		status = statusError
	}
	d.answer(r, status)
	d.core.Flush(r.queue)
	d.run()
}
