package virtio_test

import (
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/virtio"
	"github.com/ringo-vmm/ringo/vmm/virtio/virtiotest"
)

func TestADriverAndADevice(t *testing.T) {
	every(t, func(t *testing.T, r *rig) {
		if len(r.Rings) != echoQueues || r.dev.starts != 1 {
			t.Fatalf("%d queues, started %d times", len(r.Rings), r.dev.starts)
		}
		for n := range 50 {
			for i := range r.Rings {
				r.Rings[i].Indirect = n%2 == 1
				r.send(t, i, strings.Repeat("x", n))
				r.Do(func() {
					if got := r.Interrupts(); got != 1 {
						t.Fatalf("%d interrupts", got)
					}
				})
			}
		}
	})
}

func TestTheConfigurationSpace(t *testing.T) {
	every(t, func(t *testing.T, r *rig) {
		r.Do(func() {
			for _, a := range []struct {
				off  uint64
				size int
				want uint64
			}{{0, 1, 1}, {1, 1, 2}, {2, 2, 0x0403}, {4, 4, 0x08070605}, {10, 4, 0}, {100, 2, 0}} {
				if got := r.Config(a.off, a.size); got != a.want {
					t.Errorf("%d bytes at %d are %#x, want %#x", a.size, a.off, got, a.want)
				}
			}
			r.SetConfig(8, 4, 0x44332211)
			if r.Config(8, 2) != 0x2211 {
				t.Errorf("written, and reads %#x", r.Config(8, 2))
			}
		})
	})
}

func TestAChangeOfTheConfigurationInterrupts(t *testing.T) {
	for _, name := range []string{"modern", "legacy", "mmio"} {
		r := newRig(t, name, false)
		r.Do(func() {
			r.Core().ConfigChanged()
			if n := r.Interrupts(); n != 1 {
				t.Errorf("%s: %d interrupts", name, n)
			}
		})
	}
}

func TestAResetForgetsAll(t *testing.T) {
	every(t, func(t *testing.T, r *rig) {
		r.send(t, 1, "before")
		tr := r.Transport
		r.Do(func() {
			tr.SetStatus(0)
			if tr.Status() != 0 || r.dev.starts != 0 || r.Core().Queue(1).Ready() {
				t.Error("there is something left")
			}
			tr.Notify(1) // to nobody
			tr.Interrupts()
		})
		r.Driver = virtiotest.Start(r.Machine, tr, ^uint64(0))
		r.send(t, 1, "after")
	})
}

func TestAResetIsOverWhenNothingIsInUse(t *testing.T) {
	every(t, func(t *testing.T, r *rig) {
		r.Do(func() {
			r.dev.busy = true
			r.SetStatus(0)
			if r.Status() == 0 {
				t.Error("over at once")
			}
			r.dev.busy = false
			if r.Status() != 0 {
				t.Error("never over")
			}
		})
	})
}

func TestWhatIsNotOfferedIsRefused(t *testing.T) {
	for _, name := range []string{"modern", "mmio"} {
		for what, features := range map[string]uint64{"unknown": virtio.FeatureVersion1 | 1<<20, "packed": virtio.FeatureVersion1 | virtio.FeaturePacked, "legacy": echoFeature} {
			m := virtiotest.NewMachine(t)
			tr := virtiotest.Open(m, name, &echo{}, false)
			tr.SetStatus(virtio.StatusAcknowledge | virtio.StatusDriver)
			tr.SetFeatures(features)
			tr.SetStatus(virtio.StatusAcknowledge | virtio.StatusDriver | virtio.StatusFeaturesOK)
			if tr.Status()&virtio.StatusFeaturesOK != 0 {
				t.Errorf("%s, %s: accepted", name, what)
			}
		}
	}
}

func TestNothingIsUsedBeforeTheDriverIsReady(t *testing.T) {
	for _, name := range []string{"modern", "mmio", "legacy"} {
		m, d := virtiotest.NewMachine(t), &echo{}
		tr := virtiotest.Open(m, name, d, false)
		status := uint8(virtio.StatusAcknowledge | virtio.StatusDriver)
		tr.SetStatus(status)
		if name != "legacy" {
			status |= virtio.StatusFeaturesOK
			tr.SetFeatures(virtio.FeatureVersion1)
		}
		tr.SetStatus(status)
		ring := virtiotest.NewRing(m, 8, false, false)
		tr.Setup(0, ring.Layout)
		ring.Add(nil, []virtiotest.Piece{m.Room(4)})
		tr.Notify(0)
		_, _, used := ring.Get()
		// Legacy drivers are known to do so. VIRTIO 1.2 §3.1.2.
		if used != (name == "legacy") || used && d.starts != 1 {
			t.Errorf("%s: used %v, started %d times", name, used, d.starts)
		}
	}
}

