package virtionet

import (
	"errors"
	"fmt"
	"math/bits"
	"sync/atomic"

	"github.com/ringo-vmm/ringo/drivers/dma"
	"github.com/ringo-vmm/ringo/drivers/nic"
)

// queue is a split queue, each descriptor of which has a buffer of its own. The
// driver's ring and the device's begin with one word: flags below, and above
// them how many entries were ever written, modulo 65536. V §2.7.
type queue struct {
	memory, buffers dma.Buffer
	size            int
	descriptors     []uint64 // two a descriptor
	driver          *uint32
	offered         []uint16 // the driver's ring
	device          []uint32 // the device's ring: the word, then id and length of each entry

	flags uint32 // of the driver's ring
	given uint16 // entries written to the driver's ring
	seen  uint16 // entries read from the device's
	busy  []bool // by descriptor: it is the device's
	count int    // how many are

	window Window // for notifications
	at     uintptr
	number uint16
}

// maxQueue is the most descriptors that are used.
const maxQueue = 256

var errQueue = errors.New("it has no receive or no transmit queue")

// newQueue makes queue number, and tells the device where it is.
func newQueue(w *windows, number, vector uint16, m dma.Memory) (q *queue, err error) {
	c := w.common
	c.Write16(regQueueSelect, number)
	size := min(int(c.Read16(regQueueSize)), maxQueue)
	if size == 0 || c.Read16(regQueueEnable) != 0 {
		return nil, errQueue
	}
	size = 1 << (bits.Len(uint(size)) - 1)
	at := uint64(c.Read16(regQueueNotify)) * w.multiplier
	if at%2 != 0 || at+2 > w.notifySize {
		return nil, fmt.Errorf("the notification of queue %d is at %#x of %d bytes", number, at, w.notifySize)
	}
	q = &queue{size: size, busy: make([]bool, size), window: w.notify, at: uintptr(at), number: number}
	if err := q.alloc(m); err != nil {
		q.free()
		return nil, err
	}
	c.Write16(regQueueSize, uint16(size))
	q.locate(c, regQueueTable, 0)
	q.locate(c, regQueueDriver, driverAt)
	q.locate(c, regQueueDevice, deviceAt)
	c.Write16(regQueueVector, vector)
	if got := c.Read16(regQueueVector); got != vector {
		q.free()
		return nil, fmt.Errorf("it does not take interrupt vector %d for queue %d", vector, number)
	}
	c.Write16(regQueueEnable, 1)
	return q, nil
}

// Where the rings are in the queue's memory, behind the descriptors.
const (
	driverAt   = maxQueue * descriptorBytes
	deviceAt   = driverAt + 4096
	queueBytes = deviceAt + 4096
)

func (q *queue) alloc(m dma.Memory) (err error) {
	if q.memory, err = dma.Alloc(m, queueBytes); err != nil {
		return err
	}
	if q.buffers, err = dma.Alloc(m, q.size*nic.BufferSize); err != nil {
		return err
	}
	q.descriptors = dma.Words[uint64](q.memory, 0, 2*q.size)
	q.driver = &dma.Words[uint32](q.memory, driverAt, 1)[0]
	q.offered = dma.Words[uint16](q.memory, driverAt+4, q.size)
	q.device = dma.Words[uint32](q.memory, deviceAt, 1+2*q.size)
	for i := range q.size {
		q.descriptors[2*i] = q.buffers.Phys + uint64(i)*nic.BufferSize
	}
	return nil
}

func (q *queue) free() {
	q.memory.Free()
	q.buffers.Free()
}

// locate tells the device the address of a part of the queue.
func (q *queue) locate(c Window, reg uintptr, at uint64) {
	c.Write32(reg, uint32(q.memory.Phys+at))
	c.Write32(reg+4, uint32((q.memory.Phys+at)>>32))
}

// buffer is descriptor i's.
func (q *queue) buffer(i int) []byte { return q.buffers.Data[i*nic.BufferSize:][:nic.BufferSize] }

// give writes descriptor i to the driver's ring, with a length in bytes and
// flags. The device sees it after publish.
func (q *queue) give(i int, length, flags uint64) {
	q.descriptors[2*i+1] = length | flags
	q.offered[int(q.given)%q.size] = uint16(i)
	q.given++
	q.busy[i] = true
	q.count++
}

// publish lets the device see what was given, and notifies it if it wants that.
// The store is a full barrier, as V §2.7.13.3 and §2.7.13.4.1 want.
func (q *queue) publish() {
	q.store()
	if atomic.LoadUint32(&q.device[0])&noNotify == 0 {
		q.window.Write16(q.at, q.number)
	}
}

func (q *queue) store() { atomic.StoreUint32(q.driver, q.flags|uint32(q.given)<<16) }

// interrupts says whether the device shall interrupt.
func (q *queue) interrupts(on bool) {
	q.flags = noInterrupt
	if on {
		q.flags = 0
	}
	q.store()
}

// pending tells whether the device has given something back.
func (q *queue) pending() bool { return uint16(atomic.LoadUint32(&q.device[0])>>16) != q.seen }

// take takes back a descriptor and how many bytes the device wrote; ok is false
// if there is none. An error is a device that lies.
func (q *queue) take() (i, length int, ok bool, err error) {
	index := uint16(atomic.LoadUint32(&q.device[0]) >> 16)
	switch n := int(index - q.seen); {
	case n == 0:
		return 0, 0, false, nil
	case n > q.count:
		return 0, 0, false, fmt.Errorf("queue %d: it gives back %d buffers and has %d", q.number, n, q.count)
	}
	entry := 1 + 2*(int(q.seen)%q.size)
	id, written := atomic.LoadUint32(&q.device[entry]), atomic.LoadUint32(&q.device[entry+1])
	if id >= uint32(q.size) || !q.busy[id] {
		return 0, 0, false, fmt.Errorf("queue %d: it gives back buffer %d, which it has not", q.number, id)
	}
	if written > nic.BufferSize {
		return 0, 0, false, fmt.Errorf("queue %d: it says that it wrote %d bytes into a buffer of %d", q.number, written, nic.BufferSize)
	}
	q.seen++
	q.busy[id] = false
	q.count--
	return int(id), int(written), true, nil
}
