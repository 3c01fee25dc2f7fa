package ide

import (
	"bytes"
	"encoding/binary"
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
	sectorCount = 2000 // of the disk
	blockCount  = 200  // of the CD
	masterPort  = 0xc000
	table       = 0x1000 // of region descriptors, in guest memory
)

// rig is a machine with a disk and a CD-ROM drive on the primary channel, and a
// read-only disk as the secondary channel's second drive.
type rig struct {
	*blocktest.Machine
	ports bus.Ports
	host  *pcihost.Host
	ram   *ram.RAM
	ide   *Controller
	lines [Channels]devicetest.Line
	cd    []byte
	store *blocktest.Store
}

// What is on the disk and the CD.
var (
	diskBytes = blocktest.Pattern(sectorCount*ata.SectorSize, 1)
	cdBytes   = blocktest.Pattern(blockCount*atapi.BlockSize, 2)
)

// memory is shared by rigs that do not use it at the same time.
var memory = make([]byte, ram.BlockSize)

func newRig(t testing.TB) *rig {
	r := &rig{Machine: blocktest.NewMachine(t), cd: cdBytes, store: blocktest.NewStore(diskBytes)}
	var err error
	if r.ram, err = ram.New([]ram.Block{{Data: memory}}); err != nil {
		t.Fatal(err)
	}
	disk := r.NewDisk(r.store)
	c := Config{Memory: r.ram}
	c.Drives[0] = [2]Drive{{Disk: disk}, {Disk: r.NewDisk(block.NewBytes(r.cd, true)), CD: true}}
	c.Drives[1][1] = Drive{Disk: r.NewDisk(block.Empty(1 << 20))}
	for i := range c.IRQ {
		c.IRQ[i] = &r.lines[i]
	}
	if r.ide, err = New(c); err != nil {
		t.Fatal(err)
	}
	for i := range Channels {
		r.ports.Register("IDE", CommandPort[i], CommandPorts, r.ide.Command(i))
		r.ports.Register("IDE", ControlPort[i], ControlPorts, r.ide.Control(i))
	}
	if r.host, err = pcihost.New(pcihost.Config{ISABridge: true, Ports: &r.ports}); err != nil {
		t.Fatal(err)
	}
	if err := r.host.Add(1, 1, r.ide.Function()); err != nil {
		t.Fatal(err)
	}
	r.ports.Register("PCI", pcihost.Port, pcihost.Ports, r.host)
	r.config(0x20, 4, masterPort)
	r.config(0x04, 2, pcihost.CommandIO|pcihost.CommandMaster)
	return r
}

func (r *rig) in(port uint16, size int) uint32 {
	r.Lock()
	defer r.Unlock()
	return r.ports.In(port, size)
}

func (r *rig) out(port uint16, size int, v uint32) {
	r.Lock()
	defer r.Unlock()
	r.ports.Out(port, size, v)
}

// config writes the IDE function's configuration space.
func (r *rig) config(reg uint32, size int, v uint32) {
	r.out(pcihost.Port, 4, 1<<31|1<<11|1<<8|reg&^3)
	r.out(pcihost.Port+4+uint16(reg&3), size, v)
}

// reg reads a register of the primary channel, and set writes one.
func (r *rig) reg(i uint16) uint8    { return uint8(r.in(CommandPort[0]+i, 1)) }
func (r *rig) set(i uint16, v uint8) { r.out(CommandPort[0]+i, 1, uint32(v)) }

// alternate is the status without an effect on the interrupt.
func (r *rig) alternate() uint8 { return uint8(r.in(ControlPort[0], 1)) }

// want checks status and error once the disks are done.
func (r *rig) want(what string, status, err uint8) {
	r.Helper()
	r.Drain()
	if s, e := r.alternate(), r.reg(regError); s != status || e != err {
		r.Errorf("%s: status %#x and error %#x, want %#x and %#x", what, s, e, status, err)
	}
}

// interrupted checks that the line is up, and lets it go down.
func (r *rig) interrupted(what string) {
	r.Helper()
	r.Drain()
	r.Lock()
	up := r.lines[0].Level
	r.Unlock()
	if !up {
		r.Errorf("%s: no interrupt", what)
	}
	r.reg(regStatusIn)
	r.quiet(what)
}

func (r *rig) quiet(what string) {
	r.Helper()
	r.Drain()
	r.Lock()
	defer r.Unlock()
	if r.lines[0].Level {
		r.Errorf("%s: an interrupt", what)
	}
}

// command writes an address, a count and a command, for 28 or 48 bits.
func (r *rig) command(code uint8, lba uint64, n int, is48 bool) {
	head := uint8(lba>>24) & 0xf
	if is48 {
		head = 0
		for i, v := range []uint64{uint64(n) >> 8, lba >> 24, lba >> 32, lba >> 40} {
			r.set(regCount+uint16(i), uint8(v))
		}
	}
	for i, v := range []uint64{uint64(n), lba, lba >> 8, lba >> 16} {
		r.set(regCount+uint16(i), uint8(v))
	}
	r.set(regDevice, ata.DeviceLBA|head)
	r.set(regStatusIn, code)
}

// pull reads n bytes from the data port in words.
func (r *rig) pull(n int) []byte {
	p := make([]byte, n)
	for i := 0; i < n; i += 2 {
		binary.LittleEndian.PutUint16(p[i:], uint16(r.in(CommandPort[0], 2)))
	}
	return p
}

// push writes p to the data port in double words.
func (r *rig) push(p []byte) {
	for ; len(p) > 0; p = p[4:] {
		r.out(CommandPort[0], 4, binary.LittleEndian.Uint32(p))
	}
}

// region is a piece of memory for the bus master.
type region struct {
	addr uint32
	n    int
}

// regions writes a table and starts the bus master.
func (r *rig) start(toMemory bool, list ...region) {
	for i, x := range list {
		var p [8]byte
		binary.LittleEndian.PutUint32(p[:], x.addr)
		binary.LittleEndian.PutUint32(p[4:], uint32(x.n)&0xffff)
		if i == len(list)-1 {
			p[7] = 0x80
		}
		if err := r.ram.Write(table+uint64(8*i), p[:]); err != nil {
			r.Fatal(err)
		}
	}
	r.out(masterPort+masterTable, 4, table)
	r.out(masterPort+masterStatus, 1, masterError|masterInterrupt)
	v := uint32(0)
	if toMemory {
		v = masterWrite
	}
	r.out(masterPort+masterCommand, 1, v)
	r.out(masterPort+masterCommand, 1, v|masterStart)
}

// master checks the bus master's status, and stops it.
func (r *rig) master(what string, want uint8) {
	r.Helper()
	r.Drain()
	if got := uint8(r.in(masterPort+masterStatus, 1)); got != want {
		r.Errorf("%s: the bus master's status is %#x, want %#x", what, got, want)
	}
	r.out(masterPort+masterCommand, 1, 0)
}

func (r *rig) same(what string, got, want []byte) {
	r.Helper()
	if !bytes.Equal(got, want) {
		r.Errorf("%s: other bytes", what)
	}
}
