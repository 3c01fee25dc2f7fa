package loader

import (
	"bytes"
	"strings"
	"testing"
)

// linuxConfig is a load of an image with a command line and two modules.
func linuxConfig(t *testing.T, image []byte) Config {
	return Config{
		RAM:         memory(t, 16*mib),
		RSDP:        0xe0000,
		Kernel:      Image{"vmlinuz", image},
		CommandLine: "console=ttyS0",
		Modules:     []Module{module("initrd", 4097, ""), module("more", 10, "")},
	}
}

// wantInitrd fails unless the modules are where the header says, one behind the
// other at multiples of 4.
func wantInitrd(t *testing.T, c Config, header []byte, end uint64) {
	t.Helper()
	at, size := le.Uint32(header[0x218:]), le.Uint32(header[0x21c:])
	want := append(append(pattern(4097), 0, 0, 0), pattern(10)...)
	if size != uint32(len(want)) || at%pageSize != 0 || uint64(at)+uint64(size) > end || uint64(at)+uint64(size)+pageSize <= end {
		t.Fatalf("initrd of %d bytes at %#x, want %d on the last pages below %#x", size, at, len(want), end)
	}
	if !bytes.Equal(read(t, c.RAM, uint64(at), len(want)), want) {
		t.Error("the initrd is not the modules")
	}
}

func TestLinux64(t *testing.T) {
	image := makeBzImage(nil)
	c := linuxConfig(t, image)
	e := mustLoad(t, c)
	if e.Protocol != Linux64 || e.Mode != Long || e.RIP != 0x200200 {
		t.Errorf("%v, RIP %#x, want linux64 at 0x200200", e, e.RIP)
	}
	if !bytes.Equal(read(t, c.RAM, 0x200000, 8192), image[5*sector:]) {
		t.Error("the code is not as in the file")
	}
	zero := read(t, c.RAM, e.RSI, 4096)
	wantInitrd(t, c, zero, 16*mib)
	for name, tt := range map[string]struct{ got, want uint64 }{
		"type of loader":     {uint64(zero[0x210]), 0xff},
		"code32_start":       {uint64(le.Uint32(zero[0x214:])), 0x200000},
		"version":            {uint64(le.Uint16(zero[0x206:])), 0x20f},
		"alignment":          {uint64(le.Uint32(zero[0x230:])), 0x10000},
		"load flags":         {uint64(zero[0x211]), 1},
		"RSDP":               {le.Uint64(zero[0x70:]), 0xe0000},
		"entries of the map": {uint64(zero[0x1e8]), 6},
		"sentinel":           {uint64(zero[0x1ef]), 0},
		"screen":             {uint64(zero[7]), 0},
		"first range":        {le.Uint64(zero[0x2d0+8:]), 0x9fc00},
		"fourth range":       {le.Uint64(zero[0x2d0+3*20:]), 0x100000},
		"its size":           {le.Uint64(zero[0x2d0+3*20+8:]), 15 * mib},
		"its type":           {uint64(le.Uint32(zero[0x2d0+3*20+16:])), 1},
		"type of the second": {uint64(le.Uint32(zero[0x2d0+20+16:])), 2},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %#x, want %#x", name, tt.got, tt.want)
		}
	}
	if got := text(t, c.RAM, uint64(le.Uint32(zero[0x228:]))); got != "console=ttyS0" {
		t.Errorf("command line %q", got)
	}
}

func TestLinux32(t *testing.T) {
	for name, change := range map[string]func([]byte){
		"without a 64-bit entry point": put16(0x236, 0),
		"of a version without one":     put16(0x206, 0x20b),
	} {
		c := linuxConfig(t, makeBzImage(change))
		e := mustLoad(t, c)
		if e.Protocol != Linux32 || e.Mode != Protected || e.RIP != 0x200000 || e.CR3 != 0 {
			t.Errorf("%s: %v, RIP %#x, want linux32 at 0x200000", name, e, e.RIP)
		}
		wantInitrd(t, c, read(t, c.RAM, e.RSI, 4096), 16*mib)
	}
	c := linuxConfig(t, makeBzImage(nil))
	c.Protocol = Linux32
	if e := mustLoad(t, c); e.Protocol != Linux32 || e.RIP != 0x200000 {
		t.Errorf("asked for: %v", e)
	}
}

