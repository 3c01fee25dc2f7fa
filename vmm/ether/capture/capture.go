// Package capture writes the frames at a port of the switch as a file that
// tcpdump and Wireshark read: pcap with times in ns (IETF draft
// ietf-opsawg-pcap §4).
//
// The format is two small headers, which are written here: package pcapgo of
// gopacket, which the tests read it with, would add 3 MiB to the kernel.
package capture

import (
	"encoding/binary"
	"io"
	"sync"
	"sync/atomic"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// The headers. pcap §4, §5.
const (
	magic      = 0xa1b23c4d // times in ns
	major      = 2
	minor      = 4
	linkType   = 1 // Ethernet
	fileHeader = 24
	header     = 16

	second = 1e9
)

// MaxSnap is the most that is kept of a frame, in bytes.
const MaxSnap = ether.MaxFrame

// Config says what to capture.
type Config struct {
	// Wall is what the switch's time 0 is as Unix time, in ns.
	Wall int64
	// Snap is how many bytes of a frame are kept, 1 to MaxSnap; 0 is
	// MaxSnap.
	Snap int
	// Buffer is how many bytes wait for the writer; 0 is DefaultBuffer.
	Buffer int
}

// DefaultBuffer is the size of the buffer, in bytes, unless Config has one.
const DefaultBuffer = 1 << 20

// Capture is a vswitch.Tap that writes what it is shown. Frames that come faster
// than the writer takes them are lost and counted.
type Capture struct {
	wall    int64
	snap    int
	w       io.Writer
	mu      sync.Mutex
	ready   sync.Cond
	fill    []byte // is added to
	spare   []byte // is being written
	limit   int
	closed  bool
	frames  atomic.Uint64
	dropped atomic.Uint64
	done    chan struct{}
	err     error
}

// New begins a capture.
func New(w io.Writer, c Config) *Capture {
	if c.Snap <= 0 || c.Snap > MaxSnap {
		c.Snap = MaxSnap
	}
	if c.Buffer <= 0 {
		c.Buffer = DefaultBuffer
	}
	c.Buffer = max(c.Buffer, fileHeader+header+c.Snap)
	t := &Capture{wall: c.Wall, snap: c.Snap, w: w, limit: c.Buffer, done: make(chan struct{}),
		fill: make([]byte, 0, c.Buffer), spare: make([]byte, 0, c.Buffer)}
	t.ready.L = &t.mu
	le := binary.LittleEndian
	b := le.AppendUint32(t.fill, magic)
	b = le.AppendUint16(b, major)
	b = le.AppendUint16(b, minor)
	b = le.AppendUint64(b, 0) // reserved
	b = le.AppendUint32(b, uint32(c.Snap))
	t.fill = le.AppendUint32(b, linkType)
	go t.write()
	return t
}

// Frame is vswitch.Tap's.
func (t *Capture) Frame(f ether.Frame, _ bool, now uint64) {
	at := uint64(t.wall) + now
	kept := f.Data[:min(len(f.Data), t.snap)]
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || len(t.fill)+header+len(kept) > t.limit {
		t.dropped.Add(1)
		return
	}
	le := binary.LittleEndian
	b := le.AppendUint32(t.fill, uint32(at/second))
	b = le.AppendUint32(b, uint32(at%second))
	b = le.AppendUint32(b, uint32(len(kept)))
	b = le.AppendUint32(b, uint32(len(f.Data)))
	t.fill = append(b, kept...)
	t.frames.Add(1)
	t.ready.Signal()
}

// write writes until the capture is closed, or the writer fails.
func (t *Capture) write() {
	defer close(t.done)
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		for len(t.fill) == 0 && !t.closed {
			t.ready.Wait()
		}
		if len(t.fill) == 0 {
			return
		}
		t.fill, t.spare = t.spare[:0], t.fill
		t.mu.Unlock()
		_, err := t.w.Write(t.spare)
		t.mu.Lock()
		if err != nil {
			t.err, t.closed = err, true
			return
		}
	}
}

// Close ends the capture, waits until all is written, and returns the writer's
// error. It is called once the port shows it no more frames.
func (t *Capture) Close() error {
	t.mu.Lock()
	t.closed = true
	t.ready.Signal()
	t.mu.Unlock()
	<-t.done
	return t.err
}

// Frames is how many frames were captured so far, Dropped how many were lost.
func (t *Capture) Frames() uint64  { return t.frames.Load() }
func (t *Capture) Dropped() uint64 { return t.dropped.Load() }
