package loader

import (
	"bytes"
	"testing"
)

func TestLinux16(t *testing.T) {
	image := makeBzImage(nil)
	c := linuxConfig(t, image)
	c.Protocol = Linux16
	e := mustLoad(t, c)
	if e.Protocol != Linux16 || e.Mode != Real || e.CS.Selector != 0x1020 || e.CS.Base != 0x10200 || e.RIP != 0 {
		t.Errorf("%v, CS %+v, RIP %#x, want linux16 at 1020:0000", e, e.CS, e.RIP)
	}
	if e.Data.Selector != 0x1000 || e.Data.Base != 0x10000 || e.RSP != 0xe000 {
		t.Errorf("data %+v, RSP %#x, want 1000:e000", e.Data, e.RSP)
	}
	setup := read(t, c.RAM, 0x10000, 0xe000)
	if !bytes.Equal(setup[:0x1f1], image[:0x1f1]) || !bytes.Equal(setup[0x26c:5*sector], image[0x26c:5*sector]) {
		t.Error("the setup code is not as in the file")
	}
	if !bytes.Equal(setup[5*sector:], make([]byte, 0xe000-5*sector)) {
		t.Error("heap and stack are not clear")
	}
	if !bytes.Equal(read(t, c.RAM, 0x200000, 8192), image[5*sector:]) {
		t.Error("the code is not as in the file")
	}
	wantInitrd(t, c, setup, 16*mib)
	for name, tt := range map[string]struct{ got, want uint64 }{
		"type of loader": {uint64(setup[0x210]), 0xff},
		"load flags":     {uint64(setup[0x211]), 0x81},
		"heap end":       {uint64(le.Uint16(setup[0x224:])), 0xde00},
		"video mode":     {uint64(le.Uint16(setup[0x1fa:])), 0xf04},
		"code32_start":   {uint64(le.Uint32(setup[0x214:])), 0x200000},
		"command line":   {uint64(le.Uint32(setup[0x228:])), 0x1e000},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %#x, want %#x", name, tt.got, tt.want)
		}
	}
	if got := text(t, c.RAM, 0x1e000); got != "console=ttyS0" {
		t.Errorf("command line %q", got)
	}
	if bytes.Equal(image[0x224:][:2], setup[0x224:][:2]) {
		t.Error("the image was written to")
	}
}

func TestZImageGoesToLowMemory(t *testing.T) {
	image := makeBzImage(func(b []byte) {
		b[0x211] = 0
		b[0x234] = 0
		b[0x1f1] = 0 // which means 4
		put32(0x214, 0x1000)(b)
	})
	c := linuxConfig(t, image)
	e := mustLoad(t, c)
	if e.Protocol != Linux16 || e.CS.Selector != 0x9020 || e.Data.Selector != 0x9000 || e.RSP != 0x9800 {
		t.Errorf("%v, CS %+v, data %+v, RSP %#x", e, e.CS, e.Data, e.RSP)
	}
	if !bytes.Equal(read(t, c.RAM, 0x10000, 8192), image[5*sector:]) {
		t.Error("the code is not as in the file")
	}
	setup := read(t, c.RAM, 0x90000, 0x9800)
	if got := le.Uint32(setup[0x214:]); got != 0x1000 {
		t.Errorf("code32_start %#x, want it as it was", got)
	}
	if got := text(t, c.RAM, 0x99800); got != "console=ttyS0" {
		t.Errorf("command line %q", got)
	}
	big := append(image, make([]byte, 0x80000)...)
	put32(0x1f4, 0x80010/16)(big)
	c.Kernel.Data = big
	wantError(t, "large", c, "kernel: vmlinuz: is corrupt: a zImage of 513 KiB, want at most 512 KiB")
}

func TestABootProgramThatOnlyLooksLikeAKernelStartsInRealMode(t *testing.T) {
	c := linuxConfig(t, makeBzImage(func(b []byte) {
		put16(0x206, 0x207)(b)
		put32(0x214, 0)(b)
		b[0x234] = 0
	}))
	if e := mustLoad(t, c); e.Protocol != Linux16 || e.Mode != Real {
		t.Errorf("%v, want linux16", e)
	}
	if got := le.Uint32(read(t, c.RAM, 0x10000+0x214, 4)); got != 0 {
		t.Errorf("code32_start %#x, want it as it was", got)
	}
}
