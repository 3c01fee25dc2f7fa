package emulate

import (
	"errors"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

func TestMovesReachTheDevice(t *testing.T) {
	for _, tc := range []struct {
		name, code string
		mode       x86.Mode
		set        func(*guest)
		gpa        uint64
		want       string
		reg        int
		result     uint64
	}{
		{"store", "898fb0000000", x86.Long64, func(g *guest) { g.GPR[x86.RDI], g.GPR[x86.RCX] = deviceVA, 0x1_2345_6789 },
			deviceAt + 0xb0, "write 0xfee000b0 4 0x23456789", x86.RDI, deviceVA},
		{"store immediate", "c70708000000", x86.Long64, func(g *guest) { g.GPR[x86.RDI] = deviceVA },
			deviceAt, "write 0xfee00000 4 0x8", x86.RDI, deviceVA},
		{"load", "8b472c", x86.Long64, func(g *guest) { g.GPR[x86.RDI], g.GPR[x86.RAX] = deviceVA, ^uint64(0) },
			deviceAt + 0x2c, "read 0xfee0002c 4", x86.RAX, 0x99aabbcc},
		{"load a byte into AH", "8a27", x86.Long64, func(g *guest) { g.GPR[x86.RDI], g.GPR[x86.RAX] = deviceVA, 0x1111 },
			deviceAt, "read 0xfee00000 1", x86.RAX, 0xcc11},
		{"load with sign", "480fbf07", x86.Long64, func(g *guest) { g.GPR[x86.RDI] = deviceVA },
			deviceAt, "read 0xfee00000 2", x86.RAX, 0xffff_ffff_ffff_bbcc},
		{"GS segment", "65890f", x86.Long64, func(g *guest) { g.GPR[x86.RDI], g.GPR[x86.RCX], g.Seg[x86.GS].Base = 0x10, 7, deviceVA },
			deviceAt + 0x10, "write 0xfee00010 4 0x7", x86.RCX, 7},
		{"protected mode", "890f", x86.Protected32, func(g *guest) { g.GPR[x86.RDI], g.GPR[x86.RCX] = 0xfee00040, 9 },
			deviceAt + 0x40, "write 0xfee00040 4 0x9", x86.RCX, 9},
		{"protected mode, moffs", "a100b0e0fe", x86.Protected32, func(g *guest) {},
			0xfee0b000, "read 0xfee0b000 4", x86.RAX, 0x99aabbcc},
		{"16-bit code with prefixes", "6766890f", x86.Protected16, func(g *guest) { g.GPR[x86.RDI], g.GPR[x86.RCX] = 0xfee00040, 0x12345 },
			deviceAt + 0x40, "write 0xfee00040 4 0x12345", x86.RCX, 0x12345},
		{"real mode", "268907", x86.Real, func(g *guest) {
			g.GPR[x86.RBX], g.GPR[x86.RAX], g.Seg[x86.ES].Base = 0x42, 0x0741, 0xb8000
		}, 0xb8042, "write 0xb8042 2 0x741", x86.RAX, 0x741},
		{"real mode, BP+SI wraps at 64 KiB", "8802", x86.Real, func(g *guest) {
			g.GPR[x86.RBP], g.GPR[x86.RSI], g.GPR[x86.RAX], g.Seg[x86.SS].Base = 0xfff0, 0x20, 0x55, 0xb8000
		}, 0xb8010, "write 0xb8010 1 0x55", x86.RAX, 0x55},
		{"REX before another prefix does not count", "48668907", x86.Long64, func(g *guest) { g.GPR[x86.RDI], g.GPR[x86.RAX] = deviceVA, 0x12345 },
			deviceAt, "write 0xfee00000 2 0x2345", x86.RAX, 0x12345},
		{"segment register", "8c0f", x86.Long64, func(g *guest) { g.GPR[x86.RDI], g.Seg[x86.CS].Selector = deviceVA, 0x33 },
			deviceAt, "write 0xfee00000 2 0x33", x86.RDI, deviceVA},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := newGuest(t, tc.mode, tc.code)
			g.answer = 0x8899aabbcc
			g.Shadow = true
			g.RFLAGS |= x86.FlagRF
			tc.set(g)
			for range 3 { // decoded, and from the cache
				g.log, g.RIP = nil, codeAt
				if err := g.MMIO(tc.gpa); err != nil {
					t.Fatal(err)
				}
				g.expect(t, tc.want)
			}
			if g.GPR[tc.reg] != tc.result {
				t.Errorf("register %d is %#x, want %#x", tc.reg, g.GPR[tc.reg], tc.result)
			}
			if want := codeAt + uint64(len(tc.code))/2; g.RIP != want {
				t.Errorf("RIP is %#x, want %#x", g.RIP, want)
			}
			if g.Shadow || g.RFLAGS&x86.FlagRF != 0 {
				t.Error("the interrupt shadow and RF outlive the instruction")
			}
			if g.Misses != 1 {
				t.Errorf("decoded %d times, want once", g.Misses)
			}
		})
	}
}

