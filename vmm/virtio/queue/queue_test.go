package queue_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/state"
	"github.com/ringo-vmm/ringo/vmm/virtio/queue"
	"github.com/ringo-vmm/ringo/vmm/virtio/virtiotest"
)

// pair is both sides of a queue.
type pair struct {
	*virtiotest.Machine
	ring  *virtiotest.Ring
	queue *queue.Queue
	err   error
}

func newPair(t testing.TB, size uint16, packed, eventIdx bool) *pair {
	p := &pair{Machine: virtiotest.NewMachine(t)}
	p.ring = virtiotest.NewRing(p.Machine, size, packed, eventIdx)
	p.queue = queue.New(p.RAM)
	p.queue.Broken = func(err error) { p.err = err }
	p.queue.Layout = p.ring.Layout
	if err := p.queue.Start(packed, eventIdx); err != nil {
		t.Fatal(err)
	}
	return p
}

// each runs a test with all kinds of rings.
func each(t *testing.T, size uint16, f func(t *testing.T, p *pair)) {
	for _, packed := range []bool{false, true} {
		for _, eventIdx := range []bool{false, true} {
			t.Run(fmt.Sprintf("packed=%v,event=%v", packed, eventIdx), func(t *testing.T) { f(t, newPair(t, size, packed, eventIdx)) })
		}
	}
}

func TestBuffersGoThereAndBack(t *testing.T) {
	each(t, 16, func(t *testing.T, p *pair) {
		var c queue.Chain
		for i := range 200 {
			p.ring.Indirect = i%3 == 2
			out := p.Put([]byte("what the driver has to say"))
			in := p.Room(10)
			id := p.ring.Add(out.Cut(9), in.Cut(4))
			if !p.queue.Next(&c) {
				t.Fatalf("%d: no buffer (%v)", i, p.err)
			}
			if p.queue.Next(new(queue.Chain)) {
				t.Fatalf("%d: a second buffer", i)
			}
			got := make([]byte, 40)
			got = got[:c.Read(got)]
			if string(got) != "what the driver has to say" || c.OutLen() != 0 || c.InLen() != 10 {
				t.Fatalf("%d: read %q, %d left, %d to write", i, got, c.OutLen(), c.InLen())
			}
			if n := c.Write([]byte("the answer is cut")); n != 10 {
				t.Fatalf("%d: wrote %d", i, n)
			}
			p.queue.Use(c.Token(), 10)
			if _, _, ok := p.ring.Get(); ok {
				t.Fatalf("%d: the driver sees it before Flush", i)
			}
			p.queue.Flush()
			if gotID, n, ok := p.ring.Get(); !ok || gotID != id || n != 10 || string(p.Bytes(in)) != "the answer" {
				t.Fatalf("%d: got %d, %d, %v, want %d, with %q", i, gotID, n, ok, id, p.Bytes(in))
			}
		}
	})
}

func TestBuffersOutOfOrder(t *testing.T) {
	each(t, 8, func(t *testing.T, p *pair) {
		var want []uint16
		for range 10 {
			var chains [4]queue.Chain
			want = want[:0]
			for i := range chains {
				want = append(want, p.ring.Add([]virtiotest.Piece{{GPA: 0x100000, Len: uint32(i + 1)}}, []virtiotest.Piece{{GPA: 0x100100, Len: 8}}))
			}
			for i := range chains {
				if !p.queue.Next(&chains[i]) || chains[i].OutLen() != uint64(i+1) {
					t.Fatalf("%d: %d bytes (%v)", i, chains[i].OutLen(), p.err)
				}
			}
			for _, i := range []int{2, 0, 3, 1} {
				p.queue.Use(chains[i].Token(), uint32(i))
			}
			p.queue.Flush()
			for _, i := range []int{2, 0, 3, 1} {
				if id, n, ok := p.ring.Get(); !ok || id != want[i] || i > 0 && n != uint32(i) {
					t.Fatalf("got %d, %d, %v, want %d, %d", id, n, ok, want[i], i)
				}
			}
			if p.queue.InFlight() != 0 {
				t.Fatalf("%d in flight", p.queue.InFlight())
			}
		}
	})
}

func TestAPieceOverTheEndOfABlockIsTwo(t *testing.T) {
	each(t, 4, func(t *testing.T, p *pair) {
		at := virtiotest.Piece{GPA: ram.BlockSize - 3, Len: 8}
		p.ring.Add(nil, []virtiotest.Piece{at})
		var c queue.Chain
		if !p.queue.Next(&c) || len(c.In()) != 2 || c.InLen() != 8 {
			t.Fatalf("%d pieces, %v", len(c.In()), p.err)
		}
		if last := c.TakeLast(); last == nil {
			t.Error("no last byte")
		} else {
			*last = '!'
		}
		c.Write([]byte("1234567890"))
		if got := string(p.Bytes(at)); got != "1234567!" {
			t.Errorf("wrote %q", got)
		}
	})
}

