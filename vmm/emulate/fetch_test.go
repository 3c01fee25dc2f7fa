package emulate

import (
	"errors"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

const storeRDI = "8907" // mov [rdi], eax

func store(t *testing.T, g *guest) {
	t.Helper()
	g.log = nil
	if err := g.MMIO(deviceAt); err != nil {
		t.Fatal(err)
	}
}

func newStore(t *testing.T) *guest {
	g := newGuest(t, x86.Long64, storeRDI)
	g.GPR[x86.RDI], g.GPR[x86.RAX] = deviceVA, 0x11
	store(t, g)
	g.RIP = codeAt
	return g
}

func TestCodeThatChangesIsDecodedAnew(t *testing.T) {
	g := newStore(t)
	g.mem[codeAt] = 0x88 // a byte now
	store(t, g)
	g.expect(t, "write 0xfee00000 1 0x11")
}

func TestBytesAfterTheInstructionDoNotMatter(t *testing.T) {
	g := newStore(t)
	g.mem[codeAt+2] = 0xcc
	store(t, g)
	if g.Misses != 1 {
		t.Error("decoded anew")
	}
}

func TestCodePageThatIsRemappedIsDecodedAnew(t *testing.T) {
	g := newStore(t)
	// Another page has a byte store, and one entry leads there now.
	copy(g.mem[0x10000:], "\x88\x07")
	storeBytes(g.mem[0x4000+8*8:], 8, 0x10000|7)
	store(t, g)
	g.expect(t, "write 0xfee00000 1 0x11")
}

func TestHigherTableThatIsReplacedIsSeen(t *testing.T) {
	g := newStore(t)
	copy(g.mem[0x10000:], g.mem[0x4000:0x5000])
	copy(g.mem[0x11000:], "\x88\x07")
	storeBytes(g.mem[0x10000+8*8:], 8, 0x11000|7)
	storeBytes(g.mem[0x3000:], 8, 0x10000|7)
	store(t, g)
	g.expect(t, "write 0xfee00000 1 0x11")
}

func TestAnotherAddressSpaceIsAnotherInstruction(t *testing.T) {
	g := newStore(t)
	copy(g.mem[0x10000:], g.mem[tablesAt:tablesAt+8])
	g.CR3 = 0x10000
	store(t, g)
	if g.Misses != 2 {
		t.Errorf("%d misses, want 2", g.Misses)
	}
}

func TestAnotherModeIsAnotherInstruction(t *testing.T) {
	g := newGuest(t, x86.Protected32, "668907")
	g.GPR[x86.RDI], g.GPR[x86.RAX] = deviceAt, 0x12345678
	store(t, g)
	g.expect(t, "write 0xfee00000 2 0x5678")
	g.RIP = codeAt
	g.Seg[x86.CS].Attributes &^= x86.AttrBig
	g.GPR[x86.RDI] = 0x700
	store(t, g) // in 16-bit code the prefix means 32, and 07 is [bx]
	g.expect(t, "write 0xfee00000 4 0x12345678")
}

func TestInstructionThatCrossesAPage(t *testing.T) {
	g := newGuest(t, x86.Long64, "")
	const at = codeAt + pageSize - 3
	copy(g.mem[at:], "\xc7\x87\x00")
	// The next page is somewhere else in memory.
	storeBytes(g.mem[0x4000+8*9:], 8, 0x12000|7)
	copy(g.mem[0x12000:], "\x01\x00\x00\x78\x56\x34\x12")
	g.GPR[x86.RDI] = deviceVA
	for range 2 {
		g.RIP = at
		g.log = nil
		if err := g.MMIO(deviceAt + 0x100); err != nil {
			t.Fatal(err)
		}
		g.expect(t, "write 0xfee00100 4 0x12345678")
		if g.RIP != at+10 {
			t.Errorf("RIP is %#x", g.RIP)
		}
	}
	storeBytes(g.mem[0x4000+8*9:], 8, 0)
	g.RIP = at
	var exc *x86.Exception
	if err := g.MMIO(deviceAt + 0x100); !errors.As(err, &exc) || exc.CR2 != codeAt+pageSize || exc.Code != 0x10 {
		t.Errorf("got %v, want a fetch fault at the next page", err)
	}
}

func TestInstructionAtTheEndOfMemory(t *testing.T) {
	g := newGuest(t, x86.Protected32, "")
	copy(g.mem[guestMemory-2:], "\x89\x07")
	g.RIP, g.GPR[x86.RDI] = guestMemory-2, deviceAt
	store(t, g)
	g.RIP = guestMemory - 1
	g.mem[guestMemory-1] = 0x89
	if err := g.MMIO(deviceAt); err == nil || !strings.Contains(err.Error(), "not in memory") {
		t.Errorf("got %v", err)
	}
	g.RIP = guestMemory + 100
	if err := g.MMIO(deviceAt); err == nil || !strings.Contains(err.Error(), "not in memory") {
		t.Errorf("got %v", err)
	}
}

func TestFetchFromAPageThatIsNotThere(t *testing.T) {
	g := newGuest(t, x86.Long64, "")
	g.RIP, g.CPL = 0x700000, 3
	var exc *x86.Exception
	if err := g.MMIO(deviceAt); !errors.As(err, &exc) || exc.Code != 0x14 || exc.CR2 != 0x700000 {
		t.Errorf("got %v", err)
	}
}

func TestLengthAtRIP(t *testing.T) {
	g := newGuest(t, x86.Long64, "660fa2")
	for range 2 {
		if n, err := g.Length(); n != 3 || err != nil {
			t.Errorf("%d, %v, want 3", n, err)
		}
	}
	if g.RIP != codeAt || g.Misses != 1 {
		t.Errorf("RIP %#x, %d misses", g.RIP, g.Misses)
	}
}

func TestCodeIn32BitPagingAndPAE(t *testing.T) {
	for _, pae := range []bool{false, true} {
		g := newGuest(t, x86.Protected32, "8907")
		g.CR0 |= x86.CR0PG
		g.CR3, g.CR4 = tablesAt, x86.CR4PSE
		if pae {
			g.CR4 = x86.CR4PAE
			storeBytes(g.mem[tablesAt:], 8, 0x2000|1)
			storeBytes(g.mem[tablesAt+24:], 8, 0x3000|1)
			storeBytes(g.mem[0x2000:], 8, 0x87)
			storeBytes(g.mem[0x3000+8*0x1f7:], 8, 0xfee00000|0x87)
		} else {
			storeBytes(g.mem[tablesAt:], 4, 0x87)
			storeBytes(g.mem[tablesAt+4*0x3fb:], 4, 0xfec00087)
		}
		g.GPR[x86.RDI] = 0xfee00010
		for range 2 {
			g.RIP, g.log = codeAt, nil
			if err := g.MMIO(deviceAt + 0x10); err != nil {
				t.Fatal(err)
			}
			g.expect(t, "write 0xfee00010 4 0x0")
		}
		if g.Misses != 1 {
			t.Errorf("PAE %v: %d misses", pae, g.Misses)
		}
	}
}

func TestPageTablesOutsideMemoryAreAnError(t *testing.T) {
	g := newGuest(t, x86.Long64, storeRDI)
	storeBytes(g.mem[0x2000:], 8, 0x4000_0000|7)
	var e *Error
	if err := g.MMIO(deviceAt); !errors.As(err, &e) || !strings.Contains(err.Error(), "page-table entry for linear 0x8000 is at guest-physical 0x40000000") {
		t.Errorf("got %v", err)
	}
}

func TestPageTablesThatNoLongerCountDoNotMatter(t *testing.T) {
	g := newGuest(t, x86.Protected32, "8907")
	g.CR0 |= x86.CR0PG
	g.CR3, g.CR4, g.GPR[x86.RDI] = tablesAt, x86.CR4PSE, deviceAt
	storeBytes(g.mem[tablesAt:], 4, 0x87)
	store(t, g)
	g.CR0 &^= x86.CR0PG
	for range 2 {
		g.RIP = codeAt
		g.mem[tablesAt+1]++
		store(t, g)
	}
	if g.Misses != 2 {
		t.Errorf("decoded %d times, want once with paging and once without", g.Misses)
	}
}
