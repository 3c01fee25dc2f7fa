package apic

import (
	"fmt"
	"slices"
	"testing"
)

// fakePIC is one 8259A as far as its initialisation goes.
type fakePIC struct {
	base, mask, cascade, mode uint8
	step                      int // the next initialisation word, 0 when initialised
}

func (p *fakePIC) command(v uint8) {
	if v&0x10 != 0 {
		p.step, p.mask = 2, 0 // initialisation clears the mask
	}
}

func (p *fakePIC) data(v uint8) {
	switch p.step {
	case 0:
		p.mask = v
		return
	case 2:
		p.base = v
	case 3:
		p.cascade = v
	case 4:
		p.mode = v
		p.step = -1
	}
	p.step++
}

// fakePorts is a machine whose I/O ports are the two 8259s.
type fakePorts struct {
	primary, secondary fakePIC
	other              []string
}

func (f *fakePorts) Out8(port uint16, v uint8) {
	switch port {
	case 0x20:
		f.primary.command(v)
	case 0x21:
		f.primary.data(v)
	case 0xa0:
		f.secondary.command(v)
	case 0xa1:
		f.secondary.data(v)
	default:
		f.other = append(f.other, fmt.Sprintf("%#x", port))
	}
}

func (f *fakePorts) In8(uint16) uint8     { return 0xff }
func (f *fakePorts) In16(uint16) uint16   { return 0xffff }
func (f *fakePorts) In32(uint16) uint32   { return 0xffff_ffff }
func (f *fakePorts) Out16(uint16, uint16) {}
func (f *fakePorts) Out32(uint16, uint32) {}

func TestPICsAreMovedAndMasked(t *testing.T) {
	f := &fakePorts{primary: fakePIC{base: 8}, secondary: fakePIC{base: 0x70}}
	SilencePIC(f)
	if want := (fakePIC{base: 0x20, mask: 0xff, cascade: 4, mode: 1}); f.primary != want {
		t.Errorf("primary %+v, want %+v", f.primary, want)
	}
	if want := (fakePIC{base: 0x28, mask: 0xff, cascade: 2, mode: 1}); f.secondary != want {
		t.Errorf("secondary %+v, want %+v", f.secondary, want)
	}
	if !slices.Equal(f.other, nil) {
		t.Errorf("wrote ports %v", f.other)
	}
}
