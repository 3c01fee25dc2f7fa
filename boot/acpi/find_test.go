package acpi

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// A machine of our own: where its tables are.
const (
	rsdpAt = 0xF0000
	xsdtAt = 0x100000
	rsdtAt = 0x110000
	oneAt  = 0x120000
	twoAt  = 0x130000
)

func TestRSDPSources(t *testing.T) {
	root := xsdt(oneAt)
	v1, v2 := pointer(rsdtAt, 0), pointer(rsdtAt, xsdtAt)
	badV1 := slices.Clone(v1)
	badV1[8]++
	badExtended := slices.Clone(v2)
	badExtended[32]++
	short := slices.Clone(v2)
	binary.LittleEndian.PutUint32(short[rsdpLength:], 35)
	sealPointer(short)
	long := slices.Clone(v2)
	binary.LittleEndian.PutUint32(long[rsdpLength:], 1<<31)
	sealPointer(long)

	for _, tt := range []struct {
		name    string
		extra   memory // beside the root tables
		rsdp    uint64
		copied  []byte
		want    RSDP
		problem string
		fails   string
	}{
		{name: "copy", copied: v2, want: RSDP{Revision: 2, RSDT: rsdtAt, XSDT: xsdtAt}},
		{name: "copy of revision 0", copied: v1, want: RSDP{RSDT: rsdtAt}},
		{name: "address", extra: memory{0x7FFFFF14: v2}, rsdp: 0x7FFFFF14, want: RSDP{Address: 0x7FFFFF14, Revision: 2, RSDT: rsdtAt, XSDT: xsdtAt}},
		{name: "BIOS area", extra: memory{rsdpAt: v1}, want: RSDP{Address: rsdpAt, RSDT: rsdtAt}},
		{name: "last place of the BIOS area", extra: memory{0xFFFE0: v1}, want: RSDP{Address: 0xFFFE0, RSDT: rsdtAt}},
		{name: "EBDA", extra: memory{0x40E: {0xC0, 0x9F}, 0x9FFE0: v1}, want: RSDP{Address: 0x9FFE0, RSDT: rsdtAt}},
		{name: "EBDA beyond low RAM", extra: memory{0x40E: {0x00, 0xA0}, 0xA0000: v1}, fails: "no RSDP in the BIOS areas"},
		{name: "beyond the first KiB of the EBDA", extra: memory{0x40E: {0x00, 0x9F}, 0x9F400: v1}, fails: "no RSDP"},
		{name: "not on a 16-byte boundary", extra: memory{rsdpAt + 8: v1}, fails: "no RSDP"},
		{name: "bad copy, good address", extra: memory{rsdpAt: v2}, copied: badV1, rsdp: rsdpAt, want: RSDP{Address: rsdpAt, Revision: 2, RSDT: rsdtAt, XSDT: xsdtAt}, problem: "copied by the boot loader: bytes add up to 0x1"},
		{name: "bad address, good BIOS area", extra: memory{rsdpAt: v1}, rsdp: 1 << 40, want: RSDP{Address: rsdpAt, RSDT: rsdtAt}, problem: "RSDP at 0x10000000000: not in readable memory"},
		{name: "address that wraps", rsdp: ^uint64(0) - 4, fails: "not in readable memory"},
		{name: "bad structure before a good one", extra: memory{rsdpAt: badV1, rsdpAt + 0x100: v1}, want: RSDP{Address: rsdpAt + 0x100, RSDT: rsdtAt}},
		{name: "bad extended checksum", copied: badExtended, want: RSDP{Revision: 2, RSDT: rsdtAt}, problem: "extended bytes add up to 0x1, want 0; using the RSDT"},
		{name: "length too short", copied: short, want: RSDP{Revision: 2, RSDT: rsdtAt}, problem: "length 35"},
		{name: "length too long", extra: memory{rsdpAt: long}, rsdp: rsdpAt, want: RSDP{Address: rsdpAt, Revision: 2, RSDT: rsdtAt}, problem: "length 2147483648"},
		{name: "revision 2 cut to 20 bytes", copied: v2[:20], want: RSDP{Revision: 2, RSDT: rsdtAt}, problem: "revision 2 in 20 bytes"},
		{name: "truncated copy", copied: v1[:19], fails: "19 bytes"},
		{name: "wrong signature", copied: make([]byte, 36), fails: "signature"},
		{name: "no root table named", copied: pointer(0, 0), fails: "neither RSDT nor XSDT"},
		{name: "nothing", fails: "no RSDP in the BIOS areas"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := memory{xsdtAt: root, rsdtAt: rsdt(oneAt), oneAt: table("TEST", 1)}
			for addr, b := range tt.extra {
				m[addr] = b
			}
			got, err := Find(m, tt.rsdp, tt.copied)
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) {
					t.Fatalf("error %v, want %q", err, tt.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			tt.want.OEMID = "RINGO"
			equal(t, "RSDP", got.RSDP, tt.want)
			if tt.problem == "" && len(got.Problems) != 0 {
				t.Errorf("problems: %q", got.Problems)
			} else if tt.problem != "" {
				wantProblem(t, got.Problems, tt.problem)
			}
		})
	}
}

