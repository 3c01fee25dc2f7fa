package x86

import (
	"strings"
	"testing"
)

func TestModeFollowsTheControlRegistersAndCS(t *testing.T) {
	code16 := Attributes(AttrPresent | AttrUser | AttrCode)
	for _, tc := range []struct {
		name           string
		cr0, efer, rfl uint64
		cs             Attributes
		mode           Mode
		bits           int
	}{
		{"real", 0, 0, 0, code16, Real, 16},
		{"real with a 32-bit CS left", 0, 0, 0, code16 | AttrBig, Real, 32},
		{"protected 16", CR0PE, 0, 0, code16, Protected16, 16},
		{"protected 32", CR0PE, 0, 0, code16 | AttrBig, Protected32, 32},
		{"L means nothing without long mode", CR0PE, 0, 0, code16 | AttrLong, Protected16, 16},
		{"LME alone is not long mode", CR0PE, EFERLME, 0, code16 | AttrLong, Protected16, 16},
		{"virtual-8086", CR0PE | CR0PG, 0, FlagVM, code16, Virtual8086, 16},
		{"compatibility 16", CR0PE | CR0PG, EFERLMA, 0, code16, Compatibility16, 16},
		{"compatibility 32", CR0PE | CR0PG, EFERLMA, 0, code16 | AttrBig, Compatibility32, 32},
		{"64", CR0PE | CR0PG, EFERLMA, 0, code16 | AttrLong, Long64, 64},
	} {
		s := State{CR0: tc.cr0, EFER: tc.efer}
		s.RFLAGS = tc.rfl
		s.Seg[CS].Attributes = tc.cs
		if got := s.Mode(); got != tc.mode {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.mode)
		}
		if got := s.CodeBits(); got != tc.bits {
			t.Errorf("%s: %d-bit code, want %d", tc.name, got, tc.bits)
		}
	}
}

func TestRegisterWritesKeepOrClearTheRest(t *testing.T) {
	for size, want := range map[int]uint64{
		1: 0x1122334455667700 | 0xbb, 2: 0x112233445566aabb, 4: 0x8899aabb, 8: 0xccddeeff8899aabb,
	} {
		r := Registers{}
		r.GPR[R9] = 0x1122334455667788
		r.Write(R9, size, 0xccddeeff8899aabb)
		if r.GPR[R9] != want {
			t.Errorf("%d bytes: %#x, want %#x", size, r.GPR[R9], want)
		}
	}
}

func TestResetAndStartup(t *testing.T) {
	var s State
	s.GPR[RAX] = 1
	s.Reset(0x306d4)
	if lin := s.LinearRIP(); lin != 0xffff_fff0 {
		t.Errorf("begins at %#x, want the reset vector", lin)
	}
	if s.Mode() != Real || s.GPR[RAX] != 0 || s.GPR[RDX] != 0x306d4 || s.RFLAGS != 2 || s.CPL != 0 {
		t.Errorf("state after reset:\n%s", strings.Join(s.Lines(), "\n"))
	}
	s.Startup(0x9a)
	if lin := s.LinearRIP(); lin != 0x9a000 || s.Seg[CS].Selector != 0x9a00 {
		t.Errorf("begins at %#x, CS %#x, want 0x9a000, 0x9a00", lin, s.Seg[CS].Selector)
	}
}

