package debugcon

import "testing"

// fakeIO is a machine whose only port is 0xE9.
type fakeIO struct {
	read    uint8 // what 0xE9 reads as
	written []byte
}

func (f *fakeIO) In8(p uint16) uint8 {
	if p != 0xe9 {
		return 0xff
	}
	return f.read
}

func (f *fakeIO) Out8(p uint16, v uint8) {
	if p == 0xe9 {
		f.written = append(f.written, v)
	}
}

func (f *fakeIO) In16(uint16) uint16   { panic("16-bit access") }
func (f *fakeIO) In32(uint16) uint32   { panic("32-bit access") }
func (f *fakeIO) Out16(uint16, uint16) { panic("16-bit access") }
func (f *fakeIO) Out32(uint16, uint32) { panic("32-bit access") }

func TestWritesWhereTheConsoleAnswers(t *testing.T) {
	f := &fakeIO{read: 0xe9}
	c := Console{IO: f}
	if err := c.Probe(); err != nil {
		t.Fatal(err)
	}
	for _, b := range []byte("hi\n") {
		if err := c.WriteByte(b); err != nil {
			t.Fatal(err)
		}
	}
	if string(f.written) != "hi\n" {
		t.Errorf("wrote %q", f.written)
	}
}

func TestWritesNothingWhereItDoesNot(t *testing.T) {
	for _, read := range []uint8{0xff, 0x00, 0xe8} {
		f := &fakeIO{read: read}
		c := Console{IO: f}
		if err := c.Probe(); err != ErrAbsent {
			t.Errorf("port reads %#x: Probe gives %v", read, err)
		}
		if err := c.WriteByte('x'); err != ErrAbsent || len(f.written) > 0 {
			t.Errorf("port reads %#x: error %v, wrote %q", read, err, f.written)
		}
	}
}

func TestWriteDoesNotAllocate(t *testing.T) {
	f := &fakeIO{read: 0xe9, written: make([]byte, 0, 1<<10)}
	c := Console{IO: f}
	if err := c.Probe(); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { c.WriteByte('x') }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
