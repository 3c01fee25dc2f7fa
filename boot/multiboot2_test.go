package boot

import (
	"bytes"
	"testing"
)

// tag2 is a tag of multiboot 2, padded to 8 bytes.
func tag2(kind u32, body ...any) []byte {
	b := pack(body...)
	b = pack(kind, u32(8+len(b)), b)
	return append(b, make([]byte, -len(b)&7)...)
}

// info2 is multiboot 2 information with these tags and an end tag.
func info2(tags ...[]byte) []byte {
	b := pack(bytes.Join(tags, nil), tag2(mb2End))
	return pack(u32(8+len(b)), u32(0), b)
}

// map2 is a memory map tag with 1 GiB of RAM.
var map2 = tag2(mb2Map, u32(24), u32(0), u64(0), u64(0x9fc00), u32(1), u32(0), u64(0x100000), u64(0x3ff00000), u32(1), u32(0))

var memory2 = []Region{{0, 0x9fc00, RAM}, {0x100000, 0x40000000, RAM}}

func parse2(b []byte) (*Info, error) {
	m := &memory{}
	m.putExact(0x10000, b)
	i := new(Info)
	return i, i.Parse(multiboot2Magic, 0x10000, m)
}

// rsdp stands for an ACPI root pointer.
func rsdp(size int, fill string) []byte {
	return bytes.Repeat([]byte(fill), size)
}

func TestMultiboot2(t *testing.T) {
	i, err := parse2(info2(
		tag2(mb2CommandLine, "foo=1\x00"),
		tag2(mb2LoaderName, "a loader\x00"),
		tag2(99, "a tag of the future"),
		tag2(mb2Module, u32(0x200000), u32(0x200010), "/vms.toml one\x00"),
		tag2(mb2Module, u32(0x300000), u32(0x300010), "\x00"),
		map2,
		tag2(mb2Framebuffer, u64(0xc0000000), u32(4096), u32(1024), u32(768), byte(32), byte(RGB), u16(0), []byte{16, 8, 8, 8, 0, 8}),
		tag2(mb2EFI64, u64(0x7f000000)),
	))
	if err != nil || len(i.Problems()) != 0 {
		t.Fatal(err, problems(i))
	}
	if i.CommandLine() != "foo=1" || i.Loader() != "a loader" || !i.UEFI {
		t.Errorf("command line %q, loader %q, UEFI %v", i.CommandLine(), i.Loader(), i.UEFI)
	}
	mods := i.Modules()
	if len(mods) != 2 || mods[0].Range != (Range{0x200000, 0x200010}) || mods[0].CommandLine() != "/vms.toml one" || mods[1].Name() != "" {
		t.Errorf("modules %+v", mods)
	}
	want := Framebuffer{
		Addr: 0xc0000000, Pitch: 4096, Width: 1024, Height: 768, BPP: 32, Type: RGB,
		Red: Field{16, 8}, Green: Field{8, 8}, Blue: Field{0, 8},
	}
	if i.Framebuffer != want {
		t.Errorf("framebuffer %+v", i.Framebuffer)
	}
	wantMemory(t, &i.Memory, memory2...)
}

func TestMultiboot2PrefersTheNewRSDP(t *testing.T) {
	older, newer := tag2(mb2OldRSDP, rsdp(20, "o")), tag2(mb2NewRSDP, rsdp(36, "n"))
	for name, c := range map[string]struct {
		tags [][]byte
		want []byte
	}{
		"none":      {nil, nil},
		"old":       {[][]byte{older}, rsdp(20, "o")},
		"new":       {[][]byte{newer}, rsdp(36, "n")},
		"old first": {[][]byte{older, newer}, rsdp(36, "n")},
		"new first": {[][]byte{newer, older}, rsdp(36, "n")},
		"longer":    {[][]byte{tag2(mb2NewRSDP, rsdp(60, "n"))}, rsdp(36, "n")},
	} {
		i, err := parse2(info2(append(c.tags, map2)...))
		if err != nil || !bytes.Equal(i.RSDPCopy(), c.want) || len(i.Problems()) != 0 {
			t.Errorf("%s: %v, %q\n%s", name, err, i.RSDPCopy(), problems(i))
		}
	}
}

