package boot

// PageSize is the size in bytes of the pages that Usable is made of.
const PageSize = 4096

// MaxPhysical is the end of the widest physical address space an x86 processor
// can have, 52 bits. Section: AMD APM vol. 2 §5.1, Intel SDM vol. 3 §4.1.4.
const MaxPhysical = 1 << 52

// Kind is what a region of memory is for. A greater Kind is more restrictive:
// it wins where the loader's map says two things of one place.
type Kind uint8

const (
	RAM             Kind = iota + 1
	ACPIReclaimable      // RAM that holds ACPI tables
	ACPINVS              // the firmware's, kept over sleep
	Reserved
	Bad // broken RAM
	kinds
)

func (k Kind) String() string {
	switch k {
	case RAM:
		return "RAM"
	case ACPIReclaimable:
		return "ACPI tables"
	case ACPINVS:
		return "ACPI NVS"
	case Bad:
		return "bad RAM"
	}
	return "reserved"
}

// kindOf translates the type of a memory map entry, the same in all three
// protocols. Types we do not know are not for us to use.
// Section: Multiboot2 Specification §3.6.8; Xen hvm/start_info.h.
func kindOf(typ uint32) Kind {
	switch typ {
	case 1:
		return RAM
	case 3:
		return ACPIReclaimable
	case 4:
		return ACPINVS
	case 5:
		return Bad
	}
	return Reserved
}

// Region is a range of host-physical memory and what it is for.
type Region struct {
	Start, End uint64
	Kind       Kind
}

// Map is a list of regions in ascending order that do not overlap, with no two
// of a kind touching.
type Map struct {
	regions [2 * MaxEntries]Region
	n       int
}

// Regions are the regions of the map.
func (m *Map) Regions() []Region { return m.regions[:m.n] }

// Total is the number of bytes of kind k.
func (m *Map) Total(k Kind) uint64 {
	sum := uint64(0)
	for _, r := range m.Regions() {
		if r.Kind == k {
			sum += r.End - r.Start
		}
	}
	return sum
}

// holds reports whether all of r is of kind k.
func (m *Map) holds(r Range, k Kind) bool {
	for _, s := range m.Regions() {
		if s.Kind == k && s.Start <= r.Start && r.End <= s.End {
			return true
		}
	}
	return false
}

// endOfRAM is where the highest RAM ends.
func (m *Map) endOfRAM() uint64 {
	end := uint64(0)
	for _, r := range m.Regions() {
		if r.Kind == RAM {
			end = max(end, r.End)
		}
	}
	return end
}

// insert adds r, which overlaps nothing in the map, in its place. It reports
// false when the map is full, and leaves r out: a full map loses memory, but
// never gives away what is taken.
func (m *Map) insert(r Region) bool {
	if m.n == len(m.regions) {
		return false
	}
	k := m.n
	for ; k > 0 && m.regions[k-1].Start > r.Start; k-- {
		m.regions[k] = m.regions[k-1]
	}
	m.regions[k] = r
	m.n++
	return true
}

// cut takes r out of the map. It reports false when the map is full and the
// part behind r is lost as well.
func (m *Map) cut(r Range) bool {
	if r.Start >= r.End {
		return true
	}
	kept, behind := 0, Region{}
	for _, s := range m.Regions() {
		if s.End > r.End && s.Start < r.Start {
			behind = Region{r.End, s.End, s.Kind}
		}
		switch {
		case s.End <= r.Start || s.Start >= r.End:
		case s.Start < r.Start:
			s.End = r.Start
		case s.End > r.End:
			s.Start = r.End
		default:
			continue
		}
		m.regions[kept] = s
		kept++
	}
	m.n = kept
	return behind.End == 0 || m.insert(behind)
}

// paint gives r its place in the map, at the cost of what was there. It
// reports false when the map is full, as insert and cut do.
func (m *Map) paint(r Region) bool {
	room := m.cut(Range{r.Start, r.End})
	return m.insert(r) && room
}

// join makes one region of neighbours of a kind that touch.
func (m *Map) join() {
	kept := 0
	for _, s := range m.Regions() {
		if kept > 0 && m.regions[kept-1].End == s.Start && m.regions[kept-1].Kind == s.Kind {
			m.regions[kept-1].End = s.End
			continue
		}
		m.regions[kept] = s
		kept++
	}
	m.n = kept
}