func TestReadModifyWriteReadsAndWritesOnce(t *testing.T) {
	for code, want := range map[string][]string{
		"0907":     {"read 0xfee00000 4", "write 0xfee00000 4 0xff"},     // or [rdi], eax
		"f0ff07":   {"read 0xfee00000 4", "write 0xfee00000 4 0xf1"},     // lock inc
		"8707":     {"read 0xfee00000 4", "write 0xfee00000 4 0xf"},      // xchg
		"0307":     {"read 0xfee00000 4"},                                // add eax, [rdi]
		"833f00":   {"read 0xfee00000 4"},                                // cmp
		"f60701":   {"read 0xfee00000 1"},                                // test
		"0fba2f08": {"read 0xfee00000 4", "write 0xfee00000 4 0x1f0"},    // bts 8
		"0fba2700": {"read 0xfee00000 4"},                                // bt
		"f00fb107": {"read 0xfee00000 4", "write 0xfee00000 4 0xf0"},     // cmpxchg, not equal
		"0fae3f":   nil,                                                  // clflush
		"ff37":     {"read 0xfee00000 8"},                                // push
		"8f07":     {"write 0xfee00000 8 0x1122334455667788"},            // pop
		"660fe707": {"write 0xfee00000 8 0xa", "write 0xfee00008 8 0xb"}, // movntdq
		"f30f6f07": {"read 0xfee00000 8", "read 0xfee00008 8"},           // movdqu
	} {
		g := newGuest(t, x86.Long64, code)
		g.GPR[x86.RDI], g.GPR[x86.RAX], g.answer = deviceVA, 0x0f, 0xf0
		g.GPR[x86.RSP] = memoryVA + 0x100
		storeBytes(g.mem[memoryAt+0x100:], 8, 0x1122334455667788)
		g.xmm[0] = x86.XMM{10, 11}
		if err := g.MMIO(deviceAt); err != nil {
			t.Errorf("%s: %v", code, err)
		}
		g.expect(t, want...)
		if code == "ff37" && loadBytes(g.mem[memoryAt+0xf8:], 8) != 0xf0 {
			t.Error("PUSH did not store on the stack")
		}
	}
}

func TestOperandsThatStraddleMemoryAndDevice(t *testing.T) {
	g := newGuest(t, x86.Long64, "4889074889470148894703488b1f")
	g.GPR[x86.RDI], g.GPR[x86.RAX] = deviceVA-4, 0x8877665544332211
	// The processor says where the access stopped: at the second page.
	if err := g.MMIO(deviceAt); err != nil {
		t.Fatal(err)
	}
	g.expect(t, "write 0xfee00000 4 0x88776655")
	if v := loadBytes(g.mem[memoryAt+0xffc:], 4); v != 0x44332211 {
		t.Errorf("memory has %#x, want 0x44332211", v)
	}
	g.log = nil
	if err := g.MMIO(deviceAt); err != nil { // at -3: 5 bytes of device
		t.Fatal(err)
	}
	g.expect(t, "write 0xfee00000 4 0x77665544", "write 0xfee00004 1 0x88")
	g.log = nil
	if err := g.MMIO(deviceAt); err != nil { // at -1: 7 bytes
		t.Fatal(err)
	}
	g.expect(t, "write 0xfee00000 4 0x55443322", "write 0xfee00004 2 0x7766", "write 0xfee00006 1 0x88")
	g.log, g.answer = nil, 0xddccbbaa
	storeBytes(g.mem[memoryAt+0xffc:], 4, 0x01020304)
	g.RIP = codeAt + 11
	if err := g.MMIO(deviceAt); err != nil {
		t.Fatal(err)
	}
	if g.GPR[x86.RBX] != 0xddccbbaa01020304 {
		t.Errorf("loaded %#x", g.GPR[x86.RBX])
	}
}

