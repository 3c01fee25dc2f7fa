package pc

import (
	"errors"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/char"
	"github.com/ringo-vmm/ringo/vmm/console"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
)

// Registers and bits of a UART that these tests use.
const (
	uartIER, uartIIR, uartMCR = 1, 2, 4
	ierTHRE, mcrOUT2          = 1 << 1, 1 << 3
)

func TestEachSerialPortHasItsLine(t *testing.T) {
	ports := []uint16{0x3f8, 0x2f8, 0x3e8, 0x2e8}
	c := machine(&vmmtest.Host{})
	var ends []*console.Console
	for i := range ports {
		end := console.New(16)
		ends = append(ends, end)
		c.Serials = append(c.Serials, Serial{Port: i + 1, Open: end.Open})
	}
	p := build(t, c)
	for i, at := range ports {
		p.VM.Ports.Out(at, 1, uint32('a'+i))
		ends[i].Type([]byte{byte('A' + i)})
		if got := p.VM.Ports.In(at, 1); got != uint32('A'+i) {
			t.Errorf("COM%d receives %#x", i+1, got)
		}
		b := make([]byte, 16)
		if n, _, _ := ends[i].Read(b, 0); string(b[:n]) != string(rune('a'+i)) {
			t.Errorf("COM%d has sent %q", i+1, b[:n])
		}
	}
	if got := shown(c); got != "" {
		t.Errorf("the console, which has no line, shows %q", got)
	}
}

// COM2 and COM4 have one interrupt request: it is there while one of them wants
// it.
func TestTwoSerialPortsShareAnInterrupt(t *testing.T) {
	c := machine(&host{now: 1})
	for _, n := range []int{1, 2, 4} {
		c.Serials = append(c.Serials, Serial{Port: n, Open: c.Console.Open})
	}
	p := build(t, c)
	ports := &p.VM.Ports
	const irr = 0x0a // OCW3: read the interrupt request register. 8259A data sheet
	// The line's level is what a level-triggered input shows.
	ports.Out(0x4d0, 1, 1<<3)
	want := func(when string, want uint32) {
		t.Helper()
		ports.Out(0x20, 1, irr)
		if got := ports.In(0x20, 1) >> 3 & 1; got != want {
			t.Errorf("%s: IRQ 3 is %d, want %d", when, got, want)
		}
	}
	for _, at := range []uint16{0x2f8, 0x2e8} {
		ports.Out(at+uartMCR, 1, mcrOUT2)
		ports.Out(at+uartIER, 1, ierTHRE)
	}
	want("both", 1)
	ports.In(0x2f8+uartIIR, 1)
	want("one", 1)
	ports.In(0x2e8+uartIIR, 1)
	want("none", 0)
}

func TestABackEndThatDoesNotOpen(t *testing.T) {
	c := machine(&host{})
	bad := func(char.Port) (char.Backend, error) { return nil, errors.New("no such cable") }
	for _, port := range []int{0, 3} {
		c.Serials = []Serial{{Port: 1, Open: c.Console.Open}, {Port: port, Open: bad}}
		_, err := New(c)
		var key interface{ ConfigKey() string }
		if err == nil || !strings.Contains(err.Error(), "no such cable") || !errors.As(err, &key) || key.ConfigKey() != "serial" {
			t.Errorf("port %d: error %v", port, err)
		}
	}
}

func TestAPortOfAllMachinesIsConnectedElsewhere(t *testing.T) {
	end := console.New(16)
	SetSerial(2, end.Open)
	t.Cleanup(func() { SetSerial(2, nil) })
	c := machine(&host{})
	c.Serials = []Serial{{Port: 2, Open: c.Console.Open}}
	p := build(t, c)
	p.VM.Ports.Out(0x2f8, 1, 'x')
	if got := shown(c); end.End() != 1 || got != "" {
		t.Errorf("%d bytes come there, and %q where they came before", end.End(), got)
	}
}
