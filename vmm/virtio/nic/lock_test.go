package nic

import (
	"bytes"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/virtio/virtiotest"
)

// eventually waits for something that another goroutine does.
func (r *rig) eventually(what string, done func() bool) {
	r.M.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); runtime.Gosched() {
		ok := false
		if r.M.Do(func() { ok = done() }); ok {
			return
		}
	}
	r.M.Fatalf("%s: never", what)
}

func TestAFrameThatComesWhileTheLockIsTakenWaits(t *testing.T) {
	r := newRig(t, options{})
	rooms := r.rooms(0, 4, 1600)
	r.M.Do(func() {
		for i := range 3 {
			if !r.dev.NIC().Receive(ether.Frame{Data: frame(own, 60+i)}) {
				t.Error("it is lost")
			}
		}
	})
	r.eventually("the frames come", func() bool { return r.dev.waiting.Load() == 0 })
	for i := range 3 {
		if _, data, n := r.got(0, rooms[i:i+1], headerBytes); n != 1 || !bytes.Equal(data, frame(own, 60+i)) {
			t.Errorf("frame %d: %d bytes in %d buffers", i, len(data), n)
		}
	}
}

func TestAnAnswerWhileAFrameIsSentWaits(t *testing.T) {
	r := newRig(t, options{})
	r.port.back = r.dev.NIC()
	rooms := r.rooms(0, 1, 1600)
	r.send(1, make([]byte, headerBytes), frame(own, 60), 4096)
	r.eventually("the answer comes", func() bool { return r.dev.waiting.Load() == 0 })
	if _, data, _ := r.got(0, rooms, headerBytes); !bytes.Equal(data, frame(own, 60)) {
		t.Errorf("%d bytes", len(data))
	}
}

func TestTwoMachinesSendToEachOther(t *testing.T) {
	a, b := newRig(t, options{}), newRig(t, options{})
	a.port.back, b.port.back = b.dev.NIC(), a.dev.NIC()
	const frames = 200
	var all sync.WaitGroup
	for _, r := range []*rig{a, b} {
		r.rooms(0, frames, 200)
		one := r.M.Put(append(make([]byte, headerBytes), frame(own, 60)...))
		all.Go(func() {
			for range frames {
				r.Add(1, []virtiotest.Piece{one}, nil)
				r.M.Do(func() { r.Notify(1) })
				r.Get(1)
			}
		})
	}
	all.Wait()
	for _, r := range []*rig{a, b} {
		r.eventually("all is there", func() bool { return r.dev.waiting.Load() == 0 })
		n := 0
		for {
			if _, _, ok := r.Get(0); !ok {
				break
			}
			n++
		}
		if n != frames {
			t.Errorf("%d of %d frames", n, frames)
		}
	}
}

func TestAResetEmptiesTheBacklog(t *testing.T) {
	r := newRig(t, options{})
	if !r.dev.NIC().Receive(ether.Frame{Data: frame(own, 60)}) {
		t.Fatal("lost")
	}
	r.M.Do(func() { r.SetStatus(0) })
	if n := r.dev.waiting.Load(); n != 0 {
		t.Errorf("%d frames wait", n)
	}
	if r.dev.NIC().Receive(ether.Frame{Data: frame(own, 60)}) {
		t.Error("a frame is taken without a driver")
	}
}

func TestABugCostsTheMachineThatHasIt(t *testing.T) {
	r := newRig(t, options{})
	r.rooms(0, 1, 1600)
	r.dev.pairs = 0
	r.dev.core = nil
	if r.dev.NIC().Receive(ether.Frame{Data: frame(own, 60)}) || len(r.bugs) != 1 {
		t.Errorf("%d bugs", len(r.bugs))
	}
}

func TestSendingAndReceivingDoNotAllocate(t *testing.T) {
	r := newRig(t, options{})
	const runs = 60
	one := r.M.Put(append(make([]byte, headerBytes), frame(other, 1000)...))
	for range runs + 1 {
		r.Add(1, []virtiotest.Piece{one}, nil)
	}
	r.rooms(0, runs+2, 1600)
	f := ether.Frame{Data: frame(own, 1000)}
	nic := r.dev.NIC()
	nic.Receive(f)
	if n := testing.AllocsPerRun(runs, func() { nic.Receive(f) }); n != 0 {
		t.Errorf("receiving: %v allocations", n)
	}
	r.dev.made.Port = nowhere{}
	if n := testing.AllocsPerRun(1, func() { r.Notify(1) }); n != 0 {
		t.Errorf("sending: %v allocations", n)
	}
}

// nowhere is a port that leads there.
type nowhere struct{}

func (nowhere) Send(ether.Frame) {}

func TestFramesDoNotOvertakeThoseThatWait(t *testing.T) {
	r := newRig(t, options{})
	nic := r.dev.NIC()
	nic.Receive(ether.Frame{Data: frame(own, 61)}) // there is no room for it
	r.eventually("it waits", func() bool { return r.dev.waiting.Load() == 1 })
	var rooms []virtiotest.Piece
	r.M.Do(func() {
		for range 2 { // room, but the device is not told yet
			rooms = append(rooms, r.M.Room(1600))
			r.Rings[0].Add(nil, rooms[len(rooms)-1:])
		}
	})
	nic.Receive(ether.Frame{Data: frame(own, 62)})
	r.eventually("both come", func() bool { return r.dev.waiting.Load() == 0 })
	for i, want := range []int{61, 62} {
		if _, data, _ := r.got(0, rooms[i:i+1], headerBytes); len(data) != want {
			t.Errorf("frame %d has %d bytes, want %d", i, len(data), want)
		}
	}
}