func TestRingsAndTablesOverTheEndOfABlock(t *testing.T) {
	for _, packed := range []bool{false, true} {
		p := newPair(t, 16, packed, true)
		l := p.ring.Layout
		// Each of the three areas in turn has the end of a block in it.
		for i, at := range []*uint64{&l.Desc, &l.Driver, &l.Device} {
			*at = ram.BlockSize - 16
			if i == 1 && packed {
				*at = ram.BlockSize - 4
			}
			p.queue.Layout = l
			if err := p.queue.Start(packed, true); err != nil {
				t.Fatal(err)
			}
			l = p.ring.Layout
		}
		// An indirect table too.
		p = newPair(t, 16, packed, false)
		p.Alloc(int(ram.BlockSize - p.Alloc(1) - 4096 - 4096)) // the next page is the block's last
		p.ring.Indirect = true
		pieces := virtiotest.Piece{GPA: 0x1000, Len: 300}.Cut(1)
		p.ring.Add(pieces, nil)
		var c queue.Chain
		if !p.queue.Next(&c) || c.OutLen() != 300 {
			t.Errorf("%d bytes, %v", c.OutLen(), p.err)
		}
	}
}

func TestInterruptsAndNotificationsAreSuppressed(t *testing.T) {
	each(t, 8, func(t *testing.T, p *pair) {
		var c queue.Chain
		use := func() bool {
			t.Helper()
			p.ring.Add(nil, []virtiotest.Piece{{GPA: 0x100000, Len: 8}})
			if !p.queue.Next(&c) {
				t.Fatal("no buffer")
			}
			p.queue.Use(c.Token(), 8)
			return p.queue.Flush()
		}
		if !use() {
			t.Error("no interrupt for the first")
		}
		eventIdx := strings.HasSuffix(t.Name(), "event=true")
		if eventIdx && !strings.Contains(t.Name(), "packed=true") {
			for range 3 {
				if use() {
					t.Error("an interrupt that the driver has not asked for again")
				}
			}
		}
		for {
			if _, _, ok := p.ring.Get(); !ok {
				break
			}
		}
		if !use() {
			t.Error("no interrupt after the driver has asked for it again")
		}
		p.ring.Get()
		if !eventIdx || strings.Contains(t.Name(), "packed=true") {
			p.ring.Poll()
			if use() {
				t.Error("an interrupt while the driver polls")
			}
			p.ring.Get()
		}

		if p.queue.Notify(true) {
			t.Error("there is more, before there is")
		}
		p.ring.WantsKick()
		p.ring.Add(nil, []virtiotest.Piece{{GPA: 0x100000, Len: 8}})
		if !p.ring.WantsKick() {
			t.Error("the driver need not notify")
		}
		p.queue.Notify(false)
		p.ring.Add(nil, []virtiotest.Piece{{GPA: 0x100000, Len: 8}})
		if p.ring.WantsKick() {
			t.Error("the driver is to notify")
		}
		if !p.queue.Notify(true) {
			t.Error("what came without a notification is not seen")
		}
	})
}

func TestRewindMakesBuffersAvailableAgain(t *testing.T) {
	each(t, 4, func(t *testing.T, p *pair) {
		var c queue.Chain
		for i := range 9 {
			for n := range 2 {
				p.ring.Add([]virtiotest.Piece{{GPA: 0x100000, Len: uint32(n + 1)}}, nil)
			}
			for try := range 2 {
				mark := p.queue.Mark()
				for n := range uint64(2) {
					if !p.queue.Next(&c) || c.OutLen() != n+1 {
						t.Fatalf("%d, %d: %d bytes, %v", i, try, c.OutLen(), p.err)
					}
					if try == 1 {
						p.queue.Use(c.Token(), 0)
					}
				}
				if try == 0 {
					p.queue.Rewind(mark)
				}
			}
			p.queue.Flush()
			p.ring.Get()
			p.ring.Get()
		}
	})
}

