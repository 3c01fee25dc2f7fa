package boot

import "testing"

// infoPVH is PVH's start information at 0x1000, with its map, its modules and
// their texts behind it.
func infoPVH(version u32) []byte {
	const (
		modules = 0x1000 + pvhSize1
		mmap    = modules + 2*pvhModuleSize
		texts   = mmap + 2*pvhEntrySize
	)
	return pack(u32(pvhMagic), version, u32(0), u32(2), u64(modules), u64(texts), u64(0xf5a00),
		u64(mmap), u32(2), u32(0),
		u64(0x200000), u64(0x1000), u64(texts+8), u64(0), u64(0x300000), u64(0x2000), u64(0), u64(0),
		u64(0), u64(0x9fc00), u32(1), u32(0), u64(0x100000), u64(0x3ff00000), u32(1), u32(0),
		"foo=123\x00vms.toml one\x00")
}

func parsePVH(b []byte) (*Info, error) {
	m := &memory{}
	m.put(0x1000, b)
	i := new(Info)
	return i, i.Parse(0, 0x1000, m)
}

func TestPVH(t *testing.T) {
	for _, version := range []u32{1, 2} {
		i, err := parsePVH(infoPVH(version))
		if err != nil || len(i.Problems()) != 0 {
			t.Fatal(err, problems(i))
		}
		if i.Protocol != PVH || i.CommandLine() != "foo=123" || i.RSDP != 0xf5a00 {
			t.Errorf("%v, command line %q, RSDP %#x", i.Protocol, i.CommandLine(), i.RSDP)
		}
		mods := i.Modules()
		if len(mods) != 2 || mods[0].Range != (Range{0x200000, 0x201000}) || mods[0].CommandLine() != "vms.toml one" ||
			mods[1].Range != (Range{0x300000, 0x302000}) || mods[1].CommandLine() != "" {
			t.Errorf("modules %+v", mods)
		}
		wantMemory(t, &i.Memory, Region{0, 0x9fc00, RAM}, Region{0x100000, 0x40000000, RAM})
	}
}

func TestPVHVersion0HasNoMap(t *testing.T) {
	b := infoPVH(0)
	for k := pvhMapAddr; k < pvhSize1; k++ {
		b[k] = 0xff
	}
	i, err := parsePVH(b)
	if err != ErrNoMap {
		t.Errorf("%v, want %v", err, ErrNoMap)
	}
	if i.CommandLine() != "foo=123" || len(i.Modules()) != 2 {
		t.Errorf("command line %q, %d modules", i.CommandLine(), len(i.Modules()))
	}
}

func TestPVHHostile(t *testing.T) {
	for _, c := range []struct {
		name    string
		at      int
		v       []byte
		err     error
		problem Code
	}{
		{"map out of reach", pvhMapAddr, pack(^u64(0)), ErrNoMap, MapOutOfReach},
		{"map too long", pvhMapCount, pack(^u32(0)), ErrNoMap, MapOutOfReach},
		{"modules out of reach", pvhModuleAddr, pack(u64(1 << 40)), nil, ModulesOutOfReach},
		{"too many modules to read", pvhModuleCount, pack(^u32(0)), nil, ModulesOutOfReach},
		{"command line out of reach", pvhCommandLine, pack(^u64(0)), nil, TextOutOfReach},
		{"module that wraps", pvhSize1 + 8, pack(^u64(0)), nil, ModuleBackwards},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := infoPVH(1)
			copy(b[c.at:], c.v)
			i, err := parsePVH(b)
			if err != c.err {
				t.Errorf("%v, want %v", err, c.err)
			}
			wantProblem(t, i, c.problem)
		})
	}
	m := &memory{}
	m.putExact(0x1000, infoPVH(1)[:pvhSize1-1])
	if err := new(Info).Parse(0, 0x1000, m); err != ErrReach {
		t.Errorf("start information cut: %v", err)
	}
}

func FuzzPVH(f *testing.F) {
	f.Add(infoPVH(0))
	f.Add(infoPVH(1))
	f.Fuzz(func(t *testing.T, b []byte) { fuzzParse(t, 0, b) })
}
