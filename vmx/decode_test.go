//go:build !tamago

package vmx

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

func TestDecodeReasons(t *testing.T) {
	c, v := running(t)
	for r, want := range simple {
		if want == vmm.ReasonNone {
			continue
		}
		e := v.exit(t, c, Reason(r), func(x *context) { x.rip, x.length = 0x1000, 3 })
		if e.Reason != want || e.RIP != 0x1000 || e.Length != 3 {
			t.Errorf("%v: %+v, want %v", Reason(r), e, want)
		}
	}
	for _, r := range []Reason{35, 38, 42, 65, 100, ReasonMSRLoad, ReasonAPICAccess, ReasonEPTBad, ReasonGDTR, ReasonPMLFull} {
		if e := v.exit(t, c, r, nil); e.Reason != vmm.ReasonUnknown {
			t.Errorf("%v: %v, want unknown", r, e.Reason)
		}
	}
	for _, r := range []Reason{ReasonGuestState, ReasonMSRLoad, ReasonEntryMC} {
		if e := v.exit(t, c, r|reasonEntryFailed, nil); e.Reason != vmm.ReasonInvalid {
			t.Errorf("%v: %v, want invalid", r|reasonEntryFailed, e.Reason)
		}
	}
}

func TestDecodeIO(t *testing.T) {
	c, v := running(t)
	for _, tc := range []struct {
		name       string
		info, more uint64
		want       vmm.Exit
	}{
		{"OUT 80h, AL", 0x80<<16 | 1<<6, 0, vmm.Exit{Port: 0x80, Size: 1, Write: true}},
		{"IN AX, DX", 0xcf8<<16 | 1<<3 | 1, 0, vmm.Exit{Port: 0xcf8, Size: 2}},
		{"IN EAX, DX", 0xffff<<16 | 1<<3 | 3, 0, vmm.Exit{Port: 0xffff, Size: 4}},
		{"INSW in 32-bit code", 0x1f0<<16 | 1<<4 | 1<<3 | 1, 1 << 7, vmm.Exit{Port: 0x1f0, Size: 2, String: true, AddressSize: 4}},
		{"REP OUTSB FS: in real mode", 0x3f8<<16 | 1<<5 | 1<<4, 4 << 15,
			vmm.Exit{Port: 0x3f8, Size: 1, Write: true, String: true, Repeat: true, AddressSize: 2, Segment: 4}},
		{"REP OUTSD in 64-bit code", 0x3f8<<16 | 1<<5 | 1<<4 | 3, 3<<15 | 2<<7,
			vmm.Exit{Port: 0x3f8, Size: 4, Write: true, String: true, Repeat: true, AddressSize: 8, Segment: 3}},
	} {
		v.fields[fieldInstructionInfo] = tc.more
		// What an earlier exit left must not shine through.
		e := vmm.Exit{Port: 0xdead, Size: 9, Write: true, String: true, Subject: 9}
		v.guest = func(x *context) {
			x.reason, x.qualification, x.length, x.rip, x.entered, x.left = uint64(ReasonIO), tc.info, 2, 0x7c00, 0, 0
		}
		c.Run(&e)
		tc.want.Reason, tc.want.RIP, tc.want.Length, tc.want.Subject = vmm.ReasonPort, 0x7c00, 2, uint64(tc.want.Port)
		if e != tc.want {
			t.Errorf("%s:\n%+v, want\n%+v", tc.name, e, tc.want)
		}
	}
}

func TestDecodeMemory(t *testing.T) {
	c, v := running(t)
	for _, tc := range []struct {
		name               string
		info               uint64
		write, fetch, walk bool
	}{
		{"read", 1<<8 | 1<<7 | 1, false, false, false},
		{"write", 1<<8 | 1<<7 | 1<<1, true, false, false},
		{"fetch", 1<<8 | 1<<7 | 1<<2, false, true, false},
		{"walk of the guest's tables", 1<<7 | 1<<1 | 1, true, false, true},
		{"load of PAE's page-directory pointers", 1, false, false, false},
	} {
		e := v.exit(t, c, ReasonEPT, func(x *context) { x.qualification, x.gpa = tc.info, 0xfee000b0 })
		if e.Reason != vmm.ReasonMemory || e.GPA != 0xfee000b0 || e.Subject != e.GPA || e.CodeLength != 0 ||
			e.Write != tc.write || e.Fetch != tc.fetch || e.Walk != tc.walk {
			t.Errorf("%s: %+v", tc.name, e)
		}
	}
}

