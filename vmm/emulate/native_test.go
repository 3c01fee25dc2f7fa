package emulate

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// native runs instructions on the processor the test runs on, with registers
// and a memory operand of the test's choice.
type native struct {
	code   []byte // machine code, made anew for each run
	data   []byte // what operands are in
	saved  *registers
	region []byte
}

// registers are what the generated code loads before the instruction and
// stores after it.
type registers struct {
	gpr    [16]uint64
	rflags uint64
	host   uint64 // the caller's stack pointer
	xmm    [16]x86.XMM
}

const (
	nativePages = 4
	dataAt      = 1 * pageSize // two pages, so that operands can cross one
	dataSize    = 2 * pageSize
	savedAt     = 3 * pageSize

	offRFLAGS = 16 * 8
	offHost   = 17 * 8
	offXMM    = 18 * 8
)

// newNative maps a region below 4 GiB, where 32-bit addresses reach it.
func newNative(t *testing.T) *native {
	t.Helper()
	region, err := unix.Mmap(-1, 0, nativePages*pageSize, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC,
		unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_32BIT)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(region) })
	return &native{
		code:   region[:pageSize],
		data:   region[dataAt : dataAt+dataSize],
		saved:  (*registers)(unsafe.Pointer(&region[savedAt])),
		region: region,
	}
}

func (n *native) address(at int) uint64 { return uint64(uintptr(unsafe.Pointer(&n.region[at]))) }

// prepare makes code that loads the registers, executes what is in the middle
// and stores the registers. It returns the address of the middle.
func (n *native) prepare(middle []byte) uint64 {
	saved := binary.LittleEndian.AppendUint64(nil, n.address(savedAt))
	c := n.code[:0]
	add := func(b ...byte) { c = append(c, b...) }
	add(0x55, 0x41, 0x56)     // push rbp; push r14
	add(0x48, 0xb8)           // mov rax, saved
	add(saved...)             //
	add(0x48, 0x89, 0xa0)     // mov [rax+host], rsp
	add(offHost, 0, 0, 0)     //
	for i := range byte(16) { // movups xmm[i], [rax+...]
		c = append(c, media(0x10, i)...)
	}
	add(0xff, 0xb0, offRFLAGS, 0, 0, 0, 0x9d) // push qword [rax+rflags]; popfq
	for _, i := range []byte{1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, x86.RSP, x86.RAX} {
		c = append(c, move(0x8b, i)...) // mov register[i], [rax+...]
	}
	at := n.address(len(c))
	add(middle...)
	add(0x48, 0xa3) // mov [saved], rax
	add(saved...)
	add(0x48, 0xb8) // mov rax, saved
	add(saved...)
	for i := range byte(15) { // mov [rax+...], register[i+1]
		c = append(c, move(0x89, i+1)...)
	}
	add(0x48, 0x8b, 0xa0, offHost, 0, 0, 0)         // mov rsp, [rax+host]
	add(0x9c, 0x8f, 0x80, offRFLAGS, 0, 0, 0, 0xfc) // pushfq; pop qword [rax+rflags]; cld
	for i := range byte(16) {
		c = append(c, media(0x11, i)...)
	}
	add(0x41, 0x5e, 0x5d, 0x45, 0x0f, 0x57, 0xff, 0xc3) // pop r14; pop rbp; xorps xmm15, xmm15; ret
	return at
}

// move is MOV between a general register and its place in saved.
func move(opcode, i byte) []byte {
	return []byte{0x48 | i>>3<<2, opcode, 0x80 | i&7<<3, i * 8, 0, 0, 0}
}

// media is MOVUPS between an XMM register and its place in saved.
func media(opcode, i byte) []byte {
	b := []byte{0x40 | i>>3<<2, 0x0f, opcode, 0x80 | i&7<<3, 0, 0, 0, 0}
	binary.LittleEndian.PutUint32(b[4:], uint32(offXMM)+16*uint32(i))
	return b
}

// run calls the code.
func (n *native) run() {
	entry := uintptr(unsafe.Pointer(&n.code[0]))
	function := &entry
	(*(*func())(unsafe.Pointer(&function)))()
}

// mirror is a guest whose memory operand is a device: a copy of the native
// data, at the same address.
type mirror struct {
	state        x86.State
	xmm          [16]x86.XMM
	code         []byte // the native code is the guest's too
	codeAt, base uint64 // addresses of code and data
	data         [dataSize]byte
	bad          bool // an access outside, or of a strange size
}

