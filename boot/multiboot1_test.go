package boot

import (
	"strings"
	"testing"
)

// info1 is multiboot 1 information: the fields a test cares about.
type info1 struct {
	flags, lower, upper, commandLine, modules, moduleAddr, mapLength, mapAddr, loader u32
	framebuffer                                                                       []byte
}

func (h info1) bytes() []byte {
	b := pack(h.flags, h.lower, h.upper, u32(0), h.commandLine, h.modules, h.moduleAddr,
		make([]byte, 16), h.mapLength, h.mapAddr, make([]byte, 12), h.loader, make([]byte, 20), h.framebuffer)
	return append(b, make([]byte, mb1FramebufferSize)...)[:mb1FramebufferSize]
}

// entry1 is a memory map entry of multiboot 1.
func entry1(start, length u64, typ u32) []byte { return pack(u32(20), start, length, typ) }

// oneGiB is the map of a machine with 1 GiB of RAM.
func oneGiB() []byte {
	return pack(entry1(0, 0x9fc00, 1), entry1(0x9fc00, 0x400, 2), entry1(0x100000, 0x3ff00000, 1))
}

// parse1 parses h at 0x9500 with this memory map at 0xa000.
func parse1(t *testing.T, h info1, mmap []byte, m *memory) (*Info, error) {
	t.Helper()
	if mmap != nil {
		h.flags |= mb1Map
		h.mapAddr, h.mapLength = 0xa000, u32(len(mmap))
		m.putExact(0xa000, mmap)
	}
	m.putExact(0x9500, h.bytes())
	i := new(Info)
	return i, i.Parse(multiboot1Magic, 0x9500, m)
}

func TestMultiboot1(t *testing.T) {
	m := &memory{}
	m.put(0xb000, pack(u32(0x200000), u32(0x200800), u32(0xc000), u32(0), u32(0x300000), u32(0x300001), u32(0), u32(0)))
	m.put(0xc000, []byte("/boot/vms.toml x=1\x00"))
	m.put(0xd000, []byte("/ringo.elf foo=1\x00junk"))
	m.put(0xe000, []byte("a loader\x00"))
	i, err := parse1(t, info1{
		flags:       mb1CommandLine | mb1Modules | mb1LoaderName,
		commandLine: 0xd000, loader: 0xe000, modules: 2, moduleAddr: 0xb000,
	}, oneGiB(), m)
	if err != nil || len(i.Problems()) != 0 {
		t.Fatal(err, problems(i))
	}
	if i.CommandLine() != "/ringo.elf foo=1" || i.Loader() != "a loader" {
		t.Errorf("command line %q, loader %q", i.CommandLine(), i.Loader())
	}
	if v, ok := i.Lookup("foo"); v != "1" || !ok {
		t.Errorf("foo = %q, %v", v, ok)
	}
	mods := i.Modules()
	if len(mods) != 2 || mods[0].Range != (Range{0x200000, 0x200800}) || mods[0].Name() != "vms.toml" ||
		mods[1].Range != (Range{0x300000, 0x300001}) || mods[1].CommandLine() != "" {
		t.Errorf("modules %+v", mods)
	}
	wantMemory(t, &i.Memory, Region{0, 0x9fc00, RAM}, Region{0x9fc00, 0xa0000, Reserved}, Region{0x100000, 0x40000000, RAM})
}

func TestMultiboot1MapEntriesMayBeLonger(t *testing.T) {
	long := pack(u32(28), u64(0x100000), u64(0x100000), u32(1), u64(0xffffffffffffffff))
	i, err := parse1(t, info1{}, pack(long, entry1(0x400000, 0x1000, 1)), &memory{})
	if err != nil || len(i.Problems()) != 0 {
		t.Fatal(err, problems(i))
	}
	wantMemory(t, &i.Memory, Region{0x100000, 0x200000, RAM}, Region{0x400000, 0x401000, RAM})
}

