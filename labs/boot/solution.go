//go:build solution

package boot

const (
	DiesAt   = 0x8046
	Vector   = 0x30
	Register = "idtr_limit"
	Value    = 0x30
)

const (
	Waits  = 0x8798
	Counts = 0x8790
)

// The limit in front of the IDT is that of 31h gates, and CMP's displacement is
// from behind it.
var patches = []Patch{
	{0x818a, []byte{0x0f, 0x03}},
	{0x80b1, []byte{0xda}},
}