func TestRootTableChoice(t *testing.T) {
	bad := xsdt(oneAt)
	bad[headerSize]++
	for _, tt := range []struct {
		name    string
		m       memory
		want    string // signature of the root table used
		problem string
		fails   bool
	}{
		{name: "XSDT before RSDT", m: memory{xsdtAt: xsdt(oneAt), rsdtAt: rsdt(oneAt)}, want: "XSDT"},
		{name: "RSDT when the XSDT's checksum is bad", m: memory{xsdtAt: bad, rsdtAt: rsdt(oneAt)}, want: "RSDT", problem: "XSDT at 0x100000: bytes add up to 0x1"},
		{name: "RSDT when the XSDT is not readable", m: memory{rsdtAt: rsdt(oneAt)}, want: "RSDT", problem: "XSDT at 0x100000: not in readable memory"},
		{name: "RSDT when the XSDT is another table", m: memory{xsdtAt: rsdt(oneAt), rsdtAt: rsdt(oneAt)}, want: "RSDT", problem: `XSDT at 0x100000: its signature is "RSDT"`},
		{name: "RSDT when the XSDT is empty", m: memory{xsdtAt: xsdt(0, 0), rsdtAt: rsdt(oneAt)}, want: "RSDT", problem: "XSDT at 0x100000: names no table"},
		{name: "neither", m: memory{xsdtAt: bad, rsdtAt: rsdt()}, fails: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.m[oneAt] = table("TEST", 1)
			got, err := Find(tt.m, 0, pointer(rsdtAt, xsdtAt))
			if tt.fails {
				if err == nil {
					t.Fatal("no error")
				}
				for _, what := range []string{"no usable root table", "XSDT at 0x100000", "RSDT at 0x110000"} {
					if !strings.Contains(err.Error(), what) {
						t.Errorf("error %v does not say %q", err, what)
					}
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var roots []string
			for _, tab := range got.List() {
				if tab.Signature != "TEST" && tab.ChecksumOK {
					roots = append(roots, tab.Signature)
				}
			}
			if !slices.Contains(roots, tt.want) {
				t.Errorf("valid root tables %q, want %q", roots, tt.want)
			}
			if tt.problem != "" {
				wantProblem(t, got.Problems, tt.problem)
			}
		})
	}
}

func TestBadTableIsReportedAndTheRestUsed(t *testing.T) {
	good := table(sigHPET, 1, make([]byte, hpetSize-headerSize)...)
	good[hpetAddress+6] = 0xD0 // 0xD00000
	seal(good)
	bad := slices.Clone(good)
	bad[headerOEMID]++
	length := func(n uint32) []byte {
		b := slices.Clone(good)
		binary.LittleEndian.PutUint32(b[headerLength:], n)
		return b
	}
	const listed, unlisted = true, false
	for _, tt := range []struct {
		name    string
		table   []byte
		problem string
		listed  bool
	}{
		{"checksum", bad, "HPET at 0x120000: bytes add up to 0x1", listed},
		{"length shorter than a header", length(35), "HPET at 0x120000: length 35", listed},
		{"length absurd", length(0xFFFFFFFF), "HPET at 0x120000: length 4294967295", listed},
		{"length beyond memory", length(57), "HPET at 0x120000: its 57 bytes are not all in readable memory", listed},
		{"header beyond memory", good[:20], "table at 0x120000: not in readable memory", unlisted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := memory{xsdtAt: xsdt(oneAt, twoAt), oneAt: tt.table, twoAt: good}
			got := mustFind(t, m, 0, pointer(0, xsdtAt))
			wantProblem(t, got.Problems, tt.problem)
			if got.HPET == nil || got.HPET.Address != 0xD00000 {
				t.Errorf("HPET after the bad table: %v", got.HPET)
			}
			i := slices.IndexFunc(got.List(), func(tab Table) bool { return tab.Address == oneAt })
			if (i >= 0) != tt.listed {
				t.Fatalf("listed: %v, want %v", i >= 0, tt.listed)
			}
			if tt.listed && got.List()[i].ChecksumOK {
				t.Errorf("%v: checksum ok", got.List()[i])
			}
		})
	}
}

