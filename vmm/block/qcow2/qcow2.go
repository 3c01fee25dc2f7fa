// Package qcow2 reads disk images in QEMU's format qcow2. They cannot be written:
// what a guest writes goes to a block.Overlay. The format is in QEMU's
// docs/interop/qcow2.txt; the work is done by go-qcow2reader, behind checks that
// bound the memory that an image makes it take.
package qcow2

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/lima-vm/go-qcow2reader/image/qcow2"
	"github.com/lima-vm/go-qcow2reader/log"

	"github.com/ringo-vmm/ringo/vmm/block"
)

// The header, big-endian: offsets in bytes. QEMU, docs/interop/qcow2.txt,
// "Header".
const (
	hdrVersion      = 4
	hdrBacking      = 8  // 64 bits
	hdrClusterBits  = 20 // 32
	hdrSize         = 24 // 64, bytes
	hdrEncryption   = 32 // 32
	hdrL1Entries    = 36 // 32
	hdrL1           = 40 // 64: where it is
	hdrIncompatible = 72 // 64, from version 3 on
	hdrEnd2         = 72
	hdrEnd3         = 104

	minClusterBits, maxClusterBits = 9, 21

	entrySize = 8 // of the L1 and L2 tables
	maxSize   = 1 << 50

	// Features that can be read: an image that was not closed, whose counts of
	// references may be wrong; another compression, which the library knows or not.
	readable = 1<<0 | 1<<3
)

// header is the part of it that an image is judged by.
type header struct {
	version, clusterBits, encryption, l1Entries uint32
	backing, size, l1, incompatible             uint64
}

// Is tells whether an image is of this format, by its magic.
func Is(data []byte) bool { return bytes.HasPrefix(data, []byte(qcow2.Magic)) }

// image is a block.Backend.
type image struct {
	block.Empty // for its size, and since it cannot be written
	reader      *qcow2.Qcow2
}

func init() { log.SetWarnFunc(nil) } // there is nobody to read them

// New makes a back end of an image, which it uses as it is. It takes memory for
// tables: as many bytes as the image's first one has, which is in data, and 16
// clusters, which have 2 MiB at the most.
func New(data []byte) (block.Backend, error) {
	h, err := read(data)
	if err == nil {
		err = h.check(uint64(len(data)))
	}
	if err != nil {
		return nil, fmt.Errorf("qcow2: %w", err)
	}
	r, err := qcow2.Open(bytes.NewReader(data), nil) // nil: there is no other file
	if err == nil {
		err = r.Readable()
	}
	if err != nil {
		return nil, fmt.Errorf("qcow2: %w", err)
	}
	return &image{block.Empty(h.size), r}, nil
}

// read reads a header.
func read(data []byte) (h header, err error) {
	if !Is(data) || len(data) < hdrEnd2 {
		return h, fmt.Errorf("no header in %d bytes", len(data))
	}
	be := binary.BigEndian
	h = header{be.Uint32(data[hdrVersion:]), be.Uint32(data[hdrClusterBits:]), be.Uint32(data[hdrEncryption:]), be.Uint32(data[hdrL1Entries:]),
		be.Uint64(data[hdrBacking:]), be.Uint64(data[hdrSize:]), be.Uint64(data[hdrL1:]), 0}
	switch {
	case h.version != 2 && h.version != 3:
		return h, fmt.Errorf("version %d, want 2 or 3", h.version)
	case h.version == 3 && len(data) < hdrEnd3:
		return h, fmt.Errorf("no header in %d bytes", len(data))
	case h.version == 3:
		h.incompatible = be.Uint64(data[hdrIncompatible:])
	}
	return h, nil
}

// check finds what cannot be read, in a file of n bytes.
func (h *header) check(n uint64) error {
	switch {
	case h.clusterBits < minClusterBits || h.clusterBits > maxClusterBits:
		return fmt.Errorf("clusters of 2^%d bytes, want 2^%d to 2^%d", h.clusterBits, minClusterBits, maxClusterBits)
	case h.size > maxSize:
		return fmt.Errorf("a disk of %d bytes, at most %d", h.size, uint64(maxSize))
	case h.backing != 0:
		return fmt.Errorf("it is on top of another file: qemu-img rebase -b '' makes it one")
	case h.encryption != 0:
		return fmt.Errorf("it is encrypted")
	case h.incompatible&^readable != 0:
		return fmt.Errorf("features %#x are not known", h.incompatible&^readable)
	}
	table := uint64(h.l1Entries) * entrySize
	if h.l1 > n || table > n-h.l1 {
		return fmt.Errorf("its L1 table, %d entries at %#x, is not in the file of %d bytes", h.l1Entries, h.l1, n)
	}
	// An entry is for a cluster of entries, each for a cluster.
	covers := h.clusterBits + h.clusterBits - 3
	if need := (h.size + 1<<covers - 1) >> covers; need > uint64(h.l1Entries) {
		return fmt.Errorf("its L1 table has %d entries, a disk of %d bytes needs %d", h.l1Entries, h.size, need)
	}
	return nil
}

// ReadAt reads what the image has, which is less if it is damaged. The library
// may stop behind each compressed cluster, so it is asked for the rest.
func (m *image) ReadAt(p []byte, off int64) (done int, err error) {
	for done < len(p) {
		at := off + int64(done)
		if at < 0 || uint64(at) >= m.Size() {
			return done, io.EOF
		}
		n, err := m.reader.ReadAt(p[done:], at)
		if n <= 0 {
			return done, fmt.Errorf("qcow2: at %#x: %w", at, cmp.Or(err, io.ErrUnexpectedEOF))
		}
		done += n
	}
	return done, nil
}
