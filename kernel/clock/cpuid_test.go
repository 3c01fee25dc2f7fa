package clock

import (
	"encoding/binary"
	"testing"
)

func TestWhatCPUIDStates(t *testing.T) {
	const maxLeaf, features, hv = 0, 1, 0x4000_0000
	hypervisor := [4]uint32{2: 1 << 31}
	for _, c := range []struct {
		name                      string
		leaves                    map[uint32][4]uint32
		hypervisor, crystal, base uint64
		invariant                 bool
	}{
		{name: "nothing", leaves: nil},
		{name: "Skylake server: 25 MHz crystal, TSC 84 times as fast",
			leaves:  map[uint32][4]uint32{maxLeaf: {0x16}, 0x15: {2, 168, 25_000_000}, 0x16: {2100}, 0x8000_0000: {0x8000_0008}, 0x8000_0007: {3: 1 << 8}},
			crystal: 2_100_000_000, base: 2_100_000_000, invariant: true},
		{name: "Skylake client: the crystal's rate is not stated",
			leaves: map[uint32][4]uint32{maxLeaf: {0x16}, 0x15: {2, 216, 0}, 0x16: {2600}}, base: 2_600_000_000},
		{name: "a denominator of 0", leaves: map[uint32][4]uint32{maxLeaf: {0x15}, 0x15: {0, 216, 24_000_000}}},
		{name: "leaves beyond the last are not read", leaves: map[uint32][4]uint32{maxLeaf: {0x14}, 0x15: {2, 216, 24_000_000}, 0x16: {2600}, 0x8000_0000: {0x8000_0006}, 0x8000_0007: {3: 1 << 8}}},
		{name: "hypervisor", leaves: map[uint32][4]uint32{features: hypervisor, hv: {0x4000_0010}, 0x4000_0010: {2_400_001}}, hypervisor: 2_400_001_000},
		{name: "hypervisor without the leaf (TCG)", leaves: map[uint32][4]uint32{features: hypervisor, hv: {0x4000_0001}, 0x4000_0010: {2_400_001}}},
		{name: "hypervisor whose last leaf is none", leaves: map[uint32][4]uint32{features: hypervisor, hv: {0xffff_ffff}, 0x4000_0010: {2_400_001}}},
		{name: "no hypervisor", leaves: map[uint32][4]uint32{hv: {0x4000_0010}, 0x4000_0010: {2_400_001}}},
		{name: "rates that cannot be", leaves: map[uint32][4]uint32{maxLeaf: {0x16}, 0x15: {1, 0xffff_ffff, 0xffff_ffff}, 0x16: {0xffff_0000}}},
	} {
		m := &fakeMachine{leaves: c.leaves}
		if got := hypervisorHz(m.cpuid); got != c.hypervisor {
			t.Errorf("%s: hypervisor's rate %d, want %d", c.name, got, c.hypervisor)
		}
		if got := crystalHz(m.cpuid); got != c.crystal {
			t.Errorf("%s: crystal's rate %d, want %d", c.name, got, c.crystal)
		}
		if got := baseHz(m.cpuid); got != c.base {
			t.Errorf("%s: base rate %d, want %d", c.name, got, c.base)
		}
		if got := Invariant(m.cpuid); got != c.invariant {
			t.Errorf("%s: invariant %v, want %v", c.name, got, c.invariant)
		}
	}
}

// stream is outside bytes, eight at a time; when they run out, it counts.
type stream struct {
	data []byte
	n    uint64
}

func (s *stream) next() uint64 {
	s.n += 1 << 20
	if len(s.data) < 8 {
		return s.n
	}
	v := binary.LittleEndian.Uint64(s.data)
	s.data = s.data[8:]
	return v
}

// wild is a counter that reads whatever the stream holds.
type wild struct {
	*stream
	hz    uint64
	width uint
}

func (w wild) Name() string { return "wild" }
func (w wild) Read() uint64 { return w.next() }
func (w wild) Hz() uint64   { return w.hz }
func (w wild) Width() uint  { return w.width }

// FuzzCalibrate feeds every counter and CPUID leaf from outside: whatever the
// hardware says, calibration ends, and a clock can run at the rate it finds.
func FuzzCalibrate(f *testing.F) {
	f.Add([]byte{}, uint64(14_318_180), uint8(32))
	f.Add([]byte("\x15\x00\x00\x00\x00\x00\x00\x00"), uint64(0), uint8(16))
	f.Add(make([]byte, 4096), uint64(1), uint8(64))
	f.Fuzz(func(t *testing.T, data []byte, hz uint64, width uint8) {
		s := &stream{data: data}
		w := wild{s, hz, uint(width)}
		m := &Machine{
			TSC: s.next,
			CPUID: func(uint32, uint32) (a, b, c, d uint32) {
				v, w := s.next(), s.next()
				return uint32(v), uint32(v >> 32), uint32(w), uint32(w >> 32)
			},
			References: []Counter{w, wild{s, hz ^ 1000, 24}, w, w, w, w},
			Timer:      w,
		}
		r, err := Calibrate(m)
		if err != nil {
			return
		}
		var c Clock
		if err := c.Start(s.next, r.Hz()); err != nil {
			t.Fatalf("rate %d: %v", r.Hz(), err)
		}
		c.Deadline(c.Now() + 1)
		_ = r.String()
	})
}
