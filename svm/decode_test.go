//go:build !tamago

package svm

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// bare are the exit codes that say all there is to say, by their reasons.
var bare = map[ExitCode]vmm.Reason{
	ExitINTR: vmm.ReasonHost, ExitNMI: vmm.ReasonHost, ExitSMI: vmm.ReasonHost, ExitIRET: vmm.ReasonHost,
	ExitVINTR: vmm.ReasonWindow, ExitINIT: vmm.ReasonHost, ExitShutdown: vmm.ReasonShutdown, ExitRDPMC: vmm.ReasonProtection,
	ExitCPUID: vmm.ReasonCPUID, ExitHLT: vmm.ReasonHLT, ExitPAUSE: vmm.ReasonPause, ExitXSETBV: vmm.ReasonXSETBV,
	ExitINVD: vmm.ReasonInvalidate, ExitWBINVD: vmm.ReasonInvalidate, ExitVMMCALL: vmm.ReasonHypercall,
	ExitRDTSC: vmm.ReasonTimestamp, ExitRDTSCP: vmm.ReasonTimestamp,
	ExitINVLPGA: vmm.ReasonUndefined, ExitVMRUN: vmm.ReasonUndefined, ExitVMLOAD: vmm.ReasonUndefined, ExitVMSAVE: vmm.ReasonUndefined,
	ExitSTGI: vmm.ReasonUndefined, ExitCLGI: vmm.ReasonUndefined, ExitSKINIT: vmm.ReasonUndefined, ExitMONITOR: vmm.ReasonUndefined,
	ExitMWAIT: vmm.ReasonUndefined, ExitMWAITArmed: vmm.ReasonUndefined, ExitRDPRU: vmm.ReasonUndefined, ExitRSM: vmm.ReasonUndefined,
	// These are not intercepted.
	ExitIDTRRead: vmm.ReasonUnknown, ExitGDTRRead: vmm.ReasonUnknown, ExitLDTRRead: vmm.ReasonUnknown, ExitTRRead: vmm.ReasonUnknown,
	ExitIDTRWrite: vmm.ReasonUnknown, ExitGDTRWrite: vmm.ReasonUnknown, ExitLDTRWrite: vmm.ReasonUnknown, ExitTRWrite: vmm.ReasonUnknown,
	ExitPUSHF: vmm.ReasonUnknown, ExitPOPF: vmm.ReasonUnknown, ExitINTn: vmm.ReasonUnknown, ExitEFERWrite: vmm.ReasonUnknown,
	ExitFERRFreeze: vmm.ReasonUnknown,
	// Nobody knows these: busy, AVIC, a later processor's.
	0x90: vmm.ReasonUnknown, 0xa5: vmm.ReasonUnknown, 0x401: vmm.ReasonUnknown, 0x403: vmm.ReasonUnknown,
	0xffff_fffe: vmm.ReasonUnknown, ^ExitCode(1): vmm.ReasonUnknown,
	// A refused entry, in the two ways to say so.
	ExitInvalid: vmm.ReasonInvalid, 0xffff_ffff: vmm.ReasonInvalid,
}

// decode decodes an exit on a processor with decode assists.
func decode(v *VMCB, e *vmm.Exit) {
	c := CPU{v: v, engine: &Engine{features: features{decodeAssists: true}}}
	c.decode(e)
}

func TestDecodeReasons(t *testing.T) {
	for code, want := range bare {
		v := VMCB{ExitCode: code, RIP: 0x1000, NextRIP: 0x1003, ExitInfo1: 5, ExitInfo2: 6}
		var e vmm.Exit
		decode(&v, &e)
		if e.Reason != want {
			t.Errorf("%v: %v, want %v", code, e.Reason, want)
		}
		if e.RIP != 0x1000 || e.Length != 3 {
			t.Errorf("%v: %+v", code, e)
		}
	}
	// The codes that tell more have tests of their own.
	more := map[ExitCode]bool{ExitCR0Selective: true, ExitIO: true, ExitMSR: true, ExitINVLPG: true, ExitNPF: true, ExitTaskSwitch: true, ExitICEBP: true}
	for code := range exitNames {
		if _, ok := bare[code]; !ok && !more[code] {
			t.Errorf("%v has no test", code)
		}
	}
}

