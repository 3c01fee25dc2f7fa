package e1000

import (
	"fmt"
	"sync/atomic"

	"github.com/ringo-vmm/ringo/drivers/dma"
	"github.com/ringo-vmm/ringo/drivers/nic"
	"github.com/ringo-vmm/ringo/vmm/ether"
)

const (
	descriptorSize = 16
	ringSize       = 256 // descriptors; their size in all is a multiple of 128 bytes
)

// ring is a queue of descriptors, each with a buffer of its own.
type ring struct {
	descriptors, buffers dma.Buffer
	words                []uint64 // two a descriptor
	next                 int      // the next descriptor that the driver looks at or fills
}

func (r *ring) alloc(m dma.Memory) (err error) {
	if r.descriptors, err = dma.Alloc(m, ringSize*descriptorSize); err != nil {
		return err
	}
	r.words = dma.Words[uint64](r.descriptors, 0, 2*ringSize)
	r.buffers, err = dma.Alloc(m, ringSize*nic.BufferSize)
	return err
}

func (r *ring) free() {
	r.descriptors.Free()
	r.buffers.Free()
}

// give makes descriptor i ready to receive.
func (r *ring) give(i int) {
	r.words[2*i] = r.buffers.Phys + uint64(i)*nic.BufferSize
	atomic.StoreUint64(&r.words[2*i+1], 0)
}

// buffer is the buffer of descriptor i.
func (r *ring) buffer(i int) []byte { return r.buffers.Data[i*nic.BufferSize:][:nic.BufferSize] }

// batch is how many descriptors Serve looks at before it lets others run.
const batch = 64

// Serve is nic.Adapter's.
func (n *NIC) Serve(port ether.Port) (more bool) {
	if n.failure.Load() != nil {
		return false
	}
	n.storm.Store(0)
	if n.cause.Swap(0)&intLink != 0 {
		n.checkLink()
	}
	r, served := &n.rx, 0
	for ; served < batch; served++ {
		word := atomic.LoadUint64(&r.words[2*r.next+1])
		if word&rxDone == 0 {
			break
		}
		if !n.take(port, r.buffer(r.next), word) {
			return false
		}
		r.give(r.next)
		r.next = (r.next + 1) % ringSize
	}
	if served > 0 {
		n.regs.Write32(regRDT, uint32(r.next+ringSize-1)%ringSize)
	}
	if served == batch {
		return true
	}
	// A frame that came since then has set its cause, which interrupts now.
	n.regs.Write32(regIMS, intAll)
	return false
}

// take passes a received frame on. It is false if the adapter lies.
func (n *NIC) take(port ether.Port, buffer []byte, word uint64) bool {
	length := int(word & 0xffff)
	if length > len(buffer) {
		n.fail(fmt.Errorf("it says that it received %d bytes into a buffer of %d", length, len(buffer)))
		return false
	}
	last := word&rxEnd != 0
	if !last || n.inBad || word&rxErrors != 0 || length < ether.HeaderSize {
		n.inBad = !last
		n.lost.Add(1)
		return true
	}
	n.received.Add(1)
	n.rxBytes.Add(uint64(length))
	port.Send(ether.Frame{Data: buffer[:length]})
	return true
}

// Receive is ether.NIC's: it puts a frame on the wire.
func (n *NIC) Receive(f ether.Frame) (ok bool) {
	n.send.Lock()
	ok = n.transmit(&f)
	n.send.Unlock()
	if !ok {
		n.refused.Add(1)
		return false
	}
	n.sent.Add(1)
	n.txBytes.Add(uint64(len(f.Data)))
	return true
}

// transmit is Receive for who holds send.
func (n *NIC) transmit(f *ether.Frame) bool {
	if !nic.Sendable(f) || n.speed.Load() == 0 || n.failure.Load() != nil {
		return false
	}
	r := &n.tx
	// One descriptor stays free: a full ring would look like an empty one.
	if n.busy == ringSize-1 {
		if !n.reclaim() {
			return false
		}
		n.stuck = 0
	}
	copy(r.buffer(r.next), f.Data)
	r.words[2*r.next] = r.buffers.Phys + uint64(r.next)*nic.BufferSize
	atomic.StoreUint64(&r.words[2*r.next+1], uint64(len(f.Data))&txLenMask|txRequests)
	r.next = (r.next + 1) % ringSize
	n.busy++
	n.regs.Write32(regTDT, uint32(r.next))
	return true
}

// reclaim takes back the descriptors that were sent, and tells whether there
// were any. The caller holds send.
func (n *NIC) reclaim() (progress bool) {
	for ; n.busy > 0 && atomic.LoadUint64(&n.tx.words[2*n.clean+1])&txDone != 0; n.busy-- {
		n.clean = (n.clean + 1) % ringSize
		progress = true
	}
	return progress
}
