package svm

import "testing"

func TestMSRPermissionMap(t *testing.T) {
	m := newMSRPermissions(make([]byte, msrpmSize))
	for _, c := range []struct {
		msr    uint32
		offset int
		shift  uint
	}{
		{0, 0, 0}, {0x1b, 0x6, 6}, {0x1fff, 0x7ff, 6},
		{0xc0000000, 0x800, 0}, {0xc0000080, 0x820, 0}, {0xc0000101, 0x840, 2},
		{0xc0010000, 0x1000, 0}, {0xc0011fff, 0x17ff, 6},
	} {
		if r, w := m.intercepts(c.msr); !r || !w {
			t.Errorf("MSR %#x is not intercepted at first", c.msr)
		}
		if !m.allow(c.msr, true, false) {
			t.Fatalf("MSR %#x has no place", c.msr)
		}
		if r, w := m.intercepts(c.msr); r || !w {
			t.Errorf("MSR %#x, reads allowed: intercepts %v, %v", c.msr, r, w)
		}
		if m[c.offset]>>c.shift&3 != 2 {
			t.Errorf("MSR %#x: byte %#x is %#x, want its bits at %d to be 2", c.msr, c.offset, m[c.offset], c.shift)
		}
		m.allow(c.msr, false, true)
		if m[c.offset]>>c.shift&3 != 0 {
			t.Errorf("MSR %#x: byte %#x is %#x", c.msr, c.offset, m[c.offset])
		}
	}
	for _, msr := range []uint32{0x2000, 0x4b564d00, 0xbfffffff, 0xc0002000, 0xc0012000, 0xffffffff} {
		if m.allow(msr, true, true) {
			t.Errorf("MSR %#x has a place", msr)
		}
		if r, w := m.intercepts(msr); !r || !w {
			t.Errorf("MSR %#x is not intercepted", msr)
		}
	}
}
