package loader

import (
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"
)

// code is the services' code and the offset of each.
func code() (b []byte, offsets map[string]uint64) {
	offsets = map[string]uint64{}
	for _, i := range services {
		if i.label != "" {
			offsets[i.label] = uint64(len(b))
		}
		b = append(b, i.code...)
	}
	return b, offsets
}

func TestServicesAreTheInstructionsTheySay(t *testing.T) {
	_, offsets := code()
	names := map[uint64]string{}
	for name, off := range offsets {
		names[off] = name
	}
	pc := uint64(0)
	for _, i := range services {
		inst, err := x86asm.Decode([]byte(i.code), 16)
		if err != nil || inst.Len != len(i.code) {
			t.Fatalf("%s: % x: %v, %d bytes", i.text, i.code, err, inst.Len)
		}
		got := x86asm.IntelSyntax(inst, pc, func(addr uint64) (string, uint64) { return names[addr], addr })
		if strings.TrimSpace(got) != i.text {
			t.Errorf("at %#x: % x is %q, want %q", pc, i.code, got, i.text)
		}
		pc += uint64(inst.Len)
	}
	if pc > servicesData {
		t.Errorf("%d bytes of code, %d have room", pc, servicesData)
	}
}

func TestVectorsLeadToTheServices(t *testing.T) {
	c := Config{RAM: memory(t, 32*mib), Kernel: Image{"k", makeBzImage(nil)}, Protocol: Linux16}
	mustLoad(t, c)
	b, offsets := code()
	if got := read(t, c.RAM, 0xf0000, len(b)); string(got) != string(b) {
		t.Error("the services are not in memory")
	}
	vectors := read(t, c.RAM, 0, 0x400)
	for n, want := range map[int]string{0: "return", 8: "return", 0x10: "video", 0x12: "size", 0x13: "fail", 0x15: "memory", 0x16: "keyboard", 0x1a: "fail", 0xff: "return"} {
		off, segment := le.Uint16(vectors[4*n:]), le.Uint16(vectors[4*n+2:])
		if segment != 0xf000 || uint64(off) != offsets[want] {
			t.Errorf("vector %#x leads to %04x:%04x, want %s at f000:%04x", n, segment, off, want, offsets[want])
		}
	}
	data := read(t, c.RAM, 0xf0000+servicesData, 8+6*20)
	if n, low, high := le.Uint32(data), le.Uint16(data[4:]), le.Uint16(data[6:]); n != 6 || low != 15*1024 || high != 16*16 {
		t.Errorf("%d ranges, %d KiB from 1 MiB, %d times 64 KiB from 16 MiB", n, low, high)
	}
	if start, size, kind := le.Uint64(data[8+3*20:]), le.Uint64(data[16+3*20:]), le.Uint32(data[24+3*20:]); start != 0x100000 || size != 31*mib || kind != 1 {
		t.Errorf("fourth range %#x, %#x bytes, type %d", start, size, kind)
	}
	if le.Uint16(read(t, c.RAM, 0x40e, 2)) != 0x9fc0 {
		t.Error("the vectors are over the BIOS data area")
	}
}

func TestOneBlockHasNoMemoryAbove16MiB(t *testing.T) {
	c := Config{RAM: memory(t, 2*mib), Kernel: Image{"k", pattern(16)}, Protocol: Flat, Address: 0x7c00}
	mustLoad(t, c)
	data := read(t, c.RAM, 0xf0000+servicesData, 8)
	if low, high := le.Uint16(data[4:]), le.Uint16(data[6:]); low != 1024 || high != 0 {
		t.Errorf("%d KiB from 1 MiB, %d times 64 KiB from 16 MiB", low, high)
	}
}
