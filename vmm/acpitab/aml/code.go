package aml

import "slices"

// Encodings of what methods do. ACPI 6.4 §20.2.5.3, §20.2.5.4, §20.2.6.
const (
	local0Op      = 0x60
	arg0Op        = 0x68
	storeOp       = 0x70
	andOp         = 0x7b
	orOp          = 0x7d
	dwordFieldOp  = 0x8a
	notOp         = 0x92
	equalOp       = 0x93
	ifOp          = 0xa0
	elseOp        = 0xa1
	serialized    = 1 << 3 // of a method's flags; arguments are below
	methodMaxArgs = 7
)

// Code is a method with arguments, up to 7, that executes terms, one call at a
// time.
func Code(name string, args uint8, terms ...[]byte) []byte {
	if args > methodMaxArgs {
		panic("aml: a method with more than 7 arguments")
	}
	return append([]byte{methodOp}, enclosed(slices.Concat(path(name), []byte{args | serialized}, slices.Concat(terms...)))...)
}

// Local is a method's local variable 0 to 7.
func Local(n uint8) []byte { return []byte{local0Op + n} }

// Arg is a method's argument 0 to 6.
func Arg(n uint8) []byte { return []byte{arg0Op + n} }

// Variable is what has a name.
func Variable(name string) []byte { return path(name) }

// DWordField gives 32 bits of a buffer a name; at is in bytes.
func DWordField(buffer []byte, at uint64, name string) []byte {
	return slices.Concat([]byte{dwordFieldOp}, buffer, Integer(at), path(name))
}

// If executes terms if a condition holds.
func If(condition []byte, terms ...[]byte) []byte {
	return append([]byte{ifOp}, enclosed(append(slices.Clone(condition), slices.Concat(terms...)...))...)
}

// Else, which follows an If, executes terms if its condition does not hold.
func Else(terms ...[]byte) []byte {
	return append([]byte{elseOp}, enclosed(slices.Concat(terms...))...)
}

// Equal is the condition that two values are the same.
func Equal(a, b []byte) []byte { return slices.Concat([]byte{equalOp}, a, b) }

// Not is the opposite of a condition.
func Not(a []byte) []byte { return slices.Concat([]byte{notOp}, a) }

// And puts the bits that a and b have into target.
func And(a, b, target []byte) []byte { return slices.Concat([]byte{andOp}, a, b, target) }

// Or puts the bits that a or b has into target.
func Or(a, b, target []byte) []byte { return slices.Concat([]byte{orOp}, a, b, target) }

// Store puts a value into target.
func Store(v, target []byte) []byte { return slices.Concat([]byte{storeOp}, v, target) }

// Return ends the method with a value.
func Return(v []byte) []byte { return slices.Concat([]byte{returnOp}, v) }