func TestMultiboot1HostileMap(t *testing.T) {
	good := entry1(0x100000, 0x100000, 1)
	for _, c := range []struct {
		name    string
		mmap    []byte
		problem Code
	}{
		{"entry of size 0", pack(good, make([]byte, 24)), MapEntryMalformed},
		{"entry shorter than its fields", pack(good, u32(16), make([]byte, 20)), MapEntryMalformed},
		{"entry longer than the map", pack(good, u32(0xfffffffc), make([]byte, 20)), MapEntryMalformed},
		{"map cut within an entry", pack(good, good[:23]), MapEntryMalformed},
		{"map cut within a size", pack(good, good[:3]), MapEntryMalformed},
		{"empty entry", pack(entry1(0x200000, 0, 1), good), MapEntryEmpty},
		{"entry that wraps", pack(entry1(0xfffffffffffff000, 0x2000, 1), good), MapEntryWraps},
		{"entry of all memory", pack(entry1(0, 0xffffffffffffffff, 1), good), MapEntryWraps},
		{"entry beyond 52 bits", pack(entry1(1<<52, 0x1000, 2), good), MapEntryWraps},
	} {
		t.Run(c.name, func(t *testing.T) {
			i, err := parse1(t, info1{}, c.mmap, &memory{})
			if err != nil {
				t.Fatal(err)
			}
			wantProblem(t, i, c.problem)
			wantMemory(t, &i.Memory, Region{0x100000, 0x200000, RAM})
		})
	}
}

func TestMultiboot1FallsBackToSizes(t *testing.T) {
	sizes := info1{flags: mb1Memory, lower: 639, upper: 0x1000}
	i, err := parse1(t, sizes, nil, &memory{})
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, i, SizesOnly)
	wantMemory(t, &i.Memory, Region{0, 0x9fc00, RAM}, Region{0x100000, 0x500000, RAM})

	sizes.flags |= mb1Map
	sizes.mapAddr, sizes.mapLength = 0xdead0000, 0x1000
	i, err = parse1(t, sizes, nil, &memory{})
	if err != nil || i.Problems()[0].Code != MapOutOfReach {
		t.Errorf("map out of reach: %v\n%s", err, problems(i))
	}
	wantMemory(t, &i.Memory, Region{0, 0x9fc00, RAM}, Region{0x100000, 0x500000, RAM})

	sizes = info1{flags: mb1Memory, lower: 0xffffffff, upper: 0xffffffff}
	i, err = parse1(t, sizes, nil, &memory{})
	if err != nil {
		t.Fatal(err)
	}
	wantMemory(t, &i.Memory, Region{0, 0xa0000, RAM}, Region{0x100000, 0x100000 + 0xffffffff<<10, RAM})
}

func TestMultiboot1WithoutMemory(t *testing.T) {
	if _, err := parse1(t, info1{}, nil, &memory{}); err != ErrNoMap {
		t.Errorf("nothing about memory: %v, want %v", err, ErrNoMap)
	}
	if _, err := parse1(t, info1{flags: mb1Memory}, nil, &memory{}); err != ErrNoMap {
		t.Errorf("sizes of 0: %v, want %v", err, ErrNoMap)
	}
	if _, err := parse1(t, info1{flags: mb1Memory, upper: 4}, entry1(0, 0x1000, 2), &memory{}); err != ErrNoRAM {
		t.Errorf("a map of reserved memory: %v, want %v", err, ErrNoRAM)
	}
}

func TestMultiboot1OutOfReach(t *testing.T) {
	i := new(Info)
	if err := i.Parse(multiboot1Magic, 0x9500, &memory{}); err != ErrReach {
		t.Errorf("nowhere: %v", err)
	}
	wantProblem(t, i, InfoOutOfReach)

	h := info1{flags: mb1LoaderName}.bytes()
	m := &memory{}
	m.putExact(0x9500, h[:mb1LoaderSize-1])
	if err := i.Parse(multiboot1Magic, 0x9500, m); err != ErrReach {
		t.Errorf("cut short: %v", err)
	}
	h = info1{flags: mb1Memory, upper: 1024}.bytes()
	m = &memory{}
	m.putExact(0x9500, h[:mb1BasicSize])
	if err := i.Parse(multiboot1Magic, 0x9500, m); err != nil {
		t.Errorf("no longer than its flags say: %v", err)
	}
}

