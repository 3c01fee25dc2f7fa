package svm

// Sizes of the permission maps in bytes. APM vol. 2 §15.10.1, §15.11.
const (
	iopmSize  = 12 << 10 // a bit for each port, and 3 bits more
	msrpmSize = 8 << 10  // two bits for each MSR of three ranges, and a spare page
)

// ioPermissions is an I/O permission map: a set bit intercepts the port. It
// starts as all ones, which is what a hypervisor without devices of its own
// to give away needs.
type ioPermissions []byte

func newIOPermissions(page []byte) ioPermissions {
	fill(page[:iopmSize])
	return page[:iopmSize]
}

// msrPermissions is an MSR permission map: for each MSR a bit that intercepts
// reads and one that intercepts writes. MSRs outside its ranges are always
// intercepted.
type msrPermissions []byte

func newMSRPermissions(page []byte) msrPermissions {
	fill(page[:msrpmSize])
	return page[:msrpmSize]
}

// allow lets the guest read and write an MSR itself; false when the map has no
// place for it.
func (m msrPermissions) allow(msr uint32, read, write bool) bool {
	bit, ok := msrBit(msr)
	if !ok {
		return false
	}
	b := &m[bit/8]
	if read {
		*b &^= 1 << (bit % 8)
	}
	if write {
		*b &^= 2 << (bit % 8)
	}
	return true
}

// intercepts tells whether reads and writes of an MSR exit.
func (m msrPermissions) intercepts(msr uint32) (read, write bool) {
	bit, ok := msrBit(msr)
	if !ok {
		return true, true
	}
	b := m[bit/8] >> (bit % 8)
	return b&1 != 0, b&2 != 0
}

// msrBit is the place of an MSR's two bits. APM vol. 2 table 15-5.
func msrBit(msr uint32) (bit uint32, ok bool) {
	const perRange = 0x2000
	for i, start := range [...]uint32{0, 0xc0000000, 0xc0010000} {
		if msr-start < perRange {
			return uint32(i)*perRange*2 + (msr-start)*2, true
		}
	}
	return 0, false
}

func fill(b []byte) {
	for i := range b {
		b[i] = 0xff
	}
}
