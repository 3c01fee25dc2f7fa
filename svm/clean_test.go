//go:build !tamago

package svm

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// groups are the fields that the processor may take from its cache when their
// clean bit is set. APM vol. 2 §15.15.3.
var groups = []struct {
	name   string
	bit    Clean
	fields func(v *VMCB) any
}{
	{"intercepts, TSC offset, pause filter", CleanIntercepts, func(v *VMCB) any {
		return [...]uint64{uint64(v.InterceptCRRead), uint64(v.InterceptCRWrite), uint64(v.InterceptDRRead), uint64(v.InterceptDRWrite),
			uint64(v.InterceptVectors), uint64(v.Intercept1), uint64(v.Intercept2), uint64(v.Intercept3), v.TSCOffset,
			uint64(v.PauseCount), uint64(v.PauseThreshold)}
	}},
	{"permission maps", CleanIOPM, func(v *VMCB) any { return [...]uint64{v.IOPM, v.MSRPM} }},
	{"ASID", CleanASID, func(v *VMCB) any { return v.ASID }},
	{"virtual interrupt", CleanTPR, func(v *VMCB) any { return v.VIntr }},
	{"nested paging", CleanNP, func(v *VMCB) any { return [...]uint64{v.NestedPaging, v.NestedCR3, v.PAT} }},
	{"control registers", CleanCR, func(v *VMCB) any { return [...]uint64{v.CR0, v.CR3, v.CR4, v.EFER} }},
	{"debug registers", CleanDR, func(v *VMCB) any { return [...]uint64{v.DR6, v.DR7} }},
	{"descriptor tables", CleanDT, func(v *VMCB) any { return [...]Segment{v.GDTR, v.IDTR} }},
	{"segments, CPL", CleanSegments, func(v *VMCB) any {
		return struct {
			segments [4]Segment
			cpl      uint8
		}{[...]Segment{v.CS, v.DS, v.SS, v.ES}, v.CPL}
	}},
	{"CR2", CleanCR2, func(v *VMCB) any { return v.CR2 }},
	{"branch records", CleanLBR, func(v *VMCB) any {
		return [...]uint64{v.DebugCtl, v.BranchFrom, v.BranchTo, v.LastFrom, v.LastTo}
	}},
	{"AVIC", CleanAVIC, func(v *VMCB) any { return v.AVICBar }},
}

// cachingProcessor keeps what it knows of a VMCB from exit to entry, and finds
// what software has changed behind a clean bit.
type cachingProcessor struct {
	testing.TB
	after   map[uint64]VMCB
	history []string // what software did since the exit
	entries int
}

func (p *cachingProcessor) enter(pa uint64, v *VMCB) {
	p.Helper()
	known, ok := p.after[pa]
	if !ok && v.Clean != 0 {
		p.Errorf("the first entry has clean bits %#x", v.Clean)
	}
	if v.Clean&^CleanAll != 0 {
		p.Errorf("reserved clean bits: %#x", v.Clean)
	}
	for _, g := range groups {
		if v.Clean&g.bit != 0 && g.fields(v) != g.fields(&known) {
			p.Fatalf("%s: %+v is marked clean, the processor has %+v; since the exit: %v", g.name, g.fields(v), g.fields(&known), p.history)
		}
	}
	p.history = p.history[:0]
	p.entries++
}

func (p *cachingProcessor) exit(pa uint64, v *VMCB) { p.after[pa] = *v }

