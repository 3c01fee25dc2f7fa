package ioapic

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/lapic"
)

// rig is an I/O APIC whose messages are kept.
type rig struct {
	*IOAPIC
	sent   []lapic.Message
	refuse bool
}

func newRig() *rig {
	r := &rig{}
	r.IOAPIC = New(func(m lapic.Message) bool {
		r.sent = append(r.sent, m)
		return !r.refuse
	})
	return r
}

func (r *rig) reg(reg uint8, v uint32) {
	r.Write(0, 4, uint64(reg))
	r.Write(0x10, 4, uint64(v))
}

func (r *rig) get(reg uint8) uint32 {
	r.Write(0, 4, uint64(reg))
	return uint32(r.Read(0x10, 4))
}

// route sets an entry as Linux does, upper half first.
func (r *rig) route(gsi uint8, dest uint8, low uint32) {
	r.reg(0x11+2*gsi, uint32(dest)<<24)
	r.reg(0x10+2*gsi, low)
}

func TestRegisters(t *testing.T) {
	r := newRig()
	for reg := 0; reg < 256; reg++ {
		want := uint32(0)
		switch {
		case reg == 1:
			want = 0x170020
		case reg == 2: // follows register 0
			want = 0x0f000000
		case reg >= 0x10 && reg < 0x40 && reg&1 == 0:
			want = 0x10000
		}
		if got := r.get(uint8(reg)); got != want {
			t.Errorf("register %#x is %#x, want %#x", reg, got, want)
		}
		r.refuse = true
		r.reg(uint8(reg), 0xffffffff)
		switch {
		case reg == 0:
			want = 0x0f000000
		case reg >= 0x10 && reg < 0x40 && reg&1 == 0:
			want = 0x1afff
		case reg >= 0x10 && reg < 0x40:
			want = 0xff000000
		}
		if got := r.get(uint8(reg)); got != want {
			t.Errorf("register %#x is %#x after all ones, want %#x", reg, got, want)
		}
	}
	r.Reset()
	if r.get(0) != 0 || r.get(0x10) != 0x10000 || r.get(0x11) != 0 {
		t.Error("reset left registers")
	}
}

func TestAccessSizes(t *testing.T) {
	r := newRig()
	r.Write(0, 1, 0x01)
	if got := r.Read(0, 4); got != 1 {
		t.Errorf("IOREGSEL reads %#x", got)
	}
	if got := r.Read(0x10, 4); got != 0x170020 {
		t.Errorf("the version reads %#x", got)
	}
	if got := r.Read(0x10, 2); got != 0 {
		t.Errorf("16 bits of the window read %#x", got)
	}
	r.Write(0, 4, 0)
	r.Write(0x10, 1, 0xff)
	r.Write(0x20, 4, 0xffffffff)
	if r.get(0) != 0 || r.Read(0x20, 4) != 0 || r.Read(0xfff, 8) != 0 {
		t.Error("something is where no register is")
	}
}

func TestMessages(t *testing.T) {
	for _, test := range []struct {
		name string
		dest uint8
		low  uint32
		want *lapic.Message
	}{
		{"fixed", 3, 0x41, &lapic.Message{Dest: 3, Vector: 0x41}},
		{"broadcast", 0xff, 0x41, &lapic.Message{Dest: lapic.Broadcast, Vector: 0x41}},
		{"logical, lowest priority", 6, 0x941, &lapic.Message{Dest: 6, Logical: true, Mode: lapic.LowestPriority, Vector: 0x41}},
		{"level", 1, 0x8041, &lapic.Message{Dest: 1, Level: true, Vector: 0x41}},
		{"level, lowest priority", 1, 0x8141, &lapic.Message{Dest: 1, Mode: lapic.LowestPriority, Level: true, Vector: 0x41}},
		{"active low", 1, 0xa041, &lapic.Message{Dest: 1, Level: true, Vector: 0x41}},
		{"NMI", 1, 0x400, &lapic.Message{Dest: 1, Mode: lapic.NMI}},
		{"NMI, which is no level", 1, 0x8400, &lapic.Message{Dest: 1, Mode: lapic.NMI}},
		{"INIT", 1, 0x500, &lapic.Message{Dest: 1, Mode: lapic.INIT}},
		{"ExtINT", 0, 0x700, &lapic.Message{Mode: lapic.ExtINT}},
		{"no start-up", 1, 0x610, nil},
		{"masked", 1, 0x10041, nil},
	} {
		r := newRig()
		r.route(7, test.dest, test.low)
		r.Line(7).Set(true)
		switch {
		case test.want == nil && len(r.sent) != 0:
			t.Errorf("%s: sent %+v", test.name, r.sent)
		case test.want != nil && (len(r.sent) != 1 || r.sent[0] != *test.want):
			t.Errorf("%s: sent %+v, want %+v", test.name, r.sent, *test.want)
		}
	}
}

