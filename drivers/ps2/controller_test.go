package ps2

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/i8042"
)

// ports is a machine whose keyboard controller is the one of our guests.
type ports struct {
	*i8042.Controller
	t        *testing.T
	accesses int
	irq      int // interrupts, while the line was low

	data, command device.Ports
	// What is broken.
	broken func(port uint16, v uint8) uint8 // changes what is read
	deaf   func(port uint16, v uint8) bool  // tells that a write is lost
}

func newPorts(t *testing.T) *ports {
	p := &ports{t: t, broken: func(_ uint16, v uint8) uint8 { return v }, deaf: func(uint16, uint8) bool { return false }}
	level := false
	p.Controller = i8042.New(i8042.Wires{
		Keyboard: line(func(on bool) {
			if on && !level {
				p.irq++
			}
			level = on
		}), Mouse: line(func(bool) {}), Reset: func() { t.Error("the machine is reset") },
	})
	p.data, p.command = p.Data(), p.Command()
	return p
}

// line is an interrupt line.
type line func(on bool)

func (l line) Set(on bool) { l(on) }

func (p *ports) at(port uint16) device.Ports {
	switch p.accesses++; port {
	case 0x60:
		return p.data
	case 0x64:
		return p.command
	}
	p.t.Fatalf("access to port %#x", port)
	return nil
}

func (p *ports) In8(port uint16) uint8 { return p.broken(port, uint8(p.at(port).In(0, 1))) }

func (p *ports) Out8(port uint16, v uint8) {
	if d := p.at(port); !p.deaf(port, v) {
		d.Out(0, 1, uint32(v))
	}
}

func (p *ports) In16(uint16) uint16   { panic("16-bit access") }
func (p *ports) In32(uint16) uint32   { panic("32-bit access") }
func (p *ports) Out16(uint16, uint16) { panic("16-bit access") }
func (p *ports) Out32(uint16, uint32) { panic("32-bit access") }

// read is what comes by the interrupt handler.
func read(c *Controller) []byte {
	var buf [32]byte
	return buf[:c.Interrupt(buf[:])]
}

func TestKeysComeAsSet1WithAnInterruptEach(t *testing.T) {
	p := newPorts(t)
	p.Codes(0x1e, 0x9e) // before anybody listens
	p.command.Out(0, 1, writeConfig)
	p.data.Out(0, 1, configMouse|configNoKeys) // what somebody may have left
	c := &Controller{IO: p}
	if n := c.Interrupt(make([]byte, 8)); n != 0 {
		t.Errorf("%d codes before Init", n)
	}
	if err := c.Init(); err != nil {
		t.Fatal(err)
	}
	if got := read(c); len(got) != 0 {
		t.Errorf("Init leaves %#x", got)
	}
	before := p.irq
	p.Codes(0x30)
	if p.irq != before+1 {
		t.Errorf("%d interrupts for a key", p.irq-before)
	}
	if got := read(c); string(got) != "\x30" {
		t.Errorf("the key comes as %#x", got)
	}
	p.Codes(0xe0, 0x48)
	if got := read(c); string(got) != "\xe0\x48" {
		t.Errorf("an arrow comes as %#x", got)
	}
}

func TestCodesThatDoNotFitComeLater(t *testing.T) {
	p := newPorts(t)
	c := &Controller{IO: p}
	if err := c.Init(); err != nil {
		t.Fatal(err)
	}
	p.Codes(1, 2, 3)
	var buf [2]byte
	if n := c.Interrupt(buf[:]); n != 2 || buf != [2]byte{1, 2} {
		t.Errorf("%d codes: %v", n, buf)
	}
	if n := c.Interrupt(buf[:]); n != 1 || buf[0] != 3 {
		t.Errorf("%d codes: %v", n, buf)
	}
	p.Move(5, 5, 0, 0)
	p.Codes(4)
	if got := read(c); string(got) != "\x04" {
		t.Errorf("beside a mouse that is off: %#x", got)
	}
}

func TestInitEndsOnBrokenHardware(t *testing.T) {
	all := func(v uint8) func(uint16, uint8) uint8 { return func(uint16, uint8) uint8 { return v } }
	for name, tc := range map[string]struct {
		broken func(p *ports)
		want   Error
	}{
		"nothing there":      {func(p *ports) { p.broken = all(0xff) }, ErrAbsent},
		"zeros":              {func(p *ports) { p.broken = all(0) }, ErrAbsent},
		"never takes a byte": {func(p *ports) { p.broken = all(statusInput) }, ErrAbsent},
		"always has a byte": {func(p *ports) {
			p.broken = func(port uint16, v uint8) uint8 {
				if port == portCommand {
					return v | statusOutput
				}
				return 0x55
			}
		}, ErrTest},
		"no translation": {func(p *ports) {
			config := false
			p.deaf = func(port uint16, v uint8) bool { config = port == portCommand && v == readConfig; return false }
			p.broken = func(port uint16, v uint8) uint8 {
				if port == portData && config {
					v &^= configTo1
				}
				return v
			}
		}, ErrTranslation},
		"no keyboard": {func(p *ports) { p.deaf = func(port uint16, v uint8) bool { return port == portData && v >= 0xf4 } }, ErrNoKeyboard},
		"a keyboard that understands nothing": {func(p *ports) {
			p.broken = func(port uint16, v uint8) uint8 {
				if port == portData && v == acknowledged {
					return resend
				}
				return v
			}
		}, ErrNoKeyboard},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPorts(t)
			tc.broken(p)
			p.accesses = 0
			c := &Controller{IO: p}
			if err := c.Init(); err != tc.want {
				t.Errorf("%v, want %v", err, tc.want)
			}
			if p.accesses > 10*maxPolls {
				t.Errorf("%d accesses", p.accesses)
			}
			if n := c.Interrupt(make([]byte, 8)); n != 0 {
				t.Errorf("%d codes", n)
			}
		})
	}
}

func TestInterruptEndsOnAControllerThatAlwaysHasAByte(t *testing.T) {
	p := newPorts(t)
	c := &Controller{IO: p}
	if err := c.Init(); err != nil {
		t.Fatal(err)
	}
	p.broken = func(uint16, uint8) uint8 { return statusOutput | statusMouse }
	p.accesses = 0
	if got := read(c); len(got) != 0 || p.accesses > 1000 {
		t.Errorf("%d codes, %d accesses", len(got), p.accesses)
	}
}

func TestInterruptDoesNotAllocate(t *testing.T) {
	p := newPorts(t)
	c := &Controller{IO: p}
	if err := c.Init(); err != nil {
		t.Fatal(err)
	}
	var buf [16]byte
	var k Keyboard
	var text [MaxText]byte
	if n := testing.AllocsPerRun(100, func() {
		p.Codes(0x1e)
		for _, b := range buf[:c.Interrupt(buf[:])] {
			k.Code(text[:0], b)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