func TestFieldsCountFromTheirVersionOn(t *testing.T) {
	for name, tt := range map[string]struct {
		since   uint16
		change  func(c *Config)
		noticed func(c Config, e Entry, err error) bool
	}{
		"initrd_addr_max": {0x203, func(c *Config) { put32(0x22c, 0x7fffff)(c.Kernel.Data) },
			func(c Config, e Entry, _ error) bool {
				return le.Uint32(read(t, c.RAM, e.RSI, 4096)[0x218:]) < 8*mib
			}},
		"syssize": {0x204, func(c *Config) { c.Kernel.Data = c.Kernel.Data[:10000] },
			func(_ Config, _ Entry, err error) bool { return err != nil }},
		"kernel_alignment": {0x205, func(c *Config) { put32(0x230, 0x3000)(c.Kernel.Data) },
			func(_ Config, _ Entry, err error) bool { return err != nil }},
		"cmdline_size": {0x206, func(c *Config) { c.CommandLine = strings.Repeat("a", 101) },
			func(_ Config, _ Entry, err error) bool { return err != nil }},
		"pref_address": {0x20a, func(c *Config) { put32(0x258, 0x800000)(c.Kernel.Data) },
			func(_ Config, e Entry, _ error) bool { return e.RIP&^0x200 == 0x800000 }},
		"init_size": {0x20a, func(c *Config) { put32(0x260, 0x10000000)(c.Kernel.Data) },
			func(_ Config, _ Entry, err error) bool { return err != nil }},
		"xloadflags": {0x20c, func(*Config) {},
			func(_ Config, e Entry, _ error) bool { return e.Protocol == Linux64 }},
	} {
		for _, version := range []uint16{0x202, tt.since - 1, tt.since, 0x2ff} {
			c := linuxConfig(t, makeBzImage(put16(0x206, version)))
			tt.change(&c)
			e, err := Load(c)
			if got, want := tt.noticed(c, e, err), version >= tt.since; got != want {
				t.Errorf("%s in version %#x: noticed %v, want %v (%v)", name, version, got, want, err)
			}
		}
	}
}

func TestOldLinuxHasTheDefaultsOfItsVersion(t *testing.T) {
	image := makeBzImage(func(b []byte) {
		put16(0x206, 0x202)(b)
		for off := 0x22c; off < 0x26c; off++ {
			b[off] = 0xff
		}
		b[0x200+1] = 0x22c - 0x202
	})
	c := linuxConfig(t, image)
	c.CommandLine = strings.Repeat("a", defaultLine)
	e := mustLoad(t, c)
	if e.Protocol != Linux32 || e.RIP != defaultLoad {
		t.Errorf("%v, want linux32 at %#x", e, defaultLoad)
	}
	zero := read(t, c.RAM, e.RSI, 4096)
	wantInitrd(t, c, zero, 16*mib)
	if zero[0x22c] != 0 {
		t.Error("more than the header is in the zero page")
	}
	c.CommandLine += "a"
	wantError(t, "long line", c, "cmdline: 256 bytes, kernel vmlinuz takes at most 255")
}

