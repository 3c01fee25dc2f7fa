package pmtimer

import "testing"

// port is an I/O port that reads a fixed value.
type port struct {
	t     *testing.T
	at    uint16
	value uint32
}

func (p *port) In32(port uint16) uint32 {
	if port != p.at {
		p.t.Errorf("read of port %#x", port)
	}
	return p.value
}

func (p *port) In8(uint16) uint8     { p.t.Error("8-bit read"); return 0xff }
func (p *port) In16(uint16) uint16   { p.t.Error("16-bit read"); return 0xffff }
func (p *port) Out8(uint16, uint8)   { p.t.Error("write") }
func (p *port) Out16(uint16, uint16) { p.t.Error("write") }
func (p *port) Out32(uint16, uint32) { p.t.Error("write") }

func TestReadDropsReservedBits(t *testing.T) {
	p := &port{t, 0x608, 0xabcd_ef12}
	var timer Timer
	timer.Init(p, 0x608, false)
	if got := timer.Read(); got != 0xcd_ef12 || timer.Width() != 24 {
		t.Errorf("24-bit timer of %d bits reads %#x", timer.Width(), got)
	}
	timer.Init(p, 0x608, true)
	if got := timer.Read(); got != 0xabcd_ef12 || timer.Width() != 32 {
		t.Errorf("32-bit timer of %d bits reads %#x", timer.Width(), got)
	}
	if timer.Hz() != 3579545 {
		t.Errorf("%d Hz", timer.Hz())
	}
	if n := testing.AllocsPerRun(10, func() { timer.Read() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
