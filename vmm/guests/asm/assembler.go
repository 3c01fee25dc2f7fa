package asm

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"strings"
)

// Assembler turns calls into machine code. Use New.
type Assembler struct {
	origin  uint64
	bits    int
	code    []byte
	labels  map[string]uint64
	fixups  []fixup
	errs    []error
	unique  int
	helpers map[string]bool
}

// fixup is a place in the code that holds the address of a label.
type fixup struct {
	pos, size int
	label     string
	add       int64
	relative  bool   // the address is relative to end
	end       int    // where the instruction ends, for relative
	signed    bool   // the processor extends the field's sign
	where     string // the call, for errors
}

// New returns an assembler for code that will run at the linear address origin,
// in a code segment of 16, 32 or 64 bits with base 0.
func New(origin uint64, bits int) *Assembler {
	a := &Assembler{origin: origin, labels: map[string]uint64{}, helpers: map[string]bool{}}
	a.Bits(bits)
	return a
}

// Bits makes what follows code for a 16-, 32- or 64-bit code segment.
func (a *Assembler) Bits(bits int) {
	if bits != 16 && bits != 32 && bits != 64 {
		a.errorf("no code segment has %d bits", bits)
		bits = 64
	}
	a.bits = bits
}

// Mode returns the size of the code segment in bits.
func (a *Assembler) Mode() int { return a.bits }

// Here returns the address of the next byte.
func (a *Assembler) Here() uint64 { return a.origin + uint64(len(a.code)) }

// Label gives the next byte a name.
func (a *Assembler) Label(name string) {
	if _, twice := a.labels[name]; twice {
		a.errorf("label %q is defined twice", name)
	}
	a.labels[name] = a.Here()
}

// Unique returns a name for a label that no other call returns, for helpers
// that are used more than once.
func (a *Assembler) Unique(prefix string) string {
	a.unique++
	return fmt.Sprintf("%s.%d", prefix, a.unique)
}

// Helper marks the calling function as a helper: errors in what it emits are
// reported at the line that called it.
func (a *Assembler) Helper() {
	pc, _, _, ok := runtime.Caller(1)
	if ok {
		a.helpers[runtime.FuncForPC(pc).Name()] = true
	}
}

// Errorf records an error at the line of the program that is being assembled.
func (a *Assembler) Errorf(format string, args ...any) {
	where, _ := a.caller()
	a.errorAt(where, format, args...)
}

// errorf is Errorf for the methods of this package: it names the method.
func (a *Assembler) errorf(format string, args ...any) {
	a.errorAt(a.where(), format, args...)
}

func (a *Assembler) errorAt(where, format string, args ...any) {
	a.errs = append(a.errs, fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...)))
}

// where is the line of the program and the method it calls.
func (a *Assembler) where() string {
	where, method := a.caller()
	return where + ": " + method
}

// self is what the names of this package's functions begin with.
var self = func() string {
	pc, _, _, _ := runtime.Caller(0)
	name := runtime.FuncForPC(pc).Name()
	slash := strings.LastIndexByte(name, '/') + 1
	dot := strings.IndexByte(name[slash:], '.')
	return name[:slash+dot+1]
}()

// caller is the innermost call from outside this package and its helpers, and
// the method of this package it arrives in.
func (a *Assembler) caller() (where, method string) {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		switch {
		case strings.HasPrefix(f.Function, self):
			method = f.Function[strings.LastIndexByte(f.Function, '.')+1:]
		case !a.isHelper(f.Function) || !more:
			return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line), method
		}
	}
}

// isHelper tells whether a function, or the one it is a closure in, called
// Helper.
func (a *Assembler) isHelper(function string) bool {
	for name := function; ; {
		if a.helpers[name] {
			return true
		}
		i := strings.LastIndex(name, ".func")
		if i < 0 {
			return false
		}
		name = name[:i]
	}
}

// Assemble fills in the addresses of labels and returns the code, or all
// mistakes that were made.
func (a *Assembler) Assemble() ([]byte, error) {
	for _, f := range a.fixups {
		a.resolve(f)
	}
	a.fixups = nil
	if len(a.errs) > 0 {
		return nil, errors.Join(a.errs...)
	}
	return a.code, nil
}

func (a *Assembler) resolve(f fixup) {
	target, ok := a.labels[f.label]
	if !ok {
		a.errorAt(f.where, "there is no label %q", f.label)
		return
	}
	v := int64(target) + f.add
	if f.relative {
		v -= int64(a.origin) + int64(f.end)
	}
	lo, hi := limits(f.size)
	if f.signed || f.relative {
		hi = -(lo + 1)
	}
	if f.size < 8 && (v < lo || v > hi) {
		what := "address"
		if f.relative {
			what = "displacement"
		}
		a.errorAt(f.where, "the %s of %q, %#x, does not fit in %d bits", what, f.label, v, f.size*8)
		return
	}
	put(a.code[f.pos:], f.size, uint64(v))
}

// limits are the smallest signed and the largest unsigned number of size bytes,
// and all that an int64 can be for 8.
func limits(size int) (lo, hi int64) {
	if size >= 8 {
		return math.MinInt64, math.MaxInt64
	}
	return -1 << (size*8 - 1), 1<<(size*8) - 1
}

// put writes the low size bytes of v, lowest first.
func put(b []byte, size int, v uint64) {
	for i := range size {
		b[i] = byte(v >> (8 * i))
	}
}
