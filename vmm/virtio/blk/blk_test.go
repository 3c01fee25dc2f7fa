package blk

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/virtio"
	"github.com/ringo-vmm/ringo/vmm/virtio/virtiotest"
)

func TestReadAndWriteByEveryTransport(t *testing.T) {
	for _, name := range virtiotest.Names {
		for _, packed := range []bool{false, true} {
			for _, indirect := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s,packed=%v,indirect=%v", name, packed, indirect), func(t *testing.T) {
					r := newRig(t, options{transport: name, packed: packed && name != "legacy"})
					r.Rings[0].Indirect = indirect
					for i := range 40 {
						data := pattern(512*(i%3+1), byte(i))
						if _, status, n := r.do(typeOut, uint64(i*4), data, 0); status != statusOK || n != 1 {
							t.Fatalf("%d: written with status %d, %d bytes used", i, status, n)
						}
						c, status, n := r.do(typeIn, uint64(i*4), nil, len(data))
						if status != statusOK || int(n) != len(data)+1 || !bytes.Equal(r.M.Bytes(c.data), data) {
							t.Fatalf("%d: read with status %d, %d bytes", i, status, n)
						}
						if !bytes.Equal(r.bytes[i*2048:][:len(data)], data) {
							t.Fatalf("%d: it is not on the disk", i)
						}
					}
				})
			}
		}
	}
}

func TestBuffersMayBeCutUpAnyhow(t *testing.T) {
	r := newRig(t, options{})
	r.Rings[0].Indirect = true
	for _, cut := range []uint32{7, 16, 100, 511, 513} {
		data := pattern(1024, byte(cut))
		w := r.submit(0, typeOut, 8, data, 0, cut)
		d := r.submit(0, typeIn, 8, nil, 1024, cut)
		r.Kick(0)
		r.disk.Drain()
		r.Get(0)
		r.Get(0)
		if r.M.Bytes(w.status)[0] != 0 || r.M.Bytes(d.status)[0] != 0 || !bytes.Equal(r.M.Bytes(d.data), data) {
			t.Errorf("cut into %d bytes: status %d and %d", cut, r.M.Bytes(w.status), r.M.Bytes(d.status))
		}
	}
}

func TestFlushDiscardAndTheRest(t *testing.T) {
	r := newRig(t, options{})
	r.want("flush", typeFlush, 0, nil, 0, statusOK)
	if got := r.store.done(); got != "f" {
		t.Errorf("a flush did %q", got)
	}
	r.want("discard", typeDiscard, 0, segment(8, 8, 0), 0, statusOK)
	if got := r.store.done(); got != "d" || !bytes.Equal(r.bytes[4096:8192], make([]byte, 4096)) || r.bytes[8192+1] == 0 {
		t.Errorf("a discard did %q", got)
	}
	r.want("zeroes", typeWriteZeroes, 0, segment(16, 8, flagUnmap), 0, statusOK)
	if !bytes.Equal(r.bytes[8192:12288], make([]byte, 4096)) {
		t.Error("no zeroes")
	}
	c, status, n := r.do(typeGetID, 0, nil, serialSize)
	if status != statusOK || n != serialSize+1 || string(r.M.Bytes(c.data)) != "RS00001"+strings.Repeat("\x00", 13) {
		t.Errorf("serial %q, status %d", r.M.Bytes(c.data), status)
	}
}

func TestRequestsThatCannotBe(t *testing.T) {
	r := newRig(t, options{})
	const sectors = diskSize / 512
	r.want("unknown", 99, 0, nil, 0, statusUnsupported)
	r.want("half a sector", typeIn, 0, nil, 256, statusError)
	r.want("no data", typeIn, 0, nil, 0, statusError)
	r.want("no data to write", typeOut, 0, nil, 0, statusError)
	r.want("the last sector", typeIn, sectors-1, nil, 512, statusOK)
	r.want("beyond the end", typeIn, sectors-1, nil, 1024, statusError)
	r.want("far beyond", typeOut, 1<<63, make([]byte, 512), 0, statusError)
	r.want("overflow", typeIn, ^uint64(0), nil, 512, statusError)
	r.want("half a segment", typeDiscard, 0, make([]byte, 8), 0, statusError)
	r.want("two segments", typeDiscard, 0, make([]byte, 32), 0, statusError)
	r.want("discard beyond", typeDiscard, 0, segment(sectors, 1, 0), 0, statusError)
	r.want("discard overflow", typeDiscard, 0, segment(^uint64(0), 8, 0), 0, statusError)
	r.want("discard too much", typeDiscard, 0, segment(0, 1<<31, 0), 0, statusError)
	r.want("discard and unmap", typeDiscard, 0, segment(0, 8, flagUnmap), 0, statusUnsupported)
	r.want("reserved flag", typeWriteZeroes, 0, segment(0, 8, 2), 0, statusUnsupported)
	r.store.broken = true
	r.want("broken", typeIn, 0, nil, 512, statusError)
	r.want("broken flush", typeFlush, 0, nil, 0, statusError)
	if _, broken := r.Broken(); broken {
		t.Error("the device broke")
	}
}

