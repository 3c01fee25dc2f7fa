package virtiotest

import "github.com/ringo-vmm/ringo/vmm/virtio"

// Driver is a driver that has a device running.
type Driver struct {
	Transport
	M     *Machine
	Rings []*Ring
}

// Ring features that a driver can ask for in Start.
const (
	Packed   = virtio.FeaturePacked
	EventIdx = virtio.FeatureEventIdx
)

// Start negotiates features, of those that are offered, and starts all queues
// that the device has. VIRTIO 1.2 §3.1.1. The lock is not held.
func Start(m *Machine, t Transport, features uint64) *Driver {
	d := &Driver{Transport: t, M: m}
	m.Do(func() {
		t.SetStatus(0)
		if s := t.Status(); s != 0 {
			m.Fatalf("status %#x after a reset", s)
		}
		t.SetStatus(virtio.StatusAcknowledge)
		t.SetStatus(virtio.StatusAcknowledge | virtio.StatusDriver)
		offered := t.Features()
		features &= offered
		status := uint8(virtio.StatusAcknowledge | virtio.StatusDriver)
		if offered&virtio.FeatureVersion1 != 0 {
			features |= virtio.FeatureVersion1
			status |= virtio.StatusFeaturesOK
		}
		t.SetFeatures(features)
		t.SetStatus(status)
		if got := t.Status(); got != status {
			m.Fatalf("status %#x, want %#x", got, status)
		}
		for i := 0; t.MaxSize(i) != 0; i++ {
			r := NewRing(m, t.MaxSize(i), features&Packed != 0, features&EventIdx != 0)
			d.Rings = append(d.Rings, r)
			t.Setup(i, r.Layout)
		}
		t.SetStatus(status | virtio.StatusDriverOK)
		t.Interrupts()
	})
	return d
}

// Kick notifies the device of what has been added to a queue, if it wants to be.
func (d *Driver) Kick(i int) (kicked bool) {
	d.M.Do(func() {
		if kicked = d.Rings[i].WantsKick(); kicked {
			d.Notify(i)
		}
	})
	return kicked
}

// Add makes a buffer of a queue available.
func (d *Driver) Add(i int, out, in []Piece) (id uint16) {
	d.M.Do(func() { id = d.Rings[i].Add(out, in) })
	return id
}

// Get takes a used buffer.
func (d *Driver) Get(i int) (id uint16, n uint32, ok bool) {
	d.M.Do(func() { id, n, ok = d.Rings[i].Get() })
	return id, n, ok
}

// Broken tells whether the device wants a reset, and the last line of the log.
func (d *Driver) Broken() (line string, broken bool) {
	d.M.Do(func() {
		if n := len(d.M.Log); n > 0 {
			line = d.M.Log[n-1]
		}
		broken = d.Status()&virtio.StatusNeedsReset != 0
	})
	return line, broken
}
