package e1000

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

const (
	complete = rxDone | rxEnd
	testName = "82540EM"
)

func start(t testing.TB, f *fake) *NIC {
	n, err := New(f, Model{testName, pciX}, f.memory)
	if err != nil {
		t.Fatal(err)
	}
	if f.mask != 0 {
		t.Error("it interrupts before the first Serve")
	}
	n.Serve(new(port))
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

func TestEveryFamilyStarts(t *testing.T) {
	for _, id := range []uint16{0x100e, 0x10d3, 0x153a, 0x156f} {
		f := newFake(t)
		f.reg[regRCTL], f.mask = rctlRun, intAll // as a firmware left it
		m, ok := Find(0x8086, id)
		if !ok {
			t.Fatalf("%#x is not known", id)
		}
		n, err := New(f, m, f.memory)
		if err != nil {
			t.Fatal(err)
		}
		s := n.Status()
		if s.Address.String() != "52:54:00:12:34:56" || !s.Link || s.Mbps != 1000 || s.Err != nil || s.Model != m.Name {
			t.Errorf("%s: %v", m.Name, s)
		}
		if f.mask != 0 || f.reg[regRCTL] != rctlRun || f.reg[regTCTL] != tctlRun || f.reg[regRDT] != ringSize-1 {
			t.Errorf("%s does not run: mask %#x, RCTL %#x, TCTL %#x, RDT %d", m.Name, f.mask, f.reg[regRCTL], f.reg[regTCTL], f.reg[regRDT])
		}
		if !n.Receive(ether.Frame{Data: frame(60, 1)}) || len(f.sent) != 1 {
			t.Errorf("%s sends nothing", m.Name)
		}
	}
	if _, ok := Find(0x8086, 0x1229); ok {
		t.Error("an 82557 is known")
	}
	if _, ok := Find(0x1af4, 0x100e); ok {
		t.Error("another vendor's device is known")
	}
}

func TestAdaptersThatDoNotStart(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(f *fake)
		says   string
	}{
		{"gone", func(f *fake) { f.gone = true }, "does not answer"},
		{"stays in reset", func(f *fake) { f.hangs = true }, "does not come out of reset"},
		{"busy for ever", func(f *fake) { f.masterBusy = true }, "does not end its transactions"},
		{"no memory", func(f *fake) { f.memory.Left = 0 }, "out of memory"},
		{"memory for half", func(f *fake) { f.memory.Left = 3 }, "out of memory"},
	} {
		f := newFake(t)
		c.damage(f)
		_, err := New(f, Model{"82574L", pcie}, f.memory)
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "e1000: 82574L: ") {
			t.Errorf("%s: %v", c.name, err)
		}
		if f.memory.InUse() != 0 {
			t.Errorf("%s: %d allocations are left", c.name, f.memory.InUse())
		}
		if !f.gone && f.reg[regRCTL]&rctlEnable != 0 {
			t.Errorf("%s: it receives", c.name)
		}
	}
}

func TestAdapterWithoutAddressIsRefused(t *testing.T) {
	for _, c := range []struct{ low, high uint32 }{{0x12345652, 0x5634}, {0, rahValid}, {0x12345601, rahValid | 0x5634}} {
		f := newFake(t)
		f.reg[regRAL], f.reg[regRAH] = c.low, c.high
		if _, err := New(f, Model{"I219-LM", chipsetNoReset}, f.memory); err == nil || !strings.Contains(err.Error(), "no address") {
			t.Errorf("%#x %#x: %v", c.low, c.high, err)
		}
	}
}

func TestAddressComesFromTheEEPROMIfNeedBe(t *testing.T) {
	f := newFake(t)
	f.noAddress = true
	n := start(t, f)
	if got := n.Status().Address.String(); got != "52:54:00:12:34:56" || f.reg[regRAH] != rahValid|0x5634 {
		t.Errorf("%s, RAH %#x", got, f.reg[regRAH])
	}
	f = newFake(t)
	f.noAddress, f.noEEPROM = true, true
	if _, err := New(f, Model{testName, pciX}, f.memory); err == nil || !strings.Contains(err.Error(), "EEPROM does not answer") {
		t.Error(err)
	}
}

func TestFramesGoBothWaysAroundTheRings(t *testing.T) {
	f := newFake(t)
	n := start(t, f)
	var p port
	for i := range 3*ringSize + 5 {
		in, out := frame(60+i, i), frame(1514-i, i)
		if !f.receive(in, len(in), complete) {
			t.Fatalf("frame %d finds no descriptor", i)
		}
		if !n.Interrupt() || n.Serve(&p) {
			t.Fatalf("frame %d: no interrupt, or no end", i)
		}
		if !n.Receive(ether.Frame{Data: out}) {
			t.Fatalf("frame %d is not sent", i)
		}
		if !bytes.Equal(p.frames[i], in) || !bytes.Equal(f.sent[i], out) {
			t.Fatalf("frame %d is damaged", i)
		}
	}
	if s := n.Status(); s.Received != 3*ringSize+5 || s.Sent != s.Received || s.Interrupts != s.Received || s.Lost+s.Refused != 0 {
		t.Errorf("%v", s)
	}
}

func TestInterruptIsMaskedUntilServed(t *testing.T) {
	f := newFake(t)
	n := start(t, f)
	if n.Interrupt() {
		t.Error("an interrupt without a cause is taken")
	}
	in := frame(64, 0)
	f.receive(in, 64, complete)
	n.Interrupt()
	f.receive(in, 64, complete)
	if f.raised != 1 || f.mask != 0 {
		t.Errorf("%d interrupts, mask %#x, before the first is served", f.raised, f.mask)
	}
	var p port
	if n.Serve(&p) || len(p.frames) != 2 {
		t.Errorf("%d frames", len(p.frames))
	}
	// The second frame's cause stood, so one more comes, with nothing to do.
	if !n.Interrupt() || n.Serve(&p) || n.Interrupt() {
		t.Error("the interrupt does not come to rest")
	}
}

