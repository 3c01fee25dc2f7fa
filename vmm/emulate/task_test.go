package emulate

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// A machine for task switches: a GDT, an LDT and two TSS in its memory. The one
// that is left has a TSS32, the new one a TSS32 or TSS16 and code at ring 3 or 0.
const (
	gdtAt   = 0x10000
	ldtAt   = 0x10800
	oldTSS  = 0x11fc0 // over the end of a page
	newTSS  = 0x12fd0
	stackAt = 0x18000

	selOld, selNew         = 0x08, 0x10
	selCode0, selData0     = 0x18, 0x20
	selCode3, selData3     = 0x28 | 3, 0x30 | 3
	selLDT, selInLDT       = 0x38, 0x08 | 4
	selConforming          = 0x40
	selGone, selSystem     = 0x48, 0x50
	gdtLimit               = 0x57
	typeCode, typeData     = 0x9b, 0x93
	typeTSS32, typeTSS16   = 0x89, 0x81
	typeBusy32, typeBusy16 = 0x8b, 0x83
)

// entry puts a descriptor in memory, of a segment with a limit in bytes.
func (g *guest) entry(at, base, limit uint64, kind, flags uint8) {
	v := limit&0xffff | base&0xffffff<<16 | uint64(kind)<<40 | limit>>16&0xf<<48 | uint64(flags)<<52 | base>>24<<56
	binary.LittleEndian.PutUint64(g.mem[at:], v)
}

func (g *guest) word(at, v uint64, size int) { storeBytes(g.mem[at:], size, v) }

// newTask is such a machine, in the old task.
func newTask(t testing.TB, wide bool) *guest {
	g := newGuest(t, x86.Protected32, "90")
	g.GDTR = x86.Table{Base: gdtAt, Limit: gdtLimit}
	g.entry(gdtAt+selOld, oldTSS, 0x67, typeBusy32, 0)
	g.entry(gdtAt+selCode0, 0, 0xfffff, typeCode, 0xc)
	g.entry(gdtAt+selData0, 0, 0xfffff, typeData, 0xc)
	g.entry(gdtAt+selCode3&^3, 0, 0xfffff, typeCode|0x60&^1, 0xc)
	g.entry(gdtAt+selData3&^3, 0, 0xfffff, typeData|0x60, 0xc)
	g.entry(gdtAt+selLDT, ldtAt, 0xf, 0x82, 0)
	g.entry(gdtAt+selConforming, 0, 0xfffff, typeCode|4, 0xc)
	g.entry(gdtAt+selGone, 0, 0xfffff, typeData&^0x80, 0xc)
	g.entry(gdtAt+selSystem, 0, 0xfffff, 0x8c, 0)
	g.entry(ldtAt+selInLDT&^7, 0x5000, 0xfff, typeData, 0x4)
	g.Seg[x86.TR] = x86.Segment{Selector: selOld, Attributes: x86.AttrPresent | 0xb, Limit: 0x67, Base: oldTSS}
	g.Seg[x86.CS].Selector, g.Seg[x86.SS].Selector, g.Seg[x86.DS].Selector = selCode0, selData0, selData0
	g.RFLAGS = x86.FlagFixed | x86.FlagCF | x86.FlagRF
	for i := range 8 {
		g.GPR[i] = 0x1_0000_0100 + uint64(i)
	}
	if wide {
		g.entry(gdtAt+selNew, newTSS, 0x67, typeTSS32, 0)
		g.word(newTSS+0x20, codeAt+0x77, 4)
		g.word(newTSS+0x24, uint64(x86.FlagZF), 4)
		for i := range uint64(8) {
			g.word(newTSS+0x28+4*i, 0xaaaa0200+i, 4)
		}
		g.word(newTSS+0x38, stackAt, 4)
		for i, sel := range []uint64{selData0, selCode0, selData0, selData0, 0, selInLDT, selLDT} {
			g.word(newTSS+0x48+4*uint64(i), sel, 4)
		}
	} else {
		g.entry(gdtAt+selNew, newTSS, 0x2b, typeTSS16, 0)
		g.word(newTSS+0x0e, 0x8077, 2)
		g.word(newTSS+0x10, uint64(x86.FlagZF), 2)
		for i := range uint64(8) {
			g.word(newTSS+0x12+2*i, 0x200+i, 2)
		}
		for i, sel := range []uint64{selData0, selCode0, selData0, selData0, selLDT} {
			g.word(newTSS+0x22+2*uint64(i), sel, 2)
		}
	}
	return g
}

