package balloon

import (
	"encoding/binary"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/virtio/virtiotest"
)

// host notes what becomes of pages, and finds pages that are given twice.
type host struct {
	t     *testing.T
	given map[uint64]bool
}

func (h *host) Given(gpa uint64) {
	if h.given[gpa] {
		h.t.Errorf("page %#x is given twice", gpa)
	}
	h.given[gpa] = true
}

func (h *host) Taken(gpa uint64) {
	if !h.given[gpa] {
		h.t.Errorf("page %#x is taken and was not given", gpa)
	}
	delete(h.given, gpa)
}

type rig struct {
	*virtiotest.Driver
	dev  *Device
	host *host
}

func newRig(t *testing.T, packed bool) *rig {
	m := virtiotest.NewMachine(t)
	r := &rig{host: &host{t, map[uint64]bool{}}}
	r.dev = New(m.RAM, r.host)
	r.Driver = virtiotest.Start(m, virtiotest.Open(m, "modern", r.dev, packed), ^uint64(0))
	return r
}

// move gives pages up, or takes them back.
func (r *rig) move(queue int, pages ...uint32) {
	r.M.Helper()
	var b []byte
	for _, p := range pages {
		b = binary.LittleEndian.AppendUint32(b, p)
	}
	r.Add(queue, []virtiotest.Piece{r.M.Put(b)}, nil)
	r.Kick(queue)
	if _, _, ok := r.Get(queue); !ok {
		r.M.Error("the list does not come back")
	}
}

func TestPagesAreGivenAndTaken(t *testing.T) {
	for _, packed := range []bool{false, true} {
		r := newRig(t, packed)
		r.move(inflateQueue, 10, 11, 12)
		r.move(deflateQueue, 11)
		if r.dev.Given() != 2 || !r.host.given[10*PageSize] || r.host.given[11*PageSize] || !r.host.given[12*PageSize] {
			t.Errorf("%d pages, %v", r.dev.Given(), r.host.given)
		}
	}
}

func TestPagesThatMakeNoSenseDoNotCount(t *testing.T) {
	r := newRig(t, false)
	const last = virtiotest.Blocks*ram.BlockSize/PageSize - 1
	r.move(inflateQueue, 5, 5, last, last+1, 1<<31, ^uint32(0))
	if r.dev.Given() != 2 {
		t.Errorf("%d pages, want 2", r.dev.Given())
	}
	r.move(deflateQueue, 7, last+1, 5, 5)
	if r.dev.Given() != 1 {
		t.Errorf("%d pages, want 1", r.dev.Given())
	}
	if _, broken := r.Broken(); broken {
		t.Error("the device broke")
	}
}

func TestAResetTakesAllPagesBack(t *testing.T) {
	r := newRig(t, false)
	r.move(inflateQueue, 1, 2, 300)
	r.M.Do(func() { r.SetStatus(0) })
	if len(r.host.given) != 0 || r.dev.Given() != 0 {
		t.Errorf("%v are left", r.host.given)
	}
}

func TestTheTargetInterrupts(t *testing.T) {
	r := newRig(t, false)
	r.M.Do(func() {
		r.dev.SetTarget(1234)
		if n := r.Interrupts(); n != 1 || r.Config(configTarget, 4) != 1234 {
			t.Errorf("%d interrupts, %d pages", n, r.Config(configTarget, 4))
		}
		r.SetConfig(configActual, 4, 99)
		r.SetConfig(configTarget, 4, 7)
	})
	if r.dev.Actual() != 99 || r.dev.Target() != 1234 {
		t.Errorf("actual %d, target %d", r.dev.Actual(), r.dev.Target())
	}
}

func stat(b []byte, tag uint16, v uint64) []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint16(b, tag), v)
}

func TestStatistics(t *testing.T) {
	for _, packed := range []bool{false, true} {
		r := newRig(t, packed)
		if _, ok := r.dev.Stats(); ok {
			t.Error("statistics before there are any")
		}
		r.M.Do(r.dev.AskStats)
		give := func(free uint64) {
			b := stat(stat(stat(nil, uint16(Free), free), 999, 1), uint16(Total), 4096)
			r.Add(statsQueue, []virtiotest.Piece{r.M.Put(append(b, 1, 2))}, nil)
			r.Kick(statsQueue)
		}
		give(77)
		s, ok := r.dev.Stats()
		if !ok || s.Value[Free] != 77 || s.Value[Total] != 4096 || s.Has != 1<<Free|1<<Total {
			t.Errorf("%v, %v", s, ok)
		}
		if _, _, ok := r.Get(statsQueue); ok {
			t.Error("the buffer comes back unasked")
		}
		r.M.Do(r.dev.AskStats)
		if _, _, ok := r.Get(statsQueue); !ok {
			t.Error("the buffer does not come back")
		}
		give(78)
		if s, _ := r.dev.Stats(); s.Value[Free] != 78 {
			t.Errorf("%d", s.Value[Free])
		}
	}
}

func TestStateSurvives(t *testing.T) {
	for _, packed := range []bool{false, true} {
		r := newRig(t, packed)
		r.move(inflateQueue, 1, 64, 1000)
		r.Add(statsQueue, []virtiotest.Piece{r.M.Put(stat(nil, uint16(Free), 5))}, nil)
		r.Kick(statsQueue)
		r.dev.SetTarget(50)

		h := &host{t, map[uint64]bool{}}
		d := New(r.M.RAM, h)
		fresh := virtiotest.Open(r.M, "modern", d, packed)
		d.given.set(2, true) // as another state left it
		h.given[2*PageSize] = true
		devicetest.Survives(t, r.Core(), fresh.Core())
		if len(h.given) != 3 || d.Given() != 3 || !h.given[1000*PageSize] {
			t.Errorf("%v", h.given)
		}
		d.AskStats()
		if _, _, ok := r.Get(statsQueue); !ok {
			t.Error("the statistics' buffer does not come back after a load")
		}
	}
}
