package nic

import (
	"bytes"
	"encoding/binary"
	"sync"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/virtio"
	"github.com/ringo-vmm/ringo/vmm/virtio/virtiotest"
)

var le = binary.LittleEndian

// port keeps what is sent. back, if not nil, is an adapter that gets it back at
// once, as a service on the switch may do.
type port struct {
	mu    sync.Mutex
	sent  []ether.Frame
	tails [][]byte // of the last
	back  ether.NIC
}

func (p *port) Send(f ether.Frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tails = f.Tail; p.back != nil {
		p.back.Receive(f)
	}
	f = f.Flatten(make([]byte, ether.MaxFrame))
	f.Data = bytes.Clone(f.Data)
	p.sent = append(p.sent, f)
}

var (
	own   = ether.MAC{0x52, 0x54, 0, 0, 0, 1}
	other = ether.MAC{0x52, 0x54, 0, 0, 0, 2}
	group = ether.MAC{0x33, 0x33, 0, 0, 0, 9}
)

type rig struct {
	*virtiotest.Driver
	dev  *Device
	port *port
	bugs []any
}

type options struct {
	transport string
	packed    bool
	pairs     int
	features  uint64
}

const (
	all    = ^uint64(0)
	simple = virtio.FeatureVersion1 | FeatureMAC
)

func newRig(t testing.TB, o options) *rig {
	if o.transport == "" {
		o.transport = "modern"
	}
	if o.features == 0 {
		o.features = all
	}
	r := &rig{port: &port{}}
	m := virtiotest.NewMachine(t)
	r.open(m, max(o.pairs, 1))
	r.Driver = virtiotest.Start(m, virtiotest.Open(m, o.transport, r.dev, o.packed), o.features)
	return r
}

func (r *rig) open(m *virtiotest.Machine, pairs int) {
	var err error
	r.dev, err = New(Config{MAC: own, Pairs: pairs, Port: r.port, Lock: &m.Lock, Broken: func(bug any) { r.bugs = append(r.bugs, bug) }})
	if err != nil {
		m.Fatal(err)
	}
	m.Cleanup(r.dev.Close)
}

// frame is an Ethernet frame of n bytes.
func frame(to ether.MAC, n int) []byte {
	b := append(append(to[:], other[:]...), 0x88, 0xb5)
	for i := len(b); i < n; i++ {
		b = append(b, byte(i*7))
	}
	return b
}

// send sends a frame with a header, in one buffer.
func (r *rig) send(queue int, header, data []byte, cut uint32) {
	r.M.Helper()
	r.Add(queue, r.M.Put(append(bytes.Clone(header), data...)).Cut(cut), nil)
	r.Kick(queue)
	if _, _, ok := r.Get(queue); !ok {
		r.M.Error("the buffer does not come back")
	}
}

// rooms gives the device receive buffers.
func (r *rig) rooms(queue, count, size int) (list []virtiotest.Piece) {
	for range count {
		p := r.M.Room(size)
		list = append(list, p)
		r.Add(queue, nil, []virtiotest.Piece{p})
	}
	r.Kick(queue)
	return list
}

// got is the header and the frame in n used buffers.
func (r *rig) got(queue int, rooms []virtiotest.Piece, header int) (h, data []byte, n int) {
	for i := range rooms {
		_, size, ok := r.Get(queue)
		if !ok {
			break
		}
		data = append(data, r.M.Bytes(rooms[i])[:size]...)
		n++
	}
	if len(data) < header {
		return nil, nil, n
	}
	return data[:header], data[header:], n
}

// command sends a command on the control queue and returns the answer.
func (r *rig) command(class, cmd byte, data ...byte) byte {
	r.M.Helper()
	q := r.dev.controlQueue()
	answer := r.M.Put([]byte{0xee})
	out := []virtiotest.Piece{r.M.Put([]byte{class, cmd})}
	if len(data) > 0 {
		out = append(out, r.M.Put(data))
	}
	r.Add(q, out, []virtiotest.Piece{answer})
	r.Kick(q)
	if _, n, ok := r.Get(q); !ok || n != 1 {
		r.M.Errorf("the command does not come back, or with %d bytes", n)
	}
	return r.M.Bytes(answer)[0]
}
