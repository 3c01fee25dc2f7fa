package record

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	mark    = "RINGOTRC"
	version = 2 // a uint16, little-endian, after the mark
)

// Write writes the trace as a file.
func (t *Trace) Write(w io.Writer) error {
	if _, err := w.Write(binary.LittleEndian.AppendUint16([]byte(mark), version)); err != nil {
		return err
	}
	z := zlib.NewWriter(w)
	c := &coder{w: bufio.NewWriter(z)}
	t.code(c)
	return errors.Join(c.err, c.w.Flush(), z.Close())
}

// Read reads a file. The error says what is wrong with it.
func Read(r io.Reader) (*Trace, error) {
	var head [len(mark) + 2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:len(mark)]) != mark {
		return nil, errors.New("no trace")
	}
	if v := binary.LittleEndian.Uint16(head[len(mark):]); v != version {
		return nil, fmt.Errorf("a trace of version %d; this is for %d", v, version)
	}
	z, err := zlib.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("damaged: %w", err)
	}
	c := &coder{r: bufio.NewReader(io.LimitReader(z, maxSize))}
	t := new(Trace)
	t.code(c)
	if c.err == nil {
		// The checksum is behind the last byte.
		if n, err := io.Copy(io.Discard, c.r); err != nil {
			c.fail(err)
		} else if n != 0 {
			c.fail(fmt.Errorf("%d bytes behind its end", n))
		}
	}
	if c.err != nil {
		return nil, fmt.Errorf("damaged: %w", c.err)
	}
	return t, nil
}

// coder writes numbers, or reads them. After an error it does nothing.
type coder struct {
	w    *bufio.Writer
	r    *bufio.Reader // nil: it writes
	word [binary.MaxVarintLen64]byte
	err  error
}

func (c *coder) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// unsigned is a number of any size.
func (c *coder) unsigned(v *uint64) {
	switch {
	case c.err != nil:
	case c.r == nil:
		_, c.err = c.w.Write(binary.AppendUvarint(c.word[:0], *v))
	default:
		*v, c.err = binary.ReadUvarint(c.r)
		if c.err == io.EOF {
			c.err = io.ErrUnexpectedEOF
		}
	}
}

// integer is a number that is max at the most.
func integer[T ~uint8 | ~uint32 | ~uint64 | ~int](c *coder, v *T, max uint64) {
	n := uint64(*v)
	c.unsigned(&n)
	if c.err != nil {
		return
	}
	if n > max {
		c.fail(fmt.Errorf("%d where %d is the most", n, max))
		return
	}
	*v = T(n)
}

// difference is a number of any size, as its distance from the last one: near
// ones are short.
func (c *coder) difference(v, last *uint64) {
	d := int64(*v - *last)
	n := uint64(d)<<1 ^ uint64(d>>63)
	c.unsigned(&n)
	*v = *last + (n>>1 ^ -(n & 1))
	*last = *v
}

func (c *coder) bool(v *bool) {
	n := uint8(0)
	if *v {
		n = 1
	}
	integer(c, &n, 1)
	*v = n != 0
}

// text is a string.
func (c *coder) text(s *string) {
	b := []byte(*s)
	c.bytes(&b, maxName)
	*s = string(b)
}

// bytes are max bytes at the most. What is read grows as it comes, as a list does.
func (c *coder) bytes(p *[]byte, max uint64) {
	n := len(*p)
	integer(c, &n, max)
	switch {
	case c.err != nil, n == 0:
	case c.r == nil:
		_, c.err = c.w.Write(*p)
	default:
		var b bytes.Buffer
		_, c.err = io.CopyN(&b, c.r, int64(n))
		*p = b.Bytes()
	}
}

// list is a list of max elements at the most. What is read grows as it comes, so
// a length alone takes no memory.
func list[T any](c *coder, s *[]T, max int, each func(*T)) {
	n := len(*s)
	integer(c, &n, uint64(max))
	if c.r != nil {
		*s = nil
	}
	for i := 0; i < n && c.err == nil; i++ {
		if c.r != nil {
			*s = append(*s, *new(T))
		}
		each(&(*s)[i])
	}
}
