package e1000

import (
	"bytes"
	"encoding/binary"
	"sync"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/bus"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
	"github.com/ringo-vmm/ringo/vmm/ram"
)

const (
	base   = 0xfebc0000 // of the registers
	ioBase = 0xc000
	irq    = 11

	// The driver's structures.
	rxRing  = 0x1000
	txAt    = 0x2000
	rxBufs  = 0x10000
	txBufs  = 0x80000
	ringLen = 16 // descriptors
	bufSize = 2048
)

var (
	mac    = ether.MAC{0x52, 0x54, 0, 0x12, 0x34, 0x56}
	memory = make([]byte, ram.BlockSize) // of all rigs
)

// rig is a machine with an adapter, and a port that keeps what is sent.
type rig struct {
	testing.TB
	mu     sync.Mutex // the device lock
	bus    bus.Memory
	ports  bus.Ports
	host   *pcihost.Host
	ram    *ram.RAM
	clock  devicetest.Clock
	line   devicetest.Line
	nic    *Adapter
	sent   []ether.Frame
	keep   bool
	rxNext uint32 // the descriptor that the driver looks at
}

func (r *rig) Send(f ether.Frame) {
	if r.keep {
		f.Data = bytes.Clone(f.Data)
		r.sent = append(r.sent, f)
	}
}

func newRig(t testing.TB) *rig {
	r := &rig{TB: t, keep: true}
	var err error
	if r.ram, err = ram.New([]ram.Block{{Data: memory}}); err != nil {
		t.Fatal(err)
	}
	if r.nic, err = New(Config{Memory: r.ram, MAC: mac, Port: r, Clock: &r.clock, Run: r.run}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.nic.Close)
	c := pcihost.Config{ISABridge: true, Routes: [4]uint8{irq, irq, irq, irq}, Memory: &r.bus, Ports: &r.ports}
	c.IRQ[irq] = &r.line
	if r.host, err = pcihost.New(c); err != nil {
		t.Fatal(err)
	}
	if err := r.host.Add(4, 0, r.nic.Function); err != nil {
		t.Fatal(err)
	}
	r.config(0x10, base)
	r.config(0x18, ioBase)
	r.config(regCommand, pcihost.CommandIO|pcihost.CommandMemory|pcihost.CommandMaster)
	return r
}

func (r *rig) run(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}

func (r *rig) config(reg, v uint32) {
	r.run(func() {
		r.host.Out(0, 4, 1<<31|4<<11|reg)
		r.host.Out(4, 4, v)
	})
}

func (r *rig) get(reg uint32) (v uint32) {
	r.run(func() { v = uint32(r.bus.Read(base+uint64(reg), 4)) })
	return v
}

func (r *rig) set(reg, v uint32) {
	r.run(func() { r.bus.Write(base+uint64(reg), 4, uint64(v)) })
}

func (r *rig) poke(gpa uint64, p []byte) {
	if err := r.ram.Write(gpa, p); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) peek(gpa uint64, n int) []byte {
	p := make([]byte, n)
	if err := r.ram.Read(gpa, p); err != nil {
		r.Fatal(err)
	}
	return p
}

// start does what a driver does.
func (r *rig) start() {
	r.set(regCTRL, ctrlRST)
	r.set(regIMC, ^uint32(0))
	r.run(func() { r.ram.Fill(0, ram.BlockSize, 0) })
	r.set(regRDBAL, rxRing)
	r.set(regRDBAL+ringBAH, 0)
	r.set(regRDBAL+ringLEN, ringLen*descriptor)
	for i := range uint64(ringLen) {
		r.run(func() { r.poke(rxRing+descriptor*i, binary.LittleEndian.AppendUint64(nil, rxBufs+bufSize*i)) })
	}
	r.set(regRDBAL+ringH, 0)
	r.set(regRDBAL+ringT, ringLen-1)
	r.rxNext = 0
	r.set(regRCTL, rctlEN|rctlBAM)
	r.set(regTDBAL, txAt)
	r.set(regTDBAL+ringLEN, ringLen*descriptor)
	r.set(regTDBAL+ringH, 0)
	r.set(regTDBAL+ringT, 0)
	r.set(regTCTL, tctlEN)
	r.set(regIMS, icrTXDW|icrRXT0|icrRXDMT0|icrRXO|icrLSC)
}

// fill puts a descriptor into the transmit ring; send rings the bell.
func (r *rig) fill(low, high uint64) {
	r.run(func() {
		t := &r.nic.txRing
		b := binary.LittleEndian.AppendUint64(nil, low)
		r.poke(txAt+descriptor*uint64(t.tail), binary.LittleEndian.AppendUint64(b, high))
		t.tail = (t.tail + 1) % ringLen
	})
}

func (r *rig) send() { r.set(regTDBAL+ringT, r.get(regTDBAL+ringT)) }

// data puts bytes into memory and a descriptor for them into the ring.
func (r *rig) data(at uint64, p []byte, high uint64) {
	r.run(func() { r.poke(txBufs+at, p) })
	r.fill(txBufs+at, high|uint64(len(p)))
}

// receive has the adapter receive a frame, and waits until it has had its turn.
func (r *rig) receive(b []byte) {
	if !r.nic.Receive(ether.Frame{Data: b}) {
		r.Error("no room")
	}
	r.run(r.nic.receive)
}

// got is the next frame in the guest's buffers, nil if there is none.
func (r *rig) got() (b []byte, high uint64) {
	r.run(func() {
		for {
			high = binary.LittleEndian.Uint64(r.peek(rxRing+descriptor*uint64(r.rxNext)+8, 8))
			if high&rxDD == 0 {
				b = nil
				return
			}
			r.poke(rxRing+descriptor*uint64(r.rxNext)+8, make([]byte, 8))
			b = append(b, r.peek(rxBufs+bufSize*uint64(r.rxNext), int(high&0xffff))...)
			r.rxNext = (r.rxNext + 1) % ringLen
			if high&rxEOP != 0 {
				return
			}
		}
	})
	return b, high
}

// frame is a frame for an address with n bytes behind the header.
func frame(to ether.MAC, n int) []byte {
	b := append(to[:], 2, 0, 0, 0, 0, 9, 0x88, 0xb5)
	for i := range n {
		b = append(b, byte(i*3))
	}
	return b
}
