package bench

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestTheTable(t *testing.T) {
	figures := []Figure{
		{Name: "cpuid", About: "CPUID", Unit: Instructions, Value: 190, Limit: 450, Aim: 200, KVM: 2888},
		Linux(1.25, false),
	}
	for _, c := range []struct {
		name    string
		figures []Figure
		want    string
	}{
		{"alone", figures[1:], "" +
			"                                                 Ringo   at most       aim  unit\n" +
			"Linux to its shell, quiet                         1.25                1.40  ratio\n"},
		{"beside KVM", figures, "" +
			"                                             Ringo       KVM   at most       aim  unit\n" +
			"CPUID                                        190      2888       450       200  instructions\n" +
			"Linux to its shell, quiet                    1.25                          1.40  ratio\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			if err := Print(&b, c.figures); err != nil {
				t.Fatal(err)
			}
			if b.String() != c.want {
				t.Errorf("got\n%swant\n%s", &b, c.want)
			}
		})
	}
}

func TestOverTheLimit(t *testing.T) {
	for _, c := range []struct {
		f    Figure
		want string
	}{
		{Figure{Name: "cpuid", Unit: Instructions, Value: 450, Limit: 450}, ""},
		{Figure{Name: "cpuid", Unit: Instructions, Value: 451, Limit: 450}, "cpuid: 451 instructions, at most 450"},
		{Figure{Name: "memory", Unit: KiB, Value: 1 << 30, Aim: 1}, ""},
	} {
		if got := strings.Join(Over([]Figure{c.f}), "\n"); got != c.want {
			t.Errorf("%+v: %q, want %q", c.f, got, c.want)
		}
	}
}

func TestJSONNamesEachFigureAndItsUnit(t *testing.T) {
	b, err := JSON([]Figure{HostMemory(6000), VMMemory(900)})
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Figures []map[string]any }
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	f := got.Figures[1]
	if len(got.Figures) != 2 || f["name"] != "memory-vm" || f["unit"] != "KiB" || f["value"] != 900.0 || f["aim"] != 1024.0 {
		t.Errorf("%v", got)
	}
	if _, ok := f["kvm"]; ok {
		t.Error("KVM has a figure that was not measured")
	}
}
