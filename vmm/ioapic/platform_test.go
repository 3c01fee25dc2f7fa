package ioapic

import (
	"fmt"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/lapic"
	"github.com/ringo-vmm/ringo/vmm/pic"
)

// platform is the interrupt controllers of a PC with one processor, wired as a
// machine wires them, and a processor that takes what is pending.
type platform struct {
	*rig
	t     testing.TB
	pic   *pic.PIC
	lapic *lapic.LAPIC
	isa   [16]device.IRQ
}

func newPlatform(t testing.TB) *platform {
	p := &platform{rig: &rig{}, t: t, pic: pic.New()}
	bus := &lapic.Bus{}
	p.lapic = lapic.New(bus, lapic.Config{
		BSP: true, Clock: new(devicetest.Clock), BusHz: 1e9,
		Notify: func() {}, NMI: func() {}, Init: func() {}, StartUp: func(uint8) {},
	})
	p.IOAPIC = New(bus.Send)
	bus.EOI = p.IOAPIC.EOI
	p.pic.Output = func(level bool) {
		p.lapic.SetLINT(0, level)
		p.SetLine(0, level)
	}
	for n := range p.isa {
		p.isa[n] = ISA(p.pic, p.IOAPIC, n)
	}
	return p
}

func (p *platform) out(port uint16, vs ...uint8) {
	for _, v := range vs {
		switch port &^ 1 {
		case 0x20:
			p.pic.Master().Out(port&1, 1, uint32(v))
		case 0xa0:
			p.pic.Slave().Out(port&1, 1, uint32(v))
		}
	}
}

// initPIC is what Linux's init_8259A writes.
func (p *platform) initPIC(icw4 uint8) {
	p.out(0x20, 0x11)
	p.out(0x21, 0x30, 0x04, icw4)
	p.out(0xa0, 0x11)
	p.out(0xa1, 0x38, 0x02, 0x01)
	p.out(0x21, 0xff)
	p.out(0xa1, 0xff)
}

func (p *platform) apic(off uint64, v uint32) { p.lapic.Write(off, 4, uint64(v)) }

// take is the vector of the interrupt that the processor takes, -1 for none.
// The 8259s' come first.
func (p *platform) take() int {
	if p.lapic.ExtINT() {
		p.lapic.AcknowledgeExtINT()
		return int(p.pic.Acknowledge())
	}
	if v, ok := p.lapic.Pending(); ok {
		p.lapic.Acknowledge(v)
		return int(v)
	}
	return -1
}

// timerIRQWorks is Linux's test of the same name: do the timer's ticks arrive?
// Each is a period of the PIT's mode 2, whose output falls for a moment.
func (p *platform) timerIRQWorks(vector int, ack func()) error {
	for tick := range 10 {
		p.isa[0].Set(false)
		p.isa[0].Set(true)
		if got := p.take(); got != vector {
			return fmt.Errorf("tick %d: vector %#x, want %#x", tick, got, vector)
		}
		ack()
		if got := p.take(); got != -1 {
			return fmt.Errorf("tick %d: a second interrupt, vector %#x", tick, got)
		}
	}
	return nil
}

func (p *platform) eoi() { p.apic(0xb0, 0) }

// An operating system that knows the 8259s alone, the local APIC as it was at
// reset.
func TestLegacyPIC(t *testing.T) {
	p := newPlatform(t)
	p.initPIC(1)
	p.out(0x21, 0xfa)
	p.out(0xa1, 0xfe)
	if err := p.timerIRQWorks(0x30, func() { p.out(0x20, 0x60) }); err != nil {
		t.Fatal(err)
	}
	p.isa[8].Set(true)
	if got := p.take(); got != 0x38 {
		t.Errorf("the RTC's vector is %#x", got)
	}
}