func TestDecodeMSR(t *testing.T) {
	c, v := running(t)
	for _, tc := range []struct {
		num, v uint64
		reason Reason
		want   vmm.Reason
	}{
		{0x10, 0, ReasonRDMSR, vmm.ReasonMSR},
		{0x10, 0, ReasonWRMSR, vmm.ReasonMSR},
		{uint64(msr.LSTAR), 0xffff_8000_0000_1000, ReasonWRMSR, vmm.ReasonMSR},
		{uint64(msr.LSTAR), 0x8000_0000_1000, ReasonWRMSR, vmm.ReasonProtection}, // an entry could not load it
		{uint64(msr.STAR), 0x8000_0000_1000, ReasonWRMSR, vmm.ReasonMSR},
	} {
		e := v.exit(t, c, tc.reason, func(x *context) {
			x.state.GPR[x86.RCX], x.state.GPR[x86.RAX], x.state.GPR[x86.RDX] = tc.num, tc.v&0xffff_ffff, tc.v>>32
		})
		if e.Reason != tc.want || e.Write != (tc.reason == ReasonWRMSR) || e.Subject != tc.num {
			t.Errorf("%v %#x of %#x: %+v", tc.reason, tc.num, tc.v, e)
		}
	}
}

func TestDecodeCR8(t *testing.T) {
	c, v := running(t)
	e := v.exit(t, c, ReasonControl, func(x *context) { x.qualification = 8 | 9<<8 })
	if e.Reason != vmm.ReasonControl || e.Number != 8 || !e.Write || e.Register != 9 {
		t.Errorf("MOV CR8, R9: %+v", e)
	}
	e = v.exit(t, c, ReasonControl, func(x *context) { x.qualification = 8 | 1<<4 | 3<<8 })
	if e.Reason != vmm.ReasonControl || e.Number != 8 || e.Write || e.Register != 3 {
		t.Errorf("MOV RBX, CR8: %+v", e)
	}
}

// A move that exits is executed again, with a shadow that lets it pass.
func TestMoveToCR0(t *testing.T) {
	for _, tc := range []struct {
		value uint64
		want  vmm.Reason
	}{
		{0x8005_0033, vmm.ReasonHost},
		{x86.CR0CD | x86.CR0NW | x86.CR0ET, vmm.ReasonHost},
		{x86.CR0NW | x86.CR0PE, vmm.ReasonProtection},
		{x86.CR0PG, vmm.ReasonProtection},
		{1<<32 | x86.CR0PE, vmm.ReasonProtection},
	} {
		c, v := running(t)
		before := c.Look().CR0
		e := v.exit(t, c, ReasonControl, func(x *context) {
			x.qualification, x.length = 3<<8, 3
			x.state.GPR[x86.RBX] = tc.value
		})
		want := before
		if tc.want == vmm.ReasonHost {
			want = before&^hostCR0 | tc.value&hostCR0
		}
		if e.Reason != tc.want || c.RIP() != 0x1000 || c.Look().CR0 != want {
			t.Errorf("%#x: %v, RIP %#x, CR0 %#x, want %#x", tc.value, e.Reason, c.RIP(), c.Look().CR0, want)
		}
		if shadow := v.fields[fieldCR0Shadow]; tc.want == vmm.ReasonHost && (shadow^tc.value)&hostCR0 != 0 {
			t.Errorf("%#x: the shadow is %#x", tc.value, shadow)
		}
	}
}

func TestMoveToCR4OfABitThatIsTheHosts(t *testing.T) {
	c, v := running(t)
	if e := v.exit(t, c, ReasonControl, func(x *context) { x.qualification = 4 }); e.Reason != vmm.ReasonProtection {
		t.Errorf("VMXE: %v", e.Reason)
	}
	if c.Look().CR4&x86.CR4VMXE != 0 || v.fields[fieldCR4]&x86.CR4VMXE == 0 {
		t.Errorf("the guest sees CR4 %#x, the processor has %#x", c.Look().CR4, v.fields[fieldCR4])
	}
}

func TestDecodeTaskSwitch(t *testing.T) {
	c, v := running(t)
	for number := range uint64(4) {
		e := v.exit(t, c, ReasonTaskSwitch, func(x *context) { x.qualification = 0x50 | number<<30 })
		if e.Reason != vmm.ReasonTaskSwitch || e.Address != 0x50 || uint64(e.Number) != number || e.HasCode {
			t.Errorf("%d: %+v", number, e)
		}
	}
	const byEvent = uint64(x86.TaskByEvent) << 30
	v.fields[fieldVectoringCode] = 0x1234
	e := v.exit(t, c, ReasonTaskSwitch, func(x *context) {
		x.qualification, x.vectoring = 0x50|byEvent, uint64(EventValid|EventException|EventErrorValid|13)
	})
	if !e.Delivering || !e.HasCode || e.ErrorCode != 0x1234 {
		t.Errorf("#GP: %+v", e)
	}
	if c.Delivered(); c.event != 0 || !c.CanNMI() {
		t.Error("the event comes again, or an NMI never")
	}
	v.exit(t, c, ReasonTaskSwitch, func(x *context) { x.qualification, x.vectoring = 0x50|byEvent, uint64(EventValid|EventNMI|2) })
	if c.Delivered(); c.CanNMI() {
		t.Error("an NMI that a task handles lets the next one in")
	}
	v.exit(t, c, ReasonTaskSwitch, func(x *context) { x.qualification = 0x50 | uint64(x86.TaskByIRET)<<30 })
	if !c.CanNMI() {
		t.Error("the task's IRET does not let the next NMI in")
	}
}

