// Package aml writes ACPI Machine Language, the byte code of the DSDT: names,
// data, devices, methods that return a constant, and resource descriptors.
// Each function returns the encoding of one term, so that a table is written
// as it nests:
//
//	aml.Scope(`\_SB`,
//		aml.Device("RTC", aml.Name("_HID", aml.EISAID("PNP0B00")), ...))
//
// Package acpitab calls it. It follows ACPI 6.4 chapters 20 (encoding) and 6.4
// (resource descriptors, §6.4). What it is given is written in the source and
// never comes from a guest or a user, so that a name or an identifier that
// cannot be is a mistake in a program, and a panic.
package aml

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Encodings of terms. ACPI 6.4 §20.2.2 (prefixes of names), §20.2.3 (data),
// §20.2.5 (objects, statements).
const (
	zeroOp          = 0x00
	oneOp           = 0x01
	nameOp          = 0x08
	bytePrefix      = 0x0a
	wordPrefix      = 0x0b
	dwordPrefix     = 0x0c
	stringPrefix    = 0x0d
	qwordPrefix     = 0x0e
	scopeOp         = 0x10
	bufferOp        = 0x11
	packageOp       = 0x12
	methodOp        = 0x14
	dualNamePrefix  = 0x2e
	multiNamePrefix = 0x2f
	extOpPrefix     = 0x5b
	deviceOp        = 0x82 // behind extOpPrefix
	returnOp        = 0xa4
)

// segment is the length of a part of a name; shorter parts are filled up with
// underscores.
const segment = 4

// path encodes a name such as `\_SB.PCI0` or "_HID". ACPI 6.4 §20.2.2.
func path(name string) []byte {
	var b []byte
	rest := name
	if strings.HasPrefix(rest, `\`) {
		b, rest = append(b, '\\'), rest[1:]
	}
	parts := strings.Split(rest, ".")
	switch len(parts) {
	case 1:
	case 2:
		b = append(b, dualNamePrefix)
	default:
		b = append(b, multiNamePrefix, byte(len(parts)))
	}
	for _, p := range parts {
		if !isSegment(p) {
			panic(fmt.Sprintf("aml: %q is no name", name))
		}
		b = append(b, (p + "___")[:segment]...)
	}
	return b
}

func isSegment(s string) bool {
	if len(s) == 0 || len(s) > segment {
		return false
	}
	for i, c := range s {
		if c != '_' && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// enclosed is content behind its PkgLength, which counts itself: one byte for
// lengths below 64, otherwise a byte with the number of bytes that follow in
// bits 7:6 and the lowest four bits of the length. ACPI 6.4 §20.2.4.
func enclosed(content []byte) []byte {
	n := len(content)
	if n+1 < 1<<6 {
		return append([]byte{byte(n + 1)}, content...)
	}
	for follow := 1; follow <= 3; follow++ {
		length := n + 1 + follow
		if length >= 1<<(4+8*follow) {
			continue
		}
		b := []byte{byte(follow<<6 | length&0xf)}
		for length >>= 4; len(b) <= follow; length >>= 8 {
			b = append(b, byte(length))
		}
		return append(b, content...)
	}
	panic(fmt.Sprintf("aml: %d bytes do not fit in a package", n))
}

// Name gives a value a name.
func Name(name string, value []byte) []byte {
	return slices.Concat([]byte{nameOp}, path(name), value)
}

// Scope puts terms into an object that exists, such as `\_SB`.
func Scope(name string, terms ...[]byte) []byte {
	return append([]byte{scopeOp}, enclosed(append(path(name), slices.Concat(terms...)...))...)
}

// Device is a device object with what is in it.
func Device(name string, terms ...[]byte) []byte {
	return append([]byte{extOpPrefix, deviceOp}, enclosed(append(path(name), slices.Concat(terms...)...))...)
}

// Method is a control method without arguments that returns value.
func Method(name string, value []byte) []byte {
	const flags = 0 // no arguments, not serialized
	return append([]byte{methodOp}, enclosed(slices.Concat(path(name), []byte{flags, returnOp}, value))...)
}

// Integer is a number in its shortest encoding.
func Integer(v uint64) []byte {
	le := binary.LittleEndian
	switch {
	case v == 0:
		return []byte{zeroOp}
	case v == 1:
		return []byte{oneOp}
	case v < 1<<8:
		return []byte{bytePrefix, byte(v)}
	case v < 1<<16:
		return le.AppendUint16([]byte{wordPrefix}, uint16(v))
	case v < 1<<32:
		return le.AppendUint32([]byte{dwordPrefix}, uint32(v))
	}
	return le.AppendUint64([]byte{qwordPrefix}, v)
}

// String is an ASCII string.
func String(s string) []byte {
	return slices.Concat([]byte{stringPrefix}, []byte(s), []byte{0})
}

// Package is a list of at most 255 values.
func Package(elements ...[]byte) []byte {
	if len(elements) > 0xff {
		panic(fmt.Sprintf("aml: a package of %d elements", len(elements)))
	}
	return append([]byte{packageOp}, enclosed(append([]byte{byte(len(elements))}, slices.Concat(elements...)...))...)
}

// Buffer is bytes.
func Buffer(b []byte) []byte {
	return append([]byte{bufferOp}, enclosed(append(Integer(uint64(len(b))), b...))...)
}

// EISAID is a Plug and Play identifier such as "PNP0A03", three letters and
// four hexadecimal digits: five bits a letter and four a digit, most
// significant first. ACPI 6.4 §19.3.4 (EISAID macro).
func EISAID(id string) []byte {
	product, err := strconv.ParseUint(id[min(3, len(id)):], 16, 16)
	if len(id) != 7 || err != nil {
		panic(fmt.Sprintf("aml: %q is no EISA ID", id))
	}
	var vendor uint16
	for _, c := range id[:3] {
		if c < 'A' || c > 'Z' {
			panic(fmt.Sprintf("aml: %q is no EISA ID", id))
		}
		vendor = vendor<<5 | uint16(c-'@')
	}
	b := binary.BigEndian.AppendUint16([]byte{dwordPrefix}, vendor)
	return binary.BigEndian.AppendUint16(b, uint16(product))
}
