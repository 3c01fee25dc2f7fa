// Package bench is what ringo bench measures: the figures with their limits and
// aims, how they are read out of what a machine prints, and the table and the
// JSON file that they end in. cmd/ringo runs the machines.
package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// Units of figures.
const (
	Instructions = "instructions" // of the emulated processor, host and guest together
	KiB          = "KiB"
	Ratio        = "ratio"
)

// Figure is one thing that is measured.
type Figure struct {
	Name  string  `json:"name"`
	About string  `json:"about"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	Limit float64 `json:"limit,omitempty"` // more is a failure; 0 is none
	Aim   float64 `json:"aim,omitempty"`   // what is worked for; 0 is none
	KVM   float64 `json:"kvm,omitempty"`   // the same of KVM; 0 if it was not measured
}

// Limits and aims of the other figures. Memory is in KiB.
const (
	hostMemoryAim = 32 << 10
	vmMemoryAim   = 1 << 10
	quietAim      = 1.4
	verboseAim    = 2.5
)

// FirstInstruction is the way from the kernel's entry to a guest's first
// instruction.
func FirstInstruction(n float64) Figure {
	return Figure{Name: "first-instruction", About: "kernel entry to a guest's first instruction", Unit: Instructions, Value: n}
}

// HostMemory is what Ringo itself uses before there is a machine, in KiB.
func HostMemory(kib float64) Figure {
	return Figure{Name: "memory", About: "memory of Ringo before the first VM", Unit: KiB, Value: kib, Aim: hostMemoryAim}
}

// VMMemory is what a machine needs beside its RAM, in KiB.
func VMMemory(kib float64) Figure {
	return Figure{Name: "memory-vm", About: "memory of a VM beside its RAM", Unit: KiB, Value: kib, Aim: vmMemoryAim}
}

// Linux is how many times as long as without Ringo it takes Linux to get to its
// shell.
func Linux(ratio float64, verbose bool) Figure {
	f := Figure{Name: "linux-quiet", About: "Linux to its shell, quiet", Unit: Ratio, Value: ratio, Aim: quietAim}
	if verbose {
		f.Name, f.About, f.Aim = "linux-verbose", "Linux to its shell, verbose", verboseAim
	}
	return f
}

// Over is a line for each figure beyond its limit.
func Over(figures []Figure) (lines []string) {
	for _, f := range figures {
		if f.Limit > 0 && f.Value > f.Limit {
			lines = append(lines, fmt.Sprintf("%s: %s %s, at most %s", f.Name, number(f.Value), f.Unit, number(f.Limit)))
		}
	}
	return lines
}

// Print prints the figures as a table, with KVM's beside Ringo's if there are
// any.
func Print(w io.Writer, figures []Figure) error {
	kvm := slices.ContainsFunc(figures, func(f Figure) bool { return f.KVM > 0 })
	row := func(about, ringo, peer, limit, aim, unit string) error {
		if kvm {
			ringo += fmt.Sprintf(" %9s", peer)
		}
		_, err := fmt.Fprintf(w, "%-44s %9s %9s %9s  %s\n", about, ringo, limit, aim, unit)
		return err
	}
	err := row("", "Ringo", "KVM", "at most", "aim", "unit")
	for _, f := range figures {
		err = errors.Join(err, row(f.About, number(f.Value), number(f.KVM), number(f.Limit), number(f.Aim), f.Unit))
	}
	return err
}

// number is a figure for people: with two digits behind the point if it is
// small and not whole; nothing for 0.
func number(v float64) string {
	switch {
	case v == 0:
		return ""
	case v < 100 && v != math.Trunc(v):
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// JSON is the content of build/bench.json.
func JSON(figures []Figure) ([]byte, error) {
	b, err := json.MarshalIndent(struct {
		Figures []Figure `json:"figures"`
	}{figures}, "", "\t")
	return append(b, '\n'), err
}
