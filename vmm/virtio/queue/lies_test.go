package queue_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/virtio/queue"
	"github.com/ringo-vmm/ringo/vmm/virtio/virtiotest"
)

var le = binary.LittleEndian

// poke writes a descriptor of a ring of 8.
func (p *pair) poke(i int, gpa uint64, n uint32, third, fourth uint16) {
	var b [16]byte
	le.PutUint64(b[:], gpa)
	le.PutUint32(b[8:], n)
	le.PutUint16(b[12:], third)
	le.PutUint16(b[14:], fourth)
	p.Write(p.ring.Desc+16*uint64(i), b[:])
}

// offer makes heads available in a split ring.
func (p *pair) offer(index uint16, heads ...uint16) {
	b := le.AppendUint16(make([]byte, 2), index)
	for _, h := range heads {
		b = le.AppendUint16(b, h)
	}
	p.Write(p.ring.Driver, b)
}

func TestALieBreaksTheQueue(t *testing.T) {
	const (
		next, write, indirect = virtiotest.Next, virtiotest.Write, virtiotest.Indirect
		avail                 = 1 << 7
		end                   = virtiotest.Blocks * ram.BlockSize
	)
	for _, test := range []struct {
		name string
		lie  func(p *pair)
		want string
	}{
		{"index", func(p *pair) { p.offer(9) }, "more buffers than the ring has room for"},
		{"head", func(p *pair) { p.offer(1, 8) }, "descriptor 8 of 8"},
		{"next", func(p *pair) { p.poke(0, 0, 1, next, 9); p.offer(1, 0) }, "descriptor 9 of 8"},
		{"loop", func(p *pair) { p.poke(0, 0, 1, next, 1); p.poke(1, 0, 1, next, 0); p.offer(1, 0) }, "no end"},
		{"empty loop", func(p *pair) { p.poke(0, 0, 0, next, 0); p.offer(1, 0) }, "no end"},
		{"outside", func(p *pair) { p.poke(0, end-1, 2, 0, 0); p.offer(1, 0) }, "2 bytes at 0x3fffff, which is not all memory"},
		{"overflow", func(p *pair) { p.poke(0, ^uint64(0), 2, 0, 0); p.offer(1, 0) }, "not all memory"},
		{"order", func(p *pair) {
			p.poke(0, 0, 1, next|write, 1)
			p.poke(1, 0, 1, 0, 0)
			p.offer(1, 0)
		}, "readable descriptor behind a writable one"},
		{"table size", func(p *pair) { p.poke(0, 0, 17, indirect, 0); p.offer(1, 0) }, "indirect table of 17 bytes"},
		{"no table", func(p *pair) { p.poke(0, 0, 0, indirect, 0); p.offer(1, 0) }, "indirect table of 0 bytes"},
		{"large table", func(p *pair) { p.poke(0, 0, 1<<20, indirect, 0); p.offer(1, 0) }, "indirect table of 1048576 bytes"},
		{"table outside", func(p *pair) { p.poke(0, end, 16, indirect, 0); p.offer(1, 0) }, "indirect table at 0x400000, 16 bytes, is not in memory"},
		{"table and next", func(p *pair) { p.poke(0, 0, 16, indirect|next, 0); p.offer(1, 0) }, "indirect descriptor has a next one"},
		{"table in itself", func(p *pair) { p.poke(0, p.ring.Desc, 16, indirect, 0); p.offer(1, 0) }, "indirect table has an indirect descriptor"},
		{"table loop", func(p *pair) {
			p.poke(0, p.ring.Desc+16, 32, indirect, 0)
			p.poke(1, 0, 1, next, 1)
			p.poke(2, 0, 1, next, 0)
			p.offer(1, 0)
		}, "no end"},
		{"table next", func(p *pair) {
			p.poke(0, p.ring.Desc+16, 32, indirect, 0)
			p.poke(1, 0, 1, next, 2)
			p.offer(1, 0)
		}, "descriptor 2 of 2 in an indirect table"},

		{"packed outside", func(p *pair) { p.poke(0, end-1, 2, 0, avail) }, "not all memory"},
		{"packed order", func(p *pair) { p.poke(0, 0, 1, 0, avail|next|write); p.poke(1, 0, 1, 0, avail) }, "behind a writable one"},
		{"packed loop", func(p *pair) {
			for i := range 8 {
				p.poke(i, 0, 1, 0, avail|next)
			}
		}, "more buffers than the ring has room for"},
		{"packed table and next", func(p *pair) { p.poke(0, 0, 16, 0, avail|indirect|next) }, "indirect descriptor has a next one"},
		{"packed table outside", func(p *pair) { p.poke(0, end, 16, 0, avail|indirect) }, "is not in memory"},
		{"packed table in itself", func(p *pair) { p.poke(0, p.ring.Desc, 16, 0, avail|indirect) }, "has an indirect descriptor"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPair(t, 8, strings.HasPrefix(test.name, "packed"), false)
			test.lie(p)
			var c queue.Chain
			if p.queue.Next(&c) {
				t.Fatal("a buffer")
			}
			if p.err == nil || !strings.Contains(p.err.Error(), test.want) {
				t.Fatalf("broken by %v, want %s", p.err, test.want)
			}
			p.err = nil
			if p.queue.Ready() || p.queue.Next(&c) || p.queue.Notify(true) || p.err != nil {
				t.Error("it goes on")
			}
		})
	}
}

