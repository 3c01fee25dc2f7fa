// Package goos holds the hooks that TamaGo's packages set and that its own Go
// distribution calls. Under the stock distribution Ringo's thread layer does
// that work, so here they are plain variables: TamaGo's packages link against
// them, and nothing calls them.
package goos

import "unsafe"

// Variables that a TamaGo board defines: the memory of the Go runtime, in
// bytes from a host-physical address.
var (
	RamStart       uint
	RamSize        uint
	RamStackOffset uint
)

// Optional hooks of a TamaGo board.
var (
	Bloc   uintptr
	Exit   func(code int32)
	Idle   func(until int64)
	ProcID func() uint64
	Task   func(sp, mp, gp, fn unsafe.Pointer)
)
