//go:build tamago

package main

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/drivers/e1000"
	"github.com/ringo-vmm/ringo/drivers/nic"
	"github.com/ringo-vmm/ringo/drivers/virtionet"
	"github.com/ringo-vmm/ringo/kernel/klog"
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/pci"
	"github.com/ringo-vmm/ringo/vmm/ether"
)

// hostNIC is a network adapter of this machine.
type hostNIC struct {
	nic.Service
	device *pci.Device
	wakes  waker
	how    string // it interrupts
}

// hostNICs are those that a driver was found for, in the order of the PCI scan.
var hostNICs []*hostNIC

// initNICs finds the network adapters and lets them run. What they receive is
// dropped until somebody plugs a port in.
func initNICs() error {
	var errs []error
	for _, d := range pciDevices {
		model, isE1000 := e1000.Find(d.VendorID, d.DeviceID)
		if !isE1000 && !virtionet.Match(d.VendorID, d.DeviceID) {
			continue
		}
		n := &hostNIC{device: d}
		if err := n.start(model, isE1000); err != nil {
			n.quiet()
			errs = append(errs, err)
			continue
		}
		logf(klog.Info, "nic%d: pci %v: %s %v, by %s", len(hostNICs), d.Address, n.Status().Model, n.Status().Address, n.how)
		hostNICs = append(hostNICs, n)
		go n.Run()
	}
	return errors.Join(errs...)
}

// start attaches the driver.
func (n *hostNIC) start(model e1000.Model, isE1000 bool) (err error) {
	if err := n.wakes.init("network adapter"); err != nil {
		return err
	}
	n.Wait, n.Wake, n.Quiet = n.wakes.wait, func() { inLayer(n.wakes.wake) }, n.quiet
	n.Log = func(format string, args ...any) {
		logf(klog.Info, "pci %v: "+format, append([]any{n.device.Address}, args...)...)
	}
	n.device.SetCommand(pci.CommandMemory|pci.CommandBusMaster, 0)
	if isE1000 {
		err = n.startE1000(model)
	} else {
		err = n.startVirtio()
	}
	if err != nil || n.how != "" {
		return err
	}
	if err := n.claimPin(); err != nil {
		// Service finds out, and looks at the adapter now and then.
		n.how = fmt.Sprintf("no interrupt (%v)", err)
	}
	return nil
}

func (n *hostNIC) startE1000(m e1000.Model) error {
	bar, err := n.device.BAR(e1000.BAR)
	if err != nil {
		return err
	}
	if bar.IO || bar.Base == 0 || bar.Size < e1000.WindowSize {
		return fmt.Errorf("pci %v: %v cannot be an e1000's registers", n.device.Address, bar)
	}
	registers, err := deviceWindow(bar.Base, e1000.WindowSize)
	if err != nil {
		return err
	}
	n.claimMSI()
	adapter, err := e1000.New(registers, m, dmaMemory{})
	if err != nil {
		return fmt.Errorf("pci %v: %w", n.device.Address, err)
	}
	n.Adapter = adapter
	return nil
}

func (n *hostNIC) startVirtio() error {
	n.claimMSIX()
	adapter, err := virtionet.New(n.device, narrowWindow, dmaMemory{}, n.how != "")
	if err != nil {
		return err
	}
	n.Adapter = adapter
	return nil
}

// quiet keeps the adapter from memory and from interrupts.
func (n *hostNIC) quiet() { n.device.SetCommand(pci.CommandNoINTx, pci.CommandBusMaster) }

// interrupt is the handler of the adapter's interrupt.
func (n *hostNIC) interrupt() bool {
	if n.Adapter == nil || !n.Interrupt() {
		return false
	}
	n.wakes.wake()
	return true
}

// message claims a vector and makes the message that arrives at it. It goes to
// this processor.
func (n *hostNIC) message(kind string) (pci.Message, error) {
	vector, err := claimVector(fmt.Sprintf("network adapter %v, %s", n.device.Address, kind), n.interrupt)
	if err != nil {
		return pci.Message{}, err
	}
	return pci.NewMessage(lapicID(), vector)
}

// claimMSI has the adapter interrupt by MSI, if it can.
func (n *hostNIC) claimMSI() {
	msi, err := n.device.MSI()
	if err != nil {
		return
	}
	if msg, err := n.message("MSI"); err == nil && msi.Enable(msg) == nil {
		n.how = "MSI"
	}
}

// claimMSIX has the adapter interrupt by the first entry of its MSI-X table, if
// it has one.
func (n *hostNIC) claimMSIX() {
	msix, err := n.device.MSIX()
	if err != nil {
		return
	}
	table, err := deviceWindow(msix.Phys, msix.Size)
	if err != nil {
		return
	}
	if msg, err := n.message("MSI-X"); err == nil {
		msix.Enable(table)
		if msix.Set(0, msg) == nil {
			n.how = "MSI-X"
		}
	}
}

// pinLine is an interrupt line that adapters share.
type pinLine struct {
	gsi   uint32
	nics  [8]*hostNIC
	count atomic.Uint32
}

var pinLines []*pinLine

// interrupt asks all of them: their requests are one.
func (p *pinLine) interrupt() (ours bool) {
	for _, n := range p.nics[:p.count.Load()] {
		ours = n.interrupt() || ours
	}
	return ours
}

