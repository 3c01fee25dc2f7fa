package virtio_test

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/state"
	"github.com/ringo-vmm/ringo/vmm/virtio"
	"github.com/ringo-vmm/ringo/vmm/virtio/queue"
	"github.com/ringo-vmm/ringo/vmm/virtio/virtiotest"
)

// echo is a device that writes back what it reads.
type echo struct {
	core   *virtio.Core
	config [12]byte
	starts int
	calls  int // of Notify
	limit  int // buffers in a notification; 0 is any number
	busy   bool
	chain  queue.Chain
	buf    [64]byte
}

const (
	echoFeature = 1 << 3
	echoQueues  = 3
)

func (d *echo) Type() virtio.Type           { return virtio.TypeConsole }
func (d *echo) Features() uint64            { return echoFeature }
func (d *echo) Queues() []uint16            { return []uint16{8, 8, 16} }
func (d *echo) Attach(c *virtio.Core)       { d.core = c }
func (d *echo) Config() []byte              { return d.config[:] }
func (d *echo) WriteConfig(off int, v byte) { d.config[off] = v }
func (d *echo) Start()                      { d.starts++ }
func (d *echo) Reset()                      { d.starts = 0 }
func (d *echo) Busy() bool                  { return d.busy }
func (d *echo) State(c *state.Codec)        { c.Raw(d.config[:]) }

func (d *echo) Notify(i int) {
	d.calls++
	q := d.core.Queue(i)
	for n := 0; ; n++ {
		if d.limit != 0 && n == d.limit {
			d.core.Again(i)
			break
		}
		if !q.Next(&d.chain) {
			if !q.Notify(true) {
				break
			}
			continue
		}
		b := d.buf[:d.chain.Read(d.buf[:])]
		q.Use(d.chain.Token(), uint32(d.chain.Write(b)))
	}
	d.core.Flush(i)
}

// rig is the device and its driver.
type rig struct {
	*virtiotest.Machine
	*virtiotest.Driver
	dev *echo
}

// every runs a test by every transport, with split rings and packed ones where
// there are.
func every(t *testing.T, f func(t *testing.T, r *rig)) {
	for _, name := range virtiotest.Names {
		for _, packed := range []bool{false, true} {
			if packed && name == "legacy" {
				continue
			}
			kind := name
			if packed {
				kind += " packed"
			}
			t.Run(kind, func(t *testing.T) { f(t, newRig(t, name, packed)) })
		}
	}
}

func newRig(t testing.TB, name string, packed bool) *rig {
	r := &rig{Machine: virtiotest.NewMachine(t), dev: &echo{config: [12]byte{1, 2, 3, 4, 5, 6, 7, 8}}}
	r.Driver = virtiotest.Start(r.Machine, virtiotest.Open(r.Machine, name, r.dev, packed), ^uint64(0))
	return r
}

// send sends a buffer there and back.
func (r *rig) send(t *testing.T, i int, s string) {
	t.Helper()
	in := r.Room(64)
	id := r.Add(i, []virtiotest.Piece{r.Put([]byte(s))}, []virtiotest.Piece{in})
	if !r.Kick(i) {
		t.Fatalf("queue %d wants no notification", i)
	}
	if got, n, ok := r.Get(i); !ok || got != id || int(n) != len(s) || string(r.Bytes(in)[:n]) != s {
		t.Fatalf("queue %d: got %d, %d, %v with %q", i, got, n, ok, r.Bytes(in))
	}
}