func TestCleanBitsAreTrue(t *testing.T) {
	for _, m := range []cpuidtest.Model{fullEPYC, withSVM(cpuidtest.QEMUEPYC, 3, withCleanBits), withSVM(cpuidtest.QEMUEPYC, 3, withCleanBits|withFlushByASID)} {
		e, _ := newEngine(t, m)
		p := &cachingProcessor{TB: t, after: map[uint64]VMCB{}}
		r := random()
		codes := []ExitCode{ExitINTR, ExitCPUID, ExitVINTR, ExitIRET, ExitNPF, ExitShutdown, ExitInvalid, 0xffff_ffff, exitDebug, ExitDR0Write + 1, ExitDR0Read}
		onRun(t, func(c *context, v *VMCB) {
			p.enter(c.vmcb, v)
			exitWith(v, codes[r.IntN(len(codes))])
			// The guest changes what is its own.
			v.CR2, v.RIP, v.RFLAGS, v.DR6, v.CS.Base = r.Uint64(), r.Uint64N(8), r.Uint64(), r.Uint64N(1<<32), r.Uint64()
			if r.IntN(8) == 0 {
				v.ExitIntInfo = EventValid | EventNMI
			}
			p.exit(c.vmcb, v)
		})
		cpus := [...]*CPU{newCPU(t, e), newCPU(t, e), newCPU(t, e), newCPU(t, e)}
		var x vmm.Exit
		entries := 0
		for range 3000 {
			c := cpus[r.IntN(len(cpus))]
			var s x86.State
			c.State(&s)
			things := []struct {
				name string
				do   func()
			}{
				{"nothing", func() {}},
				{"SetTSCOffset", func() { c.SetTSCOffset(r.Uint64()) }},
				{"Skip", func() { c.Skip(2) }},
				{"FlushTLB", c.FlushTLB},
				{"Window(true)", func() { c.Window(true) }},
				{"Window(false)", func() { c.Window(false) }},
				{"Interrupt", func() { c.Interrupt(0x20) }},
				{"NMI", c.NMI},
				{"CanNMI", func() { c.CanNMI() }},
				{"Exception", func() { c.Exception(14, 2, true) }},
				{"SetState", func() { c.SetState(&s) }},
				{"Retire", func() { c.Look().Registers = s.Registers; c.Retire() }},
				{"SetState, CR0", func() { s.CR0 ^= x86.CR0PG; c.SetState(&s) }},
				{"SetState, CR2", func() { s.CR2++; c.SetState(&s) }},
				{"SetState, CR8", func() { s.CR8 ^= 5; c.SetState(&s) }},
				{"SetState, DR7", func() { s.DR7 ^= 0xff; c.SetState(&s) }},
				{"SetState, PAT", func() { s.PAT ^= 1; c.SetState(&s) }},
				{"SetState, GDTR", func() { s.GDTR.Base++; c.SetState(&s) }},
				{"SetState, CPL", func() { s.CPL ^= 3; c.SetState(&s) }},
				{"SetState, DS", func() { s.Seg[x86.DS].Base++; c.SetState(&s) }},
			}
			for range 1 + r.IntN(2) {
				thing := things[r.IntN(len(things))]
				p.history = append(p.history, thing.name)
				thing.do()
			}
			if c.Run(&x); x.Reason != vmm.ReasonNMIWindow {
				entries++
			}
		}
		if entries != p.entries {
			t.Errorf("%d of %d entries were refused", entries-p.entries, entries)
		}
	}
}

func TestCleanBitsAreUsed(t *testing.T) {
	e, _ := newEngine(t, fullEPYC)
	c := newCPU(t, e)
	if v := enter(t, c); v.Clean != 0 {
		t.Errorf("the first entry has %#x", v.Clean)
	}
	c.Skip(2)
	c.Interrupt(0x20)
	if v := enter(t, c); v.Clean != CleanAll {
		t.Errorf("an entry that changes only RIP and the event has %#x", v.Clean)
	}
	if c.work != 0 {
		t.Errorf("each entry does work %#x", c.work)
	}
	e, _ = newEngine(t, cpuidtest.QEMUEPYC)
	c = newCPU(t, e)
	enter(t, c)
	if v := enter(t, c); v.Clean != 0 {
		t.Errorf("a processor without clean bits has %#x", v.Clean)
	}
}
