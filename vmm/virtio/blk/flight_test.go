package blk

import (
	"bytes"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
	"github.com/ringo-vmm/ringo/vmm/virtio/virtiotest"
)

// flying is a rig whose disk holds three writes.
func flying(t *testing.T, packed bool) (r *rig, gate chan struct{}, calls []call) {
	r = newRig(t, options{packed: packed})
	gate = make(chan struct{})
	r.store.gate = gate
	for i := range 3 {
		calls = append(calls, r.submit(0, typeOut, uint64(i), pattern(512, byte(i+1)), 0, 100))
	}
	r.Kick(0)
	return r, gate, calls
}

func TestAResetWaitsForWhatIsInFlight(t *testing.T) {
	for _, packed := range []bool{false, true} {
		r, gate, calls := flying(t, packed)
		r.M.Do(func() {
			r.SetStatus(0)
			if r.Status() == 0 {
				t.Error("the reset is over while the disk uses memory")
			}
		})
		close(gate)
		r.disk.Drain()
		r.M.Do(func() {
			if r.Status() != 0 {
				t.Errorf("the reset is never over")
			}
		})
		if got := r.M.Bytes(calls[0].status)[0]; got != 0xee {
			t.Errorf("a request from before the reset has status %d", got)
		}
		r.Driver = virtiotest.Start(r.M, r.Transport, ^uint64(0))
		r.want("after it", typeIn, 0, nil, 512, statusOK)
	}
}

func TestWhatIsInFlightBeginsAgainAfterALoad(t *testing.T) {
	for _, packed := range []bool{false, true} {
		r, gate, calls := flying(t, packed)
		var saved []byte
		r.M.Do(func() { saved = devicetest.Save(r.Core()) })

		fresh := &rig{bytes: make([]byte, diskSize)}
		fresh.device(r.M, options{})
		held := make(chan struct{})
		fresh.store.gate = held
		tr := virtiotest.Open(r.M, "modern", fresh.dev, packed)
		r.M.Do(func() {
			l := state.Loader(saved)
			tr.Core().State(l)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			if again := devicetest.Save(tr.Core()); !bytes.Equal(again, saved) {
				t.Errorf("saved %x, loaded, and saved %x", saved, again)
			}
			if l := state.Loader(saved); true {
				tr.Core().State(l)
				if l.Err() == nil {
					t.Error("a load while the disk works is no error")
				}
			}
		})
		close(gate)
		close(held)
		r.disk.Drain()
		fresh.disk.Drain()
		for i := range calls {
			if !bytes.Equal(fresh.bytes[512*i:][:512], pattern(512, byte(i+1))) {
				t.Errorf("request %d was not done after the load", i)
			}
		}
	}
}

func TestAnyStateIsLoadedOrRefused(t *testing.T) {
	r, gate, _ := flying(t, true)
	var saved []byte
	r.M.Do(func() { saved = devicetest.Save(r.Core()) })
	close(gate)
	r.disk.Drain()
	fresh := &rig{bytes: make([]byte, diskSize)}
	fresh.device(r.M, options{})
	tr := virtiotest.Open(r.M, "modern", fresh.dev, true)
	for i := range saved {
		bad := bytes.Clone(saved)
		bad[i] ^= 0xff
		r.M.Do(func() { tr.Core().State(state.Loader(bad)) })
		fresh.disk.Drain()
		fresh.disk.Drain()
		r.M.Do(func() { tr.Core().Reset() })
		fresh.disk.Drain()
	}
	r.M.Do(func() {
		tr.Core().State(state.Loader(saved))
		if fresh.dev.inFlight != 3 {
			t.Errorf("%d in flight, want 3", fresh.dev.inFlight)
		}
	})
	fresh.disk.Drain()
}

// repeater makes the same request available again and again, and returns a
// function that has it served: without allocations of its own.
func repeater(b testing.TB) func() {
	r := newRig(b, options{})
	c := r.submit(0, typeIn, 0, nil, 4096, 1<<20)
	r.Kick(0)
	r.disk.Drain()
	driver := r.M.RAM.Span(r.Rings[0].Driver)
	index := uint16(1)
	return func() {
		le.PutUint16(driver[4+2*(index%queueSize):], c.id)
		index++
		le.PutUint16(driver[2:], index)
		r.M.Lock.Lock()
		r.Notify(0)
		r.M.Lock.Unlock()
		r.disk.Drain()
		r.M.Lock.Lock()
		if got := le.Uint16(r.M.RAM.Span(r.Rings[0].Device)[2:]); got != index {
			b.Fatalf("used index %d, want %d", got, index)
		}
		r.M.Lock.Unlock()
	}
}

// BenchmarkRequest reads 4 KiB, from the notification to the answer.
func BenchmarkRequest(b *testing.B) {
	one := repeater(b)
	b.ReportAllocs()
	for b.Loop() {
		one()
	}
}

func TestTheDeviceDoesNotAllocate(t *testing.T) {
	if n := testing.AllocsPerRun(100, repeater(t)); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
