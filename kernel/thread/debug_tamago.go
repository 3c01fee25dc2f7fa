//go:build tamago

package thread

// takeDR6 reads DR6 and clears its causes.
func takeDR6() uint64

// loadDR loads the address registers, and DR7.
//
//go:noescape
func loadDR(dr *[4]uint64, dr7 uint64)
