package boot

import (
	"slices"
	"testing"
)

// normalised is the Info of a loader's map.
func normalised(t *testing.T, entries ...Region) *Info {
	t.Helper()
	i := new(Info)
	for _, r := range entries {
		i.entries[i.entryCount] = r
		i.entryCount++
	}
	if err := i.normalise(); err != nil {
		t.Fatal(err)
	}
	return i
}

func TestNormalise(t *testing.T) {
	for _, c := range []struct {
		name     string
		in, want []Region
	}{
		{"one", []Region{{0, 10, RAM}}, []Region{{0, 10, RAM}}},
		{"sorted", []Region{{30, 40, RAM}, {0, 10, RAM}, {15, 20, RAM}}, []Region{{0, 10, RAM}, {15, 20, RAM}, {30, 40, RAM}}},
		{"merged", []Region{{10, 20, RAM}, {0, 10, RAM}, {20, 30, Bad}, {30, 40, Bad}}, []Region{{0, 20, RAM}, {20, 40, Bad}}},
		{"overlap of a kind", []Region{{0, 20, RAM}, {10, 30, RAM}, {5, 6, RAM}}, []Region{{0, 30, RAM}}},
		{"reserved in RAM", []Region{{10, 20, Reserved}, {0, 30, RAM}}, []Region{{0, 10, RAM}, {10, 20, Reserved}, {20, 30, RAM}}},
		{"RAM in reserved", []Region{{10, 20, RAM}, {0, 30, Reserved}, {40, 50, RAM}}, []Region{{0, 30, Reserved}, {40, 50, RAM}}},
		{"front", []Region{{0, 20, RAM}, {0, 10, ACPINVS}}, []Region{{0, 10, ACPINVS}, {10, 20, RAM}}},
		{"back", []Region{{0, 20, RAM}, {10, 20, ACPIReclaimable}}, []Region{{0, 10, RAM}, {10, 20, ACPIReclaimable}}},
		{"two regions and the hole", []Region{{0, 10, RAM}, {20, 30, RAM}, {5, 25, Reserved}}, []Region{{0, 5, RAM}, {5, 25, Reserved}, {25, 30, RAM}}},
		{
			"every kind at once", []Region{{0, 50, RAM}, {0, 10, Bad}, {0, 20, Reserved}, {0, 30, ACPINVS}, {0, 40, ACPIReclaimable}},
			[]Region{{0, 10, Bad}, {10, 20, Reserved}, {20, 30, ACPINVS}, {30, 40, ACPIReclaimable}, {40, 50, RAM}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := normalised(t, c.in...)
			wantMemory(t, &i.Memory, c.want...)
			checkMap(t, &i.Memory)
		})
	}
}

func TestKindsOfLoaders(t *testing.T) {
	for typ, want := range []Kind{Reserved, RAM, Reserved, ACPIReclaimable, ACPINVS, Bad, Reserved, Reserved} {
		if got := kindOf(uint32(typ)); got != want {
			t.Errorf("type %d is %v, want %v", typ, got, want)
		}
	}
}

func TestFindUsable(t *testing.T) {
	i := normalised(t, Region{0, 0x9fc00, RAM}, Region{0x100000, 0x1000000, RAM}, Region{0x800000, 0x800400, ACPINVS})
	i.addModule(0x300800, 0x301010)
	i.Framebuffer = Framebuffer{Addr: 0x400000, Pitch: 0x1000, Height: 16}
	if err := i.FindUsable(Range{0x100000, 0x200000}, []Range{{0x500000, 0x500001}, {0xffff000, 0}}); err != nil {
		t.Fatal(err)
	}
	wantMemory(t, &i.Usable,
		Region{0x1000, 0x9f000, RAM}, Region{0x200000, 0x300000, RAM}, Region{0x302000, 0x400000, RAM},
		Region{0x410000, 0x500000, RAM}, Region{0x501000, 0x800000, RAM}, Region{0x801000, 0x1000000, RAM})
	if len(i.Problems()) != 0 {
		t.Error(problems(i))
	}
	first := i.Usable
	if err := i.FindUsable(Range{0x100000, 0x200000}, []Range{{0x500000, 0x500001}}); err != nil || i.Usable != first {
		t.Error("a second time gives another answer")
	}
}

func TestFindUsableWithNothingLeft(t *testing.T) {
	i := normalised(t, Region{0, 0x1800, RAM}, Region{0x100000, 0x300000, RAM})
	i.addModule(0x200000, 0x300000)
	if err := i.FindUsable(Range{0x100000, 0x200000}, nil); err != ErrNoUsable {
		t.Errorf("%v, want %v", err, ErrNoUsable)
	}
}

func TestFindUsableNotesKernelOutsideRAM(t *testing.T) {
	i := normalised(t, Region{0x100000, 0x180000, RAM}, Region{0x190000, 0x191000, RAM})
	if err := i.FindUsable(Range{0x110000, 0x190000}, nil); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, i, KernelNotRAM)
	wantMemory(t, &i.Usable, Region{0x100000, 0x110000, RAM}, Region{0x190000, 0x191000, RAM})
}