func TestMultiboot1TextsAndModulesOutOfReach(t *testing.T) {
	m := &memory{}
	m.putExact(0xfff8, []byte("foo=1234")) // the page behind is out of reach
	i, err := parse1(t, info1{
		flags:       mb1CommandLine | mb1LoaderName | mb1Modules,
		commandLine: 0xfff8, loader: 0xffffffff, modules: 0xffffffff, moduleAddr: 0xfffffff0,
	}, oneGiB(), m)
	if err != nil {
		t.Fatal(err)
	}
	if i.CommandLine() != "foo=1234" || i.Loader() != "" || len(i.Modules()) != 0 {
		t.Errorf("command line %q, loader %q, modules %v", i.CommandLine(), i.Loader(), i.Modules())
	}
	want := "string runs into 0x10000, out of reach: cut there\n" +
		"string runs into 0xffffffff, out of reach: cut there\n" +
		"module list at 0xfffffff0 of 0xffffffff0 bytes is out of reach: no modules"
	if got := problems(i); got != want {
		t.Errorf("problems:\n%s\nwant:\n%s", got, want)
	}
}

func TestLongTextsAreCut(t *testing.T) {
	m := &memory{}
	exact := strings.Repeat("x", MaxCommandLine)
	m.put(0x20100, []byte(exact+"\x00"))
	m.put(0x30100, []byte(exact+"y\x00"))
	i, err := parse1(t, info1{flags: mb1CommandLine, commandLine: 0x20100}, oneGiB(), m)
	if err != nil || i.CommandLine() != exact || len(i.Problems()) != 0 {
		t.Errorf("a text that just fits: %v, %d bytes\n%s", err, len(i.CommandLine()), problems(i))
	}
	i, err = parse1(t, info1{flags: mb1CommandLine, commandLine: 0x30100}, oneGiB(), m)
	if err != nil || i.CommandLine() != exact {
		t.Errorf("a text too long: %v, %d bytes", err, len(i.CommandLine()))
	}
	wantProblem(t, i, TextTooLong)
	if got := i.Problems()[0].A; got != MaxCommandLine {
		t.Errorf("cut at %d bytes", got)
	}
}

func TestTooManyModulesAndEntries(t *testing.T) {
	var mods, mmap []byte
	for k := range u32(MaxModules + 20) {
		mods = pack(mods, 0x200000+k*0x1000, 0x201000+k*0x1000, u32(0), u32(0))
	}
	for k := range u64(MaxEntries + 20) {
		mmap = pack(mmap, entry1(k*0x10000000, 0x8000000, 1))
	}
	m := &memory{}
	m.put(0x40000, mods)
	i, err := parse1(t, info1{flags: mb1Modules, modules: MaxModules + 20, moduleAddr: 0x40000}, mmap, m)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(i.Modules()); n != MaxModules {
		t.Errorf("%d modules", n)
	}
	if n := len(i.Memory.Regions()); n != MaxEntries {
		t.Errorf("%d regions", n)
	}
	if n := len(i.Problems()); n != maxSame+1 || i.LostProblems != 20-maxSame {
		t.Errorf("%d problems, %d lost:\n%s", n, i.LostProblems, problems(i))
	}
}

