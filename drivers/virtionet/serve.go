package virtionet

import (
	"github.com/ringo-vmm/ringo/drivers/nic"
	"github.com/ringo-vmm/ringo/vmm/ether"
)

// batch is how many frames Serve passes on before it lets others run.
const batch = 64

// Serve is nic.Adapter's.
func (n *NIC) Serve(port ether.Port) (more bool) {
	if n.failure.Load() != nil {
		return false
	}
	n.storm.Store(0)
	q := n.rx
	q.interrupts(false)
	served := 0
	for ; served < batch; served++ {
		i, length, ok, err := q.take()
		if err != nil {
			n.fail(err)
			return false
		}
		if !ok {
			break
		}
		n.take(port, q.buffer(i)[:length])
		q.give(i, nic.BufferSize, flagWrite)
	}
	if served > 0 {
		q.publish()
	}
	if served == batch {
		return true
	}
	q.interrupts(true)
	return q.pending()
}

// take passes on a received frame, which follows its header.
func (n *NIC) take(port ether.Port, b []byte) {
	if len(b) < headerBytes+ether.HeaderSize {
		n.lost.Add(1)
		return
	}
	n.received.Add(1)
	n.rxBytes.Add(uint64(len(b) - headerBytes))
	port.Send(ether.Frame{Data: b[headerBytes:]})
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
	if !nic.Sendable(f) || !n.link.Load() || n.failure.Load() != nil {
		return false
	}
	if len(n.spare) == 0 {
		if !n.reclaim() {
			return false
		}
		n.stuck = 0
	}
	i := n.spare[len(n.spare)-1]
	n.spare = n.spare[:len(n.spare)-1]
	// The header in front stays zero: the device does not write here.
	copy(n.tx.buffer(i)[headerBytes:], f.Data)
	n.tx.give(i, uint64(headerBytes+len(f.Data)), 0)
	n.tx.publish()
	return true
}

// reclaim takes back the descriptors that were sent, and tells whether there
// were any. The caller holds send.
func (n *NIC) reclaim() (progress bool) {
	for {
		i, _, ok, err := n.tx.take()
		if err != nil {
			n.fail(err)
		}
		if !ok {
			return progress
		}
		n.spare = append(n.spare, i)
		progress = true
	}
}
