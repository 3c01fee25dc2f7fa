package msr

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// constants reads the MSR numbers, constants of type uint32, out of msr.go.
func constants(t *testing.T) map[string]uint32 {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "msr.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[string]uint32{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "uint32" {
			return true
		}
		v, err := strconv.ParseUint(spec.Values[0].(*ast.BasicLit).Value, 0, 32)
		if err != nil {
			t.Fatalf("%s: %v", spec.Names[0].Name, err)
		}
		numbers[spec.Names[0].Name] = uint32(v)
		return true
	})
	return numbers
}

func TestEveryConstantHasOneNumberAndAName(t *testing.T) {
	numbers := constants(t)
	if len(numbers) < 60 {
		t.Fatalf("found only %d constants in msr.go", len(numbers))
	}
	owner := map[uint32]string{}
	for name, num := range numbers {
		if other := owner[num]; other != "" {
			t.Errorf("%s and %s are both %#x", name, other, num)
		}
		owner[num] = name
		if Name(num) == "" {
			t.Errorf("%s (%#x) is not in the table of names", name, num)
		}
	}
}

func TestNamesLeadBackToTheirNumbers(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range table {
		if seen[r.name] {
			t.Errorf("%s is in the table twice", r.name)
		}
		seen[r.name] = true
		for _, name := range []string{r.name, strings.ToLower(r.name), strings.TrimPrefix(r.name, "IA32_")} {
			if num, ok := Lookup(name); !ok || num != r.num {
				t.Errorf("Lookup(%q) = %#x, %v, want %#x", name, num, ok, r.num)
			}
		}
	}
	if len(Names()) != len(table) {
		t.Errorf("Names() has %d names, the table %d", len(Names()), len(table))
	}
}

func TestNumbersOfTheManuals(t *testing.T) {
	for name, want := range map[string]uint32{
		"apic_base": 0x1b, "efer": 0xc0000080, "kernel_gs_base": 0xc0000102, "tsc": 0x10, "tsc_aux": 0xc0000103, "tsc_deadline": 0x6e0,
		"pat": 0x277, "mtrr_def_type": 0x2ff, "feature_control": 0x3a, "vmx_basic": 0x480, "vmx_vmfunc": 0x491, "vm_cr": 0xc0010114,
		"vm_hsave_pa": 0xc0010117, "spec_ctrl": 0x48, "arch_capabilities": 0x10a, "xss": 0xda0, "debugctl": 0x1d9, "hwcr": 0xc0010015,
		"sfmask": 0xc0000084, "mc3_status": 0x40d, "mtrr_physmask7": 0x20f, "perfevtsel0": 0x186, "pmc1": 0xc2, "x2apic_icr": 0x830,
		"x2apic_isr7": 0x817, "x2apic_eoi": 0x80b,
	} {
		if got, ok := Lookup(name); !ok || got != want {
			t.Errorf("Lookup(%q) = %#x, %v, want %#x", name, got, ok, want)
		}
	}
	for _, name := range []string{"", "IA32_", "nonsense", "mc32_ctl", "x2apic_"} {
		if num, ok := Lookup(name); ok {
			t.Errorf("Lookup(%q) = %#x, want none", name, num)
		}
	}
}

func TestRanges(t *testing.T) {
	for _, tc := range []struct {
		got  uint32
		want uint32
		name string
	}{
		{X2APIC(0x20), 0x802, "IA32_X2APIC_APICID"},
		{X2APIC(0x3e0), 0x83e, "IA32_X2APIC_DIV_CONF"},
		{X2APIC(0x200), 0x820, "IA32_X2APIC_IRR0"},
		{MTRRPhysBase(0), 0x200, "IA32_MTRR_PHYSBASE0"},
		{MTRRPhysMask(9), 0x213, "IA32_MTRR_PHYSMASK9"},
		{MCCtl(2), 0x408, "IA32_MC2_CTL"},
		{MCStatus(0), 0x401, "IA32_MC0_STATUS"},
		{PMC(0), 0xc1, "IA32_PMC0"},
		{PerfEvtSel(3), 0x189, "IA32_PERFEVTSEL3"},
	} {
		if tc.got != tc.want || Name(tc.got) != tc.name {
			t.Errorf("%s: %#x called %q, want %#x", tc.name, tc.got, Name(tc.got), tc.want)
		}
	}
	for _, num := range []uint32{0xc0, 0x7ff, 0x800, 0x840, 0x214, 0xffffffff, 0} {
		if name := Name(num); name != "" {
			t.Errorf("Name(%#x) = %q, want none", num, name)
		}
	}
}
