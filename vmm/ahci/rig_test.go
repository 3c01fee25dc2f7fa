package ahci

import (
	"bytes"
	"encoding/binary"
	"sync"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/block/blocktest"
	"github.com/ringo-vmm/ringo/vmm/bus"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/ide/ata"
	"github.com/ringo-vmm/ringo/vmm/ide/atapi"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
	"github.com/ringo-vmm/ringo/vmm/ram"
)

const (
	sectorCount = 2000
	blockCount  = 200
	base        = 0xfebf0000 // of the registers

	// Where the driver has its structures; the second port's are stride
	// further.
	listAt  = 0x1000
	fisAt   = 0x2000
	tableAt = 0x3000
	stride  = 0x8000
	dataAt  = 0x20000
)

var (
	diskBytes = blocktest.Pattern(sectorCount*ata.SectorSize, 1)
	cdBytes   = blocktest.Pattern(blockCount*atapi.BlockSize, 2)
	memory    = make([]byte, ram.BlockSize) // of all rigs
	lock      sync.Mutex                    // their device lock
)

// rig is a machine with a disk at port 0, a CD-ROM drive at port 1, nothing at
// port 2, and a read-only disk at port 3.
type rig struct {
	*blocktest.Machine
	bus      bus.Memory
	host     *pcihost.Host
	ram      *ram.RAM
	ahci     *Controller
	line     devicetest.Line
	messages []uint32
	store    *blocktest.Store
}

func newRig(t testing.TB) *rig {
	r := &rig{Machine: blocktest.NewMachine(t), store: blocktest.NewStore(diskBytes)}
	r.Locker = &lock
	var err error
	if r.ram, err = ram.New([]ram.Block{{Data: memory}}); err != nil {
		t.Fatal(err)
	}
	if r.ahci, err = New(Config{Memory: r.ram, Drives: []Drive{
		{Disk: r.NewDisk(r.store)}, {Disk: r.NewDisk(block.NewBytes(cdBytes, true)), CD: true},
		{}, {Disk: r.NewDisk(block.Empty(1 << 20))}}}); err != nil {
		t.Fatal(err)
	}
	c := pcihost.Config{ISABridge: true, Routes: [4]uint8{11, 11, 11, 11}, Memory: &r.bus,
		Message: func(address uint64, data uint32) { r.messages = append(r.messages, data) }}
	c.IRQ[11] = &r.line
	if r.host, err = pcihost.New(c); err != nil {
		t.Fatal(err)
	}
	if err := r.host.Add(4, 0, r.ahci.Function); err != nil {
		t.Fatal(err)
	}
	r.config(0x24, 4, base)
	r.config(regCommand, 2, pcihost.CommandMemory|pcihost.CommandMaster)
	return r
}

// config writes the function's configuration space.
func (r *rig) config(reg uint32, size int, v uint32) {
	r.Lock()
	defer r.Unlock()
	r.host.Out(0, 4, 1<<31|4<<11|reg&^3)
	r.host.Out(4+uint16(reg&3), size, v)
}

func (r *rig) get(reg uint32) uint32 {
	r.Lock()
	defer r.Unlock()
	return uint32(r.bus.Read(base+uint64(reg), 4))
}

func (r *rig) set(reg, v uint32) {
	r.Lock()
	defer r.Unlock()
	r.bus.Write(base+uint64(reg), 4, uint64(v))
}

func at(port int, reg uint32) uint32 { return regPorts + uint32(port)*portSize + reg }

// start does what SeaBIOS and Linux do to begin with a port.
func (r *rig) start(port int) {
	r.set(regGHC, ghcAE|ghcIE)
	off := uint32(port * stride)
	r.clear(uint64(off+listAt), stride-listAt, 0)
	r.set(at(port, portCLB), listAt+off)
	r.set(at(port, portCLBU), 0)
	r.set(at(port, portFB), fisAt+off)
	r.set(at(port, portCMD), cmdFRE|cmdSUD)
	r.set(at(port, portSERR), ^uint32(0))
	r.set(at(port, portIS), ^uint32(0))
	r.set(at(port, portIE), ^uint32(0))
	r.set(at(port, portCMD), cmdFRE|cmdSUD|cmdST)
}

