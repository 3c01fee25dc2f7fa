package pcihost

import (
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// busy is a rig whose device is mapped and interrupts.
func busy(t testing.TB) *rig {
	r := newRig(t)
	r.write(rigDevice, 0, 0x10, 4, 0xc000)
	r.write(rigDevice, 0, 0x14, 4, 0xc0000000)
	r.write(rigDevice, 0, regCommand, 2, CommandIO|CommandMemory)
	r.write(1, 0, regPIRQ+3, 1, 12)
	r.dev.Set(true)
	r.ports.Out(Port+portResetControl, 1, 2)
	return r
}

func TestStateSurvivesASaveAndALoad(t *testing.T) {
	old, fresh := busy(t), newRig(t)
	devicetest.Survives(t, old.host, fresh.host)
	fresh.wantMapped("loaded", map[int]uint64{0: 0xc000, 1: 0xc0000000})
	fresh.wantUp("loaded", 12)
	if got := fresh.ports.In(Port, 4); got != old.ports.In(Port, 4) {
		t.Errorf("address %#x, want %#x", got, old.ports.In(Port, 4))
	}
	fresh.dev.Set(false)
	fresh.wantUp("let go after the load")
}

func TestALoadPutsABusyMachineBack(t *testing.T) {
	idle := devicetest.Save(newRig(t).host)
	r := busy(t)
	devicetest.Load(t, r.host, idle)
	r.wantMapped("loaded", nil)
	r.wantUp("loaded")
	if string(devicetest.Save(r.host)) != string(idle) {
		t.Error("saves something else than it loaded")
	}
}

func TestALoadCannotMakeADeviceAnother(t *testing.T) {
	const configAt = 4 + len("pcihost") + 1 + 4 + 1 + 1 // of the host bridge
	for name, tt := range map[string]struct {
		at   int
		want string
	}{
		"another vendor":   {configAt + regVendor, "00.0 is another device"},
		"another function": {configAt - 1, "function"},
	} {
		b := devicetest.Save(busy(t).host)
		b[tt.at] ^= 0xff
		c := state.Loader(b)
		newRig(t).host.State(c)
		if err := c.Close(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	b := devicetest.Save(busy(t).host)
	for i := range spaceSize - 4 {
		b[configAt+4+i] = 0xff
	}
	r := newRig(t)
	devicetest.Load(t, r.host, b)
	if got := r.read(0, 0, regRevision, 4); got != 0x06000002 {
		t.Errorf("class and revision %#x after a load of ones, want 0x6000002", got)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(devicetest.Save(busy(f).host))
	f.Add(devicetest.Save(newRig(f).host))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newRig(t)
		c := state.Loader(b)
		r.host.State(c)
		if c.Close() == nil {
			devicetest.Survives(t, r.host, newRig(t).host)
		}
	})
}

// FuzzAccess makes accesses of 8 bytes each: what, port, value.
func FuzzAccess(f *testing.F) {
	f.Add([]byte("\x82\x00\x00\x00\x10\x18\x00\x80\x86\x00\x00\x00\xff\xff\xff\xff\x06\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\x82\x00\x00\x00\x60\x08\x00\x80\x84\x03\x00\x00\x0c\x00\x00\x00\x08\x00\x00\x00\x01\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newRig(t)
		for ; len(b) >= 8; b = b[8:] {
			size := 1 << (b[0] >> 1 & 3) & 7
			off := uint16(b[1]) % Ports
			v := uint32(b[4]) | uint32(b[5])<<8 | uint32(b[6])<<16 | uint32(b[7])<<24
			switch {
			case b[0]&8 != 0:
				r.dev.Set(v&1 != 0)
			case size == 0:
				r.host.Reset()
			case b[0]&0x80 != 0:
				r.host.Out(off, size, v)
			default:
				r.host.In(off, size)
			}
		}
		for i, bar := range r.dev.bars {
			if bar == nil || len(r.refused) != 0 { // two may have been put at one place
				continue
			}
			if base, on := r.mapped(i); on != bar.mapped || on && (base != bar.base || base%bar.Size != 0) {
				t.Errorf("BAR%d: put %v at %#x, is %v at %#x", i, on, base, bar.mapped, bar.base)
			}
		}
		if want := r.dev.level && r.dev.Command()&CommandNoINTx == 0; r.dev.asserted != want {
			t.Errorf("pin %v, want %v", r.dev.asserted, want)
		}
		devicetest.Survives(t, r.host, newRig(t).host)
	})
}

func BenchmarkConfigRead(b *testing.B) {
	r := newRig(b)
	b.ReportAllocs()
	for b.Loop() {
		r.host.Out(portAddress, 4, addressEnable|rigDevice<<11)
		r.host.In(portData, 4)
	}
}

func BenchmarkInterrupt(b *testing.B) {
	r := newRig(b)
	b.ReportAllocs()
	for b.Loop() {
		r.dev.Set(true)
		r.dev.Set(false)
	}
}

func TestAccessesDoNotAllocate(t *testing.T) {
	r := newRig(t)
	if n := testing.AllocsPerRun(100, func() {
		r.host.Out(portAddress, 4, addressEnable|rigDevice<<11|regCommand)
		r.host.Out(portData, 4, r.host.In(portData, 4)^CommandIO^CommandNoINTx)
		r.dev.Set(true)
		r.dev.Set(false)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