func TestExceptions(t *testing.T) {
	c, v := running(t)
	nmis, checks := 0, 0
	oldNMI, oldCheck := hostNMI, machineCheck
	defer func() { hostNMI, machineCheck = oldNMI, oldCheck }()
	hostNMI, machineCheck = func() { nmis++ }, func() { checks++ }

	v.fields[fieldInterruptInfo] = uint64(EventValid | EventNMI | 2)
	if e := v.exit(t, c, ReasonException, nil); e.Reason != vmm.ReasonHost || nmis != 1 {
		t.Errorf("NMI of the host: %v, %d", e.Reason, nmis)
	}
	v.fields[fieldInterruptInfo] = uint64(EventValid | EventException | 18)
	if e := v.exit(t, c, ReasonException, nil); e.Reason != vmm.ReasonHost || checks != 1 {
		t.Errorf("#MC: %v, %d", e.Reason, checks)
	}
	v.fields[fieldInterruptInfo], v.fields[fieldInterruptCode] = uint64(EventValid|EventException|EventErrorValid|17), 0
	if e := v.exit(t, c, ReasonException, nil); e.Reason != vmm.ReasonException || e.Vector != 17 {
		t.Errorf("#AC: %+v", e)
	}
	// The processor leaves DR6 and DR7 to who handles a #DB.
	v.fields[fieldInterruptInfo], v.fields[fieldDR7] = uint64(EventValid|EventException|1), 0x2400
	c.dr6 = 0xffff_0ff1
	if e := v.exit(t, c, ReasonException, func(x *context) { x.qualification = 1<<14 | 2 }); e.Reason != vmm.ReasonException || e.Vector != 1 {
		t.Errorf("#DB: %+v", e)
	}
	if c.dr6 != 0xffff_4ff2 || v.fields[fieldDR7] != 0x400 {
		t.Errorf("#DB: DR6 %#x, DR7 %#x", c.dr6, v.fields[fieldDR7])
	}
	v.fields[fieldInterruptInfo] = uint64(EventValid | EventINT1 | 1)
	e := v.exit(t, c, ReasonException, func(x *context) { x.rip, x.length = 0x1000, 1 })
	if e.Reason != vmm.ReasonHost || c.RIP() != 0x1001 || c.event != 0x8000_0301 || c.dr6 != 0xffff_4ff2 {
		t.Errorf("INT1: %v, RIP %#x, event %#x, DR6 %#x", e.Reason, c.RIP(), c.event, c.dr6)
	}
}

// The guest has its debug registers for as long as it takes to use them, or for
// as long as a breakpoint is on.
func TestDebugRegistersAreLent(t *testing.T) {
	c, v := running(t)
	v.exit(t, c, ReasonDR, nil)
	if v.at.extra&(extraLoadDR|extraSaveDR) != 0 || v.fields[fieldPrimary]&primaryDR == 0 {
		t.Fatalf("before: extra %#x", v.at.extra)
	}
	v.exit(t, c, ReasonCPUID, func(x *context) { x.dr[0] = 0x1234; v.fields[fieldDR7] = 0x401 })
	if v.at.extra&(extraLoadDR|extraSaveDR) != extraLoadDR|extraSaveDR || v.fields[fieldPrimary]&primaryDR != 0 {
		t.Errorf("lent: extra %#x, primary %#x", v.at.extra, v.fields[fieldPrimary])
	}
	v.exit(t, c, ReasonDR, nil)
	if v.at.extra&(extraLoadDR|extraSaveDR) != extraLoadDR || v.fields[fieldPrimary]&primaryDR == 0 || v.at.dr[0] != 0x1234 {
		t.Errorf("with a breakpoint on: extra %#x, DR0 %#x", v.at.extra, v.at.dr[0])
	}
	v.exit(t, c, ReasonCPUID, func(x *context) { v.fields[fieldDR7] = 0x400 })
	v.exit(t, c, ReasonCPUID, nil)
	if v.at.extra&(extraLoadDR|extraSaveDR) != 0 || v.fields[fieldPrimary]&primaryDR == 0 {
		t.Errorf("off again: extra %#x", v.at.extra)
	}
}

// Only some exits have a guest-physical address.
func TestRawHasNoStaleAddress(t *testing.T) {
	c, v := running(t)
	for _, tc := range []struct {
		reason Reason
		want   uint64
	}{{ReasonEPT, 0xfee00000}, {ReasonCPUID, 0}, {ReasonEPTBad, 0xfee00000}} {
		v.exit(t, c, tc.reason, func(x *context) { x.gpa = 0xfee00000 })
		if code, _, gpa := c.Raw(); code != uint64(tc.reason) || gpa != tc.want {
			t.Errorf("%v: %#x, %#x", tc.reason, code, gpa)
		}
	}
}
