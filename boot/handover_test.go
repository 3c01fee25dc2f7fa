package boot

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"
)

// kernel is where the image that recorded the hand-overs was.
var kernel = Range{0x100f000, 0x11232c8}

// recorded are real hand-overs, with what the command and the configuration
// that made them said.
var recorded = []struct {
	file        string
	protocol    Protocol
	uefi        bool
	loader      string
	commandLine string
	bar         string // the value of bar on the command line
	modules     string // sizes, names and command lines
	ram, usable uint64 // bytes
	rsdp        uint64
	rsdpLen     int
	framebuffer Framebuffer
}{
	{
		file: "qemu-multiboot1.txt", protocol: Multiboot1, loader: "qemu",
		commandLine: `k.elf foo=1 quiet bar="a b"`, bar: "a b",
		modules: `[11 vms.toml "vms.toml vms.toml"] [100000 blob.bin "blob.bin blob x=1"]`,
		ram:     0x7f7ec00, usable: 0x7e4e000,
	},
	{
		file: "qemu-pvh.txt", protocol: PVH,
		commandLine: `foo=1 quiet bar="a b"`, bar: "a b",
		modules: `[100000  ""]`,
		ram:     0x7f7ec00, usable: 0x7e4f000, rsdp: 0xf59e0,
	},
	{
		file: "ipxe.txt", protocol: Multiboot1, loader: "iPXE 1.0.0+git-20190125.36a4c85",
		commandLine: `tftp://10.0.2.2/k.elf foo=1 quiet bar="a b"`, bar: "a b",
		modules: `[11 vms.toml "tftp://10.0.2.2/vms.toml vms.toml"] [100000 blob.bin "tftp://10.0.2.2/blob.bin blob x=1"]`,
		ram:     0x7f7ec00, usable: 0x7e4e000,
	},
	{
		file: "grub-bios-multiboot1.txt", protocol: Multiboot1, loader: "GRUB 2.06-13+deb12u2",
		commandLine: `foo=1 quiet "bar=a b" esc=x\"y`, bar: "a b",
		modules: `[11 vms.toml "vms.toml"] [100000 blob "/boot/blob \"x=1 2\""] [0 empty "empty"]`,
		ram:     0x7f7fc00, usable: 0x7e4f000,
		framebuffer: Framebuffer{Addr: 0xb8000, Pitch: 160, Width: 80, Height: 25, BPP: 16, Type: EGAText},
	},
	{
		file: "grub-bios-multiboot2.txt", protocol: Multiboot2, loader: "GRUB 2.06-13+deb12u2",
		commandLine: `foo=1 quiet "bar=a b" esc=x\"y`, bar: "a b",
		modules: `[11 vms.toml "vms.toml"] [100000 blob "/boot/blob \"x=1 2\""] [0 empty "empty"]`,
		ram:     0x7f7ec00, usable: 0x7e4e000, rsdpLen: 20,
		framebuffer: Framebuffer{Addr: 0xb8000, Pitch: 160, Width: 80, Height: 25, BPP: 16, Type: EGAText},
	},
	{
		file: "grub-uefi-multiboot1.txt", protocol: Multiboot1, loader: "GRUB 2.06-13+deb12u2",
		commandLine: `foo=1 quiet "bar=a b" esc=x\"y`, bar: "a b",
		modules: `[11 vms.toml "vms.toml"] [100000 blob "/boot/blob \"x=1 2\""] [0 empty "empty"]`,
		ram:     0xf98e000, usable: 0xf85e000,
		framebuffer: Framebuffer{
			Addr: 0xc0000000, Pitch: 2400, Width: 800, Height: 600, BPP: 24, Type: RGB,
			Red: Field{16, 8}, Green: Field{8, 8}, Blue: Field{0, 8},
		},
	},
	{
		file: "grub-uefi-multiboot2.txt", protocol: Multiboot2, uefi: true, loader: "GRUB 2.06-13+deb12u2",
		commandLine: `foo=1 quiet "bar=a b" esc=x\"y`, bar: "a b",
		modules: `[11 vms.toml "vms.toml"] [100000 blob "/boot/blob \"x=1 2\""] [0 empty "empty"]`,
		ram:     0xf98e000, usable: 0xf85e000, rsdpLen: 36,
		framebuffer: Framebuffer{
			Addr: 0xc0000000, Pitch: 2400, Width: 800, Height: 600, BPP: 24, Type: RGB,
			Red: Field{16, 8}, Green: Field{8, 8}, Blue: Field{0, 8},
		},
	},
}