func (g *guest) kindOf(selector int) uint8 { return g.mem[gdtAt+selector+5] }

func TestATaskSwitchSavesOneTaskAndLoadsTheOther(t *testing.T) {
	const nt, rf = uint32(x86.FlagNT), uint32(x86.FlagRF)
	for _, tc := range []struct {
		name            string
		by              x86.TaskSource
		external        bool
		oldKind         uint8
		link            bool
		saved, have     uint32 // flags, beside those that each task has
		busy, startedNT bool
	}{
		{name: "CALL", by: x86.TaskByCall, oldKind: typeBusy32, link: true, have: nt},
		{name: "JMP", by: x86.TaskByJump, oldKind: typeTSS32},
		{name: "JMP from a nested task", by: x86.TaskByJump, oldKind: typeTSS32, startedNT: true, saved: nt},
		{name: "IRET", by: x86.TaskByIRET, oldKind: typeTSS32, busy: true, startedNT: true},
		{name: "INT n", by: x86.TaskByEvent, oldKind: typeBusy32, link: true, have: nt},
		{name: "fault", by: x86.TaskByEvent, external: true, oldKind: typeBusy32, link: true, saved: rf, have: nt},
	} {
		for _, wide := range []bool{true, false} {
			g := newTask(t, wide)
			g.DR7 = 0x7ff
			if tc.busy {
				g.mem[gdtAt+selNew+5] |= 2
			}
			if tc.startedNT {
				g.RFLAGS |= x86.FlagNT
			}
			task := Task{Selector: selNew, By: tc.by, External: tc.external, Next: 0x1234}
			if trap, err := task.Switch(&g.State, g); err != nil || trap {
				t.Errorf("%s, TSS32 %v: %v, trap %v", tc.name, wide, err, trap)
				continue
			}
			get := func(at, size int) uint32 { return uint32(loadBytes(g.mem[at:], size)) }
			if rip, flags := get(oldTSS+0x20, 4), get(oldTSS+0x24, 4); rip != 0x1234 || flags != uint32(x86.FlagFixed|x86.FlagCF)|tc.saved {
				t.Errorf("%s: saved EIP %#x and flags %#x", tc.name, rip, flags)
			}
			if edi, ds, esp := get(oldTSS+0x44, 4), get(oldTSS+0x54, 2), get(oldTSS+0x38, 4); edi != 0x107 || ds != selData0 || esp != 0x104 {
				t.Errorf("%s: saved EDI %#x, DS %#x, ESP %#x", tc.name, edi, ds, esp)
			}
			link := get(newTSS, 2)
			if (link == selOld) != tc.link {
				t.Errorf("%s: link %#x", tc.name, link)
			}
			if g.kindOf(selOld) != tc.oldKind || g.kindOf(selNew)&2 == 0 {
				t.Errorf("%s: the descriptors have types %#x and %#x", tc.name, g.kindOf(selOld), g.kindOf(selNew))
			}
			want := uint64(0xaaaa0207)
			if !wide {
				want = 0x207
			}
			if g.GPR[x86.RDI] != want || g.RIP != codeAt+0x77 || g.RFLAGS != x86.FlagFixed|x86.FlagZF|uint64(tc.have) {
				t.Errorf("%s, TSS32 %v: EDI %#x, EIP %#x, flags %#x", tc.name, wide, g.GPR[x86.RDI], g.RIP, g.RFLAGS)
			}
			tr, ldt, gs := g.Seg[x86.TR], g.Seg[x86.LDTR], g.Seg[x86.GS]
			if tr.Selector != selNew || tr.Base != newTSS || tr.Attributes&2 == 0 || ldt.Base != ldtAt || ldt.Attributes != 0x82 {
				t.Errorf("%s: TR %v, LDTR %v", tc.name, tr, ldt)
			}
			if wide && (gs.Base != 0x5000 || gs.Limit != 0xfff) || !wide && gs != (x86.Segment{}) {
				t.Errorf("%s, TSS32 %v: GS %v", tc.name, wide, gs)
			}
			if g.CR0&x86.CR0TS == 0 || g.DR7 != 0x7ff&^0x155 || g.CPL != 0 || g.Seg[x86.CS].Limit != 0xffff_ffff {
				t.Errorf("%s: CR0 %#x, DR7 %#x, CPL %d, CS %v", tc.name, g.CR0, g.DR7, g.CPL, g.Seg[x86.CS])
			}
		}
	}
}

