package bench

import (
	"debug/elf"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ringo-vmm/ringo/internal/image"
)

// PeerDone matches what the KVM peer says last.
var PeerDone = regexp.MustCompile(`kvmpeer: .*\n`)

// exitLine is a line of the guest: a name and the ticks of a round.
var exitLine = regexp.MustCompile(`bench ([a-z-]+) (\d+)\s`)

// emptyLoop is the name of the loop that does nothing.
const emptyLoop = "empty"

// ParseExits returns the figures of all kinds of exits by their names, from what
// the guest "bench" printed: without the share of the loop that they are measured
// in.
func ParseExits(output string) (map[string]float64, error) {
	ticks := make(map[string]float64)
	for _, m := range exitLine.FindAllStringSubmatch(output, -1) {
		n, err := strconv.ParseUint(m[2], 10, 32)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", strings.TrimSpace(m[0]), err)
		}
		ticks[m[1]] = float64(n)
	}
	loop, ok := ticks[emptyLoop]
	if !ok {
		return nil, fmt.Errorf("the guest did not print %q", emptyLoop)
	}
	round := make(map[string]float64)
	for _, e := range exits {
		if e.name == haltExit {
			continue
		}
		n, ok := ticks[e.name]
		if !ok || n <= loop {
			return nil, fmt.Errorf("the guest did not print %q, or no more than %v ticks", e.name, loop)
		}
		round[e.name] = n - loop
	}
	round[haltExit] = round["wake"] - 2*round["eoi"]
	return round, nil
}

// firstLine is the kernel's line about a machine's start.
var firstLine = regexp.MustCompile(`first instruction after ([0-9.a-zµ]+)\s`)

// ParseFirstInstruction returns the number of instructions that the kernel says
// it took to the first of a guest. Under -icount shift=0 one takes 1 ns.
func ParseFirstInstruction(output string) (instructions float64, ok bool) {
	m := firstLine.FindStringSubmatch(output)
	if m == nil {
		return 0, false
	}
	d, err := time.ParseDuration(m[1])
	return float64(d.Nanoseconds()), err == nil
}

// A line of the monitor's command frames, and owners of memory that are not
// Ringo.
var (
	ownerLine = regexp.MustCompile(`(?m)^  ([a-zA-Z ]+?) +(\d+) (B|KiB|MiB|GiB)\s*$`)
	units     = map[string]float64{"B": 1.0 / 1024, "KiB": 1, "MiB": 1 << 10, "GiB": 1 << 20}
)

// ParseMemory returns how much memory Ringo has allocated for itself and how
// much is machines' RAM, in KiB, from what the monitor's command frames printed.
func ParseMemory(output string) (own, guests float64, err error) {
	owners := ownerLine.FindAllStringSubmatch(output, -1)
	if owners == nil {
		return 0, 0, fmt.Errorf("the monitor's frames did not list who uses memory")
	}
	for _, m := range owners {
		n, err := strconv.ParseUint(m[2], 10, 32)
		if err != nil {
			return 0, 0, fmt.Errorf("%q: %w", strings.TrimSpace(m[0]), err)
		}
		switch kib := float64(n) * units[m[3]]; m[1] {
		case "free":
		case "guest RAM":
			guests += kib
		default:
			own += kib
		}
	}
	return own, guests, nil
}

// ImageSize is the memory that a kernel's own code and data take, in KiB, without
// what it gives back at the start.
func ImageSize(file string) (kib float64, err error) {
	f, err := elf.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	start, end := uint64(math.MaxUint64), uint64(0)
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			start, end = min(start, p.Vaddr), max(end, p.Vaddr+p.Memsz)
		}
	}
	if end <= start {
		return 0, fmt.Errorf("%s: nothing in it is loaded", file)
	}
	return float64(end-start-image.Unused(f)) / 1024, nil
}

// Median is the one in the middle, or the mean of the two there. There must be
// one.
func Median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
