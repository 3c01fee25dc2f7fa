package bench

import (
	"os"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/guests"
)

// output is what the guest prints, each line n instructions more than the loop.
func output(n string) string {
	text := "bench empty 2\r\n"
	for _, name := range printed() {
		text += "[    1.408938] bench: bench " + name + " " + n + "\r\n"
	}
	return text + "passed bench\r\n"
}

// printed are the names that the guest prints beside the loop's.
func printed() (names []string) {
	for _, e := range exits {
		if e.name != haltExit {
			names = append(names, e.name)
		}
	}
	return names
}

func TestExitsAreWithoutTheLoop(t *testing.T) {
	got, err := ParseExits(output("202"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range printed() {
		if got[name] != 200 {
			t.Errorf("%s is %v", name, got[name])
		}
	}
	if got[haltExit] != 200-2*200 {
		t.Errorf("%s is %v", haltExit, got[haltExit])
	}
}

func TestEachMachineHasItsLimits(t *testing.T) {
	got := map[string]float64{"cpuid": 440, "out": 480}
	for name, want := range map[string][2]int{"qemu-svm": {0, 1}, "bochs-vmx": {5, 0}, "bochs-svm": {5, 1}} {
		m, ok := FindMachine(name)
		figures := m.Exits(got, nil)
		kvm := 0
		for _, f := range figures {
			if f.Limit == 0 || f.Unit != Instructions {
				t.Errorf("%s: %+v", name, f)
			}
			if f.KVM != 0 {
				kvm++
			}
		}
		if over := Over(figures); !ok || len(figures) != len(exits) || figures[0].Value != 440 || kvm != want[0] || len(over) != want[1] {
			t.Errorf("%s: %d figures of KVM, over the limit %v: %+v", name, kvm, over, figures)
		}
		if f := m.Exits(got, map[string]float64{"cpuid": 7})[0]; f.KVM != 7 {
			t.Errorf("%s: what was measured is not in %+v", name, f)
		}
	}
	if _, ok := FindMachine("eniac"); ok {
		t.Error("there is a machine that nobody has")
	}
	if a, b := Machines[0].File(), Machines[1].File(); a != "bench.json" || b != "bench-bochs-vmx.json" {
		t.Errorf("%s, %s", a, b)
	}
}

func TestOutputWithoutAllExitsIsAnError(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":         "",
		"no loop":         strings.ReplaceAll(output("202"), "empty", "emptied"),
		"one missing":     strings.ReplaceAll(output("202"), "bench eoi", "bench oie"),
		"less than none":  output("2"),
		"too many digits": output("99999999999999999999"),
	} {
		if got, err := ParseExits(text); err == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The guest and the list of figures are apart; this keeps them together.
func TestTheGuestMeasuresAllExits(t *testing.T) {
	g, ok := guests.Find("bench")
	if !ok {
		t.Fatal("no guest bench")
	}
	image, err := g.Build()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(printed(), emptyLoop) {
		if !strings.Contains(string(image), "bench "+name+" \x00") {
			t.Errorf("the guest does not print %q", name)
		}
	}
}

func TestFirstInstruction(t *testing.T) {
	for text, want := range map[string]float64{
		"[ 0.03] vm bench: first instruction after 31.25ms\r\n": 31.25e6,
		"vm bench: first instruction after 980µs\n":             980e3,
		"vm bench: first instruction after 1.5s\n":              1.5e9,
		"vm bench: first instruction after 31.2":                0,
		"first instruction after ms.s\n":                        0,
		"":                                                      0,
	} {
		if got, ok := ParseFirstInstruction(text); got != want || ok != (want != 0) {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
}

func frames(heap, guest string) string {
	return "total 1018 MiB, free 1017 MiB, most ever used 1072 KiB, failed allocations 0\n" +
		"  free           1017 MiB\n  Go heap         " + heap + "\n  page tables     112 KiB\n  guest RAM       " + guest + "\n" +
		"  kernel           4096 B\n       2 free blocks of 4096 B\nringo> "
}

func TestMemoryIsWhatIsAllocated(t *testing.T) {
	for _, c := range []struct {
		text        string
		own, guests float64
	}{
		{frames("632 KiB", "0 B"), 632 + 112 + 4, 0},
		{strings.ReplaceAll(frames("632 KiB", "4096 KiB"), "\n", "\r\n"), 632 + 112 + 4, 4096},
		{frames("12 MiB", "256 MiB"), 12<<10 + 112 + 4, 256 << 10},
	} {
		if own, guests, err := ParseMemory(c.text); err != nil || own != c.own || guests != c.guests {
			t.Errorf("%v KiB and %v KiB, %v; want %v and %v", own, guests, err, c.own, c.guests)
		}
	}
	for _, text := range []string{"", frames("99999999999 KiB", "0 B")} {
		if own, _, err := ParseMemory(text); err == nil {
			t.Errorf("%q: %v", text, own)
		}
	}
}

// This program stands in for the kernel.
func TestSizeOfAnImage(t *testing.T) {
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if kib, err := ImageSize(name); err != nil || kib < 500 || kib > 100<<10 {
		t.Errorf("%v KiB, %v", kib, err)
	}
	if _, err := ImageSize("parse_test.go"); err == nil {
		t.Error("a text has a size as an image")
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		v    []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 2, 9}, 3}} {
		if got := Median(c.v); got != c.want {
			t.Errorf("%v: %v", c.v, got)
		}
	}
}