// What a switch refuses, and in which task: before anything has changed, or in
// the new task.
func TestATaskSwitchFaults(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(g *guest, task *Task)
		vector x86.Vector
		code   uint32
		in     uint16 // TR then
	}{
		{"null selector", func(g *guest, task *Task) { task.Selector = 3 }, x86.GeneralProtection, 0, selOld},
		{"beyond the GDT", func(g *guest, task *Task) { task.Selector = gdtLimit + 1 }, x86.GeneralProtection, gdtLimit + 1, selOld},
		{"in the LDT", func(g *guest, task *Task) { task.Selector |= 4 }, x86.GeneralProtection, selNew | 4, selOld},
		{"IRET to one in the LDT", func(g *guest, task *Task) { task.By, task.Selector = x86.TaskByIRET, selNew|4 }, x86.InvalidTSS, selNew | 4, selOld},
		{"not a TSS", func(g *guest, task *Task) { task.Selector = selData0 }, x86.GeneralProtection, selData0, selOld},
		{"busy", func(g *guest, task *Task) { g.mem[gdtAt+selNew+5] |= 2 }, x86.GeneralProtection, selNew, selOld},
		{"busy, for an interrupt", func(g *guest, task *Task) { g.mem[gdtAt+selNew+5] |= 2; task.By, task.External = x86.TaskByEvent, true }, x86.GeneralProtection, selNew | 1, selOld},
		{"IRET to one that is not busy", func(g *guest, task *Task) { task.By = x86.TaskByIRET }, x86.InvalidTSS, selNew, selOld},
		{"not present", func(g *guest, task *Task) { g.mem[gdtAt+selNew+5] &^= 0x80 }, x86.SegmentNotPresent, selNew, selOld},
		{"too small", func(g *guest, task *Task) { g.entry(gdtAt+selNew, newTSS, 0x66, typeTSS32, 0) }, x86.InvalidTSS, selNew, selOld},
		{"the old one too small", func(g *guest, task *Task) { g.Seg[x86.TR].Limit = 0x5e }, x86.InvalidTSS, selOld, selOld},

		{"LDT beyond the GDT", func(g *guest, task *Task) { g.word(newTSS+0x60, 0x80, 2) }, x86.InvalidTSS, 0x80, selNew},
		{"LDT in an LDT", func(g *guest, task *Task) { g.word(newTSS+0x60, selLDT|4, 2) }, x86.InvalidTSS, selLDT | 4, selNew},
		{"LDT of another type", func(g *guest, task *Task) { g.word(newTSS+0x60, selData0, 2) }, x86.InvalidTSS, selData0, selNew},
		{"LDT not present", func(g *guest, task *Task) { g.mem[gdtAt+selLDT+5] &^= 0x80 }, x86.InvalidTSS, selLDT, selNew},
		{"null CS", func(g *guest, task *Task) { g.word(newTSS+0x4c, 0, 2) }, x86.InvalidTSS, 0, selNew},
		{"data in CS", func(g *guest, task *Task) { g.word(newTSS+0x4c, selData0, 2) }, x86.InvalidTSS, selData0, selNew},
		{"CS with another privilege level", func(g *guest, task *Task) { g.word(newTSS+0x4c, selCode0|3, 2) }, x86.InvalidTSS, selCode0, selNew},
		{"CS not present", func(g *guest, task *Task) { g.mem[gdtAt+selCode0+5] &^= 0x80 }, x86.SegmentNotPresent, selCode0, selNew},
		{"null SS", func(g *guest, task *Task) { g.word(newTSS+0x50, 0, 2) }, x86.InvalidTSS, 0, selNew},
		{"SS with another privilege level", func(g *guest, task *Task) { g.word(newTSS+0x50, selData3, 2) }, x86.InvalidTSS, selData3 &^ 3, selNew},
		{"SS with another RPL", func(g *guest, task *Task) { g.word(newTSS+0x50, selData0|3, 2) }, x86.InvalidTSS, selData0, selNew},
		{"code in SS", func(g *guest, task *Task) { g.word(newTSS+0x50, selCode0, 2) }, x86.InvalidTSS, selCode0, selNew},
		{"SS not present", func(g *guest, task *Task) { g.word(newTSS+0x50, selGone, 2) }, x86.StackFault, selGone, selNew},
		{"DS not present", func(g *guest, task *Task) { g.word(newTSS+0x54, selGone, 2) }, x86.SegmentNotPresent, selGone, selNew},
		{"a gate in DS, by a fault", func(g *guest, task *Task) {
			g.word(newTSS+0x54, selSystem, 2)
			task.By, task.External = x86.TaskByEvent, true
		}, x86.InvalidTSS, selSystem | 1, selNew},
		{"ring 0 in ES, of ring 3", func(g *guest, task *Task) {
			g.word(newTSS+0x4c, selCode3, 2)
			g.word(newTSS+0x50, selData3, 2)
			g.word(newTSS+0x54, 0, 2)
		}, x86.InvalidTSS, selData0, selNew},
		{"beyond the limit of CS", func(g *guest, task *Task) { g.entry(gdtAt+selCode0, 0, 0xfff, typeCode, 4) }, x86.GeneralProtection, 0, selNew},
		{"no room for the error code", func(g *guest, task *Task) {
			g.entry(gdtAt+selData0, 0, 0xfff, typeData, 4)
			task.By, task.External, task.HasCode = x86.TaskByEvent, true, true
		}, x86.StackFault, 1, selNew},
	} {
		g := newTask(t, true)
		task := Task{Selector: selNew, By: x86.TaskByCall, Next: 0x1234}
		tc.change(g, &task)
		before, memory := g.State, string(g.mem)
		_, err := task.Switch(&g.State, g)
		var x *x86.Exception
		if !errors.As(err, &x) || x.Vector != tc.vector || x.Code != tc.code || !x.HasCode || g.Seg[x86.TR].Selector != tc.in {
			t.Errorf("%s: %v, want %v(%#x); TR is %#x", tc.name, err, tc.vector, tc.code, g.Seg[x86.TR].Selector)
		}
		if tc.in == selOld && (g.State != before || string(g.mem) != memory) {
			t.Errorf("%s: it has changed something", tc.name)
		}
		if tc.in == selNew && g.Seg[x86.SS].Attributes.DPL() != g.CPL {
			t.Errorf("%s: no processor can be in that state: CPL %d, SS %v", tc.name, g.CPL, g.Seg[x86.SS])
		}
	}
}

