package emulate

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

const (
	pageSize = 4096
	pageMask = pageSize - 1
)

// cacheLines is how many decoded instructions are kept, a power of two. A
// guest's drivers touch their registers with few different ones.
const cacheLines = 128

// window is how many bytes of code are compared at once.
const window = 16

// line is a decoded instruction, and all that must be as it was for it to be
// what the processor would fetch now.
type line struct {
	// The registers that fetching and decoding depend on. They are compared
	// whole, not by the bits that matter: that is quick, and they seldom
	// change.
	rip, base           uint64 // base of CS
	cr0, cr3, cr4, efer uint64
	cs                  x86.Attributes

	// Where the bytes are in memory, nil if there is nothing in this line;
	// what they were, in two words; and which the instruction has.
	code         *[window]byte
	words, masks [2]uint64

	// The page-table entries that lead there: eight bytes of memory each,
	// and what they were. Those that are not needed are all nothing.
	tables  [maxDepth]*[8]byte
	entries [maxDepth]uint64

	in inst
}

const maxDepth = 5

// nothing is a page-table entry that never changes.
var nothing [8]byte

// line is the place in the cache for the instruction at RIP.
func (e *Emulator) line(s *x86.State) *line {
	return &e.cache[(s.RIP^s.RIP>>7)%cacheLines]
}

// cached is the instruction at RIP, if the cache has what the processor would
// fetch now; else nil.
func (e *Emulator) cached() *inst {
	l := e.line(e.state)
	if !l.fits(e.state) || l.code == nil {
		return nil
	}
	changes := l.differ(l.code) |
		(binary.LittleEndian.Uint64(l.tables[0][:]) ^ l.entries[0]) |
		(binary.LittleEndian.Uint64(l.tables[1][:]) ^ l.entries[1]) |
		(binary.LittleEndian.Uint64(l.tables[2][:]) ^ l.entries[2]) |
		(binary.LittleEndian.Uint64(l.tables[3][:]) ^ l.entries[3]) |
		(binary.LittleEndian.Uint64(l.tables[4][:]) ^ l.entries[4])
	if changes != 0 {
		return nil
	}
	return &l.in
}

// fits tells whether the registers are those that the line depends on.
func (l *line) fits(s *x86.State) bool {
	cs := &s.Seg[x86.CS]
	return l.rip == s.RIP && l.base == cs.Base && l.cs == cs.Attributes &&
		l.cr0 == s.CR0 && l.cr3 == s.CR3 && l.cr4 == s.CR4 && l.efer == s.EFER
}

// differ is 0 if the bytes at w are the instruction's.
func (l *line) differ(w *[window]byte) uint64 {
	return (binary.LittleEndian.Uint64(w[:8])^l.words[0])&l.masks[0] |
		(binary.LittleEndian.Uint64(w[8:])^l.words[1])&l.masks[1]
}

// fetch is the instruction at RIP, decoded.
func (e *Emulator) fetch() (*inst, error) {
	if in := e.cached(); in != nil {
		return in, nil
	}
	return e.fill()
}

// fill decodes the instruction at RIP into a line of the cache, or beside it if
// it cannot be kept.
func (e *Emulator) fill() (*inst, error) {
	e.Misses++
	s := e.state
	bits, linear := s.CodeBits(), s.LinearRIP()
	w := s.Walk(e.memory, linear, e.fetchAccess())
	if w.Outcome == x86.Mapped {
		l := e.line(s)
		l.code = nil
		b := e.memory.Span(w.GPA)
		b = b[:min(len(b), int(pageSize-linear&pageMask))]
		if l.in.decode(b, bits) == nil {
			l.keep(s, b)
			l.remember(e.memory, &w)
			return &l.in, nil
		}
	}
	// It is no instruction, or goes on in the next page.
	var buf [maxLength]byte
	n, err := e.read(buf[:])
	if n == 0 {
		return nil, err
	}
	switch bad := e.scratch.decode(buf[:n], bits); {
	case bad == nil:
		return &e.scratch, nil
	case bad != errTruncated || err == nil:
		return nil, e.failBytes(append([]byte(nil), buf[:n]...), bad.Error())
	}
	return nil, err
}

// keep notes what the decoded instruction depends on.
func (l *line) keep(s *x86.State, code []byte) {
	cs := &s.Seg[x86.CS]
	l.rip, l.base, l.cs = s.RIP, cs.Base, cs.Attributes
	l.cr0, l.cr3, l.cr4, l.efer = s.CR0, s.CR3, s.CR4, s.EFER
	var w, m [window]byte
	for i := range int(l.in.length) {
		w[i], m[i] = code[i], 0xff
	}
	for i := range l.words {
		l.words[i] = binary.LittleEndian.Uint64(w[8*i:])
		l.masks[i] = binary.LittleEndian.Uint64(m[8*i:])
	}
}

// remember notes where in memory the instruction's bytes are, and the
// page-table entries that lead there. An instruction near the end of a block of
// memory is not worth the trouble: the line stays empty.
func (l *line) remember(mem x86.Memory, w *x86.Walk) {
	for i := range l.tables {
		l.tables[i], l.entries[i] = &nothing, 0
	}
	for i, entry := range w.Entries() {
		// The entries of 32-bit paging have 4 bytes: then two are watched.
		b := mem.Span(entry.GPA)
		if len(b) < 8 {
			return
		}
		l.tables[i] = (*[8]byte)(b)
		l.entries[i] = binary.LittleEndian.Uint64(b)
	}
	if b := mem.Span(w.GPA); len(b) >= window {
		l.code = (*[window]byte)(b)
	}
}

// read reads bytes at RIP, until buf is full or the code ends: then the error
// says why.
func (e *Emulator) read(buf []byte) (n int, err error) {
	linear := e.state.LinearRIP()
	for n < len(buf) {
		gpa, err := e.state.Translate(e.memory, linear, e.fetchAccess())
		if err != nil {
			return n, e.noTranslation(err)
		}
		b := e.memory.Span(gpa)
		if len(b) == 0 {
			return n, e.failBytes(nil, "the code is not in memory")
		}
		k := copy(buf[n:min(len(buf), n+int(pageSize-linear&pageMask))], b)
		n, linear = n+k, linear+uint64(k)
	}
	return n, nil
}

func (e *Emulator) fetchAccess() x86.Access {
	if e.state.CPL == 3 {
		return x86.Fetch | x86.User
	}
	return x86.Fetch
}
