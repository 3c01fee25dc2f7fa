// Package microguests runs the micro-guests of package guests under Ringo. It
// writes them as the boot modules that Ringo starts virtual machines from
// (files.go), drives Ringo's monitor on a machine's serial line (monitor.go),
// and judges what each guest did there (run.go).
//
// cmd/ringo's command micro and the boot tests in test/ call it.
package microguests

import (
	"fmt"
	"slices"

	"github.com/ringo-vmm/ringo/vmm/guests"
)

// witnessName is the guest that runs beside each hostile one: it needs its
// share of the processor, its timer and its registers to end well.
const witnessName = "fpu"

// Lookup finds guests by their names. No names are all guests.
func Lookup(names []string) ([]guests.Guest, error) {
	if len(names) == 0 {
		return guests.All, nil
	}
	var list []guests.Guest
	for _, name := range names {
		g, ok := guests.Find(name)
		if !ok {
			return nil, fmt.Errorf("no guest is called %q; docs/guests.md lists them", name)
		}
		list = append(list, g)
	}
	return list, nil
}

// withWitness is the machines that running a list of guests takes.
func withWitness(list []guests.Guest) []guests.Guest {
	hostile := slices.ContainsFunc(list, func(g guests.Guest) bool { return g.Hostile })
	if !hostile || slices.ContainsFunc(list, func(g guests.Guest) bool { return g.Name == witnessName }) {
		return list
	}
	witness, _ := guests.Find(witnessName)
	return append(slices.Clone(list), witness)
}