func TestMediaOperandStraddlesMemoryAndDevice(t *testing.T) {
	g := newGuest(t, x86.Long64, "f30f7f07")
	g.GPR[x86.RDI] = deviceVA - 12
	g.xmm[0] = x86.XMM{0x1111111122222222, 0x3333333344444444}
	if err := g.MMIO(deviceAt); err != nil {
		t.Fatal(err)
	}
	g.expect(t, "write 0xfee00000 4 0x33333333")
	if v := loadBytes(g.mem[memoryAt+0xff8:], 8); v != 0x44444444_11111111 {
		t.Errorf("memory has %#x", v)
	}
}

func TestFaultsLeaveRegistersAndDevicesAlone(t *testing.T) {
	for _, tc := range []struct {
		name, code string
		set        func(*guest)
		vector     x86.Vector
		cr2        uint64
		pf         uint32
	}{
		{"PUSH to a page that is not there", "ff37", func(g *guest) { g.GPR[x86.RSP] = 0x700000 }, x86.PageFault, 0x6ffff8, 2},
		{"POP from there", "8f07", func(g *guest) { g.GPR[x86.RSP] = 0x700000 }, x86.PageFault, 0x700000, 0},
		{"POP to there", "8f042500007000", func(g *guest) { g.GPR[x86.RSP] = deviceVA + 8 }, x86.PageFault, 0x700000, 2},
		{"MOVS to there", "a4", func(g *guest) { g.GPR[x86.RSI], g.GPR[x86.RDI] = deviceVA, 0x700000 }, x86.PageFault, 0x700000, 2},
		{"MOVS by a user", "a4", func(g *guest) { g.GPR[x86.RSI], g.GPR[x86.RDI], g.CPL = deviceVA, 0x700000, 3 }, x86.PageFault, 0x700000, 6},
		{"CMPS from there", "a6", func(g *guest) { g.GPR[x86.RSI], g.GPR[x86.RDI] = deviceVA, 0x700000 }, x86.PageFault, 0x700000, 0},
		{"second half is not there", "488907", func(g *guest) { g.GPR[x86.RDI] = deviceVA + 0xffc }, x86.PageFault, deviceVA + 0x1000, 2},
		{"not canonical", "a4", func(g *guest) { g.GPR[x86.RSI], g.GPR[x86.RDI] = deviceVA, 1<<60 }, x86.GeneralProtection, 0, 0},
		{"stack not canonical", "ff37", func(g *guest) { g.GPR[x86.RSP] = 1 << 60 }, x86.StackFault, 0, 0},
		{"REP at the third", "f3a5", func(g *guest) {
			g.GPR[x86.RSI], g.GPR[x86.RDI], g.GPR[x86.RCX] = 0x10000, deviceVA+0xff8, 5
		}, x86.PageFault, deviceVA + 0x1000, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := newGuest(t, x86.Long64, tc.code)
			g.GPR[x86.RDI] = deviceVA
			tc.set(g)
			before := g.Registers
			err := g.MMIO(deviceAt + 0x800)
			var exc *x86.Exception
			if !errors.As(err, &exc) || exc.Vector != tc.vector || exc.CR2 != tc.cr2 || exc.Code != tc.pf {
				t.Fatalf("got %v, want %s at %#x, code %#x", err, tc.vector, tc.cr2, tc.pf)
			}
			if tc.name == "REP at the third" {
				if g.GPR[x86.RCX] != 3 || g.GPR[x86.RDI] != deviceVA+0x1000 || g.RIP != codeAt {
					t.Errorf("registers %x", g.GPR)
				}
				return
			}
			if g.Registers != before {
				t.Errorf("registers changed:\n%x\n%x", before, g.Registers)
			}
			g.expect(t)
		})
	}
}

