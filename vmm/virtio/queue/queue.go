package queue

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/ringo-vmm/ringo/vmm/ram"
)

// MaxSize is the largest queue that is offered, in descriptors. VIRTIO 1.2 §2.6
// allows more.
const MaxSize = 1024

// Layout is where the driver put a queue: its size in descriptors, and the
// guest-physical addresses of the descriptors, of what the driver writes and of
// what the device writes (VIRTIO 1.2 §2.6).
type Layout struct {
	Size                 uint16
	Desc, Driver, Device uint64
}

// Queue is a virtqueue.
type Queue struct {
	Layout
	// Broken is told, once until the next Start, why the ring makes no
	// sense. The queue has no more buffers after that.
	Broken func(error)

	mem   *ram.RAM
	ready bool
	ring

	desc, driver, device area
	epoch                uint32 // counts starts: buffers of before are forgotten
	fence                uint32
}

// ring is what a queue knows of its ring beside the layout.
type ring struct {
	packed   bool // VIRTIO_F_RING_PACKED
	eventIdx bool // VIRTIO_F_EVENT_IDX

	next     uint16 // index of the next available element; packed: the slot
	used     uint16 // of the next used element
	nextWrap bool   // packed: the wrap counters
	usedWrap bool
	inFlight uint16 // buffers taken and not used; packed: slots
	silent   bool   // the driver was told not to notify

	// What has been used since the last Flush, in elements or slots. Of a
	// packed ring the first of them is written last.
	pending uint16
	first   held
}

type held struct {
	slot uint16
	word uint64
}

// Ways in which a ring makes no sense.
var (
	errOrder = errors.New("a buffer has a readable descriptor behind a writable one")
	errLoop  = errors.New("a chain of descriptors has no end")
	errMore  = errors.New("there are more buffers than the ring has room for")
)

// New makes a queue in a guest's memory.
func New(m *ram.RAM) *Queue { return &Queue{mem: m} }

// Ready tells whether the queue is in use.
func (q *Queue) Ready() bool { return q.ready }

// InFlight is how many buffers, or descriptors of a packed ring, the device has.
func (q *Queue) InFlight() int { return int(q.inFlight) }

// Start begins to use the queue as Layout says, from its first element.
func (q *Queue) Start(packed, eventIdx bool) error {
	q.epoch++
	q.ring = ring{packed: packed, eventIdx: eventIdx, nextWrap: true, usedWrap: true}
	return q.attach()
}

// Stop forgets the queue.
func (q *Queue) Stop() {
	q.ready, q.ring, q.Layout = false, ring{}, Layout{}
	q.desc, q.driver, q.device = area{}, area{}, area{}
}

// attach finds the ring in memory.
func (q *Queue) attach() error {
	q.ready = false
	n := uint64(q.Size)
	if n == 0 || n > MaxSize || !q.packed && n&(n-1) != 0 {
		return fmt.Errorf("a ring of %d descriptors", n)
	}
	descs, align := uint64(descSize), uint64(descSize)
	driver, driverAlign := n*availSize+availRing+eventSize, uint64(availAlign)
	device := n*usedSize + usedRing + eventSize
	if q.packed {
		driver, driverAlign, device = suppressSize, suppressSize, suppressSize
	}
	var err error
	if q.desc, err = newArea(q.mem, "the descriptor ring", q.Desc, n*descs, align); err != nil {
		return err
	}
	if q.driver, err = newArea(q.mem, "the driver area", q.Driver, driver, driverAlign); err != nil {
		return err
	}
	if q.device, err = newArea(q.mem, "the device area", q.Device, device, usedAlign); err != nil {
		return err
	}
	q.ready = true
	return nil
}

// fail breaks the queue.
func (q *Queue) fail(err error) bool {
	q.ready = false
	if q.Broken != nil {
		q.Broken(err)
	}
	return false
}

// Next takes the next available buffer; ok is false if there is none.
func (q *Queue) Next(c *Chain) (ok bool) {
	if !q.ready {
		return false
	}
	if q.packed {
		return q.nextPacked(c)
	}
	return q.nextSplit(c)
}

// Use gives a buffer back, of which n bytes have been written from its begin.
// The driver sees it after Flush.
func (q *Queue) Use(t Token, n uint32) {
	if !q.ready || t.epoch != q.epoch {
		return
	}
	if q.packed {
		q.usePacked(t, n)
	} else {
		q.useSplit(t, n)
	}
}

// Flush shows the driver what has been used, and tells whether it wants to be
// interrupted for that.
func (q *Queue) Flush() (interrupt bool) {
	if !q.ready || q.pending == 0 {
		return false
	}
	if q.packed {
		interrupt = q.flushPacked()
	} else {
		interrupt = q.flushSplit()
	}
	q.pending = 0
	return interrupt
}

// Notify tells the driver whether to notify the device of new buffers. more says
// that there are some already, for which no notification may come.
func (q *Queue) Notify(on bool) (more bool) {
	if !q.ready || !on && q.silent {
		return false
	}
	q.silent = !on
	if q.packed {
		return q.notifyPacked(on)
	}
	return q.notifySplit(on)
}

// Mark is a place in the ring, to which Rewind goes back if none of the buffers
// taken since has been used.
type Mark struct {
	next, inFlight uint16
	wrap           bool
}

// Mark is where the queue is.
func (q *Queue) Mark() Mark { return Mark{q.next, q.inFlight, q.nextWrap} }

// Rewind makes buffers that have been taken since m available again.
func (q *Queue) Rewind(m Mark) { q.next, q.inFlight, q.nextWrap = m.next, m.inFlight, m.wrap }

// barrier has the driver see what was written before anything is read. A locked
// instruction orders all of memory: AMD APM vol. 2 §7.4.2, Intel SDM vol. 3
// §9.2.5.
func (q *Queue) barrier() { atomic.StoreUint32(&q.fence, 0) }

// reached tells whether index event is among those from old to next, next left
// out. VIRTIO 1.2 §2.7.7.2.
func reached(event, next, old uint16) bool { return next-event-1 < next-old }

// Halt has the queue give and take no more buffers, until the next Start.
func (q *Queue) Halt() { q.ready = false }