func TestWhereTheKernelGoes(t *testing.T) {
	const gib = 1 << 30
	for name, tt := range map[string]struct {
		change func([]byte)
		size   int
		at     uint64
		err    string
	}{
		"preferred address":                {nil, 4 * mib, 0x200000, ""},
		"preferred address beyond memory":  {put32(0x258, 0x1000000), 4 * mib, 0x100000, ""},
		"no room at the preferred address": {put32(0x260, 0x280000), 4 * mib, 0x100000, ""},
		"preferred address not aligned":    {put32(0x258, 0x201000), 4 * mib, 0x100000, ""},
		"preferred address in the hole":    {put32(0x258, 0x90000), 4 * mib, 0x100000, ""},
		"alignment": {func(b []byte) {
			put32(0x258, 0x1000000)(b)
			put32(0x230, 0x200000)(b)
		}, 4 * mib, 0x200000, ""},
		"all of the memory": {put32(0x260, 3*mib), 4 * mib, 0x100000, ""},
		"a byte too much": {put32(0x260, 3*mib+1), 4 * mib, 0,
			"memory: kernel vmlinuz needs 3073 KiB to start, the VM has 4096 KiB"},
		"much too much": {put32(0x260, 0xffffffff), 4 * mib, 0,
			"memory: kernel vmlinuz needs 4096 MiB to start, the VM has 4096 KiB"},
		"alignment beyond memory": {func(b []byte) {
			put32(0x258, 0)(b)
			put32(0x230, gib)(b)
		}, 4 * mib, 0, "memory: kernel vmlinuz needs 128 KiB to start, the VM has 4096 KiB"},
		"not relocatable": {func(b []byte) {
			b[0x234] = 0
			put32(0x230, 3)(b)
		}, 4 * mib, 0x100000, ""},
		"not relocatable, runs beyond memory": {func(b []byte) {
			b[0x234] = 0
			put32(0x258, 0x3f0000)(b)
		}, 4 * mib, 0, "memory: kernel vmlinuz needs 3136 KiB at 0x100000, which are not all memory: the VM has 4096 KiB"},
		"not relocatable, runs nowhere": {func(b []byte) {
			b[0x234] = 0
			put32(0x258, 0xffffffff)(b)
			put32(0x258+4, 0xffffffff)(b)
		}, 4 * mib, 0, "kernel: vmlinuz: is corrupt: preferred address 0xffffffffffffffff"},
	} {
		c := Config{RAM: memory(t, tt.size), Kernel: Image{"vmlinuz", makeBzImage(tt.change)}, Protocol: Linux32}
		e, err := Load(c)
		if tt.err != "" {
			if keyed(err) != tt.err {
				t.Errorf("%s:\n got %s\nwant %s", name, keyed(err), tt.err)
			}
			continue
		}
		if err != nil || e.RIP != tt.at {
			t.Errorf("%s: at %#x, error %v, want at %#x", name, e.RIP, err, tt.at)
			continue
		}
		if !bytes.Equal(read(t, c.RAM, tt.at, 8192), c.Kernel.Data[5*sector:]) {
			t.Errorf("%s: the code is not as in the file", name)
		}
	}
}

func TestTheInitrdStaysBelowWhatTheKernelReaches(t *testing.T) {
	c := linuxConfig(t, makeBzImage(put32(0x22c, 0x7fffff)))
	e := mustLoad(t, c)
	wantInitrd(t, c, read(t, c.RAM, e.RSI, 4096), 8*mib)
}

func TestTheInitrdDoesNotLieOnTheKernel(t *testing.T) {
	c := linuxConfig(t, makeBzImage(put32(0x258, 15*mib+0xe0000)))
	e := mustLoad(t, c)
	wantInitrd(t, c, read(t, c.RAM, e.RSI, 4096), 15*mib+0xe0000)
}

func TestLinuxWithoutAnInitrd(t *testing.T) {
	c := linuxConfig(t, makeBzImage(nil))
	c.Modules = nil
	e := mustLoad(t, c)
	if zero := read(t, c.RAM, e.RSI, 4096); le.Uint64(zero[0x218:]) != 0 {
		t.Errorf("initrd at %#x, %#x bytes", le.Uint32(zero[0x218:]), le.Uint32(zero[0x21c:]))
	}
}

func TestInitrdsAndCommandLinesThatDoNotFit(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"large initrd": {func(c *Config) { c.Modules = []Module{module("big", 14*mib, "")} },
			"modules[0]: big: 14 MiB do not fit beside the kernel: the VM has 16 MiB, and vmlinuz takes an initrd up to 0x7fffffff"},
		"initrd that the kernel does not reach": {func(c *Config) {
			put32(0x22c, 0x100fff)(c.Kernel.Data)
			c.Modules = c.Modules[:1]
		}, "modules[0]: initrd: 4097 bytes do not fit beside the kernel: the VM has 16 MiB, and vmlinuz takes an initrd up to 0x100fff"},
		"empty initrd":      {func(c *Config) { c.Modules[1].Data = nil }, "modules[0]: more: is empty"},
		"long command line": {func(c *Config) { c.CommandLine = strings.Repeat("a", 101) }, "cmdline: 101 bytes, kernel vmlinuz takes at most 100"},
		"NUL":               {func(c *Config) { c.CommandLine = "a\x00b" }, "cmdline: byte 1 is NUL"},
		"NUL for a module":  {func(c *Config) { c.Modules[0].CommandLine = "\x00" }, "modules[0]: initrd: byte 0 of its command line is NUL"},
		"very long command line": {func(c *Config) {
			put32(0x238, 0xffffffff)(c.Kernel.Data)
			c.CommandLine = strings.Repeat("a", 1<<16)
		}, "cmdline: 65537 bytes, the loader has room for 40928"},
		"very long command line in real mode": {func(c *Config) {
			put32(0x238, 0xffffffff)(c.Kernel.Data)
			c.Protocol = Linux16
			c.CommandLine = strings.Repeat("a", 1<<20)
		}, "cmdline: needs 1025 KiB at 0x1e000, which are not all memory: the VM has 16 MiB"},
		"empty kernel": {func(c *Config) { c.Kernel.Data = nil }, "kernel: vmlinuz: is empty"},
	} {
		c := linuxConfig(t, makeBzImage(nil))
		tt.change(&c)
		wantError(t, name, c, tt.want)
	}
}