func TestSegmentLimitFaultsOutside64BitMode(t *testing.T) {
	g := newGuest(t, x86.Protected32, "8907")
	g.GPR[x86.RDI] = 0xfee00000
	g.Seg[x86.DS].Limit = 0xfffff
	var exc *x86.Exception
	if err := g.MMIO(deviceAt); !errors.As(err, &exc) || exc.Vector != x86.GeneralProtection || !exc.HasCode {
		t.Errorf("got %v, want #GP(0)", err)
	}
	g.expect(t)
}

func TestStoresToMemoryMarkThePage(t *testing.T) {
	g := newGuest(t, x86.Long64, "a5")
	g.GPR[x86.RSI], g.GPR[x86.RDI] = deviceVA, memoryVA
	if err := g.MMIO(deviceAt); err != nil {
		t.Fatal(err)
	}
	if e := loadBytes(g.mem[0x5000+8*511:], 8); e&0x60 != 0x60 {
		t.Errorf("the page's entry is %#x, want accessed and dirty", e)
	}
}

func TestRomIsNotWritten(t *testing.T) {
	g := newGuest(t, x86.Long64, "8907")
	g.romAt = memoryAt
	g.GPR[x86.RDI], g.GPR[x86.RAX] = memoryVA, 5
	if err := g.MMIO(memoryAt); err != nil {
		t.Fatal(err)
	}
	g.expect(t, "write 0x9000 4 0x5")
	g.log = nil
	copy(g.mem[codeAt:], "\xa5")
	g.RIP, g.GPR[x86.RSI], g.GPR[x86.RDI] = codeAt, deviceVA, memoryVA
	if err := g.MMIO(deviceAt); err != nil {
		t.Fatal(err)
	}
	g.expect(t, "read 0xfee00000 4", "write 0x9000 4 0x0")
	if loadBytes(g.mem[memoryAt:], 4) != 0 {
		t.Error("ROM was written")
	}
}

func TestWhatCannotBeExecutedIsAnErrorThatNamesTheBytes(t *testing.T) {
	for _, tc := range []struct{ code, want string }{
		{"ff17", "ff 17 (callq *(%rdi)) is not executed in software"},
		{"ff27", "is not executed in software"},
		{"0fa2", "0f a2 (cpuid) is not executed"},
		{"89c8", "is not executed in software"}, // registers only
		{"f08907", "is not executed in software"},
		{"0f04", "no such instruction"},
		{"c5fe6f07", "is not executed in software"},
	} {
		g := newGuest(t, x86.Long64, tc.code)
		g.GPR[x86.RDI] = deviceVA
		before := g.Registers
		err := g.MMIO(deviceAt)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "64-bit mode, RIP 0x8000") {
			t.Errorf("%s: %v, want %q", tc.code, err, tc.want)
		}
		if g.Registers != before {
			t.Errorf("%s: registers changed", tc.code)
		}
	}
	g := newGuest(t, x86.Long64, "f30f6f07")
	g.GPR[x86.RDI], g.xmm = deviceVA, nil
	if err := g.MMIO(deviceAt); err == nil || !strings.Contains(err.Error(), "media registers") {
		t.Errorf("without XMM: %v", err)
	}
}

func TestOperandThatStraddlesBehindASegmentBase(t *testing.T) {
	g := newGuest(t, x86.Long64, "6589042500100000") // mov gs:[0x1000], eax
	g.Seg[x86.GS].Base, g.GPR[x86.RAX] = memoryVA-2, 0x44332211
	if err := g.MMIO(deviceAt); err != nil {
		t.Fatal(err)
	}
	g.expect(t, "write 0xfee00000 2 0x4433")
}