func TestARequestWithoutHeaderOrStatusBreaksTheDevice(t *testing.T) {
	for name, add := range map[string]func(r *rig){
		"header": func(r *rig) { r.Add(0, []virtiotest.Piece{r.M.Room(15)}, []virtiotest.Piece{r.M.Room(1)}) },
		"status": func(r *rig) { r.Add(0, []virtiotest.Piece{r.M.Room(16)}, nil) },
	} {
		r := newRig(t, options{})
		add(r)
		r.Kick(0)
		if line, broken := r.Broken(); !broken || !strings.Contains(line, "without room for its header or status") {
			t.Errorf("no %s: %v, %s", name, broken, line)
		}
		r.open(r.M, options{})
		r.want("after the reset", typeIn, 0, nil, 512, statusOK)
	}
}

func TestWithoutAWriteCacheWritesAreFlushed(t *testing.T) {
	r := newRig(t, options{})
	r.want("cached", typeOut, 0, make([]byte, 512), 0, statusOK)
	if got := r.store.done(); got != "w" {
		t.Errorf("did %q", got)
	}
	r.M.Do(func() { r.SetConfig(configWriteback, 1, 0) })
	r.want("through", typeOut, 0, make([]byte, 512), 0, statusOK)
	r.want("discard", typeDiscard, 0, segment(0, 8, 0), 0, statusOK)
	if got := r.store.done(); got != "wfdf" {
		t.Errorf("without the cache it did %q", got)
	}
	r = newRig(t, options{features: virtio.FeatureVersion1})
	r.want("a driver that cannot flush", typeOut, 0, make([]byte, 512), 0, statusOK)
	if got := r.store.done(); got != "wf" {
		t.Errorf("for a driver that cannot flush it did %q", got)
	}
}

func TestAReadOnlyDisk(t *testing.T) {
	r := newRig(t, options{readOnly: true})
	var offered uint64
	r.M.Do(func() { offered = r.Features() })
	if offered&FeatureReadOnly == 0 || offered&(FeatureDiscard|FeatureWriteback) != 0 {
		t.Errorf("features %#x", offered)
	}
	r.want("write", typeOut, 0, make([]byte, 512), 0, statusError)
	r.want("discard", typeDiscard, 0, segment(0, 8, 0), 0, statusUnsupported)
	r.want("read", typeIn, 0, nil, 512, statusOK)
	if got := r.store.done(); got != "r" {
		t.Errorf("did %q", got)
	}
}

func TestTheConfigurationSpaceDescribesTheDisk(t *testing.T) {
	r := newRig(t, options{queues: 3})
	for _, f := range []struct {
		off  uint64
		size int
		want uint64
	}{
		{configCapacity, 8, diskSize / 512}, {configSegMax, 4, 254}, {configBlockSize, 4, 512}, {configPhysicalExp, 1, 3},
		{configWriteback, 1, 1}, {configQueues, 2, 3}, {configDiscardSegments, 4, 1}, {configZeroesMayDiscard, 1, 1}, {configCylinders, 2, 2},
	} {
		if got := r.config(f.off, f.size); got != f.want {
			t.Errorf("offset %d: %d, want %d", f.off, got, f.want)
		}
	}
	if _, err := New(Config{Disk: r.disk, Queues: 0}); err == nil {
		t.Error("a device without queues")
	}
}

func TestABusyQueueIsNotNotified(t *testing.T) {
	for _, packed := range []bool{false, true} {
		r := newRig(t, options{packed: packed, queues: 2})
		gate := make(chan struct{})
		r.store.gate = gate
		r.submit(0, typeIn, 0, nil, 512, 1<<20)
		if !r.Kick(0) {
			t.Fatal("an idle queue wants no notification")
		}
		kicks := 0
		for range 10 {
			r.submit(0, typeIn, 0, nil, 512, 1<<20)
			if r.Kick(0) {
				kicks++
			}
		}
		if kicks != 0 {
			t.Errorf("%d notifications for 10 requests of a busy queue", kicks)
		}
		close(gate)
		n := 0
		for range 12 { // the end of one may begin others
			r.disk.Drain()
			for {
				if _, _, ok := r.Get(0); !ok {
					break
				}
				n++
			}
		}
		if n != 11 {
			t.Errorf("%d of 11 requests are done", n)
		}
		r.submit(0, typeIn, 0, nil, 512, 1<<20)
		if !r.Kick(0) {
			t.Error("a queue that has become idle wants no notification")
		}
		r.disk.Drain()
	}
}

func TestSeveralQueues(t *testing.T) {
	r := newRig(t, options{queues: 4, transport: "msix"})
	if len(r.Rings) != 4 {
		t.Fatalf("%d queues", len(r.Rings))
	}
	var calls []call
	for i := range 16 {
		calls = append(calls, r.submit(i%4, typeOut, uint64(i), pattern(512, byte(i)), 0, 1<<20))
		r.Kick(i % 4)
	}
	for range 16 {
		r.disk.Drain()
	}
	for i, c := range calls {
		if _, _, ok := r.Get(i % 4); !ok || r.M.Bytes(c.status)[0] != statusOK || !bytes.Equal(r.bytes[512*i:][:512], pattern(512, byte(i))) {
			t.Errorf("request %d: used %v, status %d", i, ok, r.M.Bytes(c.status))
		}
	}
}