func TestFindUsableWithTooLittleMemory(t *testing.T) {
	i := normalised(t, Region{0x100000, 0x180000, RAM}, Region{0x180000, 0x200000, Reserved})
	if err := i.FindUsable(Range{0x110000, 0x190000}, nil); err != ErrTooSmall {
		t.Errorf("%v, want %v", err, ErrTooSmall)
	}
}

func TestFindUsableDropsBadModules(t *testing.T) {
	kernel := Range{0x100000, 0x200000}
	good := Range{0x400000, 0x401000}
	for _, c := range []struct {
		name string
		at   Range
		want Code
	}{
		{"in the kernel", Range{0x180000, 0x181000}, ModuleOnKernel},
		{"around the kernel", Range{0x80000, 0x300000}, ModuleOnKernel},
		{"over the kernel's end", Range{0x1fffff, 0x200001}, ModuleOnKernel},
		{"over another", Range{0x400fff, 0x402000}, ModuleOnModule},
		{"the same as another", good, ModuleOnModule},
		{"outside RAM", Range{0x2000000, 0x2001000}, ModuleNotRAM},
		{"over the end of RAM", Range{0xfff000, 0x1001000}, ModuleNotRAM},
		{"in reserved memory", Range{0x800000, 0x800001}, ModuleNotRAM},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := normalised(t, Region{0, 0x1000000, RAM}, Region{0x800000, 0x801000, Reserved})
			i.addModule(good.Start, good.End)
			m := i.addModule(c.at.Start, c.at.End)
			m.textLen = copy(m.text[:], "/boot/bad.bin x")
			last := i.addModule(0x500000, 0x501000)
			last.textLen = copy(last.text[:], "last")
			if err := i.FindUsable(kernel, nil); err != nil {
				t.Fatal(err)
			}
			wantProblem(t, i, c.want)
			if p := i.Problems()[0]; p.A != c.at.Start || p.B != c.at.End || string(p.name[:p.nameLen]) != "bad.bin" {
				t.Errorf("problem: %v", p.String())
			}
			if mods := i.Modules(); len(mods) != 2 || mods[0].Range != good || mods[1].Name() != "last" {
				t.Errorf("modules %+v", mods)
			}
		})
	}
}

func TestEmptyModulesAreKept(t *testing.T) {
	i := normalised(t, Region{0, 0x1000000, RAM})
	i.addModule(0, 0)
	i.addModule(0x180000, 0x180000)
	i.addModule(0x400000, 0x400000)
	i.addModule(0x300000, 0x500000)
	if err := i.FindUsable(Range{0x100000, 0x200000}, nil); err != nil || len(i.Modules()) != 4 || len(i.Problems()) != 0 {
		t.Errorf("%v, %d modules\n%s", err, len(i.Modules()), problems(i))
	}
}

func TestFullMapLosesMemoryButGivesNoneAway(t *testing.T) {
	m := new(Map)
	for k := range uint64(len(m.regions)) {
		m.insert(Region{k * 100, k*100 + 50, RAM})
	}
	if m.cut(Range{20, 30}) {
		t.Error("cut made two regions of one in a full map")
	}
	for _, r := range m.Regions() {
		if r.Start < 30 && r.End > 20 {
			t.Errorf("region %v is still there", r)
		}
	}
	checkMap(t, m)
	if m.paint(Region{60, 70, RAM}) {
		t.Error("painted into a full map")
	}
	if len(m.Regions()) != len(m.regions) {
		t.Errorf("%d regions", len(m.Regions()))
	}

	i := normalised(t, Region{0, 1 << 40, RAM})
	var taken []Range
	for k := range uint64(2 * MaxEntries) {
		taken = append(taken, Range{(2*k + 1) << 20, (2*k + 2) << 20})
	}
	if err := i.FindUsable(Range{1 << 30, 1<<30 + 1}, taken); err != nil {
		t.Fatal(err)
	}
	checkUsable(t, i, Range{1 << 30, 1<<30 + 1}, taken)
	wantProblem(t, i, MapFull)
}

// checkMap fails unless m is in order, disjoint and merged.
func checkMap(t *testing.T, m *Map) {
	t.Helper()
	for k, r := range m.Regions() {
		if r.Start >= r.End || r.End > MaxPhysical {
			t.Fatalf("region %d is %x", k, r)
		}
		if k == 0 {
			continue
		}
		last := m.Regions()[k-1]
		if r.Start < last.End || r.Start == last.End && r.Kind == last.Kind {
			t.Fatalf("region %x follows %x", r, last)
		}
	}
}

// kindAt is the kind of the byte at pa in a loader's map, by definition.
func kindAt(entries []Region, pa uint64) (k Kind, ok bool) {
	for _, r := range entries {
		if r.Start <= pa && pa < r.End && (!ok || r.Kind > k) {
			k, ok = r.Kind, true
		}
	}
	return k, ok
}