func TestTableAtTheEndOfTheAddressSpace(t *testing.T) {
	m := memory{xsdtAt: xsdt(^uint64(0)-8, oneAt), oneAt: table("TEST", 1)}
	got := mustFind(t, m, 0, pointer(0, xsdtAt))
	wantProblem(t, got.Problems, "table at 0xfffffffffffffff7: not in readable memory")
}

func TestRepeatedTables(t *testing.T) {
	hpet := table(sigHPET, 1, make([]byte, hpetSize-headerSize)...)
	hpet[hpetAddress+6] = 0xD0
	seal(hpet)
	m := memory{xsdtAt: xsdt(oneAt, oneAt, twoAt, xsdtAt), oneAt: hpet, twoAt: slices.Clone(hpet)}
	got := mustFind(t, m, 0, pointer(0, xsdtAt))
	equal(t, "problems", got.Problems, []string{
		"table at 0x120000: listed twice",
		"HPET at 0x130000: a second one, ignored",
		"table at 0x100000: listed twice",
	})
	equal(t, "number of tables", len(got.List()), 3)
}

func TestTooManyTablesAndProblems(t *testing.T) {
	m := memory{}
	var addrs []uint64
	for i := range uint64(100_000) {
		addrs = append(addrs, 1<<40+i)
	}
	m[xsdtAt] = xsdt(addrs...)
	got := mustFind(t, m, 0, pointer(0, xsdtAt))
	equal(t, "problems", len(got.Problems), maxProblems+1)
	equal(t, "last problem", got.Problems[maxProblems], "further problems are left out")

	addrs = addrs[:0]
	small := table("TEST", 1)
	for i := range uint64(300) {
		addrs = append(addrs, 1<<40+i*64)
		m[1<<40+i*64] = small
	}
	m[xsdtAt] = xsdt(addrs...)
	got = mustFind(t, m, 0, pointer(0, xsdtAt))
	equal(t, "tables", len(got.List()), 1+maxTables)
	wantProblem(t, got.Problems, "root table: 300 entries, only the first 256 are read")
}

func TestTablesTogetherAreLimited(t *testing.T) {
	m := memory{}
	var addrs []uint64
	big := table("TEST", 1, make([]byte, maxTableSize-headerSize)...)
	for i := range uint64(maxTotalSize/maxTableSize) + 1 {
		addrs = append(addrs, 1<<40+i*maxTableSize)
		m[1<<40+i*maxTableSize] = big
	}
	m[xsdtAt] = xsdt(addrs...)
	got := mustFind(t, m, 0, pointer(0, xsdtAt))
	wantProblem(t, got.Problems, "all tables together are beyond")
	total := 0
	for _, tab := range got.List() {
		total += len(tab.Data)
	}
	if total > maxTotalSize {
		t.Errorf("%d bytes kept, want at most %d", total, maxTotalSize)
	}
}

func TestIdentifiersAreSafeToPrint(t *testing.T) {
	b := table("T\x1b[J", 1)
	copy(b[headerOEMTableID:], "\x00\x07é\xff~ \x00\x00")
	m := memory{xsdtAt: xsdt(oneAt), oneAt: seal(b)}
	got := mustFind(t, m, 0, pointer(0, xsdtAt))
	equal(t, "table", got.List()[1].String()[:4], "T?[J")
	for _, c := range got.List()[1].String() {
		if c < ' ' || c > '~' {
			t.Errorf("%q has %q", got.List()[1].String(), c)
		}
	}
}

func TestTablesAreCopied(t *testing.T) {
	m, rsdp := load(t, "bochs")
	got := mustFind(t, m, rsdp, nil)
	for _, b := range m {
		clear(b)
	}
	if _, err := got.PowerOff(); err != nil {
		t.Errorf("after the firmware's memory was reused: %v", err)
	}
}