func TestMultiboot2HostileTags(t *testing.T) {
	for _, c := range []struct {
		name    string
		b       []byte
		problem Code
	}{
		{"short module", info2(tag2(mb2Module, u32(1)), map2), TagMalformed},
		{"short sizes", info2(tag2(mb2Sizes, u32(1)), map2), TagMalformed},
		{"short framebuffer", info2(tag2(mb2Framebuffer, u64(1)), map2), TagMalformed},
		{"framebuffer without colours", info2(tag2(mb2Framebuffer, u64(0xc0000000), u32(4096), u32(1024), u32(768), byte(32), byte(RGB), u16(0)), map2), FramebufferImpossible},
		{"short old RSDP", info2(tag2(mb2OldRSDP, rsdp(19, "o")), map2), TagMalformed},
		{"short new RSDP", info2(tag2(mb2NewRSDP, rsdp(35, "o")), map2), TagMalformed},
		{"short map", info2(map2, tag2(mb2Map, u32(24))), TagMalformed},
		{"map entries of size 0", info2(map2, tag2(mb2Map, u32(0), u32(0), make([]byte, 24))), TagMalformed},
		{"map entries too short", info2(map2, tag2(mb2Map, u32(19), u32(0), make([]byte, 24))), TagMalformed},
		{"map with part of an entry", info2(map2, tag2(mb2Map, u32(24), u32(0), u64(0), u64(0x1000))), TagMalformed},
		{"backward module", info2(tag2(mb2Module, u32(0x2000), u32(0x1000), "x\x00"), map2), ModuleBackwards},
		{"boot services running", info2(tag2(mb2BootServices), map2), BootServicesRunning},
		{"no end tag", pack(u32(8+len(map2)), u32(0), map2), NoEndTag},
		{"part of an end tag", pack(u32(12+len(map2)), u32(0), map2, u32(0)), NoEndTag},
	} {
		t.Run(c.name, func(t *testing.T) {
			i, err := parse2(c.b)
			if err != nil {
				t.Fatal(err)
			}
			wantProblem(t, i, c.problem)
			wantMemory(t, &i.Memory, memory2...)
		})
	}
	for name, size := range map[string]u32{"of size 0": 0, "smaller than its header": 7, "beyond the end": 17, "of size -1": 0xffffffff} {
		i, err := parse2(pack(u32(8+len(map2)+16), u32(0), map2, u32(mb2CommandLine), size, "foo=1\x00\x00\x00"))
		if err != nil || len(i.Problems()) != 2 || i.Problems()[0].Code != TagMalformed || i.Problems()[1].Code != NoEndTag {
			t.Errorf("tag %s: %v\n%s", name, err, problems(i))
		}
		wantMemory(t, &i.Memory, memory2...)
	}
}

func TestMultiboot2TextWithoutEndIsCutAtItsTag(t *testing.T) {
	i, err := parse2(info2(tag2(mb2CommandLine, "foo=1"), tag2(mb2LoaderName), map2))
	if err != nil || i.CommandLine() != "foo=1" || i.Loader() != "" {
		t.Errorf("%v, %q, %q", err, i.CommandLine(), i.Loader())
	}
}

func TestMultiboot2LongerMapEntries(t *testing.T) {
	i, err := parse2(info2(tag2(mb2Map, u32(32), u32(1),
		u64(0), u64(0x1000), u32(1), make([]byte, 12), u64(0x100000), u64(0x1000), u32(5), make([]byte, 12))))
	if err != nil || len(i.Problems()) != 0 {
		t.Fatal(err, problems(i))
	}
	wantMemory(t, &i.Memory, Region{0, 0x1000, RAM}, Region{0x100000, 0x101000, Bad})
}

func TestMultiboot2Memory(t *testing.T) {
	if _, err := parse2(info2()); err != ErrNoMap {
		t.Errorf("no tags: %v, want %v", err, ErrNoMap)
	}
	i, err := parse2(info2(tag2(mb2Sizes, u32(640), u32(1024))))
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, i, SizesOnly)
	wantMemory(t, &i.Memory, Region{0, 0xa0000, RAM}, Region{0x100000, 0x200000, RAM})
}

func TestMultiboot2OutOfReach(t *testing.T) {
	i := new(Info)
	if err := i.Parse(multiboot2Magic, 0x10000, &memory{}); err != ErrReach {
		t.Errorf("nowhere: %v", err)
	}
	wantProblem(t, i, InfoOutOfReach)
	i, err := parse2(pack(u32(7), u32(0)))
	if err != ErrMalformed {
		t.Errorf("7 bytes: %v", err)
	}
	wantProblem(t, i, InfoMalformed)
	i, err = parse2(pack(u32(0xffffffff), u32(0), map2))
	if err != ErrReach {
		t.Errorf("4 GiB: %v", err)
	}
	wantProblem(t, i, InfoOutOfReach)
}

func FuzzMultiboot2(f *testing.F) {
	f.Add(info2(map2))
	f.Add(info2(
		tag2(mb2CommandLine, "/ringo.elf foo=1\x00"), tag2(mb2Module, u32(0x200000), u32(0x200010), "/vms.toml one\x00"),
		tag2(mb2Sizes, u32(640), u32(1024)), tag2(mb2OldRSDP, rsdp(20, "o")), tag2(mb2NewRSDP, rsdp(36, "n")),
		tag2(mb2Framebuffer, u64(0xc0000000), u32(4096), u32(1024), u32(768), byte(32), byte(RGB), u16(0), []byte{16, 8, 8, 8, 0, 8}),
		tag2(mb2EFI64, u64(0x7f000000)), tag2(mb2BootServices), map2,
	))
	f.Fuzz(func(t *testing.T, b []byte) { fuzzParse(t, multiboot2Magic, b) })
}
