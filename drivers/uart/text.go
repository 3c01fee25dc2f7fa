package uart

// Text sends text: it puts a carriage return before each line feed that has
// none. It is the only place where Ringo does so; the screens take a line feed
// for both, and the debug port goes to a file. A stream that is not Ringo's
// own text, such as a guest's terminal, goes to Port as it is.
type Text struct {
	Port *Port

	last byte
}

// WriteByte sends c with the bounds and errors of Port.WriteByte.
func (t *Text) WriteByte(c byte) error {
	var err error
	if c == '\n' && t.last != '\r' {
		err = t.Port.WriteByte('\r')
	}
	t.last = c
	if e := t.Port.WriteByte(c); e != nil {
		err = e
	}
	return err
}
