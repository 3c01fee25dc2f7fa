//go:build !tamago

package thread

import "testing"

const (
	protNone  = 0
	mapNone   = 2 | mapAnonymous // MAP_PRIVATE
	someplace = 0xc000_0000_0000
)

func TestMemoryCalls(t *testing.T) {
	for _, c := range []struct {
		name   string
		number uint64
		args   []uint64
		refuse bool
		want   uint64
		calls  []string
	}{
		{"reserve", sysMmap, []uint64{0, 0x3000, protNone, mapNone}, false,
			reserved, []string{"reserve 3000"}},
		{"reserve, sizes are rounded up", sysMmap, []uint64{0, 0x2001, protNone, mapNone}, false,
			reserved, []string{"reserve 3000"}},
		{"reserve where the runtime likes", sysMmap, []uint64{someplace, 0x3000, protNone, mapNone}, false,
			someplace, nil},
		{"reserve where the runtime may not", sysMmap, []uint64{0x19_4fc0_0000, 0x3000, protNone, mapNone}, false,
			reserved, []string{"reserve 3000"}},
		{"no address space", sysMmap, []uint64{0, 0x3000, protNone, mapNone}, true,
			fail(enomem), []string{"reserve 3000"}},
		{"reserve and map", sysMmap, []uint64{0, 0x1000, protRead | protWrite, mapNone}, false,
			reserved, []string{"reserve 1000", "map 700000000000 1000"}},
		{"map what is reserved", sysMmap, []uint64{someplace, 0x1000, protRead | protWrite, mapNone | mapFixed}, false,
			someplace, []string{"map c00000000000 1000"}},
		{"map without memory", sysMmap, []uint64{someplace, 0x1000, protRead | protWrite, mapNone | mapFixed}, true,
			fail(enomem), []string{"map c00000000000 1000"}},
		{"map nothing over a mapping", sysMmap, []uint64{someplace, 0x1000, protNone, mapNone | mapFixed}, false,
			someplace, []string{"unmap c00000000000 1000"}},
		{"map a file", sysMmap, []uint64{0, 0x1000, protRead, 2}, false, fail(enodev), nil},
		{"map no bytes", sysMmap, []uint64{0, 0, protRead, mapNone}, false, fail(einval), nil},
		{"map all bytes", sysMmap, []uint64{0, 1<<64 - 1, protRead, mapNone}, false, fail(einval), nil},
		{"map off a page", sysMmap, []uint64{someplace + 8, 0x1000, protRead, mapNone}, false, fail(einval), nil},
		{"map page 0", sysMmap, []uint64{0, 0x1000, protRead, mapNone | mapFixed}, false, fail(eperm), nil},

		{"unmap", sysMunmap, []uint64{someplace, 0x1001}, false, 0, []string{"unmap c00000000000 2000"}},
		{"unmap what is not mapped", sysMunmap, []uint64{someplace, 0x1000}, true, fail(einval), []string{"unmap c00000000000 1000"}},
		{"unmap off a page", sysMunmap, []uint64{someplace + 1, 0x1000}, false, fail(einval), nil},
		{"unmap no bytes", sysMunmap, []uint64{someplace, 0}, false, fail(einval), nil},
		{"unmap all bytes", sysMunmap, []uint64{someplace, 1<<64 - 1}, false, fail(einval), nil},

		{"protect", sysMprotect, []uint64{someplace, 0x1000, protRead}, false, 0, []string{"protect c00000000000 1000 true false"}},
		{"protect for all", sysMprotect, []uint64{someplace, 0x1000, protRead | protWrite}, false, 0, []string{"protect c00000000000 1000 true true"}},
		{"protect from all", sysMprotect, []uint64{someplace, 0x1000, protNone}, false, 0, []string{"protect c00000000000 1000 false false"}},
		{"protect what is not mapped", sysMprotect, []uint64{someplace, 0x1000, protRead}, true, fail(enomem), []string{"protect c00000000000 1000 true false"}},
		{"protect off a page", sysMprotect, []uint64{someplace + 1, 0x1000, protRead}, false, fail(einval), nil},
		{"protect all bytes", sysMprotect, []uint64{someplace, 1<<64 - 1, protRead}, false, fail(einval), nil},
		{"protect no bytes", sysMprotect, []uint64{someplace, 0, protRead}, false, 0, nil},

		{"give pages back", sysMadvise, []uint64{someplace, 0x1000, madvDontNeed}, false, 0, []string{"discard c00000000000 1000"}},
		{"give back what is not mapped", sysMadvise, []uint64{someplace, 0x1000, madvDontNeed}, true, fail(enomem), []string{"discard c00000000000 1000"}},
		{"give back off a page", sysMadvise, []uint64{someplace + 1, 0x1000, madvDontNeed}, false, fail(einval), nil},
		{"give back all bytes", sysMadvise, []uint64{someplace, 1<<64 - 1, madvDontNeed}, false, fail(einval), nil},
		{"give back no bytes", sysMadvise, []uint64{someplace, 0, madvDontNeed}, false, 0, nil},
		{"huge pages", sysMadvise, []uint64{someplace, 0x200000, madvHugePage}, false, 0, nil},
		{"no huge pages", sysMadvise, []uint64{someplace, 0x200000, madvNoHugePage}, false, 0, nil},
		{"collapse is not supported", sysMadvise, []uint64{someplace, 0x200000, madvCollapse}, false, fail(einval), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.run(w.processors[0])
			w.memory.refuse = c.refuse
			if got := w.call(w.processors[0], c.number, c.args...); got != c.want {
				t.Errorf("got %#x, want %#x", got, c.want)
			}
			expectSlice(t, "calls", w.memory.takeCalls(), c.calls)
		})
	}
}

// TestTouchReachesEveryPage: what the layer reads and writes for the runtime
// is made to appear first, all of it.
func TestTouchReachesEveryPage(t *testing.T) {
	w := newWorld(t, 1)
	w.memory.faults = map[uint64]FaultResult{0x5000: FaultBacked, 0x6000: FaultBacked, 0x7000: FaultBacked, 0x8000: FaultBacked}
	w.processors[0].lock()
	for _, c := range []struct {
		name  string
		va    uintptr
		size  uint64
		write bool
		want  []uint64
	}{
		{"nothing", 0x5000, 0, true, nil},
		{"one byte", 0x5fff, 1, false, []uint64{0x5000}},
		{"a page", 0x5000, 0x1000, true, []uint64{0x5001}},
		{"across", 0x5fff, 2, false, []uint64{0x5000, 0x6000}},
		{"far across", 0x5ff8, 0x2000, true, []uint64{0x5001, 0x6001, 0x7001}},
		{"not beyond what is not there", 0x8ff8, 1 << 60, false, []uint64{0x8000, 0x9000}},
		{"not around the end", 1<<64 - 8, 7, false, []uint64{1<<64 - pageSize}},
	} {
		w.memory.log = nil
		touch(c.va, c.size, c.write)
		expectSlice(t, c.name, w.memory.log, c.want)
	}
	layer.lock.release()
}
