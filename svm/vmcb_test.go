package svm

import (
	"testing"
	"unsafe"
)

// The processor knows a VMCB's fields by their offsets. APM vol. 2 appendix B.
func TestVMCBLayout(t *testing.T) {
	var v VMCB
	for _, f := range []struct {
		name      string
		got, want uintptr
	}{
		{"InterceptVectors", unsafe.Offsetof(v.InterceptVectors), 0x008},
		{"Intercept1", unsafe.Offsetof(v.Intercept1), 0x00c},
		{"Intercept2", unsafe.Offsetof(v.Intercept2), 0x010},
		{"PauseThreshold", unsafe.Offsetof(v.PauseThreshold), 0x03c},
		{"IOPM", unsafe.Offsetof(v.IOPM), 0x040},
		{"TSCOffset", unsafe.Offsetof(v.TSCOffset), 0x050},
		{"ASID", unsafe.Offsetof(v.ASID), 0x058},
		{"TLBControl", unsafe.Offsetof(v.TLBControl), 0x05c},
		{"VIntr", unsafe.Offsetof(v.VIntr), 0x060},
		{"ExitCode", unsafe.Offsetof(v.ExitCode), 0x070},
		{"ExitIntInfo", unsafe.Offsetof(v.ExitIntInfo), 0x088},
		{"NestedPaging", unsafe.Offsetof(v.NestedPaging), 0x090},
		{"EventInj", unsafe.Offsetof(v.EventInj), 0x0a8},
		{"NestedCR3", unsafe.Offsetof(v.NestedCR3), 0x0b0},
		{"Clean", unsafe.Offsetof(v.Clean), 0x0c0},
		{"NextRIP", unsafe.Offsetof(v.NextRIP), 0x0c8},
		{"InstructionBytes", unsafe.Offsetof(v.InstructionBytes), 0x0d1},
		{"ES", unsafe.Offsetof(v.ES), 0x400},
		{"GS", unsafe.Offsetof(v.GS), 0x450},
		{"GDTR", unsafe.Offsetof(v.GDTR), 0x460},
		{"TR", unsafe.Offsetof(v.TR), 0x490},
		{"CPL", unsafe.Offsetof(v.CPL), 0x4cb},
		{"EFER", unsafe.Offsetof(v.EFER), 0x4d0},
		{"CR4", unsafe.Offsetof(v.CR4), 0x548},
		{"CR0", unsafe.Offsetof(v.CR0), 0x558},
		{"DR7", unsafe.Offsetof(v.DR7), 0x560},
		{"RFLAGS", unsafe.Offsetof(v.RFLAGS), 0x570},
		{"RIP", unsafe.Offsetof(v.RIP), 0x578},
		{"RSP", unsafe.Offsetof(v.RSP), 0x5d8},
		{"RAX", unsafe.Offsetof(v.RAX), 0x5f8},
		{"STAR", unsafe.Offsetof(v.STAR), 0x600},
		{"KernelGSBase", unsafe.Offsetof(v.KernelGSBase), 0x620},
		{"CR2", unsafe.Offsetof(v.CR2), 0x640},
		{"PAT", unsafe.Offsetof(v.PAT), 0x668},
		{"SpecCtrl", unsafe.Offsetof(v.SpecCtrl), 0x6e0},
		{"the end", unsafe.Sizeof(v), 0x1000},
	} {
		if f.got != f.want {
			t.Errorf("%s is at %#x, want %#x", f.name, f.got, f.want)
		}
	}
	for _, c := range []struct {
		name      string
		got, want uint64
	}{
		{"CPUID intercept", uint64(InterceptCPUID), 1 << 18},
		{"shutdown intercept", uint64(InterceptShutdown), 1 << 31},
		{"XSETBV intercept", uint64(InterceptXSETBV), 1 << 13},
		{"CET clean bit", uint64(CleanCET), 1 << 12},
	} {
		if c.got != c.want {
			t.Errorf("%s is %#x, want %#x", c.name, c.got, c.want)
		}
	}
}

func TestExitCodesHaveNames(t *testing.T) {
	for c, want := range map[ExitCode]string{
		0x03: "CR3 read", 0x14: "CR4 write", 0x27: "DR7 read", 0x36: "DR6 write", 0x4e: "exception 14",
		0x72: "CPUID", 0x400: "nested page fault", 0xffffffff: "invalid guest state", ExitInvalid: "invalid guest state", 0x999: "exit 0x999",
	} {
		if got := c.String(); got != want {
			t.Errorf("%#x is %q, want %q", uint64(c), got, want)
		}
	}
}
