package boot

// lowMemory is the most RAM a PC has below the video memory, in bytes.
// Section: Multiboot Specification §3.3 (mem_lower).
const lowMemory = 640 << 10

// addEntry takes in an entry of the loader's memory map. It reports false when
// there is no room for this one and those after it.
func (i *Info) addEntry(start, length uint64, typ uint32) bool {
	end := start + length
	switch {
	case length == 0:
		i.note(MapEntryEmpty, start, 0)
	case end < start || end > MaxPhysical:
		i.note(MapEntryWraps, start, length)
	case i.entryCount == len(i.entries):
		i.note(TooManyEntries, MaxEntries, 0)
		return false
	default:
		i.entries[i.entryCount] = Region{start, end, kindOf(typ)}
		i.entryCount++
	}
	return true
}

// normalise makes Memory of the entries of the loader's map, or of the sizes
// when there are none. The more restrictive kinds are painted last, and so win.
func (i *Info) normalise() error {
	if i.entryCount == 0 {
		if i.lower == 0 && i.upper == 0 {
			return ErrNoMap
		}
		i.note(SizesOnly, i.lower, i.upper)
		i.entries[0] = Region{0, min(i.lower, lowMemory), RAM}
		i.entries[1] = Region{1 << 20, 1<<20 + i.upper, RAM}
		i.entryCount = 2
	}
	room := true
	for k := RAM; k < kinds; k++ {
		for n := range i.entries[:i.entryCount] {
			if r := i.entries[n]; r.Kind == k && r.Start < r.End {
				room = i.Memory.paint(r) && room
			}
		}
	}
	i.noteRoom(room)
	i.Memory.join()
	if i.Memory.Total(RAM) == 0 {
		return ErrNoRAM
	}
	return nil
}

// FindUsable works out Usable: the RAM in Memory, in whole pages, without page
// 0, the kernel's image, the modules, the framebuffer and the ranges taken. It
// drops modules that overlap the kernel or each other or do not lie in RAM,
// and returns ErrTooSmall if the kernel ends above all RAM, and ErrNoUsable when
// nothing is left. Pre-runtime.
func (i *Info) FindUsable(kernel Range, taken []Range) error {
	if !i.Memory.holds(kernel, RAM) {
		i.note(KernelNotRAM, kernel.Start, kernel.End)
	}
	if i.Memory.endOfRAM() < kernel.End {
		return ErrTooSmall
	}
	i.dropModules(kernel)

	u := &i.Usable
	u.n = 0
	for _, r := range i.Memory.Regions() {
		if r.Kind == RAM {
			u.regions[u.n] = r
			u.n++
		}
	}
	room := u.cut(Range{0, PageSize})
	room = u.cut(kernel) && room
	room = u.cut(i.Framebuffer.Range()) && room
	for k := range i.Modules() {
		room = u.cut(i.modules[k].Range) && room
	}
	for _, r := range taken {
		room = u.cut(r) && room
	}
	i.noteRoom(room)
	u.wholePages()
	if u.n == 0 {
		return ErrNoUsable
	}
	return nil
}

// noteRoom notes a map that was full.
func (i *Info) noteRoom(room bool) {
	if !room {
		i.note(MapFull, uint64(len(i.Memory.regions)), 0)
	}
}

// dropModules drops the modules that cannot be used.
func (i *Info) dropModules(kernel Range) {
	kept := 0
	for k := range i.Modules() {
		m := &i.modules[k]
		if m.Start < m.End {
			if c, bad := i.checkModule(m, kernel, i.modules[:kept]); bad {
				i.noteModule(c, m)
				continue
			}
		}
		if kept < k {
			i.modules[kept] = *m
		}
		kept++
	}
	i.moduleCount = kept
}

// checkModule says what is wrong with where m lies.
func (i *Info) checkModule(m *Module, kernel Range, before []Module) (c Code, bad bool) {
	if m.overlaps(kernel) {
		return ModuleOnKernel, true
	}
	for k := range before {
		if m.overlaps(before[k].Range) && before[k].Start < before[k].End {
			return ModuleOnModule, true
		}
	}
	return ModuleNotRAM, !i.Memory.holds(m.Range, RAM)
}

// wholePages shrinks every region to whole pages.
func (m *Map) wholePages() {
	kept := 0
	for _, r := range m.Regions() {
		r.Start = (r.Start + PageSize - 1) &^ (PageSize - 1)
		r.End &^= PageSize - 1
		if r.Start < r.End {
			m.regions[kept] = r
			kept++
		}
	}
	m.n = kept
}
