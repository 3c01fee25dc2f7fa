// Package virtiotest is what the tests of virtio devices stand on: a machine
// without processors, and a driver for split and packed rings by each transport.
// The driver does what a good one does, and leaves the rings open to tests that
// do worse.
package virtiotest

import (
	"encoding/binary"
	"fmt"
	"sync"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/virtio"
)

// Blocks is how many blocks of memory a machine has.
const Blocks = 2

// Machine is memory, a clock and a device lock.
type Machine struct {
	testing.TB
	Lock  sync.Mutex
	RAM   *ram.RAM
	Clock devicetest.Clock
	Log   []string // lines of its devices

	next uint64 // free memory
}

// NewMachine makes a machine. Its blocks of memory do not lie together.
func NewMachine(t testing.TB) *Machine {
	m := &Machine{TB: t, next: 0x1000}
	var blocks []ram.Block
	for range Blocks {
		blocks = append(blocks, ram.Block{Data: make([]byte, ram.BlockSize)})
	}
	var err error
	if m.RAM, err = ram.New(blocks); err != nil {
		t.Fatal(err)
	}
	return m
}

// Wiring is what a device of the machine is wired to.
func (m *Machine) Wiring(packed bool) virtio.Config {
	return virtio.Config{Memory: m.RAM, Clock: &m.Clock, Packed: packed,
		Log: func(format string, args ...any) { m.Log = append(m.Log, fmt.Sprintf(format, args...)) }}
}

// Do calls f with the device lock held.
func (m *Machine) Do(f func()) {
	m.Lock.Lock()
	defer m.Lock.Unlock()
	f()
}

// Alloc is the guest-physical address of n bytes that nobody uses.
func (m *Machine) Alloc(n int) uint64 {
	const page = 4096
	gpa := m.next
	m.next += (uint64(n) + page - 1) &^ (page - 1)
	if m.next > m.RAM.Size() {
		m.Fatalf("no memory for %d bytes", n)
	}
	return gpa
}

// Put is a piece of new memory with these bytes.
func (m *Machine) Put(b []byte) Piece {
	p := m.Room(len(b))
	m.Write(p.GPA, b)
	return p
}

// Room is a piece of new memory.
func (m *Machine) Room(n int) Piece { return Piece{m.Alloc(n), uint32(n)} }

// Bytes are those of a piece.
func (m *Machine) Bytes(p Piece) []byte {
	b := make([]byte, p.Len)
	if err := m.RAM.Read(p.GPA, b); err != nil {
		m.Fatal(err)
	}
	return b
}

// Write writes memory.
func (m *Machine) Write(gpa uint64, b []byte) {
	if err := m.RAM.Write(gpa, b); err != nil {
		m.Fatal(err)
	}
}

func (m *Machine) word(gpa uint64) uint16 { return binary.LittleEndian.Uint16(m.RAM.Span(gpa)) }
func (m *Machine) setWord(gpa uint64, v uint16) {
	binary.LittleEndian.PutUint16(m.RAM.Span(gpa), v)
}

// Piece is Len bytes of memory at guest-physical address GPA.
type Piece struct {
	GPA uint64
	Len uint32
}

// Cut cuts a piece into pieces of up to n bytes.
func (p Piece) Cut(n uint32) (list []Piece) {
	for p.Len > n {
		list = append(list, Piece{p.GPA, n})
		p = Piece{p.GPA + uint64(n), p.Len - n}
	}
	return append(list, p)
}
