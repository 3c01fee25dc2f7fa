// Package e1000 is a network adapter: the Intel 82540EM, a PCI Gigabit Ethernet
// controller with its PHY and EEPROM, which boot loaders and nearly every kernel
// have a driver for. It follows Intel's PCI/PCI-X Family of Gigabit Ethernet
// Controllers Software Developer's Manual ("SDM" in comments).
//
// A guest's frames go to the switch from the goroutine of the processor that
// rings the bell, a batch at a time. What comes from the switch waits in a queue
// until the guest has buffers; a goroutine of the adapter's own moves it, with
// the device lock held. Left out are wake-up, flow control, and the delays that
// gather interrupts, but for the throttle that bounds their rate.
package e1000

import (
	"sync/atomic"

	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
	"github.com/ringo-vmm/ringo/vmm/ram"
)

// Config is what an adapter is wired to.
type Config struct {
	Memory *ram.RAM // what it reads and writes
	MAC    ether.MAC
	Port   ether.Port // where it is plugged in
	Clock  device.Clock
	// Run calls f with the device lock held, and returns after that; a bug
	// in f is its business.
	Run func(f func())
}

// Adapter is the adapter. It is a device.MMIO, and an ether.NIC for its port.
type Adapter struct {
	*pcihost.Function
	memory *ram.RAM
	port   ether.Port
	clock  device.Clock
	mac    ether.MAC

	registers
	eeprom eeprom
	phy    phy
	tx     transmitter
	queue  *ether.Queue  // what was received and the guest has not got
	missed atomic.Uint32 // what had no room there
	window uint32        // IOADDR

	level    bool   // of the interrupt pin
	allowed  uint64 // when the pin may go up again, in ns
	throttle device.Timer
	more     device.Timer // sends what one batch has left
}

// The function. SDM §4.1, table 4-1.
const (
	vendorIntel   = 0x8086
	device82540EM = 0x100e
	revision      = 2
	classEthernet = 0x020000
	subsystem     = 0x001e // PRO/1000 MT Desktop
	pinA          = 1
	barRegisters  = 0
	barIO         = 2
	barSize       = 128 << 10
	barPorts      = 64
	queueFrames   = 256
	queueBytes    = 384 << 10
)

// New makes an adapter. Its PCI function is Function; its goroutine lives until
// Close.
func New(c Config) (*Adapter, error) {
	f, err := pcihost.NewFunction(pcihost.Header{
		Vendor: vendorIntel, Device: device82540EM, Class: classEthernet, Revision: revision,
		SubsystemVendor: vendorIntel, Subsystem: subsystem, Pin: pinA})
	if err != nil {
		return nil, err
	}
	a := &Adapter{Function: f, memory: c.Memory, port: c.Port, clock: c.Clock, mac: c.MAC,
		queue: ether.NewQueue(queueFrames, queueBytes)}
	a.eeprom.fill(c.MAC)
	a.throttle = c.Clock.NewTimer(a.step)
	a.more = c.Clock.NewTimer(a.transmit)
	f.OnWrite(func(off uint8, size int) {
		if off <= regCommand+1 && int(off)+size > regCommand {
			a.transmit()
			a.receive()
		}
	})
	a.Reset()
	if err := f.AddBAR(barRegisters, pcihost.BAR{Kind: pcihost.Memory32, Size: barSize, Name: "e1000", MMIO: a}); err != nil {
		return nil, err
	}
	if err := f.AddBAR(barIO, pcihost.BAR{Kind: pcihost.IO, Size: barPorts, Name: "e1000", Ports: (*ports)(a)}); err != nil {
		return nil, err
	}
	go a.serve(c.Run)
	return a, nil
}

const regCommand = 0x04 // PCI 3.0 §6.2.2

// serve gives the guest what was received.
func (a *Adapter) serve(run func(f func())) {
	receive := a.receive
	for a.queue.Wait() {
		run(receive)
	}
}

// Close ends the adapter's goroutine. What is sent to it is lost.
func (a *Adapter) Close() { a.queue.Close() }

// Receive is ether.NIC's.
func (a *Adapter) Receive(f ether.Frame) bool {
	ok := a.queue.Put(f)
	if !ok {
		a.missed.Add(1)
	}
	return ok
}

// Features is ether.NIC's: frames are to be finished. The guest could be told
// that a checksum is good which is not there, but not what to do if it passes
// the frame on.
func (a *Adapter) Features() ether.Features { return ether.Features{} }

// Reset is device.Resetter's.
func (a *Adapter) Reset() {
	a.registers = registers{}
	a.registers.powerOn(a.mac)
	a.eeprom.deselect()
	a.phy.powerOn()
	a.tx = transmitter{}
	a.window = 0
	a.allowed = 0
	a.throttle.Stop()
	a.more.Stop()
	a.step()
}

// cause notes causes of an interrupt.
func (a *Adapter) cause(bits uint32) {
	a.icr |= bits
	a.step()
}

// step brings the interrupt pin in step with the registers. After it has gone
// up it stays down for a while, if the guest wants that: ITR, SDM §13.4.18.
func (a *Adapter) step() {
	const unit = 256 // ns
	want := a.icr&a.ims != 0
	if want && !a.level && a.itr != 0 {
		now := a.clock.Now()
		if now < a.allowed {
			a.throttle.Set(a.allowed)
			return
		}
		a.allowed = now + uint64(a.itr)*unit
	}
	if want != a.level {
		a.level = want
		a.Set(want)
	}
}

// master tells whether the guest lets the adapter use memory.
func (a *Adapter) master() bool { return a.Command()&pcihost.CommandMaster != 0 }
