package bench

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
)

// Units of the figures of several processors.
const (
	Microseconds = "µs"
	Percent      = "%"
)

// Spread is what the monitor's bench gc and bench wake print, in ns.
type Spread struct{ P50, P99, Most float64 }

var spread = regexp.MustCompile(`(?m)^(\w+) p50 (\d+) ns, p99 (\d+) ns, most (\d+) ns, \d+ times`)

// ParseSpread finds the spread of that name.
func ParseSpread(output, name string) (Spread, error) {
	for _, m := range spread.FindAllStringSubmatch(output, -1) {
		if m[1] == name {
			var v [3]float64
			for i := range v {
				v[i], _ = strconv.ParseFloat(m[2+i], 64)
			}
			return Spread{v[0], v[1], v[2]}, nil
		}
	}
	return Spread{}, fmt.Errorf("no line %q in the output", name)
}

// SpreadFigures are three figures of what about names.
func SpreadFigures(name, about string, s Spread) []Figure {
	return []Figure{
		{Name: name + "-p50", About: about + ", p50", Unit: Microseconds, Value: s.P50 / 1000},
		{Name: name + "-p99", About: about + ", p99", Unit: Microseconds, Value: s.P99 / 1000},
		{Name: name + "-most", About: about + ", most", Unit: Microseconds, Value: s.Most / 1000},
	}
}

var counter = regexp.MustCompile(`(?i)\bR15 +([0-9a-f]{16})\b`)

// ParseCounter finds the guest counter's count among its registers.
func ParseCounter(output string) (float64, error) {
	m := counter.FindStringSubmatch(output)
	if m == nil {
		return 0, fmt.Errorf("no register R15 in the output")
	}
	n, err := strconv.ParseUint(m[1], 16, 64)
	return float64(n), err
}

// ShareError is how far work is from weights, in percent of what is due to the
// one that is furthest from it.
func ShareError(work, weights []float64) float64 {
	var all, sum, worst float64
	for i := range work {
		all, sum = all+work[i], sum+weights[i]
	}
	for i := range work {
		due := all * weights[i] / sum
		worst = max(worst, 100*math.Abs(work[i]-due)/due)
	}
	return worst
}
