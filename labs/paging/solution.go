//go:build solution

package paging

// span is how many bytes an entry of a level covers.
func span(level int) uint64 { return size4K << (9 * (level - 1)) }

// leaf tells whether an entry maps a page.
func leaf(entry uint64, level int) bool { return level == 1 || entry&large != 0 }

func walk(m memory, root, gpa uint64) (hpa, size uint64, ok bool) {
	if gpa >= span(top)*512 {
		return 0, 0, false
	}
	at := root
	for level := top; ; level-- {
		entry := m.Table(at)[gpa/span(level)%512]
		if entry&present == 0 {
			return 0, 0, false
		}
		if leaf(entry, level) {
			size = span(level)
			return entry&address&^(size-1) | gpa&(size-1), size, true
		}
		at = entry & address
	}
}

func mapPages(m memory, root, gpa, hpa, size uint64) {
	for size > 0 {
		level := 1
		for l := 2; l <= 3; l++ {
			if n := span(l); (gpa|hpa)%n == 0 && size >= n {
				level = l
			}
		}
		mapPage(m, root, gpa, hpa, level)
		n := span(level)
		gpa, hpa, size = gpa+n, hpa+n, size-n
	}
}

// mapPage maps one page, by an entry of a level.
func mapPage(m memory, at, gpa, hpa uint64, level int) {
	for l := top; l > level; l-- {
		entry := &m.Table(at)[gpa/span(l)%512]
		if *entry&present == 0 {
			*entry = m.New() | present | writable | user
		}
		at = *entry & address
	}
	entry := hpa | present | writable | user
	if level > 1 {
		entry |= large
	}
	m.Table(at)[gpa/span(level)%512] = entry
}

func written(m memory, root uint64, visit func(gpa, size uint64)) { look(m, root, 0, top, visit) }

// look goes through the table at an address, whose first entry is for gpa.
func look(m memory, at, gpa uint64, level int, visit func(gpa, size uint64)) {
	t := m.Table(at)
	for i := range t {
		switch entry := t[i]; {
		case entry&present == 0:
		case !leaf(entry, level):
			look(m, entry&address, gpa, level-1, visit)
		case entry&dirty != 0:
			t[i] &^= dirty
			visit(gpa, span(level))
		}
		gpa += span(level)
	}
}