func TestATaskGetsTheErrorCode(t *testing.T) {
	for _, wide := range []bool{true, false} {
		g := newTask(t, wide)
		g.word(newTSS+0x1a, 0x9000, 2) // SP of a TSS16
		if wide {
			g.word(newTSS+0x1a, 0, 2)
		}
		task := Task{Selector: selNew, By: x86.TaskByEvent, External: true, HasCode: true, Code: 0x12345}
		if _, err := task.Switch(&g.State, g); err != nil {
			t.Fatal(err)
		}
		esp, size := uint64(stackAt-4), 4
		if !wide {
			esp, size = 0x8ffe, 2
		}
		if got := loadBytes(g.mem[esp:], size); g.GPR[x86.RSP] != esp || got != 0x12345&sizeMask(size) {
			t.Errorf("TSS32 %v: ESP %#x, code %#x", wide, g.GPR[x86.RSP], got)
		}
	}
}

func TestATaskInOtherRings(t *testing.T) {
	g := newTask(t, true)
	for i, sel := range []uint64{selData3, selCode3, selData3, selConforming} {
		g.word(newTSS+0x48+4*uint64(i), sel, 2)
	}
	g.word(newTSS+0x5c, 0, 2)
	task := Task{Selector: selNew, By: x86.TaskByJump}
	if _, err := task.Switch(&g.State, g); err != nil || g.CPL != 3 || g.Seg[x86.DS].Selector != selConforming {
		t.Errorf("ring 3: %v, CPL %d, DS %v", err, g.CPL, g.Seg[x86.DS])
	}
	if g.mem[gdtAt+selCode3&^3+5]&1 == 0 || g.Seg[x86.CS].Attributes&x86.AttrAccessed == 0 {
		t.Error("CS is not marked as accessed")
	}

	g = newTask(t, true)
	g.word(newTSS+0x24, uint64(x86.FlagVM), 4)
	g.word(newTSS+0x48, 0xb800, 2)
	g.word(newTSS+0x64, 1, 2)
	trap, err := task.Switch(&g.State, g)
	if es := g.Seg[x86.ES]; err != nil || !trap || g.Mode() != x86.Virtual8086 || g.CPL != 3 || es.Base != 0xb8000 || es.Limit != 0xffff || es.Attributes != 0xf3 {
		t.Errorf("virtual-8086 mode: %v, trap %v, %v, CPL %d, ES %v", err, trap, g.Mode(), g.CPL, es)
	}
}

