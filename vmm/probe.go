// Package vmm is the virtual machine, in terms that name no vendor: an engine
// turns what its hardware says into this package's types, and package kernel
// shows and uses them.
package vmm

import (
	"fmt"
	"strings"
)

// Feature is one thing an engine looks for in the processor.
type Feature struct {
	Name    string // the manual's name
	Present bool
	Needed  bool   // no guest runs without it
	Detail  string // a number that goes with it, or why it could not be read; may be empty
}

// Probe is an engine's answer to whether this machine can run guests.
type Probe struct {
	Engine   string // the name of the engine's package
	Present  bool   // the processor has this engine's extension, whatever may be wrong with it
	Usable   bool   // guests can run: every needed feature is present
	Features []Feature
	Missing  []string // in plain words, what a needed feature lacks: a firmware setting or a processor feature
}

// Add appends a feature. If it is needed and not present, remedy, in plain words
// what the machine lacks and who can turn it on, goes to Missing and the machine
// is not usable.
func (p *Probe) Add(f Feature, remedy string) {
	p.Features = append(p.Features, f)
	if f.Needed && !f.Present {
		p.Missing = append(p.Missing, remedy)
	}
	p.Usable = len(p.Missing) == 0
}

// String is the verdict, the features one a line, and what is missing.
func (p Probe) String() string {
	verdict := "this machine can run guests"
	if !p.Usable {
		verdict = "this machine cannot run guests"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", p.Engine, verdict)
	for _, f := range p.Features {
		mark, need := "-", ""
		if f.Present {
			mark = "+"
		}
		if f.Needed {
			need = "needed"
		}
		line := fmt.Sprintf("  %s %-6s %-34s %s", mark, need, f.Name, f.Detail)
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	for _, m := range p.Missing {
		fmt.Fprintf(&b, "missing: %s\n", m)
	}
	return b.String()
}