func TestDecodeLength(t *testing.T) {
	for _, tc := range []struct {
		name          string
		rip, nextRIP  uint64
		length        uint8
		ofAnIOAddress uint8
	}{
		{"saved", 0x1000, 0x1002, 2, 2},
		{"the longest", 0x1000, 0x100f, 15, 15},
		{"not saved", 0x1000, 0, 0, 2},
		{"not saved, at the start", 0, 0, 0, 2},
		{"not saved, in the upper half", 0xffff_ffff_8100_0000, 0, 0, 2},
		{"saved, to the upper half", 0xffff_ffff_8100_0000, 0xffff_ffff_8100_0003, 3, 3},
	} {
		v := VMCB{ExitCode: ExitCPUID, RIP: tc.rip, NextRIP: tc.nextRIP}
		var e vmm.Exit
		decode(&v, &e)
		if e.Length != tc.length {
			t.Errorf("%s: length %d, want %d", tc.name, e.Length, tc.length)
		}
		// An I/O exit tells the next RIP by itself.
		v.ExitCode, v.ExitInfo2 = ExitIO, tc.rip+uint64(tc.ofAnIOAddress)
		decode(&v, &e)
		if e.Length != tc.ofAnIOAddress {
			t.Errorf("%s: I/O length %d, want %d", tc.name, e.Length, tc.ofAnIOAddress)
		}
	}
}

func TestDecodeIO(t *testing.T) {
	for _, tc := range []struct {
		name string
		info uint64
		want vmm.Exit
	}{
		{"OUT 80h, AL", 0x80<<16 | 1<<4, vmm.Exit{Port: 0x80, Size: 1, Write: true}},
		{"IN AX, DX", 0xcf8<<16 | 1<<5 | 1, vmm.Exit{Port: 0xcf8, Size: 2}},
		{"IN EAX, DX", 0xffff<<16 | 1<<6 | 1, vmm.Exit{Port: 0xffff, Size: 4}},
		{"INSW in 32-bit code", 0x1f0<<16 | 1<<8 | 1<<5 | 1<<2 | 1, vmm.Exit{Port: 0x1f0, Size: 2, String: true, AddressSize: 4}},
		{"REP OUTSB FS: in real mode", 0x3f8<<16 | 4<<10 | 1<<7 | 1<<4 | 1<<3 | 1<<2,
			vmm.Exit{Port: 0x3f8, Size: 1, Write: true, String: true, Repeat: true, AddressSize: 2, Segment: 4}},
		{"REP OUTSD in 64-bit code", 0x3f8<<16 | 3<<10 | 1<<9 | 1<<6 | 1<<3 | 1<<2,
			vmm.Exit{Port: 0x3f8, Size: 4, Write: true, String: true, Repeat: true, AddressSize: 8, Segment: 3}},
	} {
		v := VMCB{ExitCode: ExitIO, ExitInfo1: tc.info, RIP: 0x7c00, ExitInfo2: 0x7c02}
		// What an earlier exit left must not shine through.
		e := vmm.Exit{Port: 0xdead, Size: 9, Write: true, String: true, Subject: 9}
		decode(&v, &e)
		tc.want.Reason, tc.want.RIP, tc.want.Length = vmm.ReasonPort, 0x7c00, 2
		tc.want.Subject = uint64(tc.want.Port)
		if e != tc.want {
			t.Errorf("%s:\n%+v, want\n%+v", tc.name, e, tc.want)
		}
	}
}

func TestDecodeMSR(t *testing.T) {
	for info, write := range map[uint64]bool{0: false, 1: true} {
		e := vmm.Exit{Write: !write}
		decode(&VMCB{ExitCode: ExitMSR, ExitInfo1: info}, &e)
		if e.Reason != vmm.ReasonMSR || e.Write != write {
			t.Errorf("EXITINFO1 %d: %v, write %v", info, e.Reason, e.Write)
		}
	}
}

