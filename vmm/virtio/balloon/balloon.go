// Package balloon is the virtio memory balloon, after VIRTIO 1.2 §5.5: the
// guest is asked to give pages up, and tells which it has given up and takes
// back. It also tells how it uses its memory.
//
// The device counts the pages. Who has a use for them gives it a Pages.
package balloon

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/virtio"
	"github.com/ringo-vmm/ringo/vmm/virtio/queue"
)

// Feature bits. VIRTIO 1.2 §5.5.3.
const (
	FeatureMustTell     = 1 << 0 // pages are not used before they are taken back
	FeatureStats        = 1 << 1
	FeatureDeflateOnOOM = 1 << 2
)

// The queues. VIRTIO 1.2 §5.5.2.
const (
	inflateQueue = 0
	deflateQueue = 1
	statsQueue   = 2

	queueSize = 128
)

// The configuration space: pages asked for, and pages that the driver says it
// has given up. VIRTIO 1.2 §5.5.4.
const (
	configTarget = 0
	configActual = 4
	configSize   = 8
)

// PageSize is the unit of a balloon, in bytes, whatever the guest's pages are.
// VIRTIO 1.2 §5.5.6.
const PageSize = 4096

// Pages is told of single pages, by guest-physical address, with the device lock
// held. A page is given up once before it is taken back.
type Pages interface {
	Given(gpa uint64)
	Taken(gpa uint64)
}

// Device is a balloon: a virtio.Device.
type Device struct {
	memory     *ram.RAM
	pages      Pages
	core       *virtio.Core
	config     [configSize]byte
	chain      queue.Chain
	statsChain queue.Chain

	given bitmap
	stats
}

// New makes a balloon for a guest's memory. pages may be nil.
func New(memory *ram.RAM, pages Pages) *Device {
	return &Device{memory: memory, pages: pages}
}

// SetTarget asks the guest to give up so many pages in all. The device lock is
// held.
func (d *Device) SetTarget(pages uint32) {
	binary.LittleEndian.PutUint32(d.config[configTarget:], pages)
	d.core.ConfigChanged()
}

// Target is how many pages the guest is asked for, Actual how many it says that
// it has given up, and Given how many it has named. They differ while it works,
// or lies. The device lock is held.
func (d *Device) Target() uint32 { return binary.LittleEndian.Uint32(d.config[configTarget:]) }
func (d *Device) Actual() uint32 { return binary.LittleEndian.Uint32(d.config[configActual:]) }
func (d *Device) Given() int     { return d.given.count }

// Type is virtio.Device's, as are all that follow.
func (d *Device) Type() virtio.Type { return virtio.TypeBalloon }

// Features are virtio.Device's.
func (d *Device) Features() uint64 { return FeatureMustTell | FeatureStats | FeatureDeflateOnOOM }

// Queues are virtio.Device's.
func (d *Device) Queues() []uint16 { return []uint16{queueSize, queueSize, queueSize} }

// Attach is virtio.Device's.
func (d *Device) Attach(c *virtio.Core) { d.core = c }

// Config is virtio.Device's.
func (d *Device) Config() []byte { return d.config[:] }

// WriteConfig takes what the driver says that it has given up.
func (d *Device) WriteConfig(off int, v byte) {
	if off >= configActual {
		d.config[off] = v
	}
}

// Start is virtio.Device's.
func (d *Device) Start() {
	for i := range d.Queues() {
		d.Notify(i)
	}
}

// Notify is virtio.Device's.
func (d *Device) Notify(i int) {
	if i == statsQueue {
		d.takeStats()
		return
	}
	d.move(i)
}

// rounds and maxList bound the buffers that one notification serves, and the
// pages of one. Linux gives 256, one buffer at a time.
const (
	rounds  = 16
	maxList = 1024
)

// move takes lists of pages from a queue. VIRTIO 1.2 §5.5.6.
func (d *Device) move(i int) {
	q := d.core.Queue(i)
	for n := 0; ; n++ {
		if n == rounds {
			d.core.Again(i)
			break
		}
		if !q.Next(&d.chain) {
			if !q.Notify(true) {
				break
			}
			continue
		}
		d.list(i == inflateQueue)
		q.Use(d.chain.Token(), 0)
	}
	d.core.Flush(i)
}

// list reads the pages of a buffer, 32 bits each.
func (d *Device) list(give bool) {
	var b [4]byte
	for range maxList {
		if d.chain.Read(b[:]) != len(b) {
			return
		}
		d.page(uint64(binary.LittleEndian.Uint32(b[:]))*PageSize, give)
	}
}

// page gives a page up, or takes it back. One that is no memory, or has been
// given up or taken already, is left out.
func (d *Device) page(gpa uint64, give bool) {
	if !d.memory.Contains(gpa, PageSize) {
		return
	}
	i := d.index(gpa)
	if !d.given.set(i, give) || d.pages == nil {
		return
	}
	if give {
		d.pages.Given(gpa)
	} else {
		d.pages.Taken(gpa)
	}
}

// index is the number of a page among all of the memory, and gpa the reverse.
func (d *Device) index(gpa uint64) uint64 {
	if gpa >= ram.HighStart {
		gpa -= ram.HighStart - d.memory.Low()
	}
	return gpa / PageSize
}

func (d *Device) gpa(index uint64) uint64 {
	gpa := index * PageSize
	if gpa >= d.memory.Low() {
		gpa += ram.HighStart - d.memory.Low()
	}
	return gpa
}

// Reset takes all pages back: after it the guest uses what it likes.
func (d *Device) Reset() {
	if d.pages != nil {
		d.given.each(func(i uint64) { d.pages.Taken(d.gpa(i)) })
	}
	d.given = bitmap{words: d.given.words}
	clear(d.given.words)
	clear(d.config[configActual:])
	d.stats = stats{}
}

// Busy is virtio.Device's.
func (d *Device) Busy() bool { return false }
