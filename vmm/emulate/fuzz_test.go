package emulate

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// strict is a guest that checks what the Emulator asks of the bus.
type strict struct {
	*guest
	t *testing.T
}

func (s strict) check(gpa uint64, size int, v uint64) {
	if size < 1 || size > 8 || size&(size-1) != 0 || gpa&pageMask+uint64(size) > pageSize || v&^sizeMask(size) != 0 {
		s.t.Fatalf("access of %d bytes at %#x, value %#x", size, gpa, v)
	}
}

func (s strict) Read(gpa uint64, size int) uint64 {
	s.check(gpa, size, 0)
	return gpa * 0x9e3779b97f4a7c15
}

func (s strict) Write(gpa uint64, size int, v uint64) { s.check(gpa, size, v) }

// InString takes about half of the items.
func (s strict) InString(_ uint16, size int, p []byte) int {
	s.checkRun(size, p)
	n := (len(p)/size + 1) / 2
	clear(p[:n*size])
	return n
}

func (s strict) OutString(_ uint16, size int, p []byte) int {
	s.checkRun(size, p)
	return (len(p)/size + 1) / 2
}

func (s strict) checkRun(size int, p []byte) {
	if size != 1 && size != 2 && size != 4 || len(p) == 0 || len(p)%size != 0 || len(p) > pageSize {
		s.t.Fatalf("a run of %d bytes in items of %d", len(p), size)
	}
}

func FuzzMMIO(f *testing.F) {
	for _, code := range []string{"8987b0000000", "f3a5", "660f7f07", "f0480fb10f", "a11122334455667788", "67668b07", "0fab07", "ff37", "8f07", "f366a7", "26a4", "f36d", "6f", "8c1f"} {
		for mode := range uint8(4) {
			f.Add(unhex(f, code), mode, uint64(deviceAt), unhex(f, "00004000000000000000000000000000f08f000000000000"))
		}
	}
	f.Fuzz(func(t *testing.T, code []byte, mode uint8, gpa uint64, regs []byte) {
		g := newGuest(t, []x86.Mode{x86.Real, x86.Protected16, x86.Protected32, x86.Long64}[mode%4], "")
		s := strict{g, t}
		g.Emulator = New(processor{g}, s, s, s)
		copy(g.mem[codeAt:], code)
		for i := range g.GPR {
			if len(regs) >= 8 {
				g.GPR[i], regs = binary.LittleEndian.Uint64(regs), regs[8:]
			} else {
				g.GPR[i] = deviceVA + 8*uint64(i)
			}
		}
		g.GPR[x86.RDI] |= deviceVA
		before := g.Registers
		for range 2 { // decoded, then from the cache
			g.Registers = before
			n, lengthErr := g.Length()
			err := g.MMIO(gpa &^ (1 << 63))
			if lengthErr == nil && err == nil && g.RIP != before.RIP && g.RIP != before.RIP+uint64(n) {
				t.Fatalf("% x: RIP from %#x to %#x, length %d", code, before.RIP, g.RIP, n)
			}
			if err != nil {
				checkError(t, g, err, &before)
			}
			g.Registers = before
			if err := g.PortString(); err != nil {
				checkError(t, g, err, &before)
			}
		}
	})
}

// checkError checks the two kinds of error there are, and that the instruction
// can be tried again: only a repeated one may have got somewhere.
func checkError(t *testing.T, g *guest, err error, before *x86.Registers) {
	t.Helper()
	var exc *x86.Exception
	var e *Error
	if !errors.As(err, &exc) && (!errors.As(err, &e) || err.Error() == "") {
		t.Fatalf("error %T %v", err, err)
	}
	if g.RIP != before.RIP {
		t.Fatalf("%v: RIP is %#x", err, g.RIP)
	}
	if g.GPR[x86.RCX] == before.GPR[x86.RCX] && g.Registers != *before {
		t.Fatalf("%v: registers changed from %x to %x", err, *before, g.Registers)
	}
}