func (m *mirror) State() *x86.State { return &m.state }
func (m *mirror) Complete()         {}
func (m *mirror) XMM() *[16]x86.XMM { return &m.xmm }
func (m *mirror) Span(gpa uint64) []byte {
	if off := gpa - m.codeAt; off < uint64(len(m.code)) {
		return m.code[off:]
	}
	return nil
}

func (m *mirror) RAM(uint64) []byte     { return nil }
func (m *mirror) In(uint16, int) uint32 { return 0 }
func (m *mirror) Out(uint16, int, uint32) {
}

func (m *mirror) InString(uint16, int, []byte) int  { return 1 }
func (m *mirror) OutString(uint16, int, []byte) int { return 1 }

func (m *mirror) at(gpa uint64, size int) []byte {
	off := gpa - m.base
	if size&(size-1) != 0 || size > 8 || off >= dataSize || off+uint64(size) > dataSize || gpa&pageMask+uint64(size) > pageSize {
		m.bad = true
		return make([]byte, 8)
	}
	return m.data[off:]
}

func (m *mirror) Read(gpa uint64, size int) uint64 {
	return loadBytes(m.at(gpa, size), size)
}

func (m *mirror) Write(gpa uint64, size int, v uint64) {
	if v&^sizeMask(size) != 0 {
		m.bad = true
	}
	storeBytes(m.at(gpa, size), size, v)
}

// arithmeticFlags are the flags that a test compares, if the instruction
// defines them.
const arithmeticFlags = arithFlags | x86.FlagDF

// compare runs an instruction on the processor and in the emulator, from the
// same registers and data, and compares what is left.
func compare(t *testing.T, n *native, m *mirror, e *Emulator, c *encoded) {
	t.Helper()
	rip := n.prepare(c.bytes)
	if c.ripTarget != 0 {
		// The displacement depends on where the instruction is.
		binary.LittleEndian.PutUint32(c.bytes[c.ripAt:], uint32(c.ripTarget-rip-uint64(len(c.bytes))))
		n.prepare(c.bytes)
	}
	before := c.regs
	*n.saved = before
	m.code, m.codeAt, m.base = n.code, n.address(0), n.address(dataAt)
	copy(m.data[:], n.data)
	m.xmm, m.bad = before.xmm, false
	m.state.GPR, m.state.RFLAGS, m.state.RIP = before.gpr, before.rflags, rip
	want := before.gpr

	n.run()

	if err := e.MMIO(c.gpa); err != nil {
		t.Fatalf("%s: %v", c, err)
	}
	if next := rip + uint64(len(c.bytes)); m.state.RIP != next {
		t.Fatalf("%s: RIP went %d bytes, want %d", c, m.state.RIP-rip, len(c.bytes))
	}
	want = n.saved.gpr
	if m.state.GPR != want {
		t.Fatalf("%s:\nbefore    %x\nemulated  %x\nprocessor %x", c, before.gpr, m.state.GPR, want)
	}
	mask := arithmeticFlags &^ c.undefined
	if got, want := m.state.RFLAGS&mask, n.saved.rflags&mask; got != want {
		t.Fatalf("%s: flags %s, want %s, with %x", c, x86.RFLAGSBits(got), x86.RFLAGSBits(want), before.gpr)
	}
	if m.xmm != n.saved.xmm {
		t.Fatalf("%s:\nbefore    %x\nemulated  %x\nprocessor %x", c, before.xmm, m.xmm, n.saved.xmm)
	}
	if m.bad {
		t.Fatalf("%s: an access to the bus that is not allowed", c)
	}
	if bytes.Equal(n.data, m.data[:]) {
		return
	}
	for i := range n.data {
		if n.data[i] != m.data[i] {
			t.Fatalf("%s: byte %#x of the data is %02x, want %02x, with %x", c, i, m.data[i], n.data[i], before.gpr)
		}
	}
}

func newMirror() (*mirror, *Emulator) {
	m := &mirror{}
	// Paging is off, so that addresses stay what they are; no processor is
	// in 64-bit mode then.
	m.state.CR0, m.state.EFER = x86.CR0PE, x86.EFERLMA|x86.EFERLME
	m.state.Seg[x86.CS] = x86.FlatCode64
	return m, New(m, m, m, m)
}

// differentialRuns is how often each form is tried with random operands.
const differentialRuns = 300

func TestEveryFormDoesWhatTheProcessorDoes(t *testing.T) {
	n := newNative(t)
	m, e := newMirror()
	for i, f := range forms {
		r := rand.New(rand.NewPCG(1, uint64(i)))
		for range differentialRuns {
			c := f.encode(r, n)
			compare(t, n, m, e, c)
		}
	}
}