func TestALieBreaksTheDevice(t *testing.T) {
	every(t, func(t *testing.T, r *rig) {
		r.Add(2, []virtiotest.Piece{{GPA: virtiotest.Blocks * ram.BlockSize, Len: 1}}, nil)
		r.Kick(2)
		line, broken := r.Broken()
		if want := "virtio console is broken until it is reset: queue 2: a descriptor has 1 bytes at 0x400000"; !broken || !strings.HasPrefix(line, want) {
			t.Errorf("broken: %v, %s", broken, line)
		}
		r.Add(1, nil, []virtiotest.Piece{r.Room(4)})
		r.Do(func() { r.Notify(1) })
		if _, _, ok := r.Get(1); ok || len(r.Log) != 1 {
			t.Errorf("it goes on: %v, %q", ok, r.Log)
		}
		r.Do(func() { r.Interrupts() })
		r.Driver = virtiotest.Start(r.Machine, r.Transport, ^uint64(0))
		r.send(t, 2, "after the reset")
	})
}

func TestAQueueThatCannotBeBreaksTheDevice(t *testing.T) {
	for _, name := range []string{"modern", "mmio"} {
		m := virtiotest.NewMachine(t)
		tr := virtiotest.Open(m, name, &echo{}, false)
		tr.SetStatus(virtio.StatusAcknowledge | virtio.StatusDriver)
		l := virtiotest.NewRing(m, 16, false, false).Layout
		tr.Setup(0, l)
		if tr.Status()&virtio.StatusNeedsReset == 0 || !strings.Contains(m.Log[0], "queue 0: a ring of 16 descriptors, at most 8") {
			t.Errorf("%s: status %#x, %q", name, tr.Status(), m.Log)
		}
	}
}

func TestWhatIsLeftIsDoneLater(t *testing.T) {
	every(t, func(t *testing.T, r *rig) {
		r.dev.limit = 2
		for range 5 {
			r.Add(0, nil, []virtiotest.Piece{r.Room(4)})
		}
		r.Do(func() { r.Notify(0) })
		used := func() (n int) {
			for {
				if _, _, ok := r.Get(0); !ok {
					return n
				}
				n++
			}
		}
		if n := used(); n != 2 {
			t.Errorf("%d at once, want 2", n)
		}
		r.Clock.Advance(1_000_000)
		if n := used(); n != 3 {
			t.Errorf("%d later, want 3", n)
		}
		calls := r.dev.calls
		r.Clock.Advance(1_000_000)
		r.dev.limit = 1
		r.send(t, 1, "on another queue")
		r.Clock.Advance(1_000_000)
		if n := r.dev.calls - calls; n > 2 {
			t.Errorf("notified %d times of nothing", n)
		}
	})
}

func TestAStateIsSavedAndLoaded(t *testing.T) {
	every(t, func(t *testing.T, r *rig) {
		r.send(t, 0, "one")
		r.dev.limit = 1
		for range 3 {
			r.Add(0, nil, []virtiotest.Piece{r.Room(4)})
		}
		r.Do(func() { r.Notify(0) })
		b := devicetest.Save(r.Core())

		name, _, _ := strings.Cut(t.Name()[strings.LastIndex(t.Name(), "/")+1:], "_packed")
		m := virtiotest.NewMachine(t)
		m.RAM = r.RAM
		d := &echo{}
		tr := virtiotest.Open(m, name, d, strings.Contains(t.Name(), "packed"))
		devicetest.Survives(t, r.Core(), tr.Core())
		if d.config != r.dev.config || tr.Status() != r.Status() {
			t.Error("it is another device")
		}
		m.Clock.Advance(1)
		n := 0
		for {
			if _, _, ok := r.Get(0); !ok {
				break
			}
			n++
		}
		if n != 3 {
			t.Errorf("%d buffers used of 3, two of them after the load", n)
		}
		for i := range b {
			c := virtiotest.Open(m, name, &echo{}, true)
			loadBad(c.Core(), b, i)
		}
	})
}

func TestTheCommonConfiguration(t *testing.T) {
	d, err := virtio.NewPCI(&echo{}, virtiotest.NewMachine(t).Wiring(false))
	if err != nil {
		t.Fatal(err)
	}
	const vector, queues, sel, size, queueVector, notifyOff, none = 0x10, 0x12, 0x16, 0x18, 0x1a, 0x1e, 0xffff
	read := func(off uint64) uint64 { return d.Read(off, 2) & 0xffff }
	if read(queues) != echoQueues || read(vector) != none {
		t.Errorf("%d queues, vector %#x", read(queues), read(vector))
	}
	d.Write(vector, 2, echoQueues)
	if read(vector) != echoQueues {
		t.Error("the last vector is refused")
	}
	d.Write(vector, 2, echoQueues+1)
	if read(vector) != none {
		t.Error("a vector that is not there is taken")
	}
	d.Write(sel, 2, 2)
	d.Write(queueVector, 2, 1)
	if read(size) != 16 || read(queueVector) != 1 || read(notifyOff) != 2 {
		t.Errorf("queue 2: size %d, vector %d, notification %d", read(size), read(queueVector), read(notifyOff))
	}
	d.Write(sel, 2, echoQueues)
	if read(size) != 0 {
		t.Error("a queue that is not there has a size")
	}
}
