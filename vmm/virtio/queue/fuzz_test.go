package queue_test

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/virtio/queue"
)

// fuzzMemory is the memory of all runs.
var fuzzMemory = [2][]byte{make([]byte, ram.BlockSize), make([]byte, ram.BlockSize)}

// FuzzRing has a guest write what it likes where a ring is, while the device
// takes and uses buffers.
func FuzzRing(f *testing.F) {
	f.Add(false, true, []byte{0, 0, 1, 0, 0, 1, 1, 3, 2, 2}, []byte("\x00\x20\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x01\x00\x01\x00"))
	f.Add(true, true, []byte{0, 0, 1, 0, 0, 1, 1, 3, 2, 2, 4}, []byte("\x00\x20\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x01\x00\x80\x00"))
	f.Add(true, false, []byte{1, 0, 1, 0, 0, 5, 1, 3, 2, 2, 4}, []byte("\x00\x20\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x01\x00\x84\x00"))
	f.Fuzz(func(t *testing.T, packed, eventIdx bool, script, content []byte) {
		m, err := ram.New([]ram.Block{{Data: fuzzMemory[0]}, {Data: fuzzMemory[1]}})
		if err != nil {
			t.Fatal(err)
		}
		// The end of the first block is in the ring.
		l := queue.Layout{Size: 8, Desc: ram.BlockSize - 64, Driver: ram.BlockSize + 0x100, Device: ram.BlockSize + 0x200}
		const window = 0x400
		base := uint64(ram.BlockSize - 64)
		m.Fill(base, window, 0)
		m.Write(base, content[:min(len(content), window)])
		q := queue.New(m)
		broken := 0
		q.Broken = func(error) { broken++ }
		q.Layout = l
		if err := q.Start(packed, eventIdx); err != nil {
			t.Fatal(err)
		}
		var chains []*queue.Chain
		for i, b := range script {
			switch b % 8 {
			case 0, 1:
				c := new(queue.Chain)
				mark := q.Mark()
				if !q.Next(c) {
					break
				}
				if b%8 == 1 {
					q.Rewind(mark)
					break
				}
				check(t, m, c)
				chains = append(chains, c)
			case 2:
				if len(chains) > 0 {
					n := i % len(chains)
					q.Use(chains[n].Token(), uint32(b))
					chains = append(chains[:n], chains[n+1:]...)
				}
				q.Flush()
			case 3:
				q.Notify(b&8 != 0)
			case 4: // a word of the driver area
				m.Write(l.Driver+uint64(b>>4), script[i:min(i+3, len(script))])
			case 5: // of a descriptor
				m.Write(l.Desc+uint64(b)/2, script[i:min(i+9, len(script))])
			case 6: // the available index, or a packed descriptor, as a driver would
				m.Write(l.Driver+2, []byte{b >> 3, 0})
				m.Write(l.Desc+uint64(b>>3&7)*16+14, []byte{0x80, b})
			case 7:
				m.Write(base+uint64(b)*4, content[:min(len(content), 16)])
			}
			if q.InFlight() > int(l.Size) || len(chains) > int(l.Size) {
				t.Fatalf("%d in flight, %d chains", q.InFlight(), len(chains))
			}
		}
		if broken > 1 || broken == 1 && q.Ready() {
			t.Fatalf("broken %d times, ready %v", broken, q.Ready())
		}
	})
}

// check reads a little of a buffer, and finds pieces that do not add up.
func check(t *testing.T, m *ram.RAM, c *queue.Chain) {
	sum := uint64(0)
	for _, p := range c.Out() {
		sum += uint64(len(p))
	}
	if sum != c.OutLen() || sum > m.Size()*1024 {
		t.Fatalf("%d bytes of %d", sum, c.OutLen())
	}
	for _, p := range c.In() {
		sum += uint64(len(p))
	}
	if sum != c.OutLen()+c.InLen() {
		t.Fatalf("%d bytes of %d and %d", sum, c.OutLen(), c.InLen())
	}
	c.Read(make([]byte, 16))
	c.TakeLast()
}
