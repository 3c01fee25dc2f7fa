package virtionet

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

func start(t testing.TB, f *fake, message bool) *NIC {
	n, err := New(f.scan(), f.open, f.memory, message)
	if err != nil {
		t.Fatal(err)
	}
	f.receive(frame(5, 0)) // which is none
	if f.raised != 0 {
		t.Error("it interrupts before the first Serve")
	}
	if n.Serve(new(port)) || n.lost.Swap(0) != 1 {
		t.Error("what came before the first Serve is not seen")
	}
	return n
}

// frame is one of a length whose bytes tell it from others.
func frame(length, seed int) []byte {
	b := make([]byte, length)
	for i := range b {
		b[i] = byte(i*7 + seed)
	}
	return b
}

func TestDeviceIsSetUp(t *testing.T) {
	for _, message := range []bool{false, true} {
		f := newFake(t)
		n := start(t, f, message)
		if s := n.Status(); s.Address.String() != "52:54:00:12:34:56" || !s.Link || s.Err != nil {
			t.Errorf("%v", s)
		}
		vector := uint16(noVector)
		if message {
			vector = 0
		}
		if f.taken != wanted || f.status != statusAcknowledge|statusDriver|statusFeaturesOK|statusDriverOK ||
			f.queues[0].vector != vector || f.queues[1].vector != noVector || f.queues[0].enable+f.queues[1].enable != 2 {
			t.Errorf("features %#x, status %#x, queues %+v", f.taken, f.status, f.queues)
		}
	}
	for _, c := range []struct {
		vendor, device uint16
		ok             bool
	}{{0x1af4, 0x1041, true}, {0x1af4, 0x1000, true}, {0x1af4, 0x1042, false}, {0x8086, 0x1000, false}} {
		if Match(c.vendor, c.device) != c.ok {
			t.Errorf("%x:%x", c.vendor, c.device)
		}
	}
}

func TestDevicesThatDoNotStart(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(f *fake)
		says   string
	}{
		{"hangs", func(f *fake) { f.hangs, f.status = true, 4 }, "does not come out of reset"},
		{"legacy", func(f *fake) { f.offered = featureMAC }, "without version 1"},
		{"no address", func(f *fake) { f.offered = featureVersion1 }, "or an address"},
		{"picky", func(f *fake) { f.picky = true }, "does not take the features"},
		{"no vectors", func(f *fake) { f.noVectors = true }, "does not take interrupt vector 0"},
		{"no capabilities", func(f *fake) { f.config[1] = 0 }, "not all registers"},
		{"capability too short", func(f *fake) { *f.capability(4, 0) = 9 | 16<<16 | typeNotify<<24 }, "capability of 16 bytes"},
		{"no such BAR", func(f *fake) { *f.capability(2, 4) = 3 }, "no BAR 3"},
		{"beyond the BAR", func(f *fake) { *f.capability(3, 8) = barSize - 0xfc }, "registers of type 4"},
		{"wraps", func(f *fake) { *f.capability(3, 8) = 0xffffff00 }, "registers of type 4"},
		{"too small", func(f *fake) { *f.capability(3, 12) = 7 }, "registers of type 4"},
		{"notified elsewhere", func(f *fake) { *f.capability(4, 16) = 0x1000 }, "notification of queue 1 is at 0x3000"},
		{"no memory", func(f *fake) { f.memory.Left = 0 }, "out of memory"},
		{"memory for half", func(f *fake) { f.memory.Left = 3 }, "out of memory"},
	} {
		f := newFake(t)
		c.damage(f)
		// The scan reports what is wrong with the capability list itself.
		_, err := New(f.scan(), f.open, f.memory, true)
		if err == nil || !strings.HasPrefix(err.Error(), "virtionet: ") || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
		if f.memory.InUse() != 0 {
			t.Errorf("%s: %d allocations are left", c.name, f.memory.InUse())
		}
		if f.status != 0 && !f.hangs {
			t.Errorf("%s: status %#x", c.name, f.status)
		}
	}
}

func TestQueuesAreAsLargeAsTheDeviceLikes(t *testing.T) {
	for _, c := range []struct{ offers, takes uint16 }{{1024, 256}, {64, 64}, {100, 64}, {1, 1}} {
		f := newFake(t)
		d := f.scan()
		w, err := find(d, f.open)
		if err != nil {
			t.Fatal(err)
		}
		f.queues[0].size = c.offers
		q, err := newQueue(&w, 0, noVector, f.memory)
		f.queues[0].vector = noVector
		if err != nil || q.size != int(c.takes) || f.queues[0].size != c.takes {
			t.Errorf("%d: %v, %+v", c.offers, err, f.queues[0])
		}
	}
}