func TestEdges(t *testing.T) {
	r := newRig()
	r.route(4, 0, 0x41)
	r.SetLine(4, true)
	r.SetLine(4, true)
	r.SetLine(4, false)
	r.SetLine(4, true)
	if len(r.sent) != 2 {
		t.Errorf("%d messages for 2 edges", len(r.sent))
	}
	r.route(5, 0, 0x10042)
	r.SetLine(5, true)
	r.route(5, 0, 0x42)
	if len(r.sent) != 2 {
		t.Error("an edge on a masked input was kept")
	}
	r.SetLine(-1, true)
	r.SetLine(24, true)
}

func TestLevels(t *testing.T) {
	r := newRig()
	r.route(10, 0, 0x8041)
	r.SetLine(10, true)
	if got := r.get(0x10 + 2*10); got != 0xc041 {
		t.Errorf("the entry is %#x, want its remote IRR", got)
	}
	r.SetLine(10, false)
	r.SetLine(10, true)
	if len(r.sent) != 1 {
		t.Errorf("%d messages before the end of the first", len(r.sent))
	}
	r.IOAPIC.EOI(0x42)
	if len(r.sent) != 1 {
		t.Error("the end of another vector ended it")
	}
	r.IOAPIC.EOI(0x41)
	if len(r.sent) != 2 {
		t.Error("the line is still asserted, but is not sent again")
	}
	r.SetLine(10, false)
	r.IOAPIC.EOI(0x41)
	if got := r.get(0x10 + 2*10); len(r.sent) != 2 || got != 0x8041 {
		t.Errorf("after the end, %d messages, entry %#x", len(r.sent), got)
	}
}

func TestLevelWhileMasked(t *testing.T) {
	r := newRig()
	r.route(10, 0, 0x18041)
	r.SetLine(10, true)
	if len(r.sent) != 0 {
		t.Fatal("sent while masked")
	}
	r.reg(0x24, 0x8041)
	if len(r.sent) != 1 {
		t.Fatal("not sent when it is unmasked")
	}
	// Linux masks while it moves the interrupt, and its end comes then.
	r.reg(0x24, 0x18041)
	r.IOAPIC.EOI(0x41)
	if got := r.get(0x24); got != 0x18041 || len(r.sent) != 1 {
		t.Errorf("entry %#x, %d messages", got, len(r.sent))
	}
	r.reg(0x24, 0x8051)
	if len(r.sent) != 2 || r.sent[1].Vector != 0x51 {
		t.Errorf("sent %+v", r.sent)
	}
}

func TestRefusedLevelHasNoRemoteIRR(t *testing.T) {
	r := newRig()
	r.refuse = true
	r.route(10, 9, 0x8041)
	r.SetLine(10, true)
	if got := r.get(0x24); got != 0x8041 {
		t.Errorf("the entry is %#x: nobody would ever end the interrupt", got)
	}
	r.refuse = false
	r.reg(0x25, 0)
	r.reg(0x24, 0x8041)
	if got := r.get(0x24); got != 0xc041 {
		t.Errorf("the entry is %#x when somebody takes it", got)
	}
}

func TestEOIRegister(t *testing.T) {
	r := newRig()
	r.route(10, 0, 0x8041)
	r.route(11, 0, 0x8041)
	r.route(12, 0, 0x8051)
	for gsi := 10; gsi < 13; gsi++ {
		r.SetLine(gsi, true)
		r.SetLine(gsi, false)
	}
	r.Write(0x40, 4, 0x41)
	for gsi, want := range map[uint8]uint32{10: 0x8041, 11: 0x8041, 12: 0xc051} {
		if got := r.get(0x10 + 2*gsi); got != want {
			t.Errorf("entry %d is %#x, want %#x", gsi, got, want)
		}
	}
}

// Where there is no EOI register, Linux ends an interrupt by making its input
// edge-triggered and back; clear_IO_APIC_pin does the opposite.
func TestTriggerModeChangesClearTheRemoteIRR(t *testing.T) {
	r := newRig()
	r.route(10, 0, 0x8041)
	r.SetLine(10, true)
	r.reg(0x24, 0x10041)
	if got := r.get(0x24); got != 0x10041 {
		t.Errorf("the entry is %#x when it is an edge", got)
	}
	r.reg(0x24, 0x8041)
	if len(r.sent) != 2 {
		t.Error("the line is still asserted, but is not sent again")
	}
}

func TestReadOnlyBits(t *testing.T) {
	r := newRig()
	r.route(10, 0, 0x8041)
	r.SetLine(10, true)
	r.SetLine(10, false)
	r.reg(0x24, 0x8041) // 0 to the remote IRR
	if got := r.get(0x24); got != 0xc041 {
		t.Errorf("the entry is %#x: the remote IRR was written", got)
	}
}