// With paging the new task has its own page tables, and a TSS that is not
// present is the old task's page fault.
func TestATaskSwitchUnderPaging(t *testing.T) {
	const directory, table, other = 0x1000, 0x2000, 0x3000
	paged := func() *guest {
		g := newTask(t, true)
		g.CR0 |= x86.CR0PG
		g.CR3 = directory
		for i := range uint64(guestMemory / pageSize) {
			g.word(table+4*i, i*pageSize|3, 4)
		}
		g.word(directory, table|3, 4)
		g.word(other, table|3, 4)
		g.word(newTSS+0x1c, other, 4)
		return g
	}
	g, task := paged(), Task{Selector: selNew, By: x86.TaskByCall}
	if _, err := task.Switch(&g.State, g); err != nil || g.CR3 != other {
		t.Errorf("%v, CR3 %#x", err, g.CR3)
	}
	g = paged()
	g.word(table+4*(newTSS/pageSize+1), 0, 4)
	before := g.State
	_, err := task.Switch(&g.State, g)
	var x *x86.Exception
	if !errors.As(err, &x) || x.Vector != x86.PageFault || x.CR2 != newTSS&^0xfff+pageSize || g.State != before {
		t.Errorf("a TSS half of which is not present: %v", err)
	}
	g = paged()
	g.word(table+4*(newTSS/pageSize), 0x40000000|3, 4)
	var none *noMemory
	if _, err := task.Switch(&g.State, g); !errors.As(err, &none) || g.State != before {
		t.Errorf("a TSS where there is no memory: %v", err)
	}
}
