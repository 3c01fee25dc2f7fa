package pit

import "testing"

// fakePIT is channel 2 of an 8254 and port 0x61. It counts one tick for every
// access, and fails the test on accesses that do not fit together.
type fakePIT struct {
	t            *testing.T
	gate         uint8
	control      uint8
	count        uint16 // counts down
	loadAfter    int    // status reads until the count is in force; -1 is never
	bytes        []uint8
	status       bool
	latched      bool
	absent       bool
	loads        int
	running      bool
	gateWrites   []uint8
	ignoredWords bool
}

func (f *fakePIT) In8(port uint16) uint8 {
	if f.absent {
		return 0xff
	}
	if f.running && f.gate&1 != 0 {
		f.count--
	}
	switch port {
	case 0x61:
		return f.gate | 0xf0
	case 0x42:
		if f.status {
			f.status = false
			v := f.control
			if f.loadAfter != 0 {
				f.loadAfter--
				v |= 1 << 6
			} else {
				f.running = true
			}
			return v
		}
		if !f.latched || len(f.bytes) == 0 {
			f.t.Error("the count is read while it is not latched")
			return 0
		}
		v := f.bytes[0]
		f.bytes = f.bytes[1:]
		f.latched = len(f.bytes) != 0
		return v
	}
	f.t.Errorf("read of port %#x", port)
	return 0xff
}

func (f *fakePIT) Out8(port uint16, v uint8) {
	switch {
	case port == 0x61:
		f.gate = v
		f.gateWrites = append(f.gateWrites, v)
	case port == 0x43 && v == 0xe8:
		f.status = true
	case port == 0x43 && v == 0x80:
		f.latched = true
		f.bytes = []uint8{uint8(f.count), uint8(f.count >> 8)}
	case port == 0x43 && !f.ignoredWords:
		f.control, f.loads = v&0x3f, 0
	case port == 0x42:
		f.loads++
		f.count = f.count>>8 | uint16(v)<<8
	}
}

func (f *fakePIT) In16(uint16) uint16   { return 0xffff }
func (f *fakePIT) In32(uint16) uint32   { return 0xffff_ffff }
func (f *fakePIT) Out16(uint16, uint16) {}
func (f *fakePIT) Out32(uint16, uint32) {}

func TestStartOpensTheGateAndKeepsTheSpeakerOff(t *testing.T) {
	f := &fakePIT{t: t, gate: 0x0e, loadAfter: 3}
	var p PIT
	if err := p.Start(f); err != nil {
		t.Fatal(err)
	}
	if f.gate != 0x0d {
		t.Errorf("port 0x61 is %#x: want the gate open, the speaker off, bits 2 and 3 kept, the rest 0", f.gate)
	}
	if f.control != 0x34 || f.loads != 2 {
		t.Errorf("control word %#x, %d bytes of count", f.control, f.loads)
	}
	p.Stop()
	if f.gate != 0x0c {
		t.Errorf("stopped: port 0x61 is %#x", f.gate)
	}
}

func TestReadCountsUp(t *testing.T) {
	f := &fakePIT{t: t}
	var p PIT
	if err := p.Start(f); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		count uint16
		want  uint64
	}{{0, 0}, {0xffff, 1}, {0x8000, 0x8000}, {0x1234, 0xedcc}, {1, 0xffff}} {
		f.count = c.count
		if got := p.Read(); got != c.want {
			t.Errorf("count %#x reads %#x, want %#x", c.count, got, c.want)
		}
	}
	if p.Hz() != 1193182 || p.Width() != 16 {
		t.Errorf("%d Hz, %d bits", p.Hz(), p.Width())
	}
}

func TestBrokenPITs(t *testing.T) {
	for _, c := range []struct {
		name string
		f    *fakePIT
		want error
	}{
		{"absent", &fakePIT{absent: true}, ErrAbsent},
		{"does not take its control word", &fakePIT{ignoredWords: true}, ErrAbsent},
		{"never loads its count", &fakePIT{loadAfter: -1}, ErrNotLoad},
	} {
		c.f.t = t
		var p PIT
		if err := p.Start(c.f); err != c.want {
			t.Errorf("%s: error %v, want %v", c.name, err, c.want)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	f := &idle{}
	var p PIT
	if n := testing.AllocsPerRun(10, func() { _ = p.Start(f); p.Read(); p.Stop() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// idle is ports that read 0.
type idle struct{}

func (*idle) In8(uint16) uint8     { return 0 }
func (*idle) In16(uint16) uint16   { return 0 }
func (*idle) In32(uint16) uint32   { return 0 }
func (*idle) Out8(uint16, uint8)   {}
func (*idle) Out16(uint16, uint16) {}
func (*idle) Out32(uint16, uint32) {}
