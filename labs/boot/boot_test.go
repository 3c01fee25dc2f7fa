package boot

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"

	"github.com/ringo-vmm/ringo/vmm/guests"
	"github.com/ringo-vmm/ringo/vmm/ram"
)

// What the tests want to know they find out as you do: from the guest's code.

// memory is the guest's, as it is loaded or with the patches in it.
type memory struct {
	*testing.T
	ram  *ram.RAM
	size int // of the image, in bytes
}

func load(t *testing.T, list []Patch) memory {
	t.Helper()
	at := slices.IndexFunc(guests.Course, func(g guests.Guest) bool { return g.Name == "lost" })
	image, err := guests.Course[at].Build()
	if err != nil {
		t.Fatal(err)
	}
	r, err := ram.New([]ram.Block{{Data: make([]byte, ram.BlockSize)}})
	if err != nil {
		t.Fatal(err)
	}
	m := memory{t, r, len(image)}
	if err := m.ram.Write(guests.LoadAt, image); err != nil {
		t.Fatal(err)
	}
	if err := apply(m.ram, list); err != nil {
		t.Fatal(err)
	}
	return m
}

// bytes is memory from an address on.
func (m memory) bytes(address, n uint64) []byte {
	m.Helper()
	p := make([]byte, n)
	if err := m.ram.Read(address, p); err != nil {
		m.Fatalf("the patched guest goes astray: %v", err)
	}
	return p
}

// find is the first instruction from an address on that is op.
func (m memory) find(from uint64, op x86asm.Op) (address uint64, inst x86asm.Inst) {
	m.Helper()
	const longest = 15 // bytes of an instruction
	for address = from; address < guests.LoadAt+uint64(m.size); address += uint64(inst.Len) {
		var err error
		if inst, err = x86asm.Decode(m.bytes(address, longest), 64); err != nil {
			break
		}
		if inst.Op == op {
			return address, inst
		}
	}
	m.Fatalf("the patched guest has no %v behind %#x any more: patch less", op, from)
	return 0, inst
}

// operand is the address of the memory that the first op from an address on uses.
func (m memory) operand(from uint64, op x86asm.Op) uint64 {
	m.Helper()
	at, inst := m.find(from, op)
	for _, a := range inst.Args {
		if a, ok := a.(x86asm.Mem); ok && a.Base == x86asm.RIP {
			return at + uint64(inst.Len) + uint64(a.Disp)
		} else if ok && a.Base == 0 {
			return uint64(a.Disp)
		}
	}
	m.Fatalf("the patched %v at %#x has no operand in memory any more", op, at)
	return 0
}

// idt is what the guest loads into the register.
func (m memory) idt() (base uint64, limit uint16) {
	m.Helper()
	b := m.bytes(m.operand(guests.LoadAt, x86asm.LIDT), 10)
	return binary.LittleEndian.Uint64(b[2:]), binary.LittleEndian.Uint16(b)
}

// call is where the guest calls itself, and by which vector.
func (m memory) call() (address, vector uint64) {
	m.Helper()
	address, inst := m.find(guests.LoadAt, x86asm.INT)
	n, _ := inst.Args[0].(x86asm.Imm)
	return address, uint64(uint8(n))
}

// gate is how many bytes a gate has. APM vol. 2 §4.8.4.
const gate = 16

// handler is where the gate of a vector leads.
func (m memory) handler(vector uint64) uint64 {
	m.Helper()
	base, _ := m.idt()
	b := m.bytes(base+vector*gate, gate)
	return uint64(binary.LittleEndian.Uint16(b)) | uint64(binary.LittleEndian.Uint16(b[6:]))<<16
}

// counters are what the guest waits for and what its handler counts.
func (m memory) counters() (waits, counts uint64) {
	m.Helper()
	const tick = 0x20
	at, _ := m.call()
	at, _ = m.find(at, x86asm.HLT)
	return m.operand(at, x86asm.CMP), m.operand(m.handler(tick), x86asm.INC)
}

func TestWhereItDies(t *testing.T) {
	if at, _ := load(t, nil).call(); DiesAt != at {
		t.Errorf("DiesAt is %#x, and that is not it: RIP in the post-mortem is the instruction", DiesAt)
	}
}

func TestWhyItDies(t *testing.T) {
	m := load(t, nil)
	_, vector := m.call()
	_, limit := m.idt()
	if Vector != vector {
		t.Errorf("Vector is %#x: which one does the instruction at DiesAt ask for?", Vector)
	}
	if strings.TrimPrefix(Register, "$") != "idtr_limit" {
		t.Errorf("Register is %q: which one says where gates are, and how far? See info registers", Register)
	} else if Value != limit {
		t.Errorf("Value is %#x: print $%s at the first instruction behind the one that sets it", Value, Register)
	}
}

func TestTheCallIsMended(t *testing.T) {
	m := load(t, patches)
	base, limit := m.idt()
	if was, _ := load(t, nil).idt(); base != was {
		t.Errorf("the patches move the IDT to %#x", base)
	}
	_, vector := m.call()
	if _, want := load(t, nil).call(); vector != want {
		t.Errorf("the guest calls vector %#x now: let it, and mend the register", vector)
	}
	if last := vector*gate + gate - 1; uint64(limit) < last {
		t.Errorf("the limit is %#x with your patches, and that does not reach the gate of vector %#x", limit, vector)
	} else if limit >= 256*gate {
		t.Errorf("the limit is %#x with your patches: an IDT has at most 256 gates", limit)
	}
}

func TestWhatItWaitsFor(t *testing.T) {
	waits, counts := load(t, nil).counters()
	if Waits != waits {
		t.Errorf("Waits is %#x: which address does the loop compare?", Waits)
	}
	if Counts != counts {
		t.Errorf("Counts is %#x: which address does the handler of the timer change?", Counts)
	}
}

func TestTheWaitIsMended(t *testing.T) {
	waits, counts := load(t, patches).counters()
	if waits != counts {
		t.Error("with your patches the guest still waits for a counter that its handler does not count")
	}
}

func TestPatchesAreSmall(t *testing.T) {
	before, after := load(t, nil).ram.Span(0), load(t, patches).ram.Span(0)
	changed := 0
	for i := range before {
		if before[i] != after[i] {
			changed++
		}
	}
	switch {
	case changed == 0:
		t.Error("there are no patches")
	case changed > 8:
		t.Errorf("the patches change %d bytes; one or two for each mistake will do", changed)
	}
}
