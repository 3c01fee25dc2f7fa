// Package block is what every virtual disk stands on, be it IDE, AHCI, floppy
// or virtio. A device model submits requests to a Disk and is called back when
// they are done; a Backend holds the bytes.
//
//	device model --Request--> Disk (queue, worker goroutine) --> Backend
//	             <---Done----
//
// A back end may be slow, and a virtual processor must not wait for it: a disk
// serves its requests on a goroutine of its own, in order, and reports them
// with the machine's device lock held.
package block

import (
	"errors"
	"io"
)

// SectorSize is the unit of disks, in bytes. A back end's size that is no
// multiple of it has a tail that guests do not see.
const SectorSize = 512

// Backend holds a disk's bytes. A Disk calls its methods from one goroutine,
// and they may wait. ReadAt and WriteAt are called with ranges inside Size, and
// all but ReadAt only if the back end can be written.
type Backend interface {
	io.ReaderAt
	io.WriterAt
	// Size is in bytes and does not change.
	Size() uint64
	ReadOnly() bool
	// Flush makes all that was written survive what the back end promises
	// to survive.
	Flush() error
	// Discard says that n bytes from off are of no use any more. They read
	// as zeros afterwards.
	Discard(off, n int64) error
}

// Errors of requests. Those of a back end come as they are.
var (
	ErrRange    = errors.New("block: outside the disk")
	ErrReadOnly = errors.New("block: read-only disk")
	ErrNoSpace  = errors.New("block: no memory left for what is written")
	ErrClosed   = errors.New("block: disk is closed")
)

// Op is what a request asks for.
type Op uint8

// Operations. Those on the same disk are done in the order of submission.
const (
	Read Op = iota
	Write
	Flush
	Discard
	numOps
)

// Request is one operation on a disk. It belongs to the disk from Submit until
// Done is called, its buffers too, and can be used again then: a device makes
// its requests once.
type Request struct {
	Op  Op
	Off uint64   // in bytes
	Buf [][]byte // Read, Write: the memory, in the order of the disk's bytes
	Len uint64   // Discard: in bytes

	// Done is called once for each Submit, with the device lock held, on
	// another goroutine than that of Submit. err is nil if all of it was
	// done. It may submit again.
	Done func(err error)

	next   *Request // in the disk's queue
	queued bool
}

// length is how many bytes of the disk the request is about. ok is false when
// there are too many for any disk.
func (r *Request) length() (n uint64, ok bool) {
	if r.Op == Discard {
		return r.Len, true
	}
	for _, b := range r.Buf {
		n += uint64(len(b))
		if n > maxSize {
			return 0, false
		}
	}
	return n, true
}

// maxSize bounds offsets, so that they fit an int64.
const maxSize = 1 << 62
