package loader

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestFlatBinaries(t *testing.T) {
	for name, tt := range map[string]struct {
		mode       Mode
		address    uint64
		cs         uint16
		base, rip  uint64
		stack, gdt bool
		stackAt    uint64
	}{
		"boot sector":     {Real, 0x7c00, 0, 0, 0x7c00, true, false, 0x9fc00},
		"real mode, high": {Real, 0x12345, 0x1234, 0x12340, 5, true, false, 0x9fc00},
		"protected mode":  {Protected, 0x100000, 0x10, 0, 0x100000, true, true, 0x9fc00},
		"long mode":       {Long, 0x1000, 0x10, 0, 0x1000, true, true, 0x9fc00},
	} {
		image := pattern(5000)
		c := Config{RAM: memory(t, 4*mib), Kernel: Image{"guest", image}, Protocol: Flat, Address: tt.address, Mode: tt.mode}
		e := mustLoad(t, c)
		if e.Protocol != Flat || e.Mode != tt.mode || e.CS.Selector != tt.cs || e.CS.Base != tt.base || e.RIP != tt.rip {
			t.Errorf("%s: %v, CS %#x base %#x, RIP %#x", name, e, e.CS.Selector, e.CS.Base, e.RIP)
		}
		if got := e.Data.Base + e.RSP; got != tt.stackAt {
			t.Errorf("%s: stack at %#x, want %#x", name, got, tt.stackAt)
		}
		if (e.GDT.Limit != 0) != tt.gdt {
			t.Errorf("%s: GDT %+v", name, e.GDT)
		}
		if !bytes.Equal(read(t, c.RAM, tt.address, len(image)), image) {
			t.Errorf("%s: the image is not in memory", name)
		}
	}
}

func TestFlatBinariesThatCannotBe(t *testing.T) {
	for name, tt := range map[string]struct {
		c    Config
		want string
	}{
		"beyond memory":        {Config{Address: 4*mib - 1}, "address: kernel guest needs 16 bytes at 0x3fffff, which are not all memory: the VM has 4096 KiB"},
		"beyond all":           {Config{Address: ^uint64(0)}, "address: kernel guest needs 16 bytes at 0xffffffffffffffff, which are not all memory: the VM has 4096 KiB"},
		"in the hole":          {Config{Address: 0xc0000}, "address: kernel guest needs 16 bytes at 0xc0000, which are not all memory: the VM has 4096 KiB"},
		"beyond real mode":     {Config{Address: 0x100000}, "address: no real-mode segment reaches 0x100000"},
		"on the loader's data": {Config{Address: 0x8fff0, Mode: Long}, "address: kernel guest needs 0x8fff0-0x90000, but the loader's data is at 0x80000-0x90000"},
		"no mode":              {Config{Address: 0x1000, Mode: 3}, "mode: there is no processor mode 3"},
		"module":               {Config{Address: 0x1000, Modules: []Module{module("m", 1, "")}}, "modules[0]: m: protocol flat has no modules"},
		"command line":         {Config{Address: 0x1000, CommandLine: "a"}, "cmdline: protocol flat has none"},
	} {
		tt.c.RAM, tt.c.Kernel, tt.c.Protocol = memory(t, 4*mib), Image{"guest", pattern(16)}, Flat
		wantError(t, name, tt.c, tt.want)
	}
}

func TestAutoTellsImagesApart(t *testing.T) {
	both := makePVH(elfClass64, pvhNotes)
	copy(both[0x300:], mbHeader(0))
	for name, tt := range map[string]struct {
		b    []byte
		want Protocol
	}{
		"bzImage":           {makeBzImage(nil), Linux64},
		"PVH":               {makePVH(elfClass64, pvhNotes), PVH},
		"ELF":               {withContents(makeELF(elfClass32, 0xc0100000, kernelSegments...)), ELF},
		"multiboot":         {mbKernel(0x1000, 0, mbHeader(mbHasAddress, 0x100000, 0x100000, 0, 0, 0x100000)), Multiboot},
		"multiboot and PVH": {both, Multiboot},
	} {
		if e := mustLoad(t, Config{RAM: memory(t, 4*mib), Kernel: Image{"k", tt.b}}); e.Protocol != tt.want {
			t.Errorf("%s: %v, want %v", name, e.Protocol, tt.want)
		}
	}
	for name, tt := range map[string]struct {
		b    []byte
		want string
	}{
		"noise":      {pattern(1000), "kernel: k: is no bzImage, multiboot or ELF image"},
		"one byte":   {pattern(1), "kernel: k: is no bzImage, multiboot or ELF image"},
		"compressed": {[]byte("\x1f\x8b\x08"), "kernel: k: is compressed: unpack it with gunzip first"},
		"broken ELF": {both[:100][:64], "kernel: k: is truncated: 64 bytes, its program headers are at 0x40"},
	} {
		wantError(t, name, Config{RAM: memory(t, 4*mib), Kernel: Image{"k", tt.b}}, tt.want)
	}
	wantError(t, "protocol", Config{RAM: memory(t, 4*mib), Kernel: Image{"k", pattern(16)}, Protocol: 99}, "boot: there is no protocol 99")
}

func TestProtocolsHaveNames(t *testing.T) {
	names := map[string]bool{"": true}
	for p := Auto; p <= Flat; p++ {
		if names[p.String()] {
			t.Errorf("protocol %d is called %q, as another is", p, p)
		}
		names[p.String()] = true
	}
}

func TestEveryGuestFindsTheBIOSDataArea(t *testing.T) {
	c := Config{RAM: memory(t, 4*mib), Kernel: Image{"k", makeBzImage(nil)}}
	mustLoad(t, c)
	b := read(t, c.RAM, 0, bdaEnd)
	for name, tt := range map[string]struct{ got, want uint16 }{
		"port of COM1":             {le.Uint16(b[0x400:]), 0x3f8},
		"port of COM2":             {le.Uint16(b[0x402:]), 0},
		"extended BIOS data area":  {le.Uint16(b[0x40e:]), 0x9fc0},
		"KiB of memory below":      {le.Uint16(b[0x413:]), 639},
		"KiB of the extended area": {uint16(read(t, c.RAM, 0x9fc00, 1)[0]), 1},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %#x, want %#x", name, tt.got, tt.want)
		}
	}
	if !bytes.Equal(read(t, c.RAM, 0x9fc01, 0x3ff), make([]byte, 0x3ff)) {
		t.Error("the extended BIOS data area is not clear")
	}
}

func TestSizesAreRoundedUp(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0 bytes", 10239: "10239 bytes", 10240: "10 KiB", 10241: "11 KiB",
		10 << 20: "10 MiB", 10<<20 + 1: "11 MiB",
	} {
		if got := sizeText(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// oneLine fails unless an error is one line, about a key.
func oneLine(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Key == "" || strings.Contains(e.Error(), "\n") {
		t.Errorf("error %q", err)
	}
}
