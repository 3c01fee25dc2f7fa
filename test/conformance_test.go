//go:build boot

package test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/microguests"
	"github.com/ringo-vmm/ringo/vmm/guests"
)

// conforming are micro-guests that do the same on every processor, and do not
// count time. Registers that have what CPUID said are left out.
var conforming = []struct{ guest, leftOut string }{
	{"long", ""}, {"control", ""}, {"inject-idt", ""}, {"mmio", ""}, {"mmio-alu", ""},
	{"mmio-strings", ""}, {"strings", ""}, {"ioapic", ""}, {"serial", ""}, {"smc", "RAX"},
}

// What the emulators' processors do otherwise than each other: QEMU does not
// mark TR's segment as busy, and takes a write that reads first for a read.
var (
	notBusy   = strings.NewReplacer("attr 089 TSS", "attr 08b TSS busy")
	direction = regexp.MustCompile(` (read|write) 0x`)
)

// Bochs' VMRUN does not load CR2, so that the guest finds the host's, and so does
// the handler of exceptions in guests, which notes it.
const noCR2, noteCR2 = "bochs-svm", "control"

var cr2 = regexp.MustCompile(`^CR2 +[0-9a-f]+`)

// The same guest ends with the same registers and memory on all engines, and has
// done the same with devices on its way.
func TestEnginesConform(t *testing.T) {
	t.Parallel()
	var list []guests.Guest
	for _, c := range conforming {
		g, ok := guests.Find(c.guest)
		if !ok {
			t.Fatalf("there is no guest %s", c.guest)
		}
		list = append(list, g.Still())
	}
	modules, err := microguests.Write(t.TempDir(), list)
	if err != nil {
		t.Fatal(err)
	}
	var first []microguests.Record
	for _, machine := range []string{"qemu-svm", "bochs-vmx", "bochs-svm"} {
		b := boot(t, emu.Options{Machine: machine, Modules: modules})
		monitor, err := microguests.Attach(t.Context(), b.vm)
		if err != nil {
			t.Fatalf("%s: %v%s", machine, err, b.last())
		}
		for i, g := range list {
			if machine == noCR2 && conforming[i].guest == noteCR2 {
				continue
			}
			r, err := monitor.Record(t.Context(), g)
			if err != nil {
				t.Fatalf("%s: %v%s", machine, err, b.last())
			}
			level(&r, conforming[i].leftOut)
			if machine == "qemu-svm" {
				first = append(first, r)
				continue
			}
			if at := slices.IndexFunc(r.Registers, cr2.MatchString); machine == noCR2 && at >= 0 {
				want := slices.IndexFunc(first[i].Registers, cr2.MatchString)
				r.Registers[at] = cr2.ReplaceAllString(r.Registers[at], cr2.FindString(first[i].Registers[want]))
			}
			for _, part := range []struct {
				name      string
				got, want []string
			}{
				{"console", r.Console, first[i].Console}, {"registers", r.Registers, first[i].Registers}, {"accesses", r.Accesses, first[i].Accesses},
			} {
				if at, got, want := differ(part.got, part.want); at >= 0 {
					t.Errorf("%s on %s: line %d of its %s is %q, on qemu-svm it is %q", g.Name, machine, at, part.name, got, want)
				}
			}
		}
		b.Send("poweroff\n").Exit(emu.Stopped, 0)
	}
}

// level takes out of a record what may differ.
func level(r *microguests.Record, leftOut string) {
	for i, line := range r.Registers {
		r.Registers[i] = notBusy.Replace(line)
	}
	if leftOut != "" {
		r.Registers = slices.DeleteFunc(r.Registers, func(line string) bool { return strings.HasPrefix(line, leftOut) })
	}
	for i, line := range r.Accesses {
		r.Accesses[i] = direction.ReplaceAllString(line, " 0x")
	}
}

// differ is the first line, from 0, in which two texts differ, -1 if none does.
func differ(got, want []string) (at int, a, b string) {
	for i := range max(len(got), len(want)) {
		a, b = "", ""
		if i < len(got) {
			a = got[i]
		}
		if i < len(want) {
			b = want[i]
		}
		if a != b {
			return i, a, b
		}
	}
	return -1, "", ""
}