func TestFramesGoBothWaysAroundTheRings(t *testing.T) {
	for _, message := range []bool{false, true} {
		f := newFake(t)
		n := start(t, f, message)
		var p port
		frames := uint64(1000)
		if message {
			frames = 66000 // more than a ring's index counts
		}
		for i := range int(frames) {
			in, out := frame(60+i%1000, i), frame(1514-i%1000, i)
			if !f.receive(in) {
				t.Fatalf("frame %d finds no buffer", i)
			}
			if !n.Interrupt() || n.Serve(&p) {
				t.Fatalf("frame %d: no interrupt, or no end", i)
			}
			if !n.Receive(ether.Frame{Data: out}) {
				t.Fatalf("frame %d is not sent", i)
			}
			if !bytes.Equal(p.frames[0], in) || !bytes.Equal(f.sent[0], out) {
				t.Fatalf("frame %d is damaged", i)
			}
			p.frames, f.sent = p.frames[:0], f.sent[:0]
		}
		if s := n.Status(); s.Received != frames || s.Sent != frames || s.Lost+s.Refused != 0 || f.raised != int(frames) {
			t.Errorf("%v, %d interrupts", s, f.raised)
		}
	}
}

func TestPinIsSharedPolitely(t *testing.T) {
	f := newFake(t)
	n := start(t, f, false)
	if n.Interrupt() {
		t.Error("another device's interrupt is taken")
	}
	f.receive(frame(60, 0))
	if !n.Interrupt() || n.Interrupt() {
		t.Error("its own interrupt is not taken once")
	}
}

func TestServeTakesABatchAtATime(t *testing.T) {
	f := newFake(t)
	n := start(t, f, true)
	total := 0
	for f.receive(frame(60, total)) {
		total++
	}
	var p port
	rounds := 1
	for n.Serve(&p) {
		rounds++
	}
	if total != 256 || len(p.frames) != total || rounds != total/batch+1 {
		t.Errorf("%d frames of %d in %d rounds", len(p.frames), total, rounds)
	}
	if f.receive(frame(60, 0)); f.raised != total+1 {
		t.Error("no interrupt after the last round")
	}
}

func TestFrameThatComesAtTheEndOfServeIsSeen(t *testing.T) {
	f := newFake(t)
	n := start(t, f, true)
	f.receive(frame(60, 1))
	f.late = frame(60, 2)
	var p port
	if !n.Serve(&p) || f.raised != 1 {
		t.Errorf("the late frame waits for an interrupt; %d came", f.raised)
	}
	if n.Serve(&p) || len(p.frames) != 2 || p.frames[1][0] != 2 {
		t.Errorf("%d frames", len(p.frames))
	}
}

func TestDevicesThatLieAreGivenUp(t *testing.T) {
	for _, c := range []struct {
		name string
		lie  func(f *fake)
		says string
	}{
		{"index ahead", func(f *fake) {
			binary.LittleEndian.PutUint16(f.memory.Bytes(f.queues[0].at[2]+2, 2), 301)
		}, "gives back 300 buffers and has 256"},
		{"index back", func(f *fake) {
			binary.LittleEndian.PutUint16(f.memory.Bytes(f.queues[0].at[2]+2, 2), 0)
		}, "gives back 65535 buffers"},
		{"no such buffer", func(f *fake) { f.back(&f.queues[0], 256, 60) }, "buffer 256, which it has not"},
		{"far buffer", func(f *fake) { f.back(&f.queues[0], 1<<31, 60) }, "which it has not"},
		{"too long", func(f *fake) { f.back(&f.queues[0], 3, 2049) }, "2049 bytes into a buffer of 2048"},
		{"sent what was not", func(f *fake) { f.back(&f.queues[1], 0, 0) }, "queue 1: it gives back 1 buffers and has 0"},
		{"sent another", func(f *fake) { f.next(&f.queues[1]); f.back(&f.queues[1], 99, 0) }, "queue 1: it gives back buffer 99, which it has not"},
		{"needs a reset", func(f *fake) { f.needsReset = true }, "needs a reset"},
		{"gone", func(f *fake) { f.gone = true }, "does not answer"},
	} {
		f := newFake(t)
		n := start(t, f, true)
		if c.name == "sent another" {
			f.asleep = true
			n.Receive(ether.Frame{Data: frame(60, 0)})
		}
		c.lie(f)
		var p port
		n.Serve(&p)
		n.Tick()
		s := n.Status()
		if s.Err == nil || !strings.Contains(s.Err.Error(), c.says) || len(p.frames) != 0 {
			t.Errorf("%s: %v, %d frames", c.name, s, len(p.frames))
		}
		if f.status != 0 {
			t.Errorf("%s: it runs on", c.name)
		}
		if n.Serve(&p) || n.Receive(ether.Frame{Data: frame(60, 0)}) {
			t.Errorf("%s: it is used", c.name)
		}
	}
}

