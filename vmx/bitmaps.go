package vmx

// msrBitmapSize is the size of an MSR bitmap in bytes. SDM vol. 3 §24.6.9.
const msrBitmapSize = 4 << 10

// Quarters of the bitmap.
const (
	msrReads  = 0       // of MSRs from 0 on, then of those from C000_0000h on
	msrWrites = 2 << 10 // likewise
	msrHigh   = 1 << 10
)

// msrBitmap is an MSR bitmap: for each MSR a bit that makes reads exit, and one
// for writes. MSRs outside its two ranges always exit.
type msrBitmap []byte

func newMSRBitmap(page []byte) msrBitmap {
	for i := range page[:msrBitmapSize] {
		page[i] = 0xff
	}
	return page[:msrBitmapSize]
}

// allow lets the guest read and write an MSR itself; false when the map has no
// place for it.
func (m msrBitmap) allow(msr uint32, read, write bool) bool {
	at, mask, ok := msrBit(msr)
	if !ok {
		return false
	}
	if read {
		m[msrReads+at] &^= mask
	}
	if write {
		m[msrWrites+at] &^= mask
	}
	return true
}

// exits tells whether reads and writes of an MSR exit.
func (m msrBitmap) exits(msr uint32) (read, write bool) {
	at, mask, ok := msrBit(msr)
	if !ok {
		return true, true
	}
	return m[msrReads+at]&mask != 0, m[msrWrites+at]&mask != 0
}

// msrBit is the place of an MSR's bit, in the half for reads.
func msrBit(msr uint32) (at uint32, mask byte, ok bool) {
	const perRange, high = 0x2000, 0xc000_0000
	if msr >= high {
		msr, at = msr-high, msrHigh
	}
	return at + msr/8, 1 << (msr % 8), msr < perRange
}
