package fwcfg

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

func TestFirmwareLearnsWhatTheMachineHas(t *testing.T) {
	r := newRig(t)
	big := memory(t, 5120)
	err := r.AddMachine(Machine{
		RAM: big, CPUs: 3, UUID: [16]byte{1, 2}, MenuWait: 5000, SerialConsole: 0x3f8,
		Boot: []string{IDE(1, 1, 1, 0), AHCI(4, 0, 2), Floppy(1, 0), PCI("scsi", 5, 2)}, BootOnly: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[uint16]string{
		0x02: "\x01\x02\x00", 0x03: "\x00\x00\x00\x40\x01\x00\x00\x00", 0x04: "\x00\x00", 0x05: "\x03\x00",
		0x0e: "\x01\x00", 0x0f: "\x03\x00", 0x8002: "\x01", 0x0d: "\x00\x00\x00\x00\x00\x00\x00\x00",
	} {
		if got := r.bytes(key, len(want)); string(got) != want {
			t.Errorf("item %#x is %x, want %x", key, got, want)
		}
	}
	var ram []byte
	for _, v := range []uint64{0, 3 << 30, 4 << 30, 2 << 30} {
		ram = binary.LittleEndian.AppendUint64(ram, v)
		if len(ram)%20 == 16 {
			ram = append(ram, 1, 0, 0, 0)
		}
	}
	for name, want := range map[string]string{
		"etc/e820":           string(ram),
		"etc/system-states":  "\x80\x00\x00\x01\x02\x80",
		"etc/boot-fail-wait": "\xff\xff\xff\xff",
		"etc/boot-menu-wait": "\x88\x13\x00\x00",
		"etc/sercon-port":    "\xf8\x03",
		"bootorder": "/pci@i0cf8/ide@1,1/drive@1/disk@0\n/pci@i0cf8/pci8086,2922@4/drive@2/disk@0\n" +
			"/pci@i0cf8/isa@1/fdc@03f0/floppy@0\n/pci@i0cf8/scsi@5,2\nHALT\n\x00",
	} {
		if got := r.file(name); string(got) != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestASmallMachine(t *testing.T) {
	r := newRig(t)
	if err := r.AddMachine(Machine{RAM: r.m, CPUs: 1}); err != nil {
		t.Fatal(err)
	}
	if got := r.file("etc/e820"); len(got) != 20 {
		t.Errorf("%d bytes of memory map", len(got))
	}
	if got := r.file("bootorder"); string(got) != "\x00" {
		t.Errorf("boot order %q", got)
	}
	if got := r.bytes(0x0e, 2); string(got) != "\x00\x00" {
		t.Error("there is a menu")
	}
	if err := r.AddMachine(Machine{RAM: r.m, CPUs: 1}); err == nil {
		t.Error("a machine is added twice")
	}
	for _, n := range []int{0, 256} {
		if err := New(r.m).AddMachine(Machine{RAM: r.m, CPUs: n}); err == nil {
			t.Errorf("%d processors are possible", n)
		}
	}
}

// bzImage is an image of 5 sectors of setup code and n bytes behind them.
func bzImage(n int) []byte {
	b := make([]byte, 5*512+n)
	b[0x1f1] = 4
	copy(b[0x202:], "HdrS")
	b[0x206], b[0x207] = 0x0f, 2
	b[0x211] = 1
	binary.LittleEndian.PutUint32(b[0x22c:], 0x7fffffff)
	for i := range b[5*512:] {
		b[5*512+i] = byte(i)
	}
	return b
}

func TestAKernelIsSplit(t *testing.T) {
	r := newRig(t)
	image := bzImage(5000)
	k := Kernel{Image: image, Initrd: []byte("initrd"), CommandLine: "quiet"}
	if err := r.AddKernel(k, r.m); err != nil {
		t.Fatal(err)
	}
	number := func(key uint16) int { return int(binary.LittleEndian.Uint32(r.bytes(key, 4))) }
	if number(0x08) != 5000 || number(0x17) != 2560 || number(0x0b) != 6 || number(0x14) != 6 {
		t.Errorf("sizes %d, %d, %d, %d", number(0x08), number(0x17), number(0x0b), number(0x14))
	}
	if number(0x07) != 0x100000 || number(0x16) != 0x10000 || number(0x13) != 0x20000 || number(0x0a) != 7<<20-4096 {
		t.Errorf("addresses %#x, %#x, %#x, %#x", number(0x07), number(0x16), number(0x13), number(0x0a))
	}
	setup := r.bytes(0x18, 2560)
	le := binary.LittleEndian
	if setup[0x210] != 0xff || setup[0x211] != 0x81 || le.Uint32(setup[0x228:]) != 0x20000 ||
		le.Uint32(setup[0x218:]) != 7<<20-4096 || le.Uint32(setup[0x21c:]) != 6 || le.Uint16(setup[0x224:]) != 0xfe00 {
		t.Errorf("setup header % x", setup[0x202:0x230])
	}
	if !bytes.Equal(r.bytes(0x11, 5000), image[2560:]) || string(r.bytes(0x15, 6)) != "quiet\x00" || string(r.bytes(0x12, 6)) != "initrd" {
		t.Error("a part is not what it was")
	}
	if image[0x210] != 0 {
		t.Error("the image was changed")
	}
}

func TestKernelsThatCannotBe(t *testing.T) {
	r := newRig(t)
	for name, k := range map[string]Kernel{
		"nothing":      {},
		"no magic":     {Image: make([]byte, 5000)},
		"truncated":    {Image: bzImage(1)[:2560]},
		"old":          {Image: func() []byte { b := bzImage(9); b[0x206] = 2; return b }()},
		"zImage":       {Image: func() []byte { b := bzImage(9); b[0x211] = 0; return b }()},
		"sectors":      {Image: func() []byte { b := bzImage(1 << 17); b[0x1f1] = 65; return b }()},
		"NUL":          {Image: bzImage(9), CommandLine: "a\x00"},
		"long line":    {Image: bzImage(9), CommandLine: strings.Repeat("x", 0x8000)},
		"large initrd": {Image: bzImage(9), Initrd: make([]byte, 6<<20)},
		"huge initrd":  {Image: bzImage(9), Initrd: make([]byte, 9<<20)},
	} {
		if err := New(r.m).AddKernel(k, r.m); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzKernel(f *testing.F) {
	f.Add(bzImage(100), 8)
	f.Fuzz(func(t *testing.T, image []byte, initrd int) {
		m := memory(t, 8)
		New(m).AddKernel(Kernel{Image: image, Initrd: make([]byte, initrd&0xfffff)}, m)
	})
}
