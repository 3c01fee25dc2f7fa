package gdb

import (
	"strings"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// The registers of the system, which gdb does not know: our own feature.

// word64 is a register of 8 bytes.
func word64(name, kind string, at func(s *x86.State) *uint64) register {
	return register{
		name: name, size: 8, kind: kind,
		value: func(s *x86.State) uint64 { return *at(s) },
		set:   func(s *x86.State, v uint64) { *at(s) = v },
	}
}

// of is the register with so many bytes.
func (r register) of(size int) register {
	r.size = size
	return r
}

// selector is a segment register's visible part.
func selector(n int) register {
	return register{
		name: segmentName(n), size: 4, kind: "int",
		value: func(s *x86.State) uint64 { return uint64(s.Seg[n].Selector) },
		set:   func(s *x86.State, v uint64) { s.Seg[n].Selector = uint16(v) },
	}
}

// base is a segment's linear address.
func base(name string, n int) register {
	return word64(name, "data_ptr", func(s *x86.State) *uint64 { return &s.Seg[n].Base })
}

var segmentNames = [x86.Segments]string{"es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr"}

func segmentName(n int) string { return segmentNames[n] }

// hidden is a segment register's hidden part, but for what gdb has already.
func (b *builder) hidden(n, word int) {
	name := segmentName(n)
	if n == x86.LDTR || n == x86.TR {
		b.add(selector(n))
	}
	if n != x86.FS && n != x86.GS || word == 4 {
		b.add(base(name+"_base", n).of(word))
	}
	b.add(register{
		name: name + "_limit", size: 4, kind: "uint32",
		value: func(s *x86.State) uint64 { return uint64(s.Seg[n].Limit) },
		set:   func(s *x86.State, v uint64) { s.Seg[n].Limit = uint32(v) },
	}, register{
		name: name + "_attr", size: 4, kind: "uint32",
		value: func(s *x86.State) uint64 { return uint64(s.Seg[n].Attributes) },
		set:   func(s *x86.State, v uint64) { s.Seg[n].Attributes = x86.Attributes(v) },
	})
}

// table is GDTR or IDTR.
func table(name string, word int, at func(s *x86.State) *x86.Table) []register {
	return []register{
		word64(name+"_base", "data_ptr", func(s *x86.State) *uint64 { return &at(s).Base }).of(word),
		{
			name: name + "_limit", size: 4, kind: "uint32",
			value: func(s *x86.State) uint64 { return uint64(at(s).Limit) },
			set:   func(s *x86.State, v uint64) { at(s).Limit = uint16(v) },
		},
	}
}

// system adds control and debug registers, descriptor tables, the hidden parts
// of segments, and the MSRs that the processor's state has.
func (b *builder) system(word int) {
	b.flags("ringo_cr0", 8, x86.CR0Bits)
	b.flags("ringo_cr4", 8, x86.CR4Bits)
	b.flags("ringo_efer", 8, x86.EFERBits)
	for _, r := range []struct {
		name, kind string
		at         func(s *x86.State) *uint64
	}{
		{"cr0", "ringo_cr0", func(s *x86.State) *uint64 { return &s.CR0 }},
		{"cr2", "int64", func(s *x86.State) *uint64 { return &s.CR2 }},
		{"cr3", "int64", func(s *x86.State) *uint64 { return &s.CR3 }},
		{"cr4", "ringo_cr4", func(s *x86.State) *uint64 { return &s.CR4 }},
		{"cr8", "int64", func(s *x86.State) *uint64 { return &s.CR8 }},
		{"efer", "ringo_efer", func(s *x86.State) *uint64 { return &s.EFER }},
		{"xcr0", "int64", func(s *x86.State) *uint64 { return &s.XCR0 }},
		{"dr0", "int64", func(s *x86.State) *uint64 { return &s.DR[0] }},
		{"dr1", "int64", func(s *x86.State) *uint64 { return &s.DR[1] }},
		{"dr2", "int64", func(s *x86.State) *uint64 { return &s.DR[2] }},
		{"dr3", "int64", func(s *x86.State) *uint64 { return &s.DR[3] }},
		{"dr6", "int64", func(s *x86.State) *uint64 { return &s.DR6 }},
		{"dr7", "int64", func(s *x86.State) *uint64 { return &s.DR7 }},
		{"star", "int64", func(s *x86.State) *uint64 { return &s.STAR }},
		{"lstar", "int64", func(s *x86.State) *uint64 { return &s.LSTAR }},
		{"cstar", "int64", func(s *x86.State) *uint64 { return &s.CSTAR }},
		{"sfmask", "int64", func(s *x86.State) *uint64 { return &s.SFMASK }},
		{"kernel_gs_base", "int64", func(s *x86.State) *uint64 { return &s.KernelGSBase }},
		{"sysenter_cs", "int64", func(s *x86.State) *uint64 { return &s.SysenterCS }},
		{"sysenter_esp", "int64", func(s *x86.State) *uint64 { return &s.SysenterESP }},
		{"sysenter_eip", "int64", func(s *x86.State) *uint64 { return &s.SysenterEIP }},
		{"pat", "int64", func(s *x86.State) *uint64 { return &s.PAT }},
	} {
		b.add(word64(r.name, r.kind, r.at))
	}
	b.add(register{name: "cpl", size: 4, kind: "uint32", value: func(s *x86.State) uint64 { return uint64(s.CPL) }})
	b.add(table("gdtr", word, func(s *x86.State) *x86.Table { return &s.GDTR })...)
	b.add(table("idtr", word, func(s *x86.State) *x86.Table { return &s.IDTR })...)
	for n := range segmentNames {
		b.hidden(n, word)
	}
}

// layoutByName is the layout that monitor arch names; nil is "auto".
func layoutByName(name string) (l *layout, ok bool) {
	switch strings.ToLower(name) {
	case "auto":
		return nil, true
	case "64", layout64.name, "x86-64":
		return layout64, true
	case "32", layout32.name:
		return layout32, true
	}
	return nil, false
}