func TestBufferGivenBackTwiceIsGivenOnce(t *testing.T) {
	f := newFake(t)
	n := start(t, f, true)
	f.receive(frame(60, 0))
	id := f.word16(f.queues[0].at[2] + 4)
	f.back(&f.queues[0], uint32(id), 72)
	// The first one is offered again before the second is seen, so that is
	// taken; what counts is that no buffer is given twice.
	n.Serve(new(port))
	if s := n.Status(); s.Err == nil && n.rx.count != 256 {
		t.Errorf("%d buffers, %v", n.rx.count, s)
	}
}

func TestFramesThatCannotGoOutAreRefused(t *testing.T) {
	f := newFake(t)
	n := start(t, f, true)
	for _, bad := range []ether.Frame{
		{}, {Data: frame(13, 0)}, {Data: frame(1519, 0)},
		{Data: frame(60, 0), Offload: ether.Offload{Checksum: true}},
		{Data: frame(60, 0), Offload: ether.Offload{Segment: ether.SegmentTCP6}},
	} {
		if n.Receive(bad) {
			t.Errorf("%d bytes, %+v, are sent", len(bad.Data), bad.Offload)
		}
	}
	f.link = 0
	n.Tick()
	if n.Receive(ether.Frame{Data: frame(60, 0)}) || n.Status().Link {
		t.Error("sent without a link")
	}
	f.receive(frame(13, 0))
	var p port
	n.Serve(&p)
	if s := n.Status(); s.Refused != 6 || s.Lost != 1 || len(f.sent)+len(p.frames) != 0 || s.Err != nil {
		t.Errorf("%v", s)
	}
}

func TestTransmitterThatStopsEndsTheDevice(t *testing.T) {
	f := newFake(t)
	n := start(t, f, true)
	f.asleep = true
	for i := range 257 {
		if ok := n.Receive(ether.Frame{Data: frame(60, i)}); ok != (i < 256) {
			t.Fatalf("frame %d: %v", i, ok)
		}
	}
	for range maxStuck - 1 {
		n.Tick()
	}
	if err := n.Status().Err; err != nil {
		t.Errorf("early: %v", err)
	}
	n.Tick()
	if err := n.Status().Err; err != errStuck {
		t.Errorf("%v", err)
	}
}

func TestTransmitterGoesOnWhereItStopped(t *testing.T) {
	f := newFake(t)
	n := start(t, f, true)
	for round := range 3 * maxStuck {
		f.asleep = true
		for i := range 256 {
			if !n.Receive(ether.Frame{Data: frame(60, i)}) {
				t.Fatalf("round %d: frame %d is refused", round, i)
			}
		}
		n.Tick()
		f.asleep = false
		f.transmit()
	}
	if s := n.Status(); s.Err != nil || len(f.sent) != 256*3*maxStuck {
		t.Errorf("%v", s)
	}
}

func TestInterruptWithoutEndEndsTheDevice(t *testing.T) {
	f := newFake(t)
	n := start(t, f, false)
	for i := 0; f.status != 0; i++ {
		if i > maxStorm {
			t.Fatal("it interrupts for ever")
		}
		f.isr = 1
		n.Interrupt()
	}
	n.Tick()
	if err := n.Status().Err; err != errStorm {
		t.Error(err)
	}
}

type discard struct{}

func (discard) Send(ether.Frame) {}

func BenchmarkFrame(b *testing.B) {
	f := newFake(b)
	n := start(b, f, true)
	f.asleep = true
	out := ether.Frame{Data: frame(1514, 0)}
	d := discard{}
	used := func(q *queue, id uint16, length uint32) {
		// The fake's own work is left out: descriptors come back at once.
		index := uint16(q.device[0] >> 16)
		q.device[1+2*(int(index)%q.size)], q.device[2+2*(int(index)%q.size)] = uint32(id), length
		q.device[0] = uint32(index+1) << 16
	}
	b.ReportAllocs()
	for i := uint16(0); b.Loop(); i++ {
		n.Receive(out)
		used(n.tx, n.tx.offered[int(n.tx.given-1)%n.tx.size], 0)
		used(n.rx, (i+1)%256, 1526)
		n.Serve(d)
	}
	if n.Status().Err != nil {
		b.Fatal(n.Status())
	}
}

func TestFramesAllocateNothing(t *testing.T) {
	if r := testing.Benchmark(BenchmarkFrame); r.AllocsPerOp() != 0 {
		t.Errorf("%d allocations a frame each way", r.AllocsPerOp())
	}
}
