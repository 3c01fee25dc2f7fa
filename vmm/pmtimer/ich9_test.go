package pmtimer

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
)

func TestAnICH9HasItsRegistersBehindPMs(t *testing.T) {
	r := newRig()
	c := NewICH9(r.PM)
	c.Out(2, 2, pm1PowerBtn)
	if r.enable != pm1PowerBtn || c.In(0, 4) != pm1PowerBtn<<16 {
		t.Errorf("PM1 enable %#x, reads %#x", r.enable, c.In(0, 4))
	}
	for off := uint16(Ports); off < ICH9Ports; off += 4 {
		c.Out(off, 4, 0xffffffff)
	}
	for off, want := range map[uint16]uint32{
		0x0c: 0, GPEOffset: 0, GPEOffset + 4: 0, gpeEnable: 0xffffffff, gpeEnable + 4: 0xffffffff,
		smiEnable: smiCommand, 0x34: 0, ICH9Ports - 4: 0,
	} {
		if got := c.In(off, 4); got != want {
			t.Errorf("%#x: %#x after ones, want %#x", off, got, want)
		}
	}
	c.Out(gpeEnable+1, 1, 0x5a)
	if got := c.In(gpeEnable, 4); got != 0xffff5aff {
		t.Errorf("enable %#x after a byte", got)
	}
	fresh := NewICH9(newRig().PM)
	devicetest.Survives(t, c, fresh)
	if got := fresh.In(gpeEnable, 4); got != 0xffff5aff {
		t.Errorf("enable %#x after a load", got)
	}
	c.Reset()
	if got := c.In(gpeEnable, 4) | r.In(0, 4); got != 0 {
		t.Errorf("%#x is enabled after a reset", got)
	}
}
