package pc

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/floppy"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// disturb changes something in every device that a reset brings back.
func disturb(p *PC) {
	for _, w := range []struct {
		port uint16
		size int
		v    uint32
	}{
		{0x20, 1, 0x11}, {0x21, 1, 0x30}, {0x21, 1, 4}, {0x21, 1, 1}, {0x4d0, 1, 0x20}, // the 8259s
		{0x43, 1, 0x34}, {0x40, 1, 0x12}, {0x40, 1, 0x34}, {0x61, 1, 3}, // the PIT
		{0x70, 1, 0x8b}, {0x71, 1, 0x42}, // the RTC's periodic interrupt
		{0x64, 1, 0x20}, {0x92, 1, 0}, // a reply of the keyboard controller
		{pmPort + 2, 2, 1}, {0xb2, 1, 0xf0}, {0xcf8, 4, 0x8000_0058}, {0xcfc, 4, 0x3000_0000}, {0xcf9, 1, 2},
		{0x3fc, 1, 0x0b}, {0x3f9, 1, 2}, {0xe9, 1, 'x'}, {0x80, 1, 0x99},
	} {
		p.VM.Ports.Out(w.port, w.size, w.v)
	}
	p.VM.Memory.Write(0xfec0_0000, 4, 0x10)
	p.VM.Memory.Write(0xfec0_0010, 4, 0x31)
	p.VM.Memory.Write(0xfee0_0080, 4, 0x20)
	p.cpus[0].msrs.Write(0x4b56_4d01, 0x3001)
	p.cpus[0].msrs.Write(0x4b56_4d04, 0x3101)
	p.cpus[0].msrs.Write(0x200, 6)
	p.cpus[0].msrs.Write(apicBase, 0xfed1_0000|1<<11)
	p.cpus[0].raiseNMI()
}

func TestStateSurvives(t *testing.T) {
	p, fresh := build(t, machine(&host{now: 5_000_000})), build(t, machine(&host{now: 5_000_000}))
	untouched := devicetest.Save(fresh)
	disturb(p)
	devicetest.Survives(t, p, fresh)
	if bytes.Equal(devicetest.Save(p), untouched) {
		t.Error("nothing was disturbed")
	}
	if name := fresh.VM.Memory.Name(0xfed1_0000); name != "local APIC" {
		t.Errorf("after a load, %q is where the local APIC's page was moved to", name)
	}
}

func TestEveryDeviceIsSavedOnce(t *testing.T) {
	savedOnce(t, config.MachinePC, "ich9")
	savedOnce(t, config.MachineQ35, "ide", "pm") // the ICH9 saves the latter
}

// savedOnce checks it for a machine that saves all of its board but these.
func savedOnce(t *testing.T, m config.Machine, but ...string) {
	t.Helper()
	c := machine(&host{now: 1})
	c.CPUs, c.Machine = 3, m
	c.Firmware = &Firmware{BIOS: make([]byte, 64<<10)}
	c.Serials = []Serial{{Port: 1, Open: c.Console.Open}, {Port: 3, Open: c.Console.Open}}
	c.Disks = []Disk{{Data: make([]byte, 1<<20), Bus: config.BusAHCI}, {Data: make([]byte, floppy.Size), Bus: config.BusFloppy}}
	p := build(t, c)
	saved := map[uintptr]int{}
	for _, d := range p.stateful() {
		saved[reflect.ValueOf(d).Pointer()]++
	}
	check := func(name string, at uintptr) {
		want := 1
		if slices.Contains(but, name) {
			want = 0
		}
		if saved[at] != want {
			t.Errorf("%s: %s is saved %d times, want %d", m, name, saved[at], want)
		}
	}
	for _, q := range p.cpus {
		check("local APIC", reflect.ValueOf(q.lapic).Pointer())
		check("MSRs", reflect.ValueOf(q.msrs).Pointer())
	}
	board := reflect.ValueOf(&p.board).Elem()
	for i := range board.NumField() {
		switch name, f := board.Type().Field(i).Name, board.Field(i); f.Kind() {
		case reflect.Pointer:
			check(name, f.Pointer())
		case reflect.Struct:
			check(name, f.Addr().Pointer())
		default:
			for j := range f.Len() {
				check(name, f.Index(j).Pointer())
			}
		}
	}
}

func TestACutOrForeignStateIsRefused(t *testing.T) {
	p := build(t, machine(&host{now: 1}))
	b := devicetest.Save(p)
	for _, bad := range [][]byte{nil, b[:1], b[:len(b)/2], b[:len(b)-1], append(bytes.Clone(b), 0), b[10:]} {
		c := state.Loader(bad)
		p.State(c)
		if c.Close() == nil {
			t.Errorf("a state of %d bytes, of %d, is loaded", len(bad), len(b))
		}
	}
}

func TestResetIsPowerOn(t *testing.T) {
	p, fresh := build(t, machine(&host{now: 5_000_000})), build(t, machine(&host{now: 5_000_000}))
	disturb(p)
	p.Reset()
	for i, d := range p.stateful() {
		if d == p.clock {
			continue // it counts the versions of what it writes on
		}
		got, want := state.Saver(), state.Saver()
		d.State(got)
		fresh.stateful()[i].State(want)
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("%T: after a reset %x, after power-on %x", d, got.Bytes(), want.Bytes())
		}
	}
	if v, ok := p.cpus[0].msrs.Read(0x4b56_4d01); v != 0 || !ok {
		t.Errorf("the clock's MSR is %#x", v)
	}
	if p.cpus[0].nmi || p.VM.Memory.Name(0xfee0_0000) != "local APIC" {
		t.Error("the local APIC is not where it was, or an NMI waits")
	}
}
