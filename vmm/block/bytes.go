package block

import "io"

// Bytes is a back end in memory: a boot module, which is read-only, or a disk
// that lives as long as its machine.
type Bytes struct {
	data     []byte
	readOnly bool
}

// NewBytes makes a back end of data, which it uses as it is.
func NewBytes(data []byte, readOnly bool) *Bytes { return &Bytes{data, readOnly} }

// Size is Backend's, and so are the others.
func (b *Bytes) Size() uint64   { return uint64(len(b.data)) }
func (b *Bytes) ReadOnly() bool { return b.readOnly }
func (b *Bytes) Flush() error   { return nil }

func (b *Bytes) ReadAt(p []byte, off int64) (int, error) {
	return moved(copy(p, b.from(off)), len(p), io.EOF)
}

func (b *Bytes) WriteAt(p []byte, off int64) (int, error) {
	if b.readOnly {
		return 0, ErrReadOnly
	}
	return moved(copy(b.from(off), p), len(p), ErrRange)
}

// Discard sets the bytes to zero.
func (b *Bytes) Discard(off, n int64) error {
	part := b.from(off)
	switch {
	case b.readOnly:
		return ErrReadOnly
	case n < 0 || uint64(n) > uint64(len(part)):
		return ErrRange
	}
	clear(part[:n])
	return nil
}

// from is the bytes from off on; none outside.
func (b *Bytes) from(off int64) []byte {
	if off < 0 || off > int64(len(b.data)) {
		return nil
	}
	return b.data[off:]
}

// moved is how many of n bytes were moved, and short if that is not all.
func moved(done, n int, short error) (int, error) {
	if done < n {
		return done, short
	}
	return done, nil
}

// Empty is a back end of zeros, of a size in bytes: what is beneath an Overlay
// that is a disk which takes memory only for what is written to it.
type Empty uint64

// Size is Backend's, and so are the others.
func (e Empty) Size() uint64                       { return uint64(e) }
func (e Empty) ReadOnly() bool                     { return true }
func (e Empty) Flush() error                       { return nil }
func (e Empty) WriteAt([]byte, int64) (int, error) { return 0, ErrReadOnly }
func (e Empty) Discard(int64, int64) error         { return ErrReadOnly }

func (e Empty) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || uint64(off) > uint64(e) {
		return 0, io.EOF
	}
	n := min(uint64(len(p)), uint64(e)-uint64(off))
	clear(p[:n])
	return moved(int(n), len(p), io.EOF)
}
