//go:build !solution

package boot

// What gdb and the post-mortem tell of the machine that dies. Addresses are
// linear.
const (
	DiesAt   = 0  // GAP: the address of the instruction that cannot be executed
	Vector   = 0  // GAP: the vector whose gate the processor does not find
	Register = "" // GAP: the register that is wrong, by its name in gdb
	Value    = 0  // GAP: what it holds
)

// And, when that is mended, what gdb tells of the machine that waits for ever.
const (
	Waits  = 0 // GAP: the address of the counter that it waits for
	Counts = 0 // GAP: the address that changes at each tick
)

// patches mends both mistakes. {0x8000, []byte{0x90, 0x90}} would put two NOPs in place of
// what is at 8000h.
var patches = []Patch{
	// GAP
}