// at is the kind of the byte at pa in m.
func (m *Map) at(pa uint64) (Kind, bool) { return kindAt(m.Regions(), pa) }

// free reports whether the byte at pa may be used.
func free(i *Info, kernel Range, taken []Range, pa uint64) bool {
	k, ok := i.Memory.at(pa)
	one := Range{pa, pa + 1}
	if !ok || k != RAM || pa < PageSize || one.overlaps(kernel) || one.overlaps(i.Framebuffer.Range()) {
		return false
	}
	for _, r := range taken {
		if one.overlaps(r) {
			return false
		}
	}
	for k := range i.Modules() {
		if one.overlaps(i.Modules()[k].Range) {
			return false
		}
	}
	return true
}

// checkUsable fails unless i.Usable is whole pages that may be used.
func checkUsable(t *testing.T, i *Info, kernel Range, taken []Range) {
	t.Helper()
	u := &i.Usable
	checkMap(t, u)
	for _, r := range u.Regions() {
		if r.Kind != RAM || r.Start%PageSize != 0 || r.End%PageSize != 0 {
			t.Fatalf("usable region %x", r)
		}
	}
	for _, pa := range edges(i, kernel, taken) {
		if _, ok := u.at(pa); ok && !free(i, kernel, taken, pa) {
			t.Fatalf("%#x is usable", pa)
		}
	}
}

// edges are all addresses where what holds of a byte may change.
func edges(i *Info, kernel Range, taken []Range) []uint64 {
	all := []uint64{0, PageSize}
	add := func(start, end uint64) { all = append(all, start, end) }
	for _, r := range i.Usable.Regions() {
		add(r.Start, r.End)
	}
	for _, r := range i.entries[:i.entryCount] {
		add(r.Start, r.End)
	}
	for k := range i.Modules() {
		add(i.Modules()[k].Start, i.Modules()[k].End)
	}
	for _, r := range slices.Concat(taken, []Range{kernel, i.Framebuffer.Range()}) {
		add(r.Start, r.End)
	}
	return all
}

// FuzzNormalise makes a memory map, modules and taken ranges of its bytes, and
// compares the result with the definition at every address that matters.
func FuzzNormalise(f *testing.F) {
	f.Add([]byte{1, 0, 0, 255, 2, 0, 16, 3, 1, 128, 0, 128, 9, 32, 4, 2, 10, 64, 1, 1})
	f.Add([]byte{1, 0, 0, 16, 1, 8, 0, 16, 5, 4, 0, 16, 1, 255, 255, 255, 0, 255, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		const unit = PageSize / 4
		i := new(Info)
		var taken []Range
		for b = b[:min(len(b), 256)]; len(b) >= 4; b = b[4:] {
			start, length := uint64(b[1])*unit, uint64(b[2])|uint64(b[3])*unit
			switch b[0] >> 4 {
			default:
				i.addEntry(start, length, uint32(b[0]&7))
			case 12:
				i.addEntry(start<<44, length<<44, uint32(b[0]&7))
			case 13:
				i.addModule(start, start+length)
			case 14:
				taken = append(taken, Range{start, start + length})
			case 15:
				i.Framebuffer = Framebuffer{Addr: start, Pitch: uint32(length), Height: uint32(b[0] & 15)}
			}
		}
		if err := i.normalise(); err != nil {
			return
		}
		checkMap(t, &i.Memory)
		for _, pa := range edges(i, Range{}, nil) {
			for _, pa := range []uint64{pa, pa - 1} {
				k, ok := i.Memory.at(pa)
				wantKind, wantOK := kindAt(i.entries[:i.entryCount], pa)
				if k != wantKind || ok != wantOK {
					t.Fatalf("%#x is %v, %v, want %v, %v", pa, k, ok, wantKind, wantOK)
				}
			}
		}

		kernel := Range{32 * unit, 50 * unit}
		err := i.FindUsable(kernel, taken)
		if err == ErrTooSmall && i.Memory.endOfRAM() < kernel.End {
			return
		}
		if (err == nil) != (len(i.Usable.Regions()) > 0) {
			t.Fatalf("%v with %d usable regions", err, len(i.Usable.Regions()))
		}
		checkUsable(t, i, kernel, taken)
		for _, p := range i.Problems() {
			if p.Code == MapFull {
				return
			}
		}
		marks := edges(i, kernel, taken)
		for _, pa := range marks {
			page := pa &^ (PageSize - 1)
			all := true
			for _, at := range slices.Concat(marks, []uint64{page}) {
				if at >= page && at < page+PageSize && !free(i, kernel, taken, at) {
					all = false
				}
			}
			if _, ok := i.Usable.at(page); ok != all {
				t.Fatalf("page %#x: usable %v, want %v\n%x", page, ok, all, i.Usable.Regions())
			}
		}
	})
}