func TestParseReadsRecordedHandovers(t *testing.T) {
	for _, want := range recorded {
		t.Run(want.file, func(t *testing.T) {
			magic, addr, m := readHandover(t, want.file)
			i := new(Info)
			if err := i.Parse(magic, addr, m); err != nil {
				t.Fatal(err)
			}
			if err := i.FindUsable(kernel, nil); err != nil {
				t.Fatal(err)
			}
			check := func(what string, got, want any) {
				t.Helper()
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%s: %v, want %v", what, got, want)
				}
			}
			var modules string
			for k := range i.Modules() {
				mod := &i.Modules()[k]
				modules += fmt.Sprintf(" [%d %s %q]", mod.End-mod.Start, mod.Name(), mod.CommandLine())
			}
			check("protocol", i.Protocol, want.protocol)
			check("UEFI", i.UEFI, want.uefi)
			check("loader", i.Loader(), want.loader)
			check("command line", i.CommandLine(), want.commandLine)
			check("modules", modules, " "+want.modules)
			check("RAM", i.Memory.Total(RAM), want.ram)
			check("usable", i.Usable.Total(RAM), want.usable)
			check("RSDP", i.RSDP, want.rsdp)
			check("length of RSDP copy", len(i.RSDPCopy()), want.rsdpLen)
			check("framebuffer", i.Framebuffer, want.framebuffer)
			check("problems", problems(i), "")
			for key, value := range map[string]string{"foo": "1", "quiet": "", "bar": want.bar} {
				if got, ok := i.Lookup(key); !ok || got != value {
					t.Errorf("Lookup(%q) = %q, %v, want %q", key, got, ok, value)
				}
			}
			if n := want.rsdpLen; n > 0 && string(i.RSDPCopy()[:8]) != "RSD PTR " {
				t.Errorf("RSDP copy is %q", i.RSDPCopy())
			}
			if len(i.Handover()) == 0 || i.Handover()[0].Start != addr {
				t.Errorf("hand-over %x does not start at %#x", i.Handover(), addr)
			}
		})
	}
}

func TestInfoOutlivesLoaderMemory(t *testing.T) {
	for _, r := range recorded {
		magic, addr, m := readHandover(t, r.file)
		i := new(Info)
		if err := i.Parse(magic, addr, m); err != nil {
			t.Fatal(err)
		}
		before := fmt.Sprint(*i)
		for _, p := range m.parts {
			copy(p.b, bytes.Repeat([]byte{0xcc}, len(p.b)))
		}
		if fmt.Sprint(*i) != before {
			t.Errorf("%s: the value changed with the loader's memory", r.file)
		}
	}
}

func TestInfoHoldsNoPointer(t *testing.T) {
	var walk func(path string, typ reflect.Type)
	walk = func(path string, typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Struct:
			for k := range typ.NumField() {
				walk(path+"."+typ.Field(k).Name, typ.Field(k).Type)
			}
		case reflect.Array:
			walk(path+"[]", typ.Elem())
		case reflect.Bool, reflect.Int, reflect.Uint8, reflect.Uint32, reflect.Uint64:
		default:
			t.Errorf("%s is a %v", path, typ.Kind())
		}
	}
	walk("Info", reflect.TypeFor[Info]())
}

func TestParseAndFindUsableAllocateNothing(t *testing.T) {
	taken := []Range{{0x200000, 0x201000}}
	i := new(Info)
	for _, r := range recorded {
		magic, addr, m := readHandover(t, r.file)
		n := testing.AllocsPerRun(10, func() {
			if i.Parse(magic, addr, m) != nil || i.FindUsable(kernel, taken) != nil {
				t.Fatal("failed")
			}
			i.Lookup("bar")
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", r.file, n)
		}
	}
	nothing := &memory{}
	if n := testing.AllocsPerRun(10, func() { _ = i.Parse(0, 0, nothing) }); n != 0 {
		t.Errorf("failing: %v allocations", n)
	}
}

func TestParseRefusesUnknownLoader(t *testing.T) {
	m := &memory{}
	m.put(0x9000, make([]byte, 64))
	for _, addr := range []uint64{0x9000, 0xa000, 0, 1<<64 - 1} {
		i := new(Info)
		if err := i.Parse(0xdeadbeef, addr, m); err != ErrProtocol {
			t.Errorf("at %#x: %v, want %v", addr, err, ErrProtocol)
		}
		wantProblem(t, i, UnknownLoader)
	}
}

func TestParseForgetsTheLastHandover(t *testing.T) {
	magic, addr, m := readHandover(t, "grub-uefi-multiboot2.txt")
	i, fresh := new(Info), new(Info)
	if err := i.Parse(magic, addr, m); err != nil {
		t.Fatal(err)
	}
	_ = i.Parse(0, 0, m)
	_ = fresh.Parse(0, 0, m)
	if !reflect.DeepEqual(i, fresh) {
		t.Error("something is left of the hand-over before")
	}
}
