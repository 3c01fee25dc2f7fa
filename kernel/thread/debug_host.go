//go:build !tamago

package thread

// The debug registers, for tests.
var testDR6, testDR7 uint64

func takeDR6() (v uint64) {
	v, testDR6 = testDR6, 0
	return v
}

func loadDR(_ *[4]uint64, dr7 uint64) { testDR7 = dr7 }
