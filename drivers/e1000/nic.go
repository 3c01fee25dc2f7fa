package e1000

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/drivers/dma"
	"github.com/ringo-vmm/ringo/drivers/nic"
	"github.com/ringo-vmm/ringo/vmm/ether"
)

// NIC is an adapter at work, a nic.Adapter.
type NIC struct {
	regs    amd64.MMIO
	model   Model
	address ether.MAC

	rx    ring
	inBad bool // the frame under way has more descriptors than one, and is lost

	send  sync.Mutex // guards what follows
	tx    ring
	clean int // the oldest descriptor under way
	busy  int // how many are
	stuck int // ticks without progress

	cause      atomic.Uint32 // interrupt causes since the last Serve
	storm      atomic.Uint32 // interrupts since the last Serve
	speed      atomic.Uint32 // link speed in Mbit/s; 0 is no link
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
	errStuck = fmt.Errorf("it sends nothing for %d s", maxStuck)
	errStorm = errors.New("its interrupt cannot be switched off")
)

// New sets an adapter up whose registers are regs, and lets it run; the first
// Serve lets it interrupt. It must be a bus master.
func New(regs amd64.MMIO, m Model, memory dma.Memory) (*NIC, error) {
	n := &NIC{regs: regs, model: m}
	if err := n.reset(); err != nil {
		return nil, fmt.Errorf("e1000: %s: %w", m.Name, err)
	}
	err := n.rx.alloc(memory)
	if err == nil {
		err = n.tx.alloc(memory)
	}
	if err != nil {
		n.rx.free()
		n.tx.free()
		return nil, fmt.Errorf("e1000: %s: %w", m.Name, err)
	}
	n.start()
	return n, nil
}

// Waits in the course of a reset. SDM §13.4.1, 82574 datasheet §5.2.5.
const (
	masterPolls = 100
	masterPoll  = time.Millisecond
	quietTime   = 10 * time.Millisecond
	resetTime   = 20 * time.Millisecond
)

// reset stops whatever the firmware had the adapter do, and reads its address.
func (n *NIC) reset() error {
	if n.regs.Read32(regSTATUS) == allOnes {
		return errGone
	}
	n.regs.Write32(regIMC, allOnes)
	n.regs.Write32(regRCTL, 0)
	n.regs.Write32(regTCTL, 0)
	time.Sleep(quietTime)
	if n.model.family != chipsetNoReset {
		if err := n.resetMAC(); err != nil {
			return err
		}
	}
	n.regs.Write32(regIMC, allOnes)
	n.regs.Read32(regICR)
	return n.findAddress()
}

// findAddress reads the adapter's address, which a reset loads into the receive
// address register; where that did not happen, it is read from the EEPROM.
func (n *NIC) findAddress() error {
	low, high := n.regs.Read32(regRAL), n.regs.Read32(regRAH)
	if high&rahValid == 0 && n.model.family == pciX {
		var words [3]uint32
		for i := range words {
			v, err := n.readEEPROM(uint32(i))
			if err != nil {
				return err
			}
			words[i] = v
		}
		low, high = words[0]|words[1]<<16, words[2]|rahValid
		n.regs.Write32(regRAL, low)
		n.regs.Write32(regRAH, high)
	}
	binary.LittleEndian.PutUint32(n.address[0:], low)
	binary.LittleEndian.PutUint16(n.address[4:], uint16(high))
	if high&rahValid == 0 || !nic.ValidAddress(n.address) {
		return fmt.Errorf("it has no address: RAL %#x, RAH %#x", low, high)
	}
	return nil
}

// The EEPROM answers within some 100 us.
const (
	eepromPolls = 100
	eepromPoll  = 50 * time.Microsecond
)

// readEEPROM reads a 16-bit word; the first three are the address. SDM §5.6.1.
func (n *NIC) readEEPROM(word uint32) (uint32, error) {
	n.regs.Write32(regEERD, word<<eerdWordBit|eerdStart)
	for range eepromPolls {
		if v := n.regs.Read32(regEERD); v&eerdDone != 0 {
			return v >> eerdDataBit, nil
		}
		time.Sleep(eepromPoll)
	}
	return 0, errors.New("its EEPROM does not answer")
}

// resetMAC resets all but the PHY.
func (n *NIC) resetMAC() error {
	ctrl := n.regs.Read32(regCTRL)
	if n.model.family != pciX {
		n.regs.Write32(regCTRL, ctrl|ctrlNoMaster)
		for i := 0; n.regs.Read32(regSTATUS)&statusMaster != 0; i++ {
			if i == masterPolls {
				return errors.New("it does not end its transactions")
			}
			time.Sleep(masterPoll)
		}
	}
	n.regs.Write32(regCTRL, ctrl|ctrlReset)
	time.Sleep(resetTime)
	if n.regs.Read32(regCTRL)&ctrlReset != 0 {
		return errors.New("it does not come out of reset")
	}
	return nil
}

