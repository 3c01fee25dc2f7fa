package emulate

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// guest is a small machine: memory from 0, a device that records what is done
// to it, and nothing else.
type guest struct {
	x86.State
	xmm      *[16]x86.XMM
	mem      []byte
	romAt    uint64 // memory from here on cannot be written
	log      []string
	answer   uint64
	complete int // calls of Complete
	*Emulator
}

const (
	guestMemory = 0x20000
	deviceAt    = 0xfee00000 // guest-physical; one page
	codeAt      = 0x8000     // linear and guest-physical
	tablesAt    = 0x1000
	deviceVA    = 0x400000 // linear, with paging; the device's page, after a page of memory
	memoryVA    = deviceVA - pageSize
	memoryAt    = 0x9000 // guest-physical, of memoryVA
)

// processor is the guest as a CPU: State the method is not State the field.
type processor struct{ g *guest }

func (p processor) State() *x86.State { return &p.g.State }
func (p processor) Complete()         { p.g.complete++ }
func (p processor) XMM() *[16]x86.XMM { return p.g.xmm }
func (g *guest) In(port uint16, size int) uint32 {
	g.note("in %#x %d", port, size)
	g.answer++
	return uint32(g.answer)
}
func (g *guest) Out(port uint16, size int, v uint32) { g.note("out %#x %d %#x", port, size, v) }

func (g *guest) InString(port uint16, size int, p []byte) int {
	storeBytes(p, size, uint64(g.In(port, size)))
	return 1
}

func (g *guest) OutString(port uint16, size int, p []byte) int {
	g.Out(port, size, uint32(loadBytes(p, size)))
	return 1
}

func (g *guest) Span(gpa uint64) []byte {
	if gpa >= uint64(len(g.mem)) {
		return nil
	}
	return g.mem[gpa:]
}

func (g *guest) RAM(gpa uint64) []byte {
	if g.romAt != 0 && gpa >= g.romAt {
		return nil
	}
	return g.Span(gpa)
}

func (g *guest) Read(gpa uint64, size int) uint64 {
	g.note("read %#x %d", gpa, size)
	return g.answer
}

func (g *guest) Write(gpa uint64, size int, v uint64) { g.note("write %#x %d %#x", gpa, size, v) }

func (g *guest) note(format string, args ...any) { g.log = append(g.log, fmt.Sprintf(format, args...)) }

// newGuest is a guest in a mode, with code at RIP. In the modes with paging
// addresses are themselves, but deviceVA is the device and the page before it
// is at memoryAt.
func newGuest(t testing.TB, mode x86.Mode, code string) *guest {
	t.Helper()
	g := &guest{mem: make([]byte, guestMemory), xmm: new([16]x86.XMM)}
	g.Reset(0)
	g.RIP = codeAt
	g.Seg[x86.CS].Base = 0
	switch mode {
	case x86.Protected32:
		g.CR0 = x86.CR0PE
		g.flat(x86.FlatCode32)
	case x86.Protected16:
		g.CR0 = x86.CR0PE
		g.flat(x86.FlatCode32)
		g.Seg[x86.CS].Attributes &^= x86.AttrBig
		g.Seg[x86.SS].Attributes &^= x86.AttrBig
	case x86.Long64:
		g.CR0 = x86.CR0PE | x86.CR0PG | x86.CR0WP
		g.CR4, g.EFER, g.CR3 = x86.CR4PAE, x86.EFERLME|x86.EFERLMA|x86.EFERNXE, tablesAt
		g.flat(x86.FlatCode64)
		g.mapPages()
	}
	copy(g.mem[codeAt:], unhex(t, code))
	g.Emulator = New(processor{g}, g, g, g)
	return g
}

func (g *guest) flat(code x86.Segment) {
	for i := range x86.GS + 1 {
		g.Seg[i] = x86.FlatData
	}
	g.Seg[x86.CS] = code
}

// mapPages makes 4-level page tables.
func (g *guest) mapPages() {
	const rights = 7
	put := func(at, v uint64) { binary.LittleEndian.PutUint64(g.mem[at:], v) }
	put(tablesAt, 0x2000|rights)
	put(0x2000, 0x3000|rights)
	put(0x3000, 0x4000|rights)
	put(0x3000+8, 0x5000|rights)
	put(0x3000+16, 0x6000|rights)
	for i := uint64(1); i < guestMemory/pageSize; i++ {
		put(0x4000+8*i, i*pageSize|rights)
	}
	put(0x5000+8*511, memoryAt|rights)
	put(0x6000, deviceAt|rights)
}

// expect checks what was done to the device.
func (g *guest) expect(t *testing.T, want ...string) {
	t.Helper()
	if fmt.Sprint(g.log) != fmt.Sprint(want) {
		t.Errorf("the device saw %q, want %q", g.log, want)
	}
}