func TestMultiboot1Framebuffer(t *testing.T) {
	const addr, pitch = 0xfd000000, 1024 * 4
	pixels := func(colours ...byte) []byte {
		return pack(u64(addr), u32(pitch), u32(1024), u32(768), byte(32), byte(RGB), colours)
	}
	rgb := Framebuffer{
		Addr: addr, Pitch: pitch, Width: 1024, Height: 768, BPP: 32, Type: RGB,
		Red: Field{16, 8}, Green: Field{8, 8}, Blue: Field{0, 8},
	}
	text := Framebuffer{Addr: 0xb8000, Pitch: 160, Width: 80, Height: 25, BPP: 16, Type: EGAText}
	for _, c := range []struct {
		name string
		desc []byte
		want Framebuffer
	}{
		{"as specified", pixels(16, 8, 8, 8, 0, 8), rgb},
		{"as GRUB does", pixels(0, 0, 16, 8, 8, 8, 0, 8), rgb},
		{"text", pack(u64(0xb8000), u32(160), u32(80), u32(25), byte(16), byte(EGAText)), text},
		{"all zero", nil, Framebuffer{}},
		{"no colours", pixels(), Framebuffer{}},
		{"colour outside the pixel", pixels(25, 8, 8, 8, 0, 8), Framebuffer{}},
		{"lines shorter than their pixels", pack(u64(addr), u32(pitch-1), u32(1024), u32(768), byte(32), byte(Indexed)), Framebuffer{}},
		{"leaves the address space", pack(u64(1<<52-pitch), u32(pitch), u32(1024), u32(768), byte(32), byte(Indexed)), Framebuffer{}},
		{"wraps", pack(^u64(0)-pitch, u32(pitch), u32(1024), u32(768), byte(32), byte(Indexed)), Framebuffer{}},
		{"pixels of 255 bits", pack(u64(addr), u32(pitch), u32(8), u32(8), byte(255), byte(RGB), byte(16), byte(8), byte(8), byte(8), byte(0), byte(8)), Framebuffer{}},
		{"type we do not know", pack(u64(addr), u32(pitch), u32(1024), u32(768), byte(32), byte(3)), Framebuffer{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			i, err := parse1(t, info1{flags: mb1Framebuffer, framebuffer: c.desc}, oneGiB(), &memory{})
			if err != nil {
				t.Fatal(err)
			}
			if i.Framebuffer != c.want {
				t.Errorf("%+v, want %+v", i.Framebuffer, c.want)
			}
			if c.want.Addr == 0 {
				wantProblem(t, i, FramebufferImpossible)
			} else if len(i.Problems()) != 0 {
				t.Error(problems(i))
			}
		})
	}
}

func FuzzMultiboot1(f *testing.F) {
	f.Add(info1{flags: mb1Memory, lower: 639, upper: 4096}.bytes())
	f.Add(pack(info1{
		flags:       mb1Map | mb1Modules | mb1CommandLine | mb1LoaderName | mb1Framebuffer,
		commandLine: 0x1100, loader: 0x1100, modules: 1, moduleAddr: 0x1076, mapLength: 48, mapAddr: 0x1086,
	}.bytes(), u32(0x100000), u32(0x101000), u32(0x10b6), u32(0), entry1(0, 0x9fc00, 1), entry1(0x100000, 0x100000, 1), "text\x00"))
	f.Fuzz(func(t *testing.T, b []byte) { fuzzParse(t, multiboot1Magic, b) })
}

// fuzzParse parses a hand-over at 0x1000 that is b, and checks what must hold
// of every one.
func fuzzParse(t *testing.T, magic u32, b []byte) {
	m := &memory{}
	m.put(0x1000, b)
	i := new(Info)
	err := i.Parse(magic, 0x1000, m)
	checkMap(t, &i.Memory)
	for k := range i.Problems() {
		if n := len(i.problems[k].Append(nil)); n > MaxProblemText {
			t.Errorf("problem of %d bytes: %s", n, problems(i))
		}
	}
	if f := i.Framebuffer; f.Addr != 0 && !f.possible() {
		t.Errorf("framebuffer %+v", f)
	}
	if err != nil {
		return
	}
	kernel := Range{0x100000, 0x180000}
	err = i.FindUsable(kernel, nil)
	if (err == nil) != (len(i.Usable.Regions()) > 0) {
		t.Errorf("%v with %d usable regions", err, len(i.Usable.Regions()))
	}
	checkUsable(t, i, kernel, nil)
	for k := range i.Modules() {
		mod := &i.Modules()[k]
		if mod.Start < mod.End && (mod.overlaps(kernel) || !i.Memory.holds(mod.Range, RAM)) {
			t.Errorf("module %x kept", mod.Range)
		}
		_, _ = mod.Name(), mod.CommandLine()
	}
	i.Lookup("key")
}