func TestNamesOfBits(t *testing.T) {
	for _, tc := range []struct{ got, want string }{
		{CR0Bits(0x80050033), "PE MP ET NE WP AM PG"},
		{CR4Bits(0x3706f0 | 1<<40), "PSE PAE MCE PGE OSFXSR OSXMMEXCPT FSGSBASE PCIDE OSXSAVE SMEP SMAP bit 40"},
		{EFERBits(0xd01), "SCE LME LMA NXE"},
		{RFLAGSBits(0x3246), "PF ZF IF IOPL=3"},
		{RFLAGSBits(0x3002), "IOPL=3"},
		{RFLAGSBits(2), ""},
		{FaultCode(0), "read, not present"},
		{FaultCode(7), "write, user, protection"},
		{FaultCode(0x11), "fetch, protection"},
		{FaultCode(9), "read, reserved bit"},
		{PageFault.String(), "#PF"},
		{Vector(77).String(), "vector 77"},
		{FlatCode64.Attributes.String(), "code64 r- dpl0"},
		{FlatCode32.Attributes.String(), "code32 r- dpl0"},
		{FlatData.Attributes.String(), "data rw dpl0"},
		{Attributes(0x0f7).String(), "data rw dpl3 down"},
		{Attributes(0x08b).String(), "TSS busy"},
		{Attributes(0).String(), "not present"},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}

func TestLinesShowEveryRegister(t *testing.T) {
	s := long()
	s.Shadow = true
	for i := range s.GPR {
		s.GPR[i] = 0xabc000 + uint64(i)
	}
	s.RIP, s.CR2, s.DR7 = 0xdef0, 0xdef2, 0xdef7
	text := strings.Join(s.Lines(), "\n")
	for _, part := range []string{
		"64-bit mode, CPL 0, in an interrupt shadow", "RAX 0000000000abc000", "R15 0000000000abc00f", "000000000000def0",
		"000000000000def2", "0000def7", "CS     0000 base 0000000000000000 limit ffffffff attr a9b code64 r- dpl0", "EFER   0000000000000d00 LME LMA NXE",
		"IDTR", "KERNEL_GS_BASE",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
}

func TestLinearChecksSegments(t *testing.T) {
	real := State{}
	real.Reset(0)
	real.Seg[DS] = Segment{Selector: 0x1000, Base: 0x10000, Limit: 0xffff, Attributes: realData}
	prot := *protected()
	prot.Seg[ES] = Segment{Limit: 0xfff, Base: 0x5000, Attributes: AttrPresent | AttrUser | AttrExpandDown | AttrWritable | AttrBig}
	prot.Seg[FS] = Segment{Limit: 0xffff, Base: 0x8000, Attributes: AttrPresent | AttrUser | AttrCode} // execute-only
	prot.Seg[GS] = Segment{}                                                                           // null
	prot.Seg[SS].Limit = 0xfff
	lng := *long()
	lng.Seg[GS].Base = 0xffff_8880_0000_0000
	lng.Seg[DS].Base, lng.Seg[DS].Limit = 0x1234, 0 // mean nothing in 64-bit mode
	for _, tc := range []struct {
		name  string
		s     *State
		seg   int
		off   uint64
		size  int
		write bool
		want  uint64
		exc   Vector // 0: none
	}{
		{"real mode", &real, DS, 0x1234, 4, true, 0x11234, 0},
		{"real mode at the limit", &real, DS, 0xffff, 1, true, 0x1ffff, 0},
		{"real mode over the limit", &real, DS, 0xffff, 2, true, 0, GeneralProtection},
		{"real mode writes code", &real, CS, 0, 2, true, 0xffff0000, 0},
		{"protected", &prot, DS, 0xfee000b0, 4, true, 0xfee000b0, 0},
		{"protected, offset cut to 32 bits", &prot, DS, 0x1_0000_0004, 4, true, 4, 0},
		{"last byte of 4 GiB", &prot, DS, 0xffffffff, 1, false, 0xffffffff, 0},
		{"over the end of 4 GiB", &prot, DS, 0xffffffff, 2, false, 0, GeneralProtection},
		{"expand-down, outside", &prot, ES, 0xfff, 1, true, 0, GeneralProtection},
		{"expand-down, inside", &prot, ES, 0x1000, 4, true, 0x6000, 0},
		{"read execute-only code", &prot, FS, 0, 4, false, 0, GeneralProtection},
		{"read readable code", &prot, CS, 16, 4, false, 16, 0},
		{"write code", &prot, CS, 16, 4, true, 0, GeneralProtection},
		{"null segment", &prot, GS, 0, 1, false, 0, GeneralProtection},
		{"stack limit", &prot, SS, 0xffd, 4, true, 0, StackFault},
		{"64-bit ignores DS", &lng, DS, 0xfee000b0, 4, true, 0xfee000b0, 0},
		{"64-bit GS base", &lng, GS, 0x10, 8, true, 0xffff_8880_0000_0010, 0},
		{"64-bit not canonical", &lng, DS, 1 << 47, 8, true, 0, GeneralProtection},
		{"64-bit runs out of the low half", &lng, DS, 1<<47 - 4, 8, true, 0, GeneralProtection},
		{"64-bit stack not canonical", &lng, SS, 1 << 63, 8, true, 0, StackFault},
	} {
		lin, exc := tc.s.Linear(tc.seg, tc.off, tc.size, tc.write)
		switch {
		case tc.exc == 0 && exc != nil:
			t.Errorf("%s: %v", tc.name, exc)
		case tc.exc == 0 && lin != tc.want:
			t.Errorf("%s: %#x, want %#x", tc.name, lin, tc.want)
		case tc.exc != 0 && (exc == nil || exc.Vector != tc.exc || exc.HasCode == (tc.s == &real)):
			t.Errorf("%s: %#x, %+v, want %s", tc.name, lin, exc, tc.exc)
		}
	}
}
