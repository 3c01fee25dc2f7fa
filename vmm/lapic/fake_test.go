package lapic

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/ram"
)

// cpu is a vCPU that remembers what its LAPIC told it.
type cpu struct {
	*LAPIC
	notified, nmis, inits int
	startUps              []uint8
}

// machine is some vCPUs on a bus. Time-stamp counters run at 2.5 GHz.
type machine struct {
	clock devicetest.Clock
	bus   Bus
	cpus  []*cpu
	ended []uint8 // level interrupts whose end was broadcast
	tsc   uint64  // offset of the time-stamp counters
	ram   *ram.RAM
}

// memory is all machines', one after the other. Tests use its first page.
var memory = make([]byte, ram.BlockSize)

const (
	busHz = 1_000_000_000
	tscHz = 2_500_000_000
)

// newMachine has processors with the ids given, enabled by software, the first
// of which is the boot processor.
func newMachine(ids ...uint32) *machine {
	m := &machine{}
	clear(memory[:0x1000])
	m.ram, _ = ram.New([]ram.Block{{Data: memory}})
	m.bus.EOI = func(v uint8) { m.ended = append(m.ended, v) }
	for i, id := range ids {
		m.add(id, i == 0, busHz)
	}
	return m
}

func (m *machine) add(id uint32, bsp bool, hz uint64) *cpu {
	c := &cpu{}
	c.LAPIC = New(&m.bus, Config{
		ID: id, BSP: bsp, Clock: &m.clock, BusHz: hz,
		TSC:     func() uint64 { return m.clock.Now()*5/2 + m.tsc },
		TSCHz:   tscHz,
		RAM:     m.ram,
		Notify:  func() { c.notified++ },
		NMI:     func() { c.nmis++ },
		Init:    func() { c.inits++ },
		StartUp: func(v uint8) { c.startUps = append(c.startUps, v) },
	})
	c.reg(0xf0, 0x1ff)
	m.cpus = append(m.cpus, c)
	return c
}

// one is a machine with one processor.
func one() (*machine, *cpu) {
	m := newMachine(0)
	return m, m.cpus[0]
}

// reg writes a register by its offset in the page.
func (c *cpu) reg(off uint64, v uint32) { c.Write(off, 4, uint64(v)) }

// get reads a register by its offset in the page.
func (c *cpu) get(off uint64) uint32 { return uint32(c.Read(off, 4)) }

// want checks what is pending, 0 for nothing, and takes it.
func (c *cpu) want(t testing.TB, vector uint8) {
	t.Helper()
	got, ok := c.Pending()
	if got != vector || ok != (vector != 0) {
		t.Fatalf("pending is %#x, %v, want %#x", got, ok, vector)
	}
	if ok {
		c.Acknowledge(got)
	}
}

// x2 enters x2APIC mode.
func (c *cpu) x2(t testing.TB) {
	t.Helper()
	v, _ := c.ReadMSR(0x1b)
	if !c.WriteMSR(0x1b, v|1<<10) {
		t.Fatal("no x2APIC mode")
	}
}
