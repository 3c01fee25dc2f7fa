package state

import (
	"strings"
	"testing"
)

// sample has a field of each kind.
type sample struct {
	a uint8
	b uint16
	c uint32
	d uint64
	e int
	f bool
	g [3]byte
	h string
	i []byte
}

func (s *sample) State(c *Codec) {
	c.Version("sample", 3)
	c.U8(&s.a)
	c.U16(&s.b)
	c.U32(&s.c)
	c.U64(&s.d)
	c.Int(&s.e)
	c.Bool(&s.f)
	c.Raw(s.g[:])
	c.String(&s.h)
	c.Slice(&s.i, 8)
}

var full = sample{1, 0x203, 0x4050607, 0x8090a0b0c0d0e0f, -5, true, [3]byte{7, 8, 9}, "text", []byte{1, 2}}

func save(s sample) []byte {
	c := Saver()
	s.State(c)
	return c.Bytes()
}

func TestLoadGivesWhatWasSaved(t *testing.T) {
	c := Loader(save(full))
	var got sample
	got.State(c)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if string(save(got)) != string(save(full)) || got.e != -5 || got.h != "text" || !got.f {
		t.Errorf("got %+v, want %+v", got, full)
	}
}

func TestEveryTruncationIsAnError(t *testing.T) {
	b := save(full)
	for n := range b {
		c := Loader(b[:n])
		var got sample
		got.State(c)
		if err := c.Close(); err == nil {
			t.Errorf("%d of %d bytes load without an error", n, len(b))
		}
	}
}

func TestBadStatesNameTheDevice(t *testing.T) {
	b := save(full)
	for name, bad := range map[string][]byte{
		"too long":      append(append([]byte{}, b...), 0),
		"other version": append(append([]byte{}, b[:10]...), append([]byte{4}, b[11:]...)...),
		"not a bool":    append(append([]byte{}, b[:34]...), append([]byte{9}, b[35:]...)...),
	} {
		c := Loader(bad)
		var got sample
		got.State(c)
		if err := c.Close(); err == nil || !strings.Contains(err.Error(), "sample") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(save(full))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s sample
		c := Loader(b)
		s.State(c)
		if c.Close() == nil && string(save(s)) != string(b) {
			t.Errorf("%x loads without an error and saves as %x", b, save(s))
		}
	})
}