// start hands the rings to the adapter and lets it run. SDM §14.3 to §14.5.
func (n *NIC) start() {
	w := n.regs.Write32
	ctrl := n.regs.Read32(regCTRL) &^ (ctrlNoMaster | ctrlLinkReset | ctrlInvert | ctrlVLAN | ctrlPHYReset)
	w(regCTRL, ctrl|ctrlAutoSpeed|ctrlLinkUp)
	if n.model.family >= chipset {
		w(regCTRLEXT, n.regs.Read32(regCTRLEXT)|ctrlExtLoaded)
	}
	for i := range uintptr(mtaWords) {
		w(regMTA+4*i, 0)
	}
	for i := range ringSize {
		n.rx.give(i)
	}
	w(regRDBAL, uint32(n.rx.descriptors.Phys))
	w(regRDBAH, uint32(n.rx.descriptors.Phys>>32))
	w(regRDLEN, ringSize*descriptorSize)
	w(regRDTR, 0)
	w(regRDH, 0)
	w(regRDT, ringSize-1)

	w(regTDBAL, uint32(n.tx.descriptors.Phys))
	w(regTDBAH, uint32(n.tx.descriptors.Phys>>32))
	w(regTDLEN, ringSize*descriptorSize)
	w(regTDH, 0)
	w(regTDT, 0)
	if n.model.family == pciX {
		w(regTIPG, tipgCopper)
	} else {
		w(regTXDCTL, txdctlRun)
	}
	w(regRCTL, rctlRun)
	w(regTCTL, tctlRun)
	n.checkLink()
}

// checkLink looks at the link. Speeds: SDM §13.4.2.
func (n *NIC) checkLink() {
	status := n.regs.Read32(regSTATUS)
	switch {
	case status == allOnes:
		n.fail(errGone)
	case status&statusLink == 0:
		n.speed.Store(0)
	default:
		n.speed.Store([...]uint32{10, 100, 1000, 1000}[status>>statusSpeedBit&3])
	}
}

// fail gives the adapter up.
func (n *NIC) fail(why error) {
	if n.failure.CompareAndSwap(nil, &why) {
		n.regs.Write32(regIMC, allOnes)
		n.regs.Write32(regRCTL, 0)
		n.regs.Write32(regTCTL, 0)
	}
}

// maxStorm is how many interrupts in a row may come before anybody serves them.
// Each one masks the next, so more than a few mean that the mask does not work.
const maxStorm = 1 << 16

// Interrupt is nic.Adapter's: it masks the interrupt until Serve has looked.
func (n *NIC) Interrupt() bool {
	cause := n.regs.Read32(regICR)
	if cause == 0 || cause == allOnes {
		return false
	}
	n.regs.Write32(regIMC, allOnes)
	n.cause.Or(cause)
	n.interrupts.Add(1)
	if n.storm.Add(1) >= maxStorm {
		n.regs.Write32(regCTRL, ctrlReset)
	}
	return true
}

// maxStuck is how many ticks the adapter may send nothing while it has frames
// to send and a link.
const maxStuck = 10

// Tick is nic.Adapter's: it looks at the link, and whether the adapter works.
func (n *NIC) Tick() {
	if n.failure.Load() != nil {
		return
	}
	if n.storm.Load() >= maxStorm {
		n.fail(errStorm)
		return
	}
	n.checkLink()
	n.lost.Add(uint64(n.regs.Read32(regMPC)))
	n.send.Lock()
	defer n.send.Unlock()
	if n.reclaim() || n.busy == 0 || n.speed.Load() == 0 {
		n.stuck = 0
	} else if n.stuck++; n.stuck == maxStuck {
		n.fail(errStuck)
	}
}

// Features is ether.NIC's: the adapter takes finished frames only.
func (n *NIC) Features() ether.Features { return ether.Features{} }

// Status is nic.Adapter's.
func (n *NIC) Status() nic.Status {
	speed := n.speed.Load()
	s := nic.Status{Model: n.model.Name, Address: n.address, Link: speed != 0, Mbps: int(speed), Counters: nic.Counters{
		Received: n.received.Load(), ReceivedBytes: n.rxBytes.Load(), Lost: n.lost.Load(),
		Sent: n.sent.Load(), SentBytes: n.txBytes.Load(), Refused: n.refused.Load(), Interrupts: n.interrupts.Load(),
	}}
	if err := n.failure.Load(); err != nil {
		s.Link, s.Err = false, *err
	}
	return s
}
