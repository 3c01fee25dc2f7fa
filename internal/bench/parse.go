package bench

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Passed matches the last line of the guest "bench", and what the KVM peer says
// when it gives up.
var Passed = regexp.MustCompile(`passed bench\s|failed bench\s|kvmpeer: .*\n`)

// exitLine is a line of the guest: a name and the ticks of a round.
var exitLine = regexp.MustCompile(`bench ([a-z-]+) (\d+)\s`)

// emptyLoop is the name of the loop that does nothing.
const emptyLoop = "empty"

// ParseExits returns what the guest "bench" printed for each of Exits, without
// the share of the loop that it is measured in.
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
	for _, f := range Exits {
		n, ok := ticks[f.Name]
		if !ok || n <= loop {
			return nil, fmt.Errorf("the guest did not print %q, or no more than %v ticks", f.Name, loop)
		}
		round[f.Name] = n - loop
	}
	return round, nil
}

// ExitFigures makes figures of what ParseExits returned for Ringo and, unless it is
// nil, for KVM.
func ExitFigures(ringo, kvm map[string]float64) []Figure {
	figures := slices.Clone(Exits)
	for i := range figures {
		f := &figures[i]
		f.Unit, f.Value, f.KVM = Instructions, ringo[f.Name], kvm[f.Name]
	}
	return figures
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

// Lines of the monitor's commands mem and frames, and owners of memory that
// are not Ringo.
var (
	imageLine = regexp.MustCompile(`(?m)^([0-9a-f]+)-([0-9a-f]+) .* kernel\s*$`)
	ownerLine = regexp.MustCompile(`(?m)^  ([a-zA-Z ]+?) +(\d+) (B|KiB|MiB|GiB)\s*$`)
	notRingo  = []string{"free", "guest RAM"}
	units     = map[string]float64{"B": 1.0 / 1024, "KiB": 1, "MiB": 1 << 10, "GiB": 1 << 20}
)

// ParseMemory returns how much memory Ringo uses for itself, in KiB, from what
// the monitor's commands mem and frames printed: its image, and what it has
// allocated. Of frames the last listing counts.
func ParseMemory(output string) (kib float64, err error) {
	m := imageLine.FindStringSubmatch(output)
	if m == nil {
		return 0, fmt.Errorf("the monitor's mem did not say where the kernel is")
	}
	start, err1 := strconv.ParseUint(m[1], 16, 64)
	end, err2 := strconv.ParseUint(m[2], 16, 64)
	if err1 != nil || err2 != nil || end <= start {
		return 0, fmt.Errorf("the kernel is at %s-%s?", m[1], m[2])
	}
	kib = float64(end-start) / 1024
	owners := ownerLine.FindAllStringSubmatch(output[max(0, strings.LastIndex(output, "most ever used")):], -1)
	if owners == nil {
		return 0, fmt.Errorf("the monitor's frames did not list who uses memory")
	}
	for _, m := range owners {
		n, err := strconv.ParseUint(m[2], 10, 32)
		if err != nil {
			return 0, fmt.Errorf("%q: %w", strings.TrimSpace(m[0]), err)
		}
		if !slices.Contains(notRingo, m[1]) {
			kib += float64(n) * units[m[3]]
		}
	}
	return kib, nil
}

// Median is the one in the middle, or the mean of the two there. There must be
// one.
func Median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
