// Package state saves and loads the state of virtual devices. A device names
// its fields once, to a Codec, by pointer:
//
//	func (d *Device) State(c *state.Codec) {
//		c.Version("device", 1)
//		c.U8(&d.control)
//		c.Bool(&d.enabled)
//	}
//
// The same method then saves and loads, so the two cannot drift apart. A saved
// state comes from outside: what does not fit is an error that names the
// device, and the fields that follow stay as they were.
package state

import (
	"encoding/binary"
	"fmt"
)

// Codec either appends fields to a byte slice or takes them from one.
type Codec struct {
	buf     []byte
	loading bool
	err     error
	device  string // for errors
}

// Saver returns a codec that saves.
func Saver() *Codec { return &Codec{} }

// Loader returns a codec that loads what a saver saved.
func Loader(b []byte) *Codec { return &Codec{buf: b, loading: true} }

// Loading tells whether the codec loads.
func (c *Codec) Loading() bool { return c.loading }

// Bytes is what was saved.
func (c *Codec) Bytes() []byte { return c.buf }

// Err is the first thing that went wrong. Left-over bytes are an error of
// Close.
func (c *Codec) Err() error { return c.err }

// Close ends a load: all bytes must have been used.
func (c *Codec) Close() error {
	if c.err == nil && c.loading && len(c.buf) != 0 {
		c.Fail("%d bytes too many", len(c.buf))
	}
	return c.err
}

// Fail records an error, for a value that a device cannot have.
func (c *Codec) Fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("state of %s: %s", c.device, fmt.Sprintf(format, args...))
	}
}

// Version begins a device's fields. A state that another device or another
// version saved is an error.
func (c *Codec) Version(device string, version uint8) {
	c.device = device
	name, v := device, version
	c.String(&name)
	c.U8(&v)
	if c.err == nil && (name != device || v != version) {
		c.Fail("got version %d of %q, want version %d", v, name, version)
	}
}

// next is the n bytes of the next field, to fill or to read; nil after an
// error.
func (c *Codec) next(n int) []byte {
	if c.err != nil {
		return nil
	}
	if !c.loading {
		at := len(c.buf)
		c.buf = append(c.buf, make([]byte, n)...)
		return c.buf[at:]
	}
	if n > len(c.buf) {
		c.Fail("%d bytes left, %d wanted", len(c.buf), n)
		return nil
	}
	b := c.buf[:n]
	c.buf = c.buf[n:]
	return b
}

// U8 is an 8-bit field.
func (c *Codec) U8(v *uint8) {
	if b := c.next(1); b != nil {
		if c.loading {
			*v = b[0]
		} else {
			b[0] = *v
		}
	}
}

// U16 is a 16-bit field.
func (c *Codec) U16(v *uint16) {
	w := uint64(*v)
	c.number(&w, 2)
	*v = uint16(w)
}

// U32 is a 32-bit field.
func (c *Codec) U32(v *uint32) {
	w := uint64(*v)
	c.number(&w, 4)
	*v = uint32(w)
}

// U64 is a 64-bit field.
func (c *Codec) U64(v *uint64) { c.number(v, 8) }

// Int is an int field, saved as 64 bits.
func (c *Codec) Int(v *int) {
	w := uint64(*v)
	c.number(&w, 8)
	*v = int(w)
}

// Bool is a bool field. When loading, a byte other than 0 and 1 is an error.
func (c *Codec) Bool(v *bool) {
	var b uint8
	if *v {
		b = 1
	}
	c.U8(&b)
	if b > 1 {
		c.Fail("%d is no truth value", b)
		return
	}
	*v = b == 1
}

// Raw is a field of fixed size.
func (c *Codec) Raw(p []byte) {
	if b := c.next(len(p)); b != nil {
		if c.loading {
			copy(p, b)
		} else {
			copy(b, p)
		}
	}
}

// maxString bounds a string field, in bytes.
const maxString = 1 << 16

// String is a field of variable length.
func (c *Codec) String(s *string) {
	b := []byte(*s)
	c.Slice(&b, maxString)
	if c.loading {
		*s = string(b)
	}
}

// Slice is a field of variable length, most bytes at the most.
func (c *Codec) Slice(p *[]byte, most int) {
	n := uint64(len(*p))
	c.number(&n, 4)
	if c.err != nil {
		return
	}
	if n > uint64(most) {
		c.Fail("%d bytes, %d at the most", n, most)
		return
	}
	if c.loading {
		*p = append((*p)[:0], c.next(int(n))...)
		return
	}
	c.Raw(*p)
}

func (c *Codec) number(v *uint64, size int) {
	b := c.next(size)
	if b == nil {
		return
	}
	var w [8]byte
	if c.loading {
		copy(w[:], b)
		*v = binary.LittleEndian.Uint64(w[:])
		return
	}
	binary.LittleEndian.PutUint64(w[:], *v)
	copy(b, w[:size])
}
