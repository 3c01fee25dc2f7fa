package balloon

import "encoding/binary"

// Stat is what a number in the statistics tells. VIRTIO 1.2 §5.5.6.3.
type Stat uint16

// The numbers: in bytes, but for counts.
const (
	SwapIn      Stat = iota // bytes
	SwapOut                 // bytes
	MajorFaults             // a count
	MinorFaults             // a count
	Free                    // bytes that have no use
	Total                   // bytes
	Available               // bytes that can be had without swapping
	Caches                  // bytes
	HugeAllocs              // a count
	HugeFails               // a count
	numStats
)

const (
	statSize = 10 // bytes: tag, value
	maxStats = 64 // that are read of a buffer
)

// Stats are a guest's numbers. Has has a bit for each that it told.
type Stats struct {
	Value [numStats]uint64
	Has   uint16
}

// stats is what the guest told last, and the buffer that it waits for to tell
// more.
type stats struct {
	last Stats
	told bool
	held bool // chain is that buffer
}

// Stats is what the guest told last; ok is false if it has told nothing. The
// device lock is held.
func (d *Device) Stats() (s Stats, ok bool) { return d.last, d.told }

// AskStats asks the guest for new numbers, which Stats will have. It does
// nothing while they have not come. The device lock is held.
func (d *Device) AskStats() {
	if d.held {
		d.held = false
		d.core.Queue(statsQueue).Use(d.statsChain.Token(), 0)
		d.core.Flush(statsQueue)
	}
}

// takeStats reads a buffer of numbers and keeps it until they are asked for
// again. There is one buffer; those beyond are given back.
func (d *Device) takeStats() {
	q := d.core.Queue(statsQueue)
	for n := 0; ; n++ {
		if n == rounds {
			d.core.Again(statsQueue)
			break
		}
		if !q.Next(&d.chain) {
			if !q.Notify(true) {
				break
			}
			continue
		}
		d.readStats()
		if d.held {
			q.Use(d.chain.Token(), 0)
			continue
		}
		d.held = true
		d.chain, d.statsChain = d.statsChain, d.chain
	}
	d.core.Flush(statsQueue)
}

func (d *Device) readStats() {
	var b [statSize]byte
	d.last, d.told = Stats{}, true
	for range maxStats {
		if d.chain.Read(b[:]) != len(b) {
			return
		}
		if tag := binary.LittleEndian.Uint16(b[:]); tag < uint16(numStats) {
			d.last.Value[tag] = binary.LittleEndian.Uint64(b[2:])
			d.last.Has |= 1 << tag
		}
	}
}
