package block

import (
	"fmt"
	"io"
)

// clusterSize is what an overlay copies and keeps at once, in bytes. A write
// of less copies the rest from below.
const (
	clusterShift = 16
	clusterSize  = 1 << clusterShift
)

// Overlay is copy-on-write in memory: what is written stays in layers over a
// base, which is not touched until Commit. A snapshot freezes the top layer and
// begins another.
//
// Like any back end it is used by one goroutine at a time. Of a disk in use,
// Snapshot, Revert and Commit are called through Disk.Do.
type Overlay struct {
	base   Backend
	layers []layer // the last one is written to
	limit  uint64  // bytes of memory, in all layers
	used   uint64
}

// entrySize is about what a layer needs to know of a cluster, in bytes. A
// guest that discards all of a large disk has many that are zeros.
const entrySize = 64

// layer has the clusters that differ from what is below, by number. A nil one
// is zeros.
type layer map[uint64]*[clusterSize]byte

// size is the memory that a layer takes, in bytes.
func (l layer) size() uint64 {
	n := uint64(len(l)) * entrySize
	for _, c := range l {
		if c != nil {
			n += clusterSize
		}
	}
	return n
}

// NewOverlay makes an overlay that uses at most limit bytes of memory, in
// clusters of 64 KiB. Writes that need more end with ErrNoSpace.
func NewOverlay(base Backend, limit uint64) *Overlay {
	return &Overlay{base: base, layers: []layer{{}}, limit: limit}
}

// Size is Backend's, and so are the others.
func (o *Overlay) Size() uint64   { return o.base.Size() }
func (o *Overlay) ReadOnly() bool { return false }
func (o *Overlay) Flush() error   { return nil }

// Used is the memory that the layers take, in bytes.
func (o *Overlay) Used() uint64 { return o.used }

// inside bounds a range of n bytes from off by the size. Outside it is empty.
func (o *Overlay) inside(off int64, n uint64) uint64 {
	size := o.base.Size()
	if off < 0 || uint64(off) > size {
		return 0
	}
	return min(n, size-uint64(off))
}

// find is the cluster's bytes as the layers have them: nil for zeros, and not
// found if they come from the base.
func (o *Overlay) find(n uint64) (c *[clusterSize]byte, found bool) {
	for i := len(o.layers) - 1; i >= 0; i-- {
		if c, found = o.layers[i][n]; found {
			return c, true
		}
	}
	return nil, false
}

// ReadAt reads what was last written.
func (o *Overlay) ReadAt(p []byte, off int64) (int, error) {
	want := len(p)
	p = p[:o.inside(off, uint64(want))]
	done := 0
	for len(p) > 0 {
		at := uint64(off) & (clusterSize - 1)
		n := min(uint64(len(p)), clusterSize-at)
		switch c, found := o.find(uint64(off) >> clusterShift); {
		case c != nil:
			copy(p[:n], c[at:])
		case found:
			clear(p[:n])
		default:
			if got, err := o.base.ReadAt(p[:n], off); got < int(n) {
				return done, short(err)
			}
		}
		p, off, done = p[n:], off+int64(n), done+int(n)
	}
	return moved(done, want, io.EOF)
}

// WriteAt writes to the top layer.
func (o *Overlay) WriteAt(p []byte, off int64) (int, error) {
	want := len(p)
	p = p[:o.inside(off, uint64(want))]
	done := 0
	for len(p) > 0 {
		at := uint64(off) & (clusterSize - 1)
		n := min(uint64(len(p)), clusterSize-at)
		c, err := o.own(uint64(off)>>clusterShift, n == clusterSize)
		if err != nil {
			return done, err
		}
		copy(c[at:], p[:n])
		p, off, done = p[n:], off+int64(n), done+int(n)
	}
	return moved(done, want, ErrRange)
}

// own is a cluster of the top layer to write to. Unless all of it will be
// written, it has the bytes from below.
func (o *Overlay) own(n uint64, all bool) (*[clusterSize]byte, error) {
	top := o.layers[len(o.layers)-1]
	old, known := top[n]
	if old != nil {
		return old, nil
	}
	cost := uint64(clusterSize)
	if !known {
		cost += entrySize
	}
	if !o.affords(cost) {
		return nil, ErrNoSpace
	}
	c := new([clusterSize]byte)
	if !all {
		off := int64(n << clusterShift)
		part := c[:o.inside(off, clusterSize)]
		if got, err := o.ReadAt(part, off); got < len(part) {
			return nil, short(err)
		}
	}
	top[n] = c
	o.used += cost
	return c, nil
}

// affords tells whether there is memory for n more bytes.
func (o *Overlay) affords(n uint64) bool { return o.used <= o.limit && n <= o.limit-o.used }

// Discard gives the memory of whole clusters back; the rest is set to zero.
func (o *Overlay) Discard(off, n int64) error {
	if n < 0 || o.inside(off, uint64(n)) != uint64(n) {
		return ErrRange
	}
	for n > 0 {
		at := off & (clusterSize - 1)
		part := min(n, clusterSize-at)
		if err := o.zero(uint64(off)>>clusterShift, at, part); err != nil {
			return err
		}
		off, n = off+part, n-part
	}
	return nil
}

// zero discards n bytes of a cluster, from byte at of it.
func (o *Overlay) zero(cluster uint64, at, n int64) error {
	start := int64(cluster << clusterShift)
	if at == 0 && uint64(n) == o.inside(start, clusterSize) {
		return o.drop(cluster)
	}
	if c, found := o.find(cluster); found && c == nil {
		return nil
	}
	c, err := o.own(cluster, false)
	if err == nil {
		clear(c[at : at+n])
	}
	return err
}

// drop makes a whole cluster zeros.
func (o *Overlay) drop(n uint64) error {
	top := o.layers[len(o.layers)-1]
	if c, known := top[n]; known {
		o.used -= entrySize
		if c != nil {
			o.used -= clusterSize
		}
		delete(top, n)
	}
	c, found := o.find(n)
	if _, empty := o.base.(Empty); found && c == nil || !found && empty {
		return nil // what is below is zeros
	}
	if !o.affords(entrySize) {
		return ErrNoSpace
	}
	top[n] = nil
	o.used += entrySize
	return nil
}

// short is the error of a read that gave too few bytes.
func short(err error) error {
	if err == nil || err == io.EOF {
		return fmt.Errorf("block: the base is shorter than its size: %w", io.ErrUnexpectedEOF)
	}
	return err
}
