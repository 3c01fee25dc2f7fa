package pc

import (
	"slices"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/kvmclock"
	"github.com/ringo-vmm/ringo/vmm/lapic"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

func TestTheLocalAPICsPageMoves(t *testing.T) {
	const old, free = 0xfee0_0000, 0xfed1_0000
	const on, x2 = 1 << 11, 1 << 10
	h := &host{now: 1}
	p := build(t, machine(h))
	for _, tc := range []struct {
		base uint64
		at   uint64 // where the page is then, 0 for nowhere
	}{
		{free | on, free}, {0x10_0000 | on, 0}, {0xfec0_0000 | on, 0}, {old | on, old}, {old | on | x2, 0}, {old, 0}, {old | on, old},
	} {
		if !p.cpus[0].msrs.Write(apicBase, tc.base) {
			t.Fatalf("IA32_APIC_BASE cannot be %#x", tc.base)
		}
		for _, gpa := range []uint64{old, free} {
			if got := p.VM.Memory.Name(gpa) == "local APIC"; got != (gpa == tc.at) {
				t.Errorf("IA32_APIC_BASE %#x: a local APIC at %#x: %v", tc.base, gpa, got)
			}
		}
		if got := p.VM.Memory.Name(0xfec0_0000); got != "I/O APIC" {
			t.Errorf("IA32_APIC_BASE %#x: %q is where the I/O APIC was", tc.base, got)
		}
	}
	lines := strings.Join(h.Lines(), "\n")
	if !strings.Contains(lines, "0x100000 is hidden by memory") || !strings.Contains(lines, "overlaps I/O APIC") {
		t.Errorf("logged %q", lines)
	}
}

func TestNMIsReachTheProcessor(t *testing.T) {
	var got []x86.Vector
	p := build(t, machine(&vmmtest.Host{}, writeMSR(apicBase, x2APICOn), writeMSR(x2ICR, modeNMI),
		func(c *vmmtest.CPU, e *vmm.Exit) { got = slices.Clone(c.Injected); vmmtest.Out(exitPort, 1, 0)(c, e) }))
	run(t, p)
	if !slices.Equal(got, []x86.Vector{2}) {
		t.Errorf("injected %v", got)
	}
}

func TestTheTSCDeadlineInterrupts(t *testing.T) {
	const vector, deadline = 0x41, 0x6e0
	var p *PC
	var got []x86.Vector
	p = build(t, machine(&vmmtest.Host{},
		writeMSR(apicBase, x2APICOn), writeMSR(0x80f, 0x1ff), writeMSR(0x832, 2<<17|vector),
		func(c *vmmtest.CPU, e *vmm.Exit) { writeMSR(deadline, p.CPU.TSC()+vmmtest.TSCHz/1000)(c, e) },
		func(c *vmmtest.CPU, e *vmm.Exit) {
			c.S.RFLAGS |= x86.FlagIF
			e.Reason, e.Length = vmm.ReasonHLT, 1
		},
		func(c *vmmtest.CPU, e *vmm.Exit) { got = slices.Clone(c.Injected); vmmtest.Out(exitPort, 1, 0)(c, e) }))
	run(t, p)
	if !slices.Equal(got, []x86.Vector{vector}) {
		t.Errorf("injected %v", got)
	}
}

func TestAnInterruptEndsInMemory(t *testing.T) {
	const word, vector, selfIPI = 0x3000, 0x41, 0x83f
	var p *PC
	var got []x86.Vector
	var offers []byte
	take := func(next vmmtest.Exit) vmmtest.Exit {
		return func(c *vmmtest.CPU, e *vmm.Exit) {
			c.S.RFLAGS |= x86.FlagIF
			b := p.VM.RAM.Span(word)
			offers = append(offers, b[0])
			b[0] = 0
			next(c, e)
		}
	}
	p = build(t, machine(&vmmtest.Host{},
		writeMSR(apicBase, x2APICOn), writeMSR(0x80f, 0x1ff), writeMSR(lapic.MSRPVEOI, word|1), take(writeMSR(selfIPI, vector)),
		take(writeMSR(selfIPI, vector)), take(writeMSR(selfIPI, vector)),
		func(c *vmmtest.CPU, e *vmm.Exit) { got = slices.Clone(c.Injected); vmmtest.Out(exitPort, 1, 0)(c, e) }))
	if eax, _, _, _ := p.CPU.CPUID(0x4000_0001, 0); eax&lapic.FeaturePVEOI == 0 {
		t.Errorf("KVM's features are %#x", eax)
	}
	run(t, p)
	if !slices.Equal(got, []x86.Vector{vector, vector, vector}) || !slices.Equal(offers, []byte{0, 1, 1}) {
		t.Errorf("injected %v, found the word %v", got, offers)
	}
	for _, bad := range []uint64{p.VM.RAM.Low() | 1, word | 2} {
		if p.cpus[0].msrs.Write(lapic.MSRPVEOI, bad) {
			t.Errorf("the word can be at %#x", bad)
		}
	}
}

func TestTheClockFollowsTheTimeStampCounter(t *testing.T) {
	const page = 0x2000
	h := &host{now: 1_000_000}
	p := build(t, machine(h))
	if !p.cpus[0].msrs.Write(kvmclock.MSRSystemTime, page|1) {
		t.Fatal("there is no clock")
	}
	stamp := func() uint64 { v, _ := p.VM.RAM.Uint64(page + 8); return v }
	if got := stamp(); got != p.CPU.TSC() {
		t.Errorf("the clock starts at TSC %d, which is %d", got, p.CPU.TSC())
	}
	const jump = 1 << 40
	p.cpus[0].msrs.Write(0x10, jump)
	if got := stamp(); got != jump {
		t.Errorf("the clock is at TSC %d after a jump to %d", got, uint64(jump))
	}
}
