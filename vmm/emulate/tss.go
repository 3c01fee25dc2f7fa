package emulate

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// tssFormat is one of the two forms of a task-state segment. Registers are next
// to each other, as are selectors: those in the order of their numbers. SDM
// vol. 3 fig. 7-2 and 7-10.
type tssFormat struct {
	limit     uint32 // the least of a TSS to go to
	saved     uint32 // and the last byte that is written of the one left
	word      int    // bytes of RIP and the registers
	rip       int    // RFLAGS is behind it, then the general registers
	selectors int    // the first of them, ES
	apart     int    // bytes from one to the next
	segments  int    // how many there are before LDTR's
	flags     uint64 // those that can be loaded
}

const (
	tssLink = 0x00
	tssCR3  = 0x1c // of a TSS32
	tssTrap = 0x64 // of a TSS32; bit 0
	tssSize = 0x68 // of a TSS32, the larger
)

// taskFlags are the flags that a task has.
const taskFlags = x86.FlagCF | x86.FlagPF | x86.FlagAF | x86.FlagZF | x86.FlagSF | x86.FlagTF | x86.FlagIF | x86.FlagDF | x86.FlagOF |
	x86.FlagIOPL | x86.FlagNT | x86.FlagRF | x86.FlagVM | x86.FlagAC | x86.FlagVIF | x86.FlagVIP | x86.FlagID

var (
	tss16 = tssFormat{limit: 0x2b, saved: 0x29, word: 2, rip: 0x0e, selectors: 0x22, apart: 2, segments: 4, flags: taskFlags & 0xffff}
	tss32 = tssFormat{limit: 0x67, saved: 0x5f, word: 4, rip: 0x20, selectors: 0x48, apart: 4, segments: 6, flags: taskFlags}
)

// formatOf is the form of a TSS by its descriptor's type.
func formatOf(a x86.Attributes) *tssFormat {
	const wide = 8
	if a.Type()&wide != 0 {
		return &tss32
	}
	return &tss16
}

// selector is where the selector of a segment register is, LDTR's too.
func (f *tssFormat) selector(n int) int { return f.selectors + n*f.apart }

// save writes the registers that a switch writes to a TSS. CR3 and LDTR are
// only read from one.
func (f *tssFormat) save(s *x86.State, tss []byte, rip, flags uint64) {
	storeBytes(tss[f.rip:], f.word, rip)
	storeBytes(tss[f.rip+f.word:], f.word, flags)
	for i := range 8 {
		storeBytes(tss[f.rip+(i+2)*f.word:], f.word, s.GPR[i])
	}
	for i := range f.segments {
		binary.LittleEndian.PutUint16(tss[f.selector(i):], s.Seg[i].Selector)
	}
}

// load reads RIP, the flags and the general registers of a task.
func (f *tssFormat) load(s *x86.State, tss []byte) {
	s.RIP = loadBytes(tss[f.rip:], f.word)
	s.RFLAGS = loadBytes(tss[f.rip+f.word:], f.word)&f.flags | x86.FlagFixed
	for i := range 8 {
		s.GPR[i] = loadBytes(tss[f.rip+(i+2)*f.word:], f.word)
	}
}

// loadSelector reads the selector of a segment register. A TSS16 has none of FS
// and GS: they become null.
func (f *tssFormat) loadSelector(tss []byte, n int) uint16 {
	switch {
	case n == x86.LDTR:
		n = f.segments
	case n >= f.segments:
		return 0
	}
	return binary.LittleEndian.Uint16(tss[f.selector(n):])
}
