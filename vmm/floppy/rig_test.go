package floppy

import (
	"bytes"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/block/blocktest"
	"github.com/ringo-vmm/ringo/vmm/bus"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/dma8237"
	"github.com/ringo-vmm/ringo/vmm/ram"
)

// rig is a machine with a disk in drive 0 and a read-only one in drive 1, if
// both is set.
type rig struct {
	*blocktest.Machine
	ports  bus.Ports
	memory []byte
	fdc    *Controller
	dma    *dma8237.DMA
	line   devicetest.Line
	store  *blocktest.Store
}

const dataAt = 0x20000

var (
	diskBytes = blocktest.Pattern(Size, 0)
	guestRAM  = make([]byte, ram.BlockSize)
)

func newRig(t testing.TB) *rig {
	r := &rig{Machine: blocktest.NewMachine(t), store: blocktest.NewStore(diskBytes), memory: guestRAM}
	m, err := ram.New([]ram.Block{{Data: r.memory}})
	if err != nil {
		t.Fatal(err)
	}
	r.dma = dma8237.New(m)
	disks := [drives]*block.Disk{r.NewDisk(r.store), r.NewDisk(block.Empty(Size))}
	if r.fdc, err = New(&r.line, r.dma.Channel(Channel), disks); err != nil {
		t.Fatal(err)
	}
	r.ports.Register("floppy", Port, Ports, r.fdc)
	r.ports.Register("floppy", DIRPort, 1, r.fdc.DIR())
	r.ports.Register("DMA", dma8237.Port1, dma8237.Ports1, r.dma.First())
	r.ports.Register("DMA", dma8237.PagePort, dma8237.PagePorts, r.dma.Pages())
	return r
}

func (r *rig) in(port uint16) uint8 {
	r.Lock()
	defer r.Unlock()
	return uint8(r.ports.In(port, 1))
}

func (r *rig) out(port uint16, v ...uint8) {
	r.Lock()
	defer r.Unlock()
	for _, b := range v {
		r.ports.Out(port, 1, uint32(b))
	}
}

// command writes a command's bytes, as long as the controller takes them.
func (r *rig) command(b ...uint8) {
	r.Helper()
	for i, v := range b {
		if got := r.in(Port + regMSR); got&(msrRQM|msrDIO) != msrRQM {
			r.Errorf("byte %d of command %x: status %#x", i, b, got)
			return
		}
		r.out(Port+regFIFO, v)
	}
}

// want reads a result and compares it.
func (r *rig) want(what string, want ...uint8) {
	r.Helper()
	r.Drain()
	var got []uint8
	for len(got) < commandMax && r.in(Port+regMSR)&(msrRQM|msrDIO) == msrRQM|msrDIO {
		got = append(got, r.in(Port+regFIFO))
	}
	if !bytes.Equal(got, want) {
		r.Errorf("%s: result %x, want %x", what, got, want)
	}
}

// interrupted checks the line.
func (r *rig) interrupted(what string, want bool) {
	r.Helper()
	r.Drain()
	r.Lock()
	defer r.Unlock()
	if r.line.Level != want {
		r.Errorf("%s: the interrupt line is %v", what, r.line.Level)
	}
}

// start does what SeaBIOS and Linux do to begin with.
func (r *rig) start() {
	r.Helper()
	r.out(Port+regDOR, 0)
	r.out(Port+regDOR, 0x10|dorGate|dorReset)
	r.interrupted("reset", true)
	for i := range uint8(4) {
		r.command(cmdSense)
		r.want("reset", st0Ready|i, 0)
	}
	r.interrupted("reset", false)
	r.command(cmdSense)
	r.want("nothing", st0Invalid)
	r.out(DIRPort, rate500)
	r.command(cmdSpecify, 0xdf, 0x02)
	r.command(cmdRecalibrate, 0)
	r.interrupted("recalibrate", true)
	r.command(cmdSense)
	r.want("recalibrate", st0SeekEnd, 0)
	r.interrupted("recalibrate", false)
}

// channel sets the DMA channel up, to memory or from it.
func (r *rig) channel(toMemory bool, n int) {
	mode := uint8(0x4a)
	if toMemory {
		mode = 0x46
	}
	n--
	r.out(0x0c, 0)
	r.out(0x0b, mode)
	r.out(0x04, dataAt&0xff, dataAt>>8&0xff)
	r.out(0x05, uint8(n), uint8(n>>8))
	r.out(0x81, dataAt>>16)
	r.out(0x0a, Channel)
}

func (r *rig) seek(cylinder uint8) {
	r.Helper()
	r.command(cmdSeek, 0, cylinder)
	r.command(cmdSense)
	r.want("seek", st0SeekEnd, cylinder)
}

func (r *rig) same(what string, got, want []byte) {
	r.Helper()
	if !bytes.Equal(got, want) {
		r.Errorf("%s: other bytes", what)
	}
}

const (
	read  = 0x40 | cmdRead
	write = 0x40 | cmdWrite
)