// region is a piece of memory for data.
type region struct {
	addr uint64
	n    int
}

// fill writes a command into a slot.
func (r *rig) fill(port, slot int, fis [fisSize]byte, cdb []byte, list ...region) {
	off := uint64(port * stride)
	table := tableAt + off + uint64(slot)*0x200
	var h [16]byte
	h[0] = 5
	binary.LittleEndian.PutUint16(h[2:], uint16(len(list)))
	binary.LittleEndian.PutUint64(h[8:], table)
	r.poke(listAt+off+uint64(slot)*headerSize, h[:])
	r.poke(table, fis[:])
	r.poke(table+tablePacket, append(cdb, make([]byte, 16-len(cdb))...))
	for i, x := range list {
		var b [regionSize]byte
		binary.LittleEndian.PutUint64(b[:], x.addr)
		binary.LittleEndian.PutUint32(b[12:], uint32(x.n-1))
		r.poke(table+tableRegions+regionSize*uint64(i), b[:])
	}
}

// fis makes a command's FIS with a 48-bit address and a count.
func fis(code uint8, lba uint64, n int) [fisSize]byte {
	b := func(shift int) byte { return byte(lba >> shift) }
	return [fisSize]byte{fisH2D, fisCommand, code, 1, b(0), b(8), b(16), ata.DeviceLBA, b(24), b(32), b(40), 0, byte(n), byte(n >> 8)}
}

// issue has a port run the command in slot 0 and waits.
func (r *rig) issue(port int) {
	r.set(at(port, portCI), 1)
	r.Drain()
}

// want checks a port's task file, interrupts and commands, and clears them.
func (r *rig) want(what string, port int, tfd, is, ci uint32) {
	r.Helper()
	r.Drain()
	if a, b, c := r.get(at(port, portTFD)), r.get(at(port, portIS)), r.get(at(port, portCI)); a != tfd || b != is || c != ci {
		r.Errorf("%s: task file %#x, interrupts %#x, commands %#x, want %#x, %#x, %#x", what, a, b, c, tfd, is, ci)
	}
	if r.line.Level != (is != 0) {
		r.Errorf("%s: the interrupt line is %v", what, r.line.Level)
	}
	r.set(at(port, portIS), is)
	r.set(regIS, 1<<port)
	if r.line.Level {
		r.Errorf("%s: the interrupt line stays up", what)
	}
}

// restart does what drivers do after an error.
func (r *rig) restart(port int) {
	r.set(at(port, portCMD), cmdFRE)
	if got := r.get(at(port, portCMD)); got&(cmdCR|cmdST) != 0 || got&cmdFR == 0 {
		r.Errorf("the port's command register is %#x after a stop", got)
	}
	r.set(at(port, portCMD), cmdFRE|cmdST)
}

// The guest's processor: it writes memory, fills it and reads it.
func (r *rig) poke(addr uint64, p []byte) {
	r.Lock()
	defer r.Unlock()
	r.ram.Write(addr, p)
}

func (r *rig) clear(addr, n uint64, v byte) {
	r.Lock()
	defer r.Unlock()
	r.ram.Fill(addr, n, v)
}

func (r *rig) guest(addr uint64, n int) []byte {
	p := make([]byte, n)
	r.Lock()
	defer r.Unlock()
	if err := r.ram.Read(addr, p); err != nil {
		r.Fatal(err)
	}
	return p
}

func (r *rig) same(what string, got, want []byte) {
	r.Helper()
	if !bytes.Equal(got, want) {
		r.Errorf("%s: other bytes", what)
	}
}
