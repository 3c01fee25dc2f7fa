package capture

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

func TestACaptureIsReadByOthers(t *testing.T) {
	var file bytes.Buffer
	c := New(&file, Config{Wall: 1_700_000_000_000_000_001, Snap: 100})
	want := [][]byte{bytes.Repeat([]byte{1}, 60), bytes.Repeat([]byte{2}, 1514)}
	for i, b := range want {
		c.Frame(ether.Frame{Data: b}, i == 0, uint64(i)*1e9)
	}
	if err := c.Close(); err != nil || c.Frames() != 2 || c.Dropped() != 0 {
		t.Fatalf("%v, %d frames, %d lost", err, c.Frames(), c.Dropped())
	}
	c.Frame(ether.Frame{Data: want[0]}, true, 0)
	if c.Dropped() != 1 {
		t.Error("a closed capture takes frames")
	}
	r, err := pcapgo.NewReader(&file)
	if err != nil || r.LinkType() != layers.LinkTypeEthernet || r.Snaplen() != 100 {
		t.Fatalf("%v, %v", r, err)
	}
	for i, b := range want {
		got, info, err := r.ReadPacketData()
		if err != nil || !bytes.Equal(got, b[:min(len(b), 100)]) || info.Length != len(b) || !info.Timestamp.Equal(time.Unix(1_700_000_000+int64(i), 1)) {
			t.Errorf("frame %d: %d bytes, %+v, %v", i, len(got), info, err)
		}
	}
	if _, _, err := r.ReadPacketData(); err != io.EOF {
		t.Error(err)
	}
}

// gate is a writer that waits.
type gate struct {
	open  chan struct{}
	began chan struct{}
	err   error
}

func (g *gate) Write(p []byte) (int, error) {
	g.began <- struct{}{}
	<-g.open
	return len(p), g.err
}

func TestASlowWriterLosesFrames(t *testing.T) {
	g := &gate{open: make(chan struct{}), began: make(chan struct{}, 10)}
	c := New(g, Config{Buffer: 1, Snap: 1000})
	<-g.began
	f := ether.Frame{Data: make([]byte, 500)}
	for range 10 {
		c.Frame(f, true, 0)
	}
	if c.Frames() != 2 || c.Dropped() != 8 {
		t.Errorf("%d frames, %d lost", c.Frames(), c.Dropped())
	}
	close(g.open)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestABrokenWriterEndsTheCapture(t *testing.T) {
	g := &gate{open: make(chan struct{}), began: make(chan struct{}, 10), err: errors.New("disk full")}
	close(g.open)
	c := New(g, Config{})
	if err := c.Close(); err != g.err {
		t.Error(err)
	}
}

func TestCapturingDoesNotAllocate(t *testing.T) {
	c := New(io.Discard, Config{})
	defer c.Close()
	f := ether.Frame{Data: make([]byte, 1500)}
	if n := testing.AllocsPerRun(100, func() { c.Frame(f, true, 0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