func TestDecodeMemory(t *testing.T) {
	code := [15]byte{0x8b, 0x06, 0xc3}
	for _, tc := range []struct {
		name         string
		info         uint64
		fetched      uint8
		write, fetch bool
		length       uint8
	}{
		{"read", 1<<32 | 1<<2, 0, false, false, 0},
		{"write with the code", 1<<32 | 1<<2 | 1<<1, 15, true, false, 15},
		{"read with a part of the code", 1<<32 | 1<<2, 3, false, false, 3},
		{"fetch", 1<<32 | 1<<4 | 1<<2, 0, false, true, 0},
		{"walk of the guest's tables", 1<<33 | 1<<2 | 1<<1, 0, true, false, 0},
		{"more bytes than there are", 1 << 32, 0xff, false, false, 15},
	} {
		v := VMCB{ExitCode: ExitNPF, ExitInfo1: tc.info, ExitInfo2: 0xfee000b0, FetchedBytes: tc.fetched, InstructionBytes: code}
		e := vmm.Exit{Write: !tc.write, Fetch: !tc.fetch, CodeLength: 9, Walk: tc.info>>33&1 == 0}
		decode(&v, &e)
		if e.Reason != vmm.ReasonMemory || e.GPA != 0xfee000b0 || e.Write != tc.write || e.Fetch != tc.fetch || e.CodeLength != tc.length || e.Walk != (tc.info>>33&1 != 0) {
			t.Errorf("%s: %+v", tc.name, e)
		}
		if e.CodeLength != 0 && e.Code != code {
			t.Errorf("%s: code % x", tc.name, e.Code)
		}
	}
}

func TestDecodeControlRegisters(t *testing.T) {
	for n := range uint8(16) {
		for _, tc := range []struct {
			name string
			code ExitCode
			info uint64
			want vmm.Exit
		}{
			{"read", ExitCR0Read + ExitCode(n), 1<<63 | 5, vmm.Exit{Number: n, Register: 5}},
			{"write", ExitCR0Write + ExitCode(n), 1<<63 | 15, vmm.Exit{Number: n, Register: 15, Write: true}},
			{"write without decode assists", ExitCR0Write + ExitCode(n), 0, vmm.Exit{Number: n, Register: vmm.NoRegister, Write: true}},
			{"selective write", ExitCR0Selective, 1<<63 | uint64(n), vmm.Exit{Number: 0, Register: n, Write: true}},
			{"LMSW", ExitCR0Selective, 0, vmm.Exit{Number: 0, Register: vmm.NoRegister, Write: true}},
		} {
			e := vmm.Exit{Number: 99, Register: 99, Write: !tc.want.Write}
			decode(&VMCB{ExitCode: tc.code, ExitInfo1: tc.info}, &e)
			if e.Reason != vmm.ReasonControl || e.Number != tc.want.Number || e.Register != tc.want.Register || e.Write != tc.want.Write {
				t.Errorf("CR%d %s: %+v", n, tc.name, e)
			}
		}
	}
}

// Without decode assists EXITINFO1 holds anything.
func TestDecodeControlRegistersWithoutDecodeAssists(t *testing.T) {
	c := running(t, cpuidtest.QEMUEPYC)
	e := exit(t, c, ExitCR0Write+8, func(v *VMCB) { v.ExitInfo1 = 1<<63 | 5 })
	if e.Reason != vmm.ReasonControl || e.Number != 8 || !e.Write || e.Register != vmm.NoRegister || e.Length != 0 {
		t.Errorf("%+v", e)
	}
	c = running(t, fullEPYC)
	e = exit(t, c, ExitCR0Read+8, func(v *VMCB) { v.ExitInfo1, v.NextRIP = 1<<63|5, v.RIP+4 })
	if e.Reason != vmm.ReasonControl || e.Number != 8 || e.Write || e.Register != 5 || e.Length != 4 {
		t.Errorf("with them: %+v", e)
	}
}

