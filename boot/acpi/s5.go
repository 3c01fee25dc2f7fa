package acpi

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// SleepType is a pair of values for the SLP_TYP fields of the PM1a and PM1b
// control registers that together choose a sleep state, ACPI 6.4 §7.4.2.
type SleepType struct {
	A, B uint8 // 0 to 7
}

// maxSleepType is the largest value of the three-bit SLP_TYP field, ACPI 6.4
// §4.8.3.2.1.
const maxSleepType = 7

// AML encodings, ACPI 6.4 §20.2.2 (RootChar), §20.2.3 (constants and their
// prefixes), §20.2.5.1 (NameOp), §20.2.5.4 (PackageOp).
const (
	amlZeroOp      = 0x00
	amlOneOp       = 0x01
	amlNameOp      = 0x08
	amlBytePrefix  = 0x0A
	amlWordPrefix  = 0x0B
	amlDWordPrefix = 0x0C
	amlQWordPrefix = 0x0E
	amlPackageOp   = 0x12
	amlRootChar    = 0x5C
	amlOnesOp      = 0xFF
)

var errNoS5 = errors.New(`no \_S5 package`)

// S5 is the sleep type of the soft-off state, from the \_S5 package in the
// DSDT or an SSDT.
func (t *Tables) S5() (SleepType, error) {
	err := errNoS5
	for _, tab := range t.list {
		if !tab.ChecksumOK || tab.Signature != sigDSDT && tab.Signature != sigSSDT {
			continue
		}
		s, e := findS5(tab.Data[headerSize:])
		if e == nil {
			return s, nil
		}
		if e != errNoS5 {
			err = fmt.Errorf("%s at %#x: %w", tab.Signature, tab.Address, e)
		}
	}
	return SleepType{}, fmt.Errorf("acpi: %w", err)
}

// findS5 finds Name(\_S5, Package(){a, b, ...}) in AML code by its bytes. That
// is enough because compilers write constants there; a package whose values
// are computed at run time would need an interpreter, and is an error.
func findS5(aml []byte) (SleepType, error) {
	err := errNoS5
	name := []byte("_S5_")
	for start, tried := 0, 0; tried < maxS5Packages; {
		i := bytes.Index(aml[start:], name)
		if i < 0 {
			break
		}
		at := start + i
		start = at + len(name)
		if !isNamed(aml[:at]) {
			continue
		}
		s, e := parseS5(aml[start:])
		if e == nil {
			return s, nil
		}
		err = e
		tried++
	}
	return SleepType{}, err
}

// isNamed says whether the code before a name makes it the name of an object:
// NameOp, then perhaps the root prefix.
func isNamed(before []byte) bool {
	n := len(before)
	if n > 0 && before[n-1] == amlRootChar {
		n--
	}
	return n > 0 && before[n-1] == amlNameOp
}

// parseS5 reads the sleep types from the package that starts b.
func parseS5(b []byte) (SleepType, error) {
	if len(b) == 0 || b[0] != amlPackageOp {
		return SleepType{}, errors.New(`\_S5 is not a package`)
	}
	body, err := packageBody(b[1:])
	if err != nil {
		return SleepType{}, fmt.Errorf(`\_S5: %w`, err)
	}
	// The first byte of the body is the number of elements.
	elements := body[1:]
	var values [2]uint64
	for i := range values {
		if i >= int(body[0]) {
			break
		}
		v, n, ok := constant(elements)
		if !ok {
			return SleepType{}, fmt.Errorf(`\_S5: element %d is not an integer constant`, i)
		}
		values[i] = v
		elements = elements[n:]
	}
	switch body[0] {
	case 0:
		return SleepType{}, errors.New(`\_S5: the package is empty`)
	case 1:
		// One integer whose bytes are the two types, the packed form that
		// ACPI 6.4 §7.4.2 tables by byte offset.
		values = [2]uint64{values[0] & 0xFF, values[0] >> 8 & 0xFF}
	}
	if values[0] > maxSleepType || values[1] > maxSleepType {
		return SleepType{}, fmt.Errorf(`\_S5: sleep types %#x and %#x, want at most %d`, values[0], values[1], maxSleepType)
	}
	return SleepType{A: uint8(values[0]), B: uint8(values[1])}, nil
}

// packageBody is what the PkgLength that starts b encloses, at least one byte.
// The lead byte's bits 7:6 count the bytes that follow it. With none, bits 5:0
// are the length; otherwise bits 3:0 are its low nibble and each byte adds
// eight higher bits. The length includes the PkgLength itself. ACPI 6.4 §20.2.4.
func packageBody(b []byte) ([]byte, error) {
	if len(b) == 0 {
		return nil, errors.New("the table ends before the package length")
	}
	n := 1 + int(b[0]>>6)
	if len(b) < n {
		return nil, errors.New("the table ends in the package length")
	}
	length := int(b[0] & 0x3F)
	if n > 1 {
		length = int(b[0] & 0xF)
		for i, v := range b[1:n] {
			length |= int(v) << (4 + 8*i)
		}
	}
	if length <= n || length > len(b) {
		return nil, fmt.Errorf("package length %d, want %d to %d", length, n+1, len(b))
	}
	return b[n:length], nil
}

// constant is the integer constant that starts b and the number of bytes it
// takes. ok is false when b does not start with one.
func constant(b []byte) (v uint64, n int, ok bool) {
	if len(b) == 0 {
		return 0, 0, false
	}
	switch op, arg := b[0], b[1:]; {
	case op == amlZeroOp:
		return 0, 1, true
	case op == amlOneOp:
		return 1, 1, true
	case op == amlOnesOp:
		return ^uint64(0), 1, true
	case op == amlBytePrefix && len(arg) >= 1:
		return uint64(arg[0]), 2, true
	case op == amlWordPrefix && len(arg) >= 2:
		return uint64(binary.LittleEndian.Uint16(arg)), 3, true
	case op == amlDWordPrefix && len(arg) >= 4:
		return uint64(binary.LittleEndian.Uint32(arg)), 5, true
	case op == amlQWordPrefix && len(arg) >= 8:
		return binary.LittleEndian.Uint64(arg), 9, true
	}
	return 0, 0, false
}
