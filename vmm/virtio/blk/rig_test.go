package blk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"sync"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/virtio"
	"github.com/ringo-vmm/ringo/vmm/virtio/virtiotest"
)

var le = binary.LittleEndian

// store is a back end that fails or waits when it is told to, and notes what is
// done.
type store struct {
	block.Backend
	mu     sync.Mutex
	ops    []byte
	broken bool
	gate   chan struct{}
}

func (s *store) try(op byte) error {
	if s.gate != nil {
		<-s.gate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ops = append(s.ops, op)
	if s.broken {
		return errors.New("worn out")
	}
	return nil
}

func (s *store) ReadAt(p []byte, off int64) (int, error) {
	if err := s.try('r'); err != nil {
		return 0, err
	}
	return s.Backend.ReadAt(p, off)
}

func (s *store) WriteAt(p []byte, off int64) (int, error) {
	if err := s.try('w'); err != nil {
		return 0, err
	}
	return s.Backend.WriteAt(p, off)
}

func (s *store) Flush() error { return s.try('f') }

func (s *store) Discard(off, n int64) error {
	if err := s.try('d'); err != nil {
		return err
	}
	return s.Backend.Discard(off, n)
}

// done is what has been done since it was called last.
func (s *store) done() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ops := string(s.ops)
	s.ops = s.ops[:0]
	return ops
}

const diskSize = 1 << 20

// rig is a machine with a disk, and its driver.
type rig struct {
	*virtiotest.Driver
	dev   *Device
	store *store
	bytes []byte
	disk  *block.Disk
}

// options are what differs from one rig to another.
type options struct {
	transport string
	packed    bool
	readOnly  bool
	queues    int
	features  uint64 // all, if 0
}

func newRig(t testing.TB, o options) *rig {
	m := virtiotest.NewMachine(t)
	r := &rig{bytes: make([]byte, diskSize)}
	for i := range r.bytes {
		r.bytes[i] = byte(i*7 + i>>9*13)
	}
	r.open(m, o)
	return r
}

// open makes the device on a machine, and starts its driver.
func (r *rig) open(m *virtiotest.Machine, o options) {
	if o.transport == "" {
		o.transport = "modern"
	}
	if o.features == 0 {
		o.features = ^uint64(0)
	}
	r.device(m, o)
	r.Driver = virtiotest.Start(m, virtiotest.Open(m, o.transport, r.dev, o.packed), o.features)
}

// device makes the disk and the device.
func (r *rig) device(m *virtiotest.Machine, o options) {
	r.store = &store{Backend: block.NewBytes(r.bytes, o.readOnly)}
	r.disk = block.NewDisk(r.store, m.Do)
	m.Cleanup(func() { r.disk.Close() })
	var err error
	if r.dev, err = New(Config{Disk: r.disk, Queues: max(o.queues, 1), Serial: "RS00001"}); err != nil {
		m.Fatal(err)
	}
}

// call is a request that waits to be answered.
type call struct {
	id     uint16
	data   virtiotest.Piece
	status virtiotest.Piece
	queue  int
}

func header(kind uint32, sector uint64) []byte {
	b := make([]byte, headerSize)
	le.PutUint32(b, kind)
	le.PutUint64(b[8:], sector)
	return b
}

// submit makes a request available. What is written, or read n bytes of, is cut
// into pieces.
func (r *rig) submit(queue int, kind uint32, sector uint64, write []byte, n int, cut uint32) call {
	c := call{queue: queue, status: r.M.Put([]byte{0xee})}
	out := r.M.Put(header(kind, sector)).Cut(cut)
	var in []virtiotest.Piece
	if len(write) > 0 {
		c.data = r.M.Put(write)
		out = append(out, c.data.Cut(cut)...)
	} else if n > 0 {
		c.data = r.M.Room(n)
		in = c.data.Cut(cut)
	}
	c.id = r.Add(queue, out, append(in, c.status))
	return c
}

// do has a request served, and returns the status and how many bytes were
// written.
func (r *rig) do(kind uint32, sector uint64, write []byte, n int) (call, byte, uint32) {
	r.M.Helper()
	c := r.submit(0, kind, sector, write, n, 1<<20)
	r.Kick(0)
	r.disk.Drain()
	id, length, ok := r.Get(0)
	if !ok || id != c.id {
		r.M.Fatalf("request %d: got %d, %v", c.id, id, ok)
	}
	return c, r.M.Bytes(c.status)[0], length
}

// want checks the status of a request.
func (r *rig) want(what string, kind uint32, sector uint64, write []byte, n int, status byte) {
	r.M.Helper()
	if _, got, _ := r.do(kind, sector, write, n); got != status {
		r.M.Errorf("%s: status %d, want %d", what, got, status)
	}
}

// config reads a field of the configuration space.
func (r *rig) config(off uint64, size int) (v uint64) {
	r.M.Do(func() { v = r.Config(off, size) })
	return v
}

func segment(sector uint64, n, flags uint32) []byte {
	b := make([]byte, segmentSize)
	le.PutUint64(b, sector)
	le.PutUint32(b[8:], n)
	le.PutUint32(b[12:], flags)
	return b
}

func pattern(n int, seed byte) []byte { return bytes.Repeat([]byte{seed, seed ^ 0x5a, 3}, n)[:n] }

var _ virtio.Device = (*Device)(nil)

// openLike is another device for the state of r's.
func openLike(r, fresh *rig, packed bool) *virtio.Core {
	return virtiotest.Open(r.M, "modern", fresh.dev, packed).Core()
}