func TestMoreThanTheRingHasWhileTheDeviceKeepsSome(t *testing.T) {
	each(t, 4, func(t *testing.T, p *pair) {
		var c queue.Chain
		for range 4 {
			p.ring.Add([]virtiotest.Piece{{GPA: 0x100000, Len: 1}}, nil)
			if !p.queue.Next(&c) {
				t.Fatal(p.err)
			}
		}
		if strings.Contains(t.Name(), "packed=true") {
			p.poke(0, 0, 1, 0, 1<<15) // available by the other wrap counter
		} else {
			p.offer(5)
		}
		if p.queue.Next(&c) || p.err == nil {
			t.Error("a fifth buffer of four")
		}
	})
}

func TestRingsThatCannotBe(t *testing.T) {
	m := virtiotest.NewMachine(t)
	good := queue.Layout{Size: 8, Desc: 0x1000, Driver: 0x2000, Device: 0x3000}
	for name, test := range map[string]struct {
		change func(*queue.Layout)
		packed bool
		want   string
	}{
		"size 0":         {func(l *queue.Layout) { l.Size = 0 }, false, "a ring of 0 descriptors"},
		"size 6":         {func(l *queue.Layout) { l.Size = 6 }, false, "a ring of 6 descriptors"},
		"size 2048":      {func(l *queue.Layout) { l.Size = 2048 }, true, "a ring of 2048 descriptors"},
		"desc alignment": {func(l *queue.Layout) { l.Desc += 8 }, false, "descriptor ring at 0x1008 is not a multiple of 16"},
		"driver":         {func(l *queue.Layout) { l.Driver++ }, false, "driver area at 0x2001"},
		"device":         {func(l *queue.Layout) { l.Device += 2 }, false, "device area at 0x3002"},
		"packed driver":  {func(l *queue.Layout) { l.Driver += 2 }, true, "driver area at 0x2002"},
		"outside":        {func(l *queue.Layout) { l.Desc = 1 << 40 }, false, "descriptor ring at 0x10000000000, 128 bytes, is not in memory"},
		"end":            {func(l *queue.Layout) { l.Device = virtiotest.Blocks*ram.BlockSize - 64 }, false, "device area at 0x3fffc0, 70 bytes"},
	} {
		q := queue.New(m.RAM)
		q.Layout = good
		test.change(&q.Layout)
		if err := q.Start(test.packed, false); err == nil || !strings.Contains(err.Error(), test.want) || q.Ready() {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}