func TestAStateIsSavedAndLoaded(t *testing.T) {
	each(t, 16, func(t *testing.T, p *pair) {
		var chains [3]queue.Chain
		for i := range chains {
			p.ring.Add([]virtiotest.Piece{{GPA: 0x100000, Len: uint32(i + 1)}, {GPA: ram.BlockSize - 1, Len: 2}}, []virtiotest.Piece{{GPA: 0x100100, Len: 8}})
			if i < 2 && !p.queue.Next(&chains[i]) {
				t.Fatal("no buffer")
			}
		}
		p.queue.Use(chains[1].Token(), 4)
		p.queue.Flush()
		chains[0].Read(make([]byte, 1))
		save := func(q *queue.Queue, c *queue.Chain) []byte {
			s := state.Saver()
			q.State(s)
			q.ChainState(s, c)
			return s.Bytes()
		}
		b := save(p.queue, &chains[0])
		fresh, c := queue.New(p.RAM), queue.Chain{}
		l := state.Loader(b)
		fresh.State(l)
		fresh.ChainState(l, &c)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if again := save(fresh, &c); !bytes.Equal(b, again) {
			t.Errorf("saved %x, loaded, and saved %x", b, again)
		}
		if c.OutLen() != 3 || c.InLen() != 8 || len(c.Out()) != 3 {
			t.Errorf("%d and %d bytes in %d pieces", c.OutLen(), c.InLen(), len(c.Out()))
		}
		if !fresh.Next(&chains[2]) {
			t.Fatal("no buffer after the load")
		}
		fresh.Use(c.Token(), 1)
		fresh.Use(chains[2].Token(), 1)
		fresh.Flush()
		for range 3 {
			if _, _, ok := p.ring.Get(); !ok {
				t.Error("the driver gets too few back")
			}
		}
		// Whatever else is loaded is refused or harmless.
		for i := range b {
			bad := bytes.Clone(b)
			bad[i] ^= 0xff
			l := state.Loader(bad)
			q := queue.New(p.RAM)
			q.State(l)
			q.ChainState(l, &c)
			q.Next(&c)
			q.Use(c.Token(), 1)
			q.Flush()
			q.Notify(true)
		}
	})
}

func TestABufferFromBeforeARestartIsForgotten(t *testing.T) {
	each(t, 4, func(t *testing.T, p *pair) {
		p.ring.Add([]virtiotest.Piece{{GPA: 0x100000, Len: 1}}, nil)
		var c queue.Chain
		p.queue.Next(&c)
		packed := strings.Contains(t.Name(), "packed=true")
		if err := p.queue.Start(packed, false); err != nil {
			t.Fatal(err)
		}
		p.queue.Use(c.Token(), 0)
		if p.queue.Flush() || p.queue.InFlight() != 0 {
			t.Error("it was used")
		}
	})
}

func TestTakingAndUsingDoesNotAllocate(t *testing.T) {
	each(t, 8, func(t *testing.T, p *pair) {
		var c queue.Chain
		work := func() {
			m := p.queue.Mark()
			if !p.queue.Next(&c) {
				t.Fatal("no buffer")
			}
			p.queue.Rewind(m)
			p.queue.Notify(false)
			p.queue.Notify(true)
		}
		p.ring.Add([]virtiotest.Piece{{GPA: 0x100000, Len: 1}}, []virtiotest.Piece{{GPA: 0x100000, Len: 1}})
		work()
		if n := testing.AllocsPerRun(100, work); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

// useAll takes n buffers and gives them back in one go.
func (p *pair) useAll(n int) (interrupt bool) {
	var c queue.Chain
	for range n {
		p.ring.Add(nil, []virtiotest.Piece{{GPA: 0x100000, Len: 8}})
	}
	for range n {
		if !p.queue.Next(&c) {
			p.Fatalf("no buffer: %v", p.err)
		}
		p.queue.Use(c.Token(), 8)
	}
	return p.queue.Flush()
}

func TestTheEventMayBeAnyOfThoseUsed(t *testing.T) {
	for _, packed := range []bool{false, true} {
		p := newPair(t, 8, packed, true)
		p.useAll(1)
		p.ring.Get() // asks for an interrupt with the next
		for round := range 20 {
			// The first of several is the one it waits for.
			if !p.useAll(3) {
				t.Fatalf("packed %v, round %d: no interrupt", packed, round)
			}
			// It has seen none, so there is none for more.
			if p.useAll(2) {
				t.Fatalf("packed %v, round %d: an interrupt too many", packed, round)
			}
			for range 5 {
				if _, _, ok := p.ring.Get(); !ok {
					t.Fatal("too few")
				}
			}
		}
	}
}

func TestABufferMayFillTheRing(t *testing.T) {
	each(t, 4, func(t *testing.T, p *pair) {
		var c queue.Chain
		for i := range 5 {
			p.ring.Add(virtiotest.Piece{GPA: 0x100000, Len: 4}.Cut(1), nil)
			if !p.queue.Next(&c) || c.OutLen() != 4 {
				t.Fatalf("%d: %v", i, p.err)
			}
			if p.queue.Next(new(queue.Chain)) {
				t.Fatalf("%d: there is another", i)
			}
			p.queue.Use(c.Token(), 0)
			p.queue.Flush()
			if _, _, ok := p.ring.Get(); !ok {
				t.Fatalf("%d: it does not come back", i)
			}
		}
	})
}
