package paging

import "testing"

const (
	kib = 1 << 10
	mib = 1 << 20
	gib = 1 << 30
)

// fakeFrames is memory for tables, from host-physical address tablesAt.
type fakeFrames struct {
	t      testing.TB
	tables []Table
	free   []int
	used   []bool
	out    int // frames given out
	budget int // frames that may still be given out
}

const tablesAt = 0x7000_0000_0000

func (f *fakeFrames) Table(pa uint64) *Table {
	if i := (pa - tablesAt) / PageSize; pa >= tablesAt && i < uint64(len(f.tables)) {
		return &f.tables[i]
	}
	return nil
}

func (f *fakeFrames) AllocTable() (pa uint64, ok bool) {
	if f.budget == 0 || len(f.free) == 0 {
		return 0, false
	}
	i := f.free[len(f.free)-1]
	f.free = f.free[:len(f.free)-1]
	f.used[i] = true
	f.out++
	f.budget--
	return tablesAt + uint64(i)*PageSize, true
}

func (f *fakeFrames) FreeTable(pa uint64) {
	i := (pa - tablesAt) / PageSize
	if i >= uint64(len(f.used)) || !f.used[i] {
		f.t.Fatalf("FreeTable(%#x): not a table that is in use", pa)
	}
	f.used[i] = false
	f.free = append(f.free, int(i))
	f.out--
	if t := f.Table(pa); t != nil {
		for j := range t {
			t[j] = ^Entry(0)
		}
	}
}

// newSpace is a space whose tables come from n frames full of leftovers.
func newSpace(t testing.TB, n int, gigabyte bool) (*Space, *fakeFrames) {
	f := &fakeFrames{t: t, tables: make([]Table, n+1), used: make([]bool, n+1), budget: 1 << 30}
	for i := n; i > 0; i-- {
		f.free = append(f.free, i)
		for j := range f.tables[i] {
			f.tables[i][j] = ^Entry(0)
		}
	}
	s := new(Space)
	s.Init(tablesAt, f, f, gigabyte)
	return s, f
}

// hardware translates va as the manuals say the processor does, on bare bits.
func hardware(f *fakeFrames, root, va uint64) (pa uint64, write, nx, ok bool) {
	table, write := root, true
	for shift := 39; ; shift -= 9 {
		e := uint64(f.Table(table)[va>>shift&511])
		if e&1 == 0 {
			return 0, false, false, false
		}
		write = write && e&2 != 0
		nx = nx || e>>63 != 0
		leaf := shift == 12 || shift < 39 && e&0x80 != 0
		if !leaf {
			table = e & 0xf_ffff_ffff_f000
			continue
		}
		size := uint64(1) << shift
		return e&0xf_ffff_ffff_f000&^(size-1) | va&(size-1), write, nx, true
	}
}

// reachable counts the tables below one of level l, and reports those that
// should have been folded.
func reachable(t testing.TB, f *fakeFrames, table uint64, l Level) int {
	n := 0
	for i, e := range f.Table(table) {
		if !e.isTable(l) {
			continue
		}
		child := f.Table(e.address(l))
		if child.uniform(child[0]) {
			t.Errorf("entry %d of a level %d table names a table that says nothing more than an entry could", i, l)
		}
		n += 1 + reachable(t, f, e.address(l), l-1)
	}
	return n
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
