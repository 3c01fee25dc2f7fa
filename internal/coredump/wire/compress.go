package wire

import (
	"encoding/binary"
	"errors"
)

// Compression is the LZ4 block format (its specification is LZ4's
// doc/lz4_Block_format.md, in words): sequences of literals and a copy of
// earlier output. It needs a small table and no other memory.

const (
	tableBits = 12
	tableSize = 1 << tableBits

	minMatch = 4  // bytes: shorter copies do not exist
	endLimit = 12 // no copy begins so close to the end
	endBytes = 5  // the last bytes are literals
	nibble   = 15 // a length in a token from which on more bytes follow

	// maxCompressed is the most that MaxContent bytes become.
	maxCompressed = MaxContent + MaxContent/255 + 16
)

// compress compresses src, up to 64 KiB, to dst, which has room for the worst
// case. It returns the size, 0 for nothing.
func compress(dst, src []byte, table *[tableSize]uint16) int {
	clear(table[:])
	n, anchor := 0, 0
	for at := 1; at < len(src)-endLimit; {
		word := binary.LittleEndian.Uint32(src[at:])
		slot := &table[word*2654435761>>(32-tableBits)] // Knuth's multiplicative hash
		from := int(*slot)
		*slot = uint16(at)
		if from >= at || binary.LittleEndian.Uint32(src[from:]) != word {
			at++
			continue
		}
		length := minMatch
		for at+length < len(src)-endBytes && src[from+length] == src[at+length] {
			length++
		}
		n += sequence(dst[n:], src[anchor:at], at-from, length)
		at += length
		anchor = at
	}
	if len(src) > 0 {
		n += sequence(dst[n:], src[anchor:], 0, minMatch)
	}
	return n
}

// sequence writes literals and a copy of length bytes from distance before; with
// distance 0 it is the last one, which has no copy.
func sequence(dst, literals []byte, distance, length int) int {
	length -= minMatch
	dst[0] = byte(min(len(literals), nibble)<<4 | min(length, nibble))
	n := 1 + more(dst[1:], len(literals))
	n += copy(dst[n:], literals)
	if distance == 0 {
		return n
	}
	binary.LittleEndian.PutUint16(dst[n:], uint16(distance))
	return n + 2 + more(dst[n+2:], length)
}

// more writes what of a length does not fit a token.
func more(dst []byte, length int) (n int) {
	if length < nibble {
		return 0
	}
	for length -= nibble; length >= 255; length -= 255 {
		dst[n] = 255
		n++
	}
	dst[n] = byte(length)
	return n + 1
}

var errCompressed = errors.New("damaged compressed data")

// Expand undoes the compression. The result has size bytes.
func Expand(src []byte, size int) ([]byte, error) {
	dst := make([]byte, 0, min(size, MaxContent))
	for len(src) > 0 {
		token := src[0]
		src = src[1:]
		n, rest, ok := length(src, int(token>>4))
		if !ok || n > len(rest) || n > size-len(dst) {
			return nil, errCompressed
		}
		dst = append(dst, rest[:n]...)
		if src = rest[n:]; len(src) == 0 {
			break
		}
		if len(src) < 2 {
			return nil, errCompressed
		}
		distance := int(binary.LittleEndian.Uint16(src))
		n, src, ok = length(src[2:], int(token&nibble))
		n += minMatch
		if !ok || distance == 0 || distance > len(dst) || n > size-len(dst) {
			return nil, errCompressed
		}
		for range n {
			dst = append(dst, dst[len(dst)-distance])
		}
	}
	if len(dst) != size {
		return nil, errCompressed
	}
	return dst, nil
}

// length reads what of a length is not in its token.
func length(src []byte, n int) (total int, rest []byte, ok bool) {
	if n < nibble {
		return n, src, true
	}
	for i, b := range src {
		if n += int(b); n > MaxContent {
			return 0, nil, false
		}
		if b != 255 {
			return n, src[i+1:], true
		}
	}
	return 0, nil, false
}
