package virtionet

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringo-vmm/ringo/drivers/dma"
	"github.com/ringo-vmm/ringo/drivers/nic"
	"github.com/ringo-vmm/ringo/pci"
	"github.com/ringo-vmm/ringo/vmm/ether"
)

// NIC is an adapter at work, a nic.Adapter.
type NIC struct {
	windows
	address   ether.MAC
	hasStatus bool
	message   bool // its interrupt is an MSI-X, not a pin

	rx *queue

	send  sync.Mutex // guards what follows
	tx    *queue
	spare []int // descriptors of tx that are the driver's
	stuck int   // ticks without progress

	link       atomic.Bool
	storm      atomic.Uint32 // interrupts since the last Serve
	interrupts atomic.Uint64
	received   atomic.Uint64
	rxBytes    atomic.Uint64
	lost       atomic.Uint64
	sent       atomic.Uint64
	txBytes    atomic.Uint64
	refused    atomic.Uint64
	failure    atomic.Pointer[error]
}

var _ nic.Adapter = (*NIC)(nil)

// Errors that end an adapter.
var (
	errGone  = errors.New("it does not answer any more")
	errReset = errors.New("it says that it needs a reset")
	errStuck = fmt.Errorf("it sends nothing for %d s", maxStuck)
	errStorm = errors.New("its interrupt cannot be switched off")
)

// New sets an adapter up and lets it run; the first Serve lets it interrupt. The
// device must answer at its memory
// BARs and be a bus master; message says that entry 0 of its MSI-X table is set
// and enabled, else it uses its interrupt pin.
func New(d *pci.Device, open Open, memory dma.Memory, message bool) (*NIC, error) {
	w, err := find(d, open)
	if err != nil {
		return nil, fmt.Errorf("virtionet: %w", err)
	}
	n := &NIC{windows: w, message: message}
	if err := n.setUp(memory); err != nil {
		n.common.Write8(regStatus, statusFailed)
		if n.reset() == nil { // else it may still use the memory
			n.free()
		}
		return nil, fmt.Errorf("virtionet: %v: %w", d.Address, err)
	}
	return n, nil
}

func (n *NIC) free() {
	for _, q := range []*queue{n.rx, n.tx} {
		if q != nil {
			q.free()
		}
	}
}

// setUp follows V §3.1.1.
func (n *NIC) setUp(memory dma.Memory) error {
	if err := n.reset(); err != nil {
		return err
	}
	status := uint8(statusAcknowledge | statusDriver)
	n.common.Write8(regStatus, status)
	if err := n.negotiate(); err != nil {
		return err
	}
	status |= statusFeaturesOK
	n.common.Write8(regStatus, status)
	if n.common.Read8(regStatus)&statusFeaturesOK == 0 {
		return errors.New("it does not take the features it offers")
	}
	for i := range n.address {
		n.address[i] = n.device.Read8(configMAC + uintptr(i))
	}
	if !nic.ValidAddress(n.address) {
		return fmt.Errorf("it has no address: %v", n.address)
	}
	if err := n.makeQueues(memory); err != nil {
		return err
	}
	n.common.Write8(regStatus, status|statusDriverOK)
	n.checkLink()
	for i := range n.rx.size {
		n.rx.give(i, nic.BufferSize, flagWrite)
	}
	n.rx.interrupts(false)
	n.rx.publish()
	return nil
}

const (
	resetPolls = 100
	resetPoll  = time.Millisecond
)

// reset makes the device forget everything, its memory too. V §4.1.4.3.2.
func (n *NIC) reset() error {
	n.common.Write8(regStatus, 0)
	for i := 0; n.common.Read8(regStatus) != 0; i++ {
		if i == resetPolls {
			return errors.New("it does not come out of reset")
		}
		time.Sleep(resetPoll)
	}
	return nil
}

// negotiate takes those features that the driver knows. V §2.2, §6.
func (n *NIC) negotiate() error {
	var offered uint64
	for half := range uint32(2) {
		n.common.Write32(regDeviceSelect, half)
		offered |= uint64(n.common.Read32(regDeviceFeature)) << (32 * half)
	}
	if offered&featureVersion1 == 0 || offered&featureMAC == 0 {
		return fmt.Errorf("it offers the features %#x, without version 1 or an address", offered)
	}
	n.hasStatus = offered&featureStatus != 0
	for half := range uint32(2) {
		n.common.Write32(regDriverSelect, half)
		n.common.Write32(regDriverFeature, uint32(offered&wanted>>(32*half)))
	}
	return nil
}

// makeQueues makes both queues. What is sent is looked at when there is more to
// send, so that queue never interrupts.
func (n *NIC) makeQueues(memory dma.Memory) (err error) {
	vector := uint16(noVector)
	if n.message {
		vector = 0
	}
	n.common.Write16(regConfigVector, noVector)
	if n.rx, err = newQueue(&n.windows, receiveQueue, vector, memory); err != nil {
		return err
	}
	if n.tx, err = newQueue(&n.windows, transmitQueue, noVector, memory); err != nil {
		return err
	}
	n.tx.interrupts(false)
	for i := range n.tx.size {
		n.spare = append(n.spare, i)
	}
	return nil
}

// checkLink looks at the link, and whether the device is still well.
func (n *NIC) checkLink() {
	const gone = 0xff
	switch status := n.common.Read8(regStatus); {
	case status == gone:
		n.fail(errGone)
	case status&statusNeedsReset != 0:
		n.fail(errReset)
	}
	n.link.Store(!n.hasStatus || n.device.Read16(configStatus)&linkUp != 0)
}

// fail gives the adapter up.
func (n *NIC) fail(why error) {
	if n.failure.CompareAndSwap(nil, &why) {
		n.common.Write8(regStatus, 0)
	}
}

// maxStorm is how many interrupts in a row may come before anybody serves them.
const maxStorm = 1 << 16

// Interrupt is nic.Adapter's. Reading the register takes the pin's request
// away. V §4.1.4.5.
func (n *NIC) Interrupt() bool {
	const gone = 0xff
	if !n.message {
		if v := n.isr.Read8(0); v == 0 || v == gone {
			return false
		}
	}
	n.interrupts.Add(1)
	if n.storm.Add(1) >= maxStorm {
		n.common.Write8(regStatus, 0)
	}
	return true
}

// maxStuck is how many ticks the device may send nothing while it has frames to
// send.
const maxStuck = 10

// Tick is nic.Adapter's: it looks at the link, and whether the device works.
func (n *NIC) Tick() {
	if n.failure.Load() != nil {
		return
	}
	if n.storm.Load() >= maxStorm {
		n.fail(errStorm)
		return
	}
	n.checkLink()
	n.send.Lock()
	defer n.send.Unlock()
	if n.reclaim() || n.tx.count == 0 || !n.link.Load() {
		n.stuck = 0
	} else if n.stuck++; n.stuck == maxStuck {
		n.fail(errStuck)
	}
}

// Features is ether.NIC's: the adapter takes finished frames only.
func (n *NIC) Features() ether.Features { return ether.Features{} }

// Status is nic.Adapter's.
func (n *NIC) Status() nic.Status {
	s := nic.Status{Model: "virtio", Address: n.address, Link: n.link.Load(), Counters: nic.Counters{
		Received: n.received.Load(), ReceivedBytes: n.rxBytes.Load(), Lost: n.lost.Load(),
		Sent: n.sent.Load(), SentBytes: n.txBytes.Load(), Refused: n.refused.Load(), Interrupts: n.interrupts.Load(),
	}}
	if err := n.failure.Load(); err != nil {
		s.Link, s.Err = false, *err
	}
	return s
}
