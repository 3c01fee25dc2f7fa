package paging

import (
	"fmt"
	"slices"
	"testing"
)

// fake is host memory that holds page tables only.
type fake map[uint64]*table

func (f fake) Table(hpa uint64) *table {
	t := f[hpa]
	if t == nil {
		panic(fmt.Sprintf("%#x is not the address of a page table", hpa))
	}
	return t
}

func (f fake) New() uint64 {
	hpa := 0x10_0000_0000 + uint64(len(f))*size4K
	f[hpa] = new(table)
	return hpa
}

// tables maps one page of each size by hand: 4 KiB at 0x8040_3000, 2 MiB at
// 0x8060_0000 and 1 GiB at 0x80_0000_0000.
func tables() (m fake, root uint64) {
	m = fake{}
	root = m.New()
	level3, level2, level1, far := m.New(), m.New(), m.New(), m.New()
	m[root][0] = level3 | present | writable | user | accessed
	m[level3][2] = level2 | present | writable | user
	m[level2][2] = level1 | present | writable | user
	m[level1][3] = 0x5_5555_5000 | present | writable | user
	m[level2][3] = 0x6_6660_0000 | present | writable | user | large
	m[root][1] = far | present | writable | user
	m[far][0] = 0x7_4000_0000 | present | writable | user | large
	return m, root
}

func TestWalk(t *testing.T) {
	m, root := tables()
	for _, tc := range []struct {
		gpa, hpa, size uint64
		ok             bool
	}{
		{0x8040_3000, 0x5_5555_5000, size4K, true},
		{0x8040_3abc, 0x5_5555_5abc, size4K, true},
		{0x8060_0000, 0x6_6660_0000, size2M, true},
		{0x8071_2345, 0x6_6671_2345, size2M, true},
		{0x80_1234_5678, 0x7_5234_5678, size1G, true},
		{0x8040_2000, 0, 0, false},
		{0x8080_0000, 0, 0, false},
		{0, 0, 0, false},
		{0x100_0000_0000, 0, 0, false},
		{1 << 48, 0, 0, false},
		{1<<48 | 0x8040_3000, 0, 0, false},
	} {
		if hpa, size, ok := walk(m, root, tc.gpa); hpa != tc.hpa || size != tc.size || ok != tc.ok {
			t.Errorf("%#x: at %#x in a page of %#x bytes, %v; want %#x, %#x, %v", tc.gpa, hpa, size, ok, tc.hpa, tc.size, tc.ok)
		}
	}
}

func TestWalkIgnoresOtherBits(t *testing.T) {
	m, root := tables()
	const noExecute, ignored = 1 << 63, 0x7ff<<52 | 7<<9
	for _, tab := range m {
		for i := range tab {
			if tab[i]&present != 0 {
				tab[i] |= noExecute | ignored | accessed | dirty
			}
		}
	}
	m.Table(root)[0] &^= dirty
	if hpa, size, ok := walk(m, root, 0x8060_1000); hpa != 0x6_6660_1000 || size != size2M || !ok {
		t.Errorf("with NX and the bits that are free: at %#x in a page of %#x bytes, %v; want 0x666601000, 0x200000, true: only some bits of an entry are an address", hpa, size, ok)
	}
}

func TestMapTakesTheLargestPages(t *testing.T) {
	for _, tc := range []struct {
		name           string
		gpa, hpa, size uint64
		tables         int // that it takes, the root included
	}{
		{"a page", 0x3000, 0x7000, size4K, 4},
		{"1 MiB", 0, 0x10_0000, 1 << 20, 4},
		{"2 MiB", size2M, 4 * size2M, size2M, 3},
		{"2 MiB, not aligned alike", size2M, 4*size2M + size4K, size2M, 4},
		{"2 MiB and a bit", size2M, 4 * size2M, size2M + size4K, 4},
		{"1 GiB", 0, 3 * size1G, size1G, 2},
		{"3 GiB from 2 MiB below 1 GiB", size1G - size2M, 5*size1G - size2M, 3 * size1G, 4},
	} {
		m := fake{}
		root := m.New()
		mapPages(m, root, tc.gpa, tc.hpa, tc.size)
		for at := uint64(0); at < tc.size; at += max(size4K, tc.size/997&^(size4K-1)) {
			if hpa, ok := reference(m, root, tc.gpa+at); !ok || hpa != tc.hpa+at {
				t.Fatalf("%s: %#x is at %#x, %v; want %#x", tc.name, tc.gpa+at, hpa, ok, tc.hpa+at)
			}
		}
		if _, ok := reference(m, root, tc.gpa+tc.size); ok {
			t.Errorf("%s: what is behind it is mapped too", tc.name)
		}
		if tc.gpa > 0 {
			if _, ok := reference(m, root, tc.gpa-1); ok {
				t.Errorf("%s: what is before it is mapped too", tc.name)
			}
		}
		if len(m) != tc.tables {
			t.Errorf("%s: %d tables, want %d", tc.name, len(m), tc.tables)
		}
	}
}

// reference is a walk that checks what the processor would.
func reference(m fake, root, gpa uint64) (hpa uint64, ok bool) {
	at := root
	for shift := 39; ; shift -= 9 {
		e := m.Table(at)[gpa>>shift&511]
		switch {
		case e&present == 0:
			return 0, false
		case e&user == 0 || e&writable == 0:
			panic(fmt.Sprintf("the entry %#x for %#x is not for the guest to write: the bits U/S and R/W", e, gpa))
		case shift == 12 || e&large != 0:
			return e&address | gpa&(1<<shift-1), true
		}
		at = e & address
	}
}

func TestWritten(t *testing.T) {
	m, root := tables()
	collect := func() (list []string) {
		written(m, root, func(gpa, size uint64) { list = append(list, fmt.Sprintf("%#x+%#x", gpa, size)) })
		return list
	}
	if got := collect(); len(got) != 0 {
		t.Errorf("nothing was written, and found was %v", got)
	}
	for _, tab := range m {
		for i := range tab {
			if tab[i]&present != 0 && tab[i]&address < 0x10_0000_0000 {
				tab[i] |= accessed | dirty
			}
		}
	}
	want := []string{"0x80403000+0x1000", "0x80600000+0x200000", "0x8000000000+0x40000000"}
	if got := collect(); !slices.Equal(got, want) {
		t.Errorf("written: %v, want %v", got, want)
	}
	if got := collect(); len(got) != 0 {
		t.Errorf("asked again, it finds %v: a page counts once", got)
	}
	if _, ok := reference(m, root, 0x8040_3000); !ok {
		t.Error("the page is not mapped any more")
	}
}
