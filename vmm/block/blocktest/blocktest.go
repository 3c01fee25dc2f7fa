// Package blocktest is what the tests of disk controllers stand on: a machine
// with a device lock and disks, and data that fail or wait when they are told to.
package blocktest

import (
	"bytes"
	"errors"
	"sync"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
)

// Pattern is n bytes that differ from place to place, and by the seed.
func Pattern(n int, seed byte) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i*7+i>>9*13) ^ seed
	}
	return p
}

// Machine is a machine that has disks. Locking it is taking its device lock.
type Machine struct {
	testing.TB
	sync.Locker
	disks []*block.Disk
}

// NewMachine makes a machine without disks.
func NewMachine(t testing.TB) *Machine { return &Machine{TB: t, Locker: new(sync.Mutex)} }

// NewDisk makes a disk, which is closed with the test.
func (m *Machine) NewDisk(b block.Backend) *block.Disk {
	d := block.NewDisk(b, func(f func()) {
		m.Lock()
		defer m.Unlock()
		f()
	})
	m.disks = append(m.disks, d)
	m.Cleanup(func() { d.Close() })
	return d
}

// Drain waits until the disks have done what they were asked for.
func (m *Machine) Drain() {
	for range 2 { // one disk's end may begin another's request
		for _, d := range m.disks {
			d.Drain()
		}
	}
}

// Move saves a machine's devices and loads them into those of another one, which
// must save the same then. Save holds the first machine's lock, for what else
// moves with them.
func (m *Machine) Move(to *Machine, devices, fresh []device.Stateful, save func()) {
	m.Helper()
	var saved [][]byte
	m.Lock()
	for _, d := range devices {
		saved = append(saved, devicetest.Save(d))
	}
	save()
	m.Unlock()
	to.Lock()
	defer to.Unlock()
	for i, d := range fresh {
		devicetest.Load(m.TB, d, saved[i])
		if again := devicetest.Save(d); !bytes.Equal(again, saved[i]) {
			m.Errorf("%T: saved %d bytes, loaded, and saved others", d, len(saved[i]))
		}
	}
}

// Store is the data of a disk.
type Store struct {
	block.Backend
	Data    []byte
	Broken  bool          // requests fail
	Gate    chan struct{} // if not nil, requests wait for it
	Flushes int           // so far

	mu sync.Mutex // of Data
}

var errWornOut = errors.New("worn out")

// NewStore makes a store with a copy of data.
func NewStore(data []byte) *Store {
	data = bytes.Clone(data)
	return &Store{Backend: block.NewBytes(data, false), Data: data}
}

// CopyTo copies the data to another store of that size.
func (s *Store) CopyTo(other *Store) {
	s.mu.Lock()
	defer s.mu.Unlock()
	copy(other.Data, s.Data)
}

func (s *Store) try() error {
	if s.Gate != nil {
		<-s.Gate
	}
	if s.Broken {
		return errWornOut
	}
	return nil
}

// ReadAt is block.Backend's.
func (s *Store) ReadAt(p []byte, off int64) (int, error) {
	if err := s.try(); err != nil {
		return 0, err
	}
	return s.Backend.ReadAt(p, off)
}

// WriteAt is block.Backend's.
func (s *Store) WriteAt(p []byte, off int64) (int, error) {
	if err := s.try(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Backend.WriteAt(p, off)
}

// Flush is block.Backend's.
func (s *Store) Flush() error {
	s.Flushes++
	return s.try()
}