// claimPin routes the adapter's interrupt pin, which firmware has wired to the
// input of an ISA interrupt. PCI's interrupts are levels, active low unless
// MADT says otherwise.
func (n *hostNIC) claimPin() error {
	irq := n.device.IRQLine
	if n.device.Pin == 0 || irq == 0 || irq >= 16 || tables == nil || tables.MADT == nil {
		return fmt.Errorf("pin %d, IRQ %d", n.device.Pin, irq)
	}
	l := line{}
	if l.gsi, l.activeLow, l.level = tables.MADT.GSI(irq); !l.level {
		l.activeLow, l.level = true, true
	}
	// A level that nobody takes back would keep the processor busy for ever.
	for _, d := range pciDevices {
		if d != n.device && d.Pin != 0 && d.IRQLine == irq && !hasPin(d) {
			d.SetCommand(pci.CommandNoINTx, 0)
		}
	}
	n.device.SetCommand(0, pci.CommandNoINTx)
	n.how = fmt.Sprintf("IRQ %d", irq)
	for _, p := range pinLines {
		if p.gsi != l.gsi {
			continue
		}
		i := p.count.Load()
		if int(i) == len(p.nics) {
			return errors.New("too many adapters on one line")
		}
		p.nics[i] = n
		p.count.Store(i + 1)
		return nil
	}
	p := &pinLine{gsi: l.gsi}
	p.nics[0] = n
	p.count.Store(1)
	var err error
	if l.vector, err = claimVector(fmt.Sprintf("network adapters, IRQ %d", irq), p.interrupt); err != nil {
		return err
	}
	pinLines = append(pinLines, p)
	lines = append(lines, l)
	return l.route(lapicID())
}

// hasPin tells whether a driver takes the interrupts of a device's pin.
func hasPin(d *pci.Device) bool {
	for _, p := range pinLines {
		for _, n := range p.nics[:p.count.Load()] {
			if n.device == d {
				return true
			}
		}
	}
	return false
}

// dmaMemory is memory for devices, a dma.Memory.
type dmaMemory struct{ vmHost }

// Bytes is the n bytes of it at pa.
func (dmaMemory) Bytes(pa uint64, n int) []byte { return amd64.Bytes(uintptr(pa), n) }

// narrow is registers of which some are narrower than 32 bits, a
// virtionet.Window. Each method is one access, since it is not inlined.
type narrow struct{ amd64.Registers }

func narrowWindow(pa, size uint64) (virtionet.Window, error) {
	va, err := mapDevice(pa, size)
	return narrow{amd64.Registers(va)}, err
}

func (w narrow) at(off uintptr) uint64 { return uint64(uintptr(w.Registers) + off) }

//go:noinline
func (w narrow) Read8(off uintptr) uint8 { return *(*uint8)(address(w.at(off))) }

//go:noinline
func (w narrow) Read16(off uintptr) uint16 { return *(*uint16)(address(w.at(off))) }

//go:noinline
func (w narrow) Write8(off uintptr, v uint8) { *(*uint8)(address(w.at(off))) = v }

//go:noinline
func (w narrow) Write16(off uintptr, v uint16) { *(*uint16)(address(w.at(off))) = v }

// nicCommand shows the adapters, and asks who is on their wires.
var nicCommand = monitor.Command{
	Name: "nic", Usage: "[arp ADDRESS]", Group: "machine",
	Help: "show the network adapters; ask on their wires for the station with an IPv4 address",
	Run: func(c *monitor.Context, args []string) error {
		switch {
		case len(args) == 0:
			for i, n := range hostNICs {
				c.Printf("nic%d: pci %v, by %s: %v\n", i, n.device.Address, n.how, n.Status())
			}
			return nil
		case len(args) != 2 || args[0] != "arp":
			return monitor.BadInput("want arp and an address")
		}
		a, err := netip.ParseAddr(args[1])
		if err != nil || !a.Is4() {
			return monitor.BadInput("%q is not an IPv4 address", args[1])
		}
		for i, n := range hostNICs {
			start := time.Now()
			station, err := n.arp(c, a.As4())
			if err != nil {
				return fmt.Errorf("nic%d: %w", i, err)
			}
			c.Printf("nic%d: %v is at %v, after %v\n", i, a, station, time.Since(start).Round(time.Microsecond))
		}
		return nil
	},
}

// ARP for IPv4 on Ethernet. RFC 826.
const (
	arpRequest = "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01"
	arpReply   = "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x02"

	arpTries = 5
	arpWait  = time.Second
)

// probing is held by the one who asks.
var probing sync.Mutex

// arp asks for the station with an address, as one that has none itself (RFC
// 5227 §2.1.1).
func (n *hostNIC) arp(c *monitor.Context, address [4]byte) (ether.MAC, error) {
	probing.Lock()
	defer probing.Unlock()
	answer := make(arpTap, 1)
	n.Tap(arpTapFor{answer, address})
	defer n.Tap(nil)
	own := n.Status().Address
	everybody, nobody, pad := []byte("\xff\xff\xff\xff\xff\xff"), make([]byte, 4+6), make([]byte, 18)
	frame := slices.Concat(everybody, own[:], []byte(arpRequest), own[:], nobody, address[:], pad)
	for range arpTries {
		n.Receive(ether.Frame{Data: frame})
		select {
		case station := <-answer:
			return station, nil
		case <-c.Done():
			return ether.MAC{}, c.Err()
		case <-time.After(arpWait):
		}
	}
	return ether.MAC{}, errors.New("no answer")
}

type arpTap chan ether.MAC

// arpTapFor sees the answer for an address.
type arpTapFor struct {
	answer  arpTap
	address [4]byte
}

// Send is ether.Port's.
func (t arpTapFor) Send(f ether.Frame) {
	const kindAt, stationAt, senderAt, end = 12, 22, 28, 32
	if len(f.Data) < end || string(f.Data[kindAt:stationAt]) != arpReply || [4]byte(f.Data[senderAt:end]) != t.address {
		return
	}
	select {
	case t.answer <- ether.MAC(f.Data[stationAt:senderAt]):
	default:
	}
}