func TestServeTakesABatchAtATime(t *testing.T) {
	f := newFake(t)
	n := start(t, f)
	for i := range ringSize + 10 {
		f.receive(frame(64, i), 64, complete)
	}
	var p port
	rounds := 1
	for n.Serve(&p) {
		rounds++
	}
	if len(p.frames) != ringSize-1 || rounds != ringSize/batch {
		t.Errorf("%d frames in %d rounds", len(p.frames), rounds)
	}
	n.Tick()
	if s := n.Status(); s.Lost != 11 {
		t.Errorf("%v, want 11 lost", s)
	}
}

func TestBrokenFramesAreLost(t *testing.T) {
	f := newFake(t)
	n := start(t, f)
	var p port
	for _, c := range []struct {
		length int
		status uint64
	}{{64, complete | 1<<40}, {64, complete | 1<<47}, {13, complete}, {0, complete}, {2048, rxDone}, {100, rxDone}, {100, complete}} {
		f.receive(frame(64, 0), c.length, c.status)
	}
	f.receive(frame(64, 9), 64, complete)
	n.Serve(&p)
	if s := n.Status(); len(p.frames) != 1 || p.frames[0][0] != 9 || s.Lost != 7 || s.Err != nil {
		t.Errorf("%d frames, %v", len(p.frames), s)
	}
}

func TestFramesThatCannotGoOutAreRefused(t *testing.T) {
	f := newFake(t)
	n := start(t, f)
	for _, bad := range []ether.Frame{
		{}, {Data: frame(13, 0)}, {Data: frame(1519, 0)},
		{Data: frame(60, 0), Offload: ether.Offload{Checksum: true}},
		{Data: frame(60, 0), Offload: ether.Offload{Segment: ether.SegmentTCP4}},
	} {
		if n.Receive(bad) {
			t.Errorf("%d bytes, %+v, are sent", len(bad.Data), bad.Offload)
		}
	}
	f.reg[regSTATUS] = 0
	f.raise(intLink)
	n.Interrupt()
	n.Serve(new(port))
	if n.Receive(ether.Frame{Data: frame(60, 0)}) || n.Status().Link {
		t.Error("sent without a link")
	}
	if s := n.Status(); s.Refused != 6 || len(f.sent) != 0 {
		t.Errorf("%v", s)
	}
}

func TestDescriptorWithTooLongAFrameEndsTheAdapter(t *testing.T) {
	f := newFake(t)
	n := start(t, f)
	var p port
	f.receive(nil, 2049, complete)
	f.receive(frame(64, 0), 64, complete)
	if n.Serve(&p) || n.Serve(&p) || len(p.frames) != 0 {
		t.Errorf("%d frames are passed on", len(p.frames))
	}
	s := n.Status()
	if s.Err == nil || !strings.Contains(s.Err.Error(), "2049 bytes into a buffer of 2048") || s.Link {
		t.Errorf("%v", s)
	}
	if f.reg[regRCTL]|f.reg[regTCTL]|f.mask != 0 {
		t.Error("the adapter goes on")
	}
	if n.Receive(ether.Frame{Data: frame(60, 0)}) {
		t.Error("it sends")
	}
}

func TestTransmitterThatStopsEndsTheAdapter(t *testing.T) {
	f := newFake(t)
	n := start(t, f)
	f.deaf = true
	for i := range ringSize + 1 {
		if ok := n.Receive(ether.Frame{Data: frame(60, i)}); ok != (i < ringSize-1) {
			t.Fatalf("frame %d: %v", i, ok)
		}
	}
	f.reg[regSTATUS] &^= statusLink
	for range 2 * maxStuck {
		n.Tick()
	}
	if err := n.Status().Err; err != nil {
		t.Errorf("without a link: %v", err)
	}
	f.reg[regSTATUS] |= statusLink
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

func TestSlowTransmitterIsNoFailure(t *testing.T) {
	f := newFake(t)
	n := start(t, f)
	for i := range 3 * maxStuck {
		f.deaf = true
		n.Receive(ether.Frame{Data: frame(60, i)})
		n.Tick()
		f.deaf = false
		f.transmit()
	}
	if err := n.Status().Err; err != nil {
		t.Error(err)
	}
}

func TestAdapterThatGoesAwayIsGivenUp(t *testing.T) {
	f := newFake(t)
	n := start(t, f)
	f.gone = true
	if n.Interrupt() {
		t.Error("the interrupt of a device that is gone is taken")
	}
	n.Tick()
	if err := n.Status().Err; err != errGone {
		t.Error(err)
	}
}

func TestInterruptThatCannotBeMaskedEndsTheAdapter(t *testing.T) {
	f := newFake(t)
	n := start(t, f)
	f.masked = true
	for i := 0; f.mask != 0; i++ {
		if i > maxStorm {
			t.Fatal("it interrupts for ever")
		}
		f.raise(intReceived)
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
	n := start(b, f)
	out := ether.Frame{Data: frame(1514, 0)}
	d := discard{}
	b.ReportAllocs()
	for b.Loop() {
		// The fake's own work is left out: descriptors are marked done.
		f.deaf = true
		n.Receive(out)
		n.tx.words[2*n.clean+1] |= txDone
		n.rx.words[2*n.rx.next+1] = 1514 | complete
		n.Serve(d)
	}
}

func TestFramesAllocateNothing(t *testing.T) {
	if r := testing.Benchmark(BenchmarkFrame); r.AllocsPerOp() != 0 {
		t.Errorf("%d allocations a frame each way", r.AllocsPerOp())
	}
}
