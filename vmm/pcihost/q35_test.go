package pcihost

import (
	"slices"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/bus"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// q35 is a bus of that chipset with a device at 4 and one at 31.2.
type q35 struct {
	testing.TB
	memory bus.Memory
	host   *Host
	lines  [16]devicetest.Line
	pm     []uint16
	pam    Attributes
	told   []string
	dev    [2]*Function
}

const ecamBase = 0xb0000000

func newQ35(t testing.TB) *q35 {
	r := &q35{TB: t}
	c := Config{Chipset: Q35, ISABridge: true, Routes: rigRoutes, Memory: &r.memory,
		PM:      func(port uint16) { r.pm = append(r.pm, port) },
		Shadow:  func(a Attributes) { r.pam = a },
		Refused: func(err error) { r.told = append(r.told, err.Error()) },
	}
	for i := range c.IRQ {
		c.IRQ[i] = &r.lines[i]
	}
	var err error
	if r.host, err = New(c); err != nil {
		t.Fatal(err)
	}
	for i, at := range [...][2]int{{4, 0}, {31, 2}} {
		if r.dev[i], err = NewFunction(Header{Vendor: 1, Device: uint16(i), Pin: 1}); err != nil {
			t.Fatal(err)
		}
		if err := r.host.Add(at[0], at[1], r.dev[i]); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func (r *q35) write(dev, fn int, reg uint8, size int, v uint32) {
	r.host.Out(portAddress, 4, addressEnable|uint32(dev)<<11|uint32(fn)<<8|uint32(reg&registerMask))
	r.host.Out(portData+uint16(reg&3), size, v)
}

// ecam puts configuration space at an address.
func (r *q35) ecam(base uint32) {
	r.write(0, 0, regPCIEXBAR, 4, 0)
	r.write(0, 0, regPCIEXBAR+4, 4, 0)
	r.write(0, 0, regPCIEXBAR, 4, base|ecamEnable)
}

func TestConfigurationSpaceIsMemoryToo(t *testing.T) {
	r := newQ35(t)
	if got := r.memory.Name(ecamBase); got != "" {
		t.Errorf("%s is there before it is enabled", got)
	}
	r.ecam(ecamBase)
	for _, tt := range []struct {
		at   uint64
		size int
		want uint64
	}{
		{0, 4, 0x29c08086},
		{0, 8, 0x0080_0006_29c0_8086},
		{31<<15 | regDevice, 2, 0x2918},
		{31<<15 | 2<<12, 4, 0x00010001},
		{4 << 15, 1, 1},
		{5 << 15, 4, 0xffffffff},
		{1 << 20, 4, 0xffffffff},
		{4<<15 | 0x100, 4, 0xffffffff},
		{4<<15 | 0xfff, 8, ^uint64(0)},
		{ECAM - 8, 8, ^uint64(0)},
	} {
		if got := r.memory.Read(ecamBase+tt.at, tt.size); got != tt.want {
			t.Errorf("%d bytes at %#x: %#x, want %#x", tt.size, tt.at, got, tt.want)
		}
	}
	r.memory.Write(ecamBase+4<<15+regCommand, 2, CommandMaster)
	r.memory.Write(ecamBase+31<<15+2<<12+regInterruptLine-4, 8, 0x77<<32)
	if r.dev[0].Command() != CommandMaster || r.dev[1].Read(regInterruptLine, 1) != 0x77 {
		t.Errorf("command %#x, interrupt line %#x after writes", r.dev[0].Command(), r.dev[1].Read(regInterruptLine, 1))
	}
}

func TestConfigurationSpaceMovesAndShrinks(t *testing.T) {
	r := newQ35(t)
	for _, tt := range []struct {
		bar         uint32
		start, size uint64
	}{
		{0xb0000000 | ecamEnable, 0xb0000000, 256 << 20},
		{0xb8000000 | 1<<ecamLengthBit | ecamEnable, 0xb8000000, 128 << 20},
		{0xbc000000 | 2<<ecamLengthBit | ecamEnable, 0xbc000000, 64 << 20},
		{0xbc000000 | ecamEnable, 0xb0000000, 256 << 20},
		{0xb0000000 | 3<<ecamLengthBit | ecamEnable, 0, 0},
		{0xb0000000, 0, 0},
	} {
		r.write(0, 0, regPCIEXBAR, 4, tt.bar)
		var start, size uint64
		r.memory.All(func(_ string, gpa, n uint64) { start, size = gpa, n })
		if start != tt.start || size != tt.size {
			t.Errorf("%#x: %#x bytes at %#x, want %#x at %#x", tt.bar, size, start, tt.size, tt.start)
		}
	}
	if len(r.told) != 0 {
		t.Errorf("refused: %q", r.told)
	}
	if err := r.memory.Register("other", 0xb0001000, 16, &MSIX{}); err != nil {
		t.Fatal(err)
	}
	r.ecam(ecamBase)
	if len(r.told) != 1 || !strings.Contains(r.told[0], "overlaps other") || r.memory.Name(ecamBase) != "" {
		t.Errorf("over another device: %q", r.told)
	}
}

func TestTheICH9WiresPinsItsOwnWay(t *testing.T) {
	for _, tt := range []struct{ dev, pin, want int }{
		{0, 1, 4}, {1, 1, 5}, {2, 1, 6}, {4, 1, 4}, {4, 4, 7}, {24, 1, 4}, {25, 1, 0}, {31, 1, 0}, {31, 4, 3},
	} {
		if got := Q35.PIRQ(tt.dev, tt.pin); got != tt.want {
			t.Errorf("device %d, pin %d: line %d, want %d", tt.dev, tt.pin, got, tt.want)
		}
	}
	r := newQ35(t)
	up := func() (irqs []int) {
		for i := range r.lines {
			if r.lines[i].Level {
				irqs = append(irqs, i)
			}
		}
		return irqs
	}
	want := func(when string, want ...int) {
		t.Helper()
		if got := up(); !slices.Equal(got, want) {
			t.Errorf("%s: lines %v are up, want %v", when, got, want)
		}
	}
	r.dev[0].Set(true) // PIRQE#
	want("device 4", 10)
	r.write(31, 0, regPIRQ, 1, 3)
	want("another line routed", 10)
	r.write(31, 0, regPIRQE, 4, 0x80808006)
	want("its line routed", 6)
	r.dev[1].Set(true) // PIRQA#
	want("both", 3, 6)
	fresh := newQ35(t)
	devicetest.Load(t, fresh.host, devicetest.Save(r.host))
	if !fresh.lines[3].Level || !fresh.lines[6].Level {
		t.Error("not up after a load")
	}
	r.host.Reset()
	want("after reset", 10)
}

func TestPowerManagementIsWhereTheICH9Says(t *testing.T) {
	r := newQ35(t)
	want := func(when string, want ...uint16) {
		t.Helper()
		if !slices.Equal(r.pm, want) {
			t.Errorf("%s: told of %#x, want %#x", when, r.pm, want)
		}
		r.pm = nil
	}
	r.write(31, 0, regPMBase, 4, 0x601)
	want("not enabled")
	r.write(31, 0, regACPI, 1, acpiEnable)
	want("enabled", 0x600)
	r.write(31, 0, regPMBase, 4, 0xffffffff)
	want("moved", 0xff80)
	old := devicetest.Save(r.host)
	r.host.Reset()
	want("reset", 0)
	devicetest.Load(t, r.host, old)
	want("loaded", 0xff80)
}

func TestChipsetConfigurationRegistersAreFixed(t *testing.T) {
	r := newQ35(t)
	const rcba = 0xfed1c000
	r.write(31, 0, regRCBA, 4, rcba|0x3ffe)
	if name := r.memory.Name(rcba); name != "" {
		t.Errorf("%s is there before it is enabled", name)
	}
	r.write(31, 0, regRCBA, 4, rcba|rcbaEnable)
	r.memory.Write(rcba+chipsetD31IR, 4, 0)
	for at, want := range map[uint64]uint64{chipsetD31IR: 0x32103210, chipsetD25IR: 0x3210, chipsetGCS: gcsNoReboot, 0: 0, rcbaSize - 4: 0} {
		if got := r.memory.Read(rcba+at, 4); got != want {
			t.Errorf("%#x: %#x, want %#x", at, got, want)
		}
	}
}

func TestTheQ35sAttributesAreShadowed(t *testing.T) {
	r := newQ35(t)
	r.write(0, 0, regMCHPAM0, 4, 0xffffffff)
	r.write(0, 0, regMCHPAM0+4, 4, 0x00121110)
	if want := (Attributes{0xf0, 0xff, 0xff, 0xff, 0x10, 0x11, 0x12}); r.pam != want {
		t.Errorf("attributes % x, want % x", r.pam, want)
	}
}

func FuzzQ35(f *testing.F) {
	f.Add([]byte("\x00\x00\x60\x02\x01\x00\x00\xb0\x01\x04\x04\x02\x07\x00\x00\x00\x00\xf8\xf0\x02\x01\xc0\xd1\xfe"))
	f.Add([]byte("\x00\xf8\x40\x02\x01\x06\x00\x00\x00\xf8\x44\x00\x80\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newQ35(t)
		for ; len(b) >= 8; b = b[8:] {
			v := uint32(b[4]) | uint32(b[5])<<8 | uint32(b[6])<<16 | uint32(b[7])<<24
			size := 1 << (b[3] & 3)
			switch b[0] % 5 {
			case 0:
				r.write(int(b[1]>>3), int(b[1]&7), b[2], min(size, 4), v)
			case 1:
				r.memory.Write(ecamBase+uint64(b[1])<<12+uint64(b[2]), size, uint64(v))
			case 2:
				r.memory.Read(ecamBase+uint64(v)%ECAM, size)
			case 3:
				r.dev[b[1]&1].Set(v&1 != 0)
			case 4:
				r.memory.Read(uint64(v), size)
			}
		}
		devicetest.Survives(t, r.host, newQ35(t).host)
	})
}

func FuzzLoadQ35(f *testing.F) {
	r := newQ35(f)
	r.ecam(ecamBase)
	f.Add(devicetest.Save(r.host))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newQ35(t)
		c := state.Loader(b)
		r.host.State(c)
		if c.Close() == nil {
			devicetest.Survives(t, r.host, newQ35(t).host)
		}
	})
}