// Linux's check_timer and its fall backs.
func TestCheckTimer(t *testing.T) {
	const vector = 0x30
	setUp := func(t *testing.T) *platform {
		p := newPlatform(t)
		p.isa[0].Set(true)
		p.apic(0xf0, 0x1ff)
		p.apic(0x350, 0x10700)
		p.initPIC(3) // automatic EOI
		return p
	}
	t.Run("through the I/O APIC", func(t *testing.T) {
		p := setUp(t)
		p.route(TimerGSI, 0, vector)
		if err := p.timerIRQWorks(vector, p.eoi); err != nil {
			t.Error(err)
		}
	})
	t.Run("through the 8259A and the I/O APIC", func(t *testing.T) {
		p := setUp(t)
		p.route(0, 0, vector)
		p.out(0x21, 0xfe)
		p.take()
		p.eoi()
		if err := p.timerIRQWorks(vector, p.eoi); err != nil {
			t.Error(err)
		}
	})
	t.Run("virtual wire", func(t *testing.T) {
		p := setUp(t)
		p.apic(0x350, vector)
		p.out(0x21, 0xfe)
		p.take()
		p.eoi()
		if err := p.timerIRQWorks(vector, p.eoi); err != nil {
			t.Error(err)
		}
	})
	t.Run("ExtINT", func(t *testing.T) {
		p := setUp(t)
		p.initPIC(1)
		p.out(0x21, 0xfe)
		p.apic(0x350, 0x700)
		// unlock_ExtINT_logic: the RTC's input sends ExtINT for a while, whose
		// acknowledge cycles find no interrupt in the 8259s.
		p.route(8, 0, 0x700)
		p.isa[8].Set(true)
		if got := p.take(); got != 0x37 {
			t.Errorf("vector %#x, want the 8259A's spurious one", got)
		}
		p.isa[8].Set(false)
		p.route(8, 0, 0x10000)
		if err := p.timerIRQWorks(0x30, func() { p.out(0x20, 0x60) }); err != nil {
			t.Error(err)
		}
	})
	t.Run("ExtINT through the I/O APIC", func(t *testing.T) {
		p := setUp(t)
		p.initPIC(1)
		p.out(0x21, 0xfe)
		p.route(0, 0, 0x700)
		if err := p.timerIRQWorks(0x30, func() { p.out(0x20, 0x60) }); err != nil {
			t.Error(err)
		}
	})
}

func TestISALinesReachBoth(t *testing.T) {
	for n := range 16 {
		if n == 2 {
			continue
		}
		p := newPlatform(t)
		p.initPIC(1)
		p.out(0x21, 0)
		p.out(0xa1, 0)
		p.apic(0xf0, 0x1ff)
		p.apic(0x350, 0x10700)
		gsi := n
		if n == 0 {
			gsi = TimerGSI
		}
		p.route(uint8(gsi), 0, 0x60+uint32(n))
		p.isa[n].Set(true)
		if got := p.take(); got != 0x60+n {
			t.Errorf("line %d: vector %#x from the I/O APIC", n, got)
		}
		if !p.pic.Pending() || int(p.pic.Acknowledge()) != 0x30+n {
			t.Errorf("line %d does not reach the 8259s", n)
		}
	}
}

// A PCI device asserts its line until its driver has served it: each EOI with
// the line still asserted is another interrupt.
func TestLevelInterruptToTheEnd(t *testing.T) {
	p := newPlatform(t)
	p.apic(0xf0, 0x1ff)
	p.apic(0xd0, 1<<24)
	p.route(11, 1, 0xa800|0x41) // as Linux routes PCI: logical, level, active low
	p.SetLine(11, true)
	for range 3 {
		if got := p.take(); got != 0x41 {
			t.Fatalf("vector %#x", got)
		}
		if got := p.take(); got != -1 {
			t.Fatalf("vector %#x before the EOI", got)
		}
		if got := p.get(0x10 + 2*11); got&(1<<14) == 0 {
			t.Fatal("no remote IRR")
		}
		p.eoi()
	}
	p.take()
	p.SetLine(11, false)
	p.eoi()
	if got := p.take(); got != -1 {
		t.Errorf("vector %#x after the line fell", got)
	}
	if got := p.get(0x10 + 2*11); got&(1<<14) != 0 {
		t.Error("the remote IRR stayed")
	}
}

// With the EOI register, Linux ends a level interrupt at the I/O APIC itself.
func TestLevelInterruptThroughTheEOIRegister(t *testing.T) {
	p := newPlatform(t)
	p.apic(0xf0, 0x1ff)
	p.route(11, 0, 0x8041)
	p.SetLine(11, true)
	p.take()
	p.SetLine(11, false)
	p.Write(0x40, 4, 0x41)
	if got := p.get(0x10 + 2*11); got != 0x8041 {
		t.Errorf("entry %#x", got)
	}
	p.eoi()
	p.SetLine(11, true)
	if got := p.take(); got != 0x41 {
		t.Errorf("vector %#x", got)
	}
}
