package clock

// Name is the name of a source, up to 23 bytes of it. It is not a string so
// that copying it stores no pointer.
type Name struct {
	n    uint8
	text [23]byte
}

func (n *Name) set(s string) { n.n = uint8(copy(n.text[:], s)) }

// String returns the name.
func (n Name) String() string { return string(n.text[:n.n]) }