func TestDecodeTaskSwitch(t *testing.T) {
	const selector, code = 0x38, 0x1234
	for _, tc := range []struct {
		name   string
		info2  uint64
		event  Event
		number uint8
	}{
		{"CALL", 0, 0, 0},
		{"IRET", 1 << 36, 0, 1},
		{"JMP", 1 << 38, 0, 2},
		{"#GP through a task gate", 1<<48 | 1<<44 | code, EventValid | EventException | EventErrorValid | 13 | code<<32, 3},
		{"interrupt through a task gate", 0, EventValid | EventInterrupt | 0x30, 3},
	} {
		c := running(t, fullEPYC)
		e := exit(t, c, ExitTaskSwitch, func(v *VMCB) { v.ExitInfo1, v.ExitInfo2, v.ExitIntInfo = selector, tc.info2, tc.event })
		if e.Reason != vmm.ReasonTaskSwitch || e.Address != selector || e.Number != tc.number {
			t.Errorf("%s: %+v", tc.name, e)
		}
		if e.Delivering != (tc.event != 0) || e.HasCode != (tc.event&EventErrorValid != 0) || e.HasCode && e.ErrorCode != code {
			t.Errorf("%s: %+v", tc.name, e)
		}
		if got := c.v.RFLAGS&x86.FlagRF != 0; got != (tc.info2>>48&1 != 0) {
			t.Errorf("%s: RF is %v", tc.name, got)
		}
		if c.Delivered(); c.pending != 0 {
			t.Errorf("%s: the event comes again", tc.name)
		}
	}
}

func TestDecodeExceptions(t *testing.T) {
	for n := range uint8(amd64.Exceptions) {
		if n == uint8(amd64.MachineCheck) {
			continue // the host's
		}
		e := vmm.Exit{}
		decode(&VMCB{ExitCode: ExitException + ExitCode(n), ExitInfo1: 0x1_0000_0007, ExitInfo2: 0xcafe}, &e)
		if e.Reason != vmm.ReasonException || e.Vector != n || e.ErrorCode != 7 || e.Address != 0xcafe {
			t.Errorf("exception %d: %+v", n, e)
		}
	}
}

func TestDecodeINVLPG(t *testing.T) {
	var e vmm.Exit
	decode(&VMCB{ExitCode: ExitINVLPG, ExitInfo1: 0xffff_8000_0000_1000}, &e)
	if e.Reason != vmm.ReasonInvalidatePage || e.Address != 0xffff_8000_0000_1000 {
		t.Errorf("%+v", e)
	}
}

func TestEveryInterceptHasAReason(t *testing.T) {
	// FERR_FREEZE is intercepted to stop a guest that uses it.
	stops := map[ExitCode]bool{ExitFERRFreeze: true}
	for i := range ExitCode(64) {
		code := ExitINTR + i
		on := alwaysIntercept1>>i&1 != 0
		if i >= 32 {
			on = alwaysIntercept2>>(i-32)&1 != 0
		}
		if !on {
			continue
		}
		var e vmm.Exit
		decode(&VMCB{ExitCode: code}, &e)
		if (e.Reason == vmm.ReasonUnknown) != stops[code] {
			t.Errorf("%v is intercepted and decodes to %v", code, e.Reason)
		}
	}
}

// Whatever the processor says, decode has a reason, and a caller may use the
// lengths as they are.
func FuzzDecode(f *testing.F) {
	f.Add(uint64(ExitIO), uint64(0x80<<16|1<<4), uint64(2), uint64(0), uint64(2), uint8(0))
	f.Add(uint64(ExitNPF), uint64(1<<32|2), uint64(0xfee00000), uint64(0x1000), uint64(0), uint8(255))
	f.Add(uint64(0xffff_ffff), uint64(0), uint64(0), uint64(0), uint64(0), uint8(3))
	onMachineCheck(f, func() {})
	f.Fuzz(func(t *testing.T, code, info1, info2, rip, nextRIP uint64, fetched uint8) {
		v := VMCB{ExitCode: ExitCode(code), ExitInfo1: info1, ExitInfo2: info2, RIP: rip, NextRIP: nextRIP, FetchedBytes: fetched}
		var e vmm.Exit
		decode(&v, &e)
		if e.Reason == vmm.ReasonNone || int(e.Reason) >= vmm.Reasons || e.CodeLength > 15 || e.Number > 15 || e.Vector > 31 {
			t.Errorf("%+v", e)
		}
		if e.Length > maxInstruction && e.Reason != vmm.ReasonPort {
			t.Errorf("length %d", e.Length)
		}
		if code < uint64(ExitINTR) && e.Reason == vmm.ReasonUnknown {
			t.Errorf("%v is unknown", ExitCode(code))
		}
		_ = ExitCode(code).String()
	})
}