func TestOperandThatGoesAroundAt4GiB(t *testing.T) {
	g := newGuest(t, x86.Protected32, "8907")
	g.Seg[x86.DS].Base, g.GPR[x86.RDI], g.GPR[x86.RAX] = 0xffff_fff0, 0xe, 0x44332211
	if err := g.MMIO(0xffff_fffe); err != nil {
		t.Fatal(err)
	}
	g.expect(t, "write 0xfffffffe 2 0x2211")
	if v := loadBytes(g.mem, 2); v != 0x4433 {
		t.Errorf("memory at 0 has %#x, want 0x4433", v)
	}
}

func TestPopAddressesWithTheStackPointerItLeaves(t *testing.T) {
	g := newGuest(t, x86.Long64, "8f0424") // pop [rsp]
	g.GPR[x86.RSP] = deviceVA - 8
	storeBytes(g.mem[memoryAt+0xff8:], 8, 0x1122334455667788)
	if err := g.MMIO(deviceAt); err != nil {
		t.Fatal(err)
	}
	g.expect(t, "write 0xfee00000 8 0x1122334455667788")
	if g.GPR[x86.RSP] != deviceVA {
		t.Errorf("RSP is %#x", g.GPR[x86.RSP])
	}
}

func TestStackWidthFollowsTheSegment(t *testing.T) {
	g := newGuest(t, x86.Protected16, "67ff37") // push word [edi], SS of 16 bits
	g.GPR[x86.RDI], g.GPR[x86.RSP], g.answer = deviceAt, 0xabcd_0000, 0x7777
	if err := g.MMIO(deviceAt); err != nil {
		t.Fatal(err)
	}
	if g.GPR[x86.RSP] != 0xabcd_fffe || loadBytes(g.mem[0xfffe:], 2) != 0x7777 {
		t.Errorf("RSP %#x, stack %#x", g.GPR[x86.RSP], loadBytes(g.mem[0xfffe:], 2))
	}
}

func TestRIPGoesAroundIn16BitCode(t *testing.T) {
	g := newGuest(t, x86.Real, "")
	copy(g.mem[0xfffe:], "\x89\x07")
	g.RIP, g.Seg[x86.DS].Base = 0xfffe, 0xb8000
	if err := g.MMIO(0xb8000); err != nil || g.RIP != 0 {
		t.Errorf("%v, RIP %#x, want 0", err, g.RIP)
	}
}

func TestSegmentsAreAskedForOnlyWhenTheyCount(t *testing.T) {
	for code, want := range map[string]int{"8907": 0, "8b07": 0, "0907": 1, "658907": 1, "a5": 1} {
		g := newGuest(t, x86.Long64, code)
		g.GPR[x86.RDI], g.GPR[x86.RSI] = deviceVA, memoryVA
		if err := g.MMIO(deviceAt); err != nil || g.complete != want {
			t.Errorf("%s: %v, Complete was called %d times, want %d", code, err, g.complete, want)
		}
	}
}

func TestTranslationsLastForOneInstruction(t *testing.T) {
	g := newGuest(t, x86.Long64, "a5a5") // movsd twice
	g.GPR[x86.RSI], g.GPR[x86.RDI], g.answer = deviceVA, memoryVA, 0x11
	if err := g.MMIO(deviceAt); err != nil {
		t.Fatal(err)
	}
	storeBytes(g.mem[0x5000+8*511:], 8, 0xa000|7)
	if err := g.MMIO(deviceAt); err != nil {
		t.Fatal(err)
	}
	if loadBytes(g.mem[memoryAt:], 8) != 0x11 || loadBytes(g.mem[0xa000:], 8) != 0x11_00000000 {
		t.Errorf("%#x in the old page, %#x in the new", loadBytes(g.mem[memoryAt:], 8), loadBytes(g.mem[0xa000:], 8))
	}
}