func TestBadBzImages(t *testing.T) {
	whole := len(makeBzImage(nil))
	for name, tt := range map[string]struct {
		change   func([]byte)
		length   int // 0: all
		protocol Protocol
		want     string
	}{
		"not one":             {func(b []byte) { b[0x202] = 'h' }, 0, Linux64, `is no bzImage: it lacks "HdrS" at 0x202`},
		"short":               {nil, 0x206, Auto, "is truncated: 518 bytes of a bzImage, whose header alone has 620"},
		"boot flag":           {put16(0x1fe, 0), 0, Auto, "is corrupt: boot flag 0x0, want 0xaa55"},
		"old version":         {put16(0x206, 0x201), 0, Auto, "has boot protocol version 2.01, want 2.02 or later of 2"},
		"future version":      {put16(0x206, 0x300), 0, Auto, "has boot protocol version 3.00, want 2.02 or later of 2"},
		"short header":        {func(b []byte) { b[0x200+1] = 0x10 }, 0, Auto, "is corrupt: its header ends at 0x212, want 0x22c to 0x290"},
		"long header":         {func(b []byte) { b[0x200+1] = 0xff }, 0, Auto, "is corrupt: its header ends at 0x301, want 0x22c to 0x290"},
		"much setup code":     {func(b []byte) { b[0x1f1] = 64 }, 0, Auto, "is corrupt: 64 sectors of setup code, want at most 63"},
		"most setup code":     {func(b []byte) { b[0x1f1] = 63 }, 0, Auto, "is truncated: 10752 bytes, of which 32768 are setup code"},
		"ends in setup code":  {nil, 5 * sector, Auto, "is truncated: 2560 bytes, of which 2560 are setup code"},
		"ends in the code":    {nil, whole - 16, Auto, "is truncated: 10736 bytes, its header says 10752"},
		"no code":             {put32(0x1f4, 0), 0, Auto, "is corrupt: its header says that it has no code"},
		"absurd size":         {put32(0x1f4, 0xffffffff), 0, Auto, "is truncated: 10752 bytes, its header says 68719479280"},
		"alignment":           {put32(0x230, 0x3000), 0, Auto, "is corrupt: alignment 0x3000 is no power of two"},
		"no alignment":        {put32(0x230, 0), 0, Auto, "is corrupt: alignment 0x0 is no power of two"},
		"no 64-bit entry":     {put16(0x236, 0), 0, Linux64, "has no 64-bit entry point"},
		"code without it":     {put32(0x1f4, 0x20), 0, Linux64, "has no 64-bit entry point"},
		"no 32-bit entry":     {put32(0x214, 0), 0, Linux32, "has no 32-bit entry point"},
		"zImage in long mode": {func(b []byte) { b[0x211] = 0 }, 0, Linux64, "has no 64-bit entry point"},
	} {
		b := makeBzImage(tt.change)
		if tt.length != 0 {
			b = b[:tt.length]
		}
		wantError(t, name, Config{RAM: memory(t, 4*mib), Kernel: Image{"vmlinuz", b}, Protocol: tt.protocol}, "kernel: vmlinuz: "+tt.want)
	}
}

func TestTheLastUnitOfTheCodeNeedNotBeComplete(t *testing.T) {
	b := makeBzImage(nil)
	c := Config{RAM: memory(t, 4*mib), Kernel: Image{"vmlinuz", b[:len(b)-15]}}
	mustLoad(t, c)
	if got := read(t, c.RAM, 0x200000+8192-15, 1)[0]; got != poison {
		t.Errorf("the byte behind the code is %#x", got)
	}
}

func TestWhatFollowsTheCodeIsLeftOut(t *testing.T) {
	c := Config{RAM: memory(t, 4*mib), Kernel: Image{"vmlinuz", append(makeBzImage(nil), "signature"...)}}
	mustLoad(t, c)
	if got := read(t, c.RAM, 0x200000+8192, 1)[0]; got != poison {
		t.Errorf("the byte behind the code is %#x", got)
	}
}
