package remote

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Metrics is a page of figures in Prometheus' text format 0.0.4.
type Metrics struct {
	text  []byte
	named map[string]bool
}

// contentType is the format's.
const contentType = "text/plain; version=0.0.4; charset=utf-8"

// Kind says what a figure does.
type Kind string

// The kinds.
const (
	Gauge   Kind = "gauge"   // goes up and down
	Counter Kind = "counter" // goes up only
)

// Family is figures of one name. Names end in their unit, which is a base unit:
// seconds, bytes.
type Family struct {
	m    *Metrics
	name string
}

// Family begins the figures of a name, which must be new.
func (m *Metrics) Family(name string, kind Kind, help string) Family {
	if m.named == nil {
		m.named = map[string]bool{}
	}
	if m.named[name] {
		panic("two families are called " + name)
	}
	m.named[name] = true
	m.text = fmt.Appendf(m.text, "# HELP %s %s\n# TYPE %s %s\n", name, helpEscapes.Replace(help), name, kind)
	return Family{m, name}
}

var (
	helpEscapes  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	labelEscapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

// Add adds a figure. labels are names and values in turn, which tell it from
// the others of the family.
func (f Family) Add(value float64, labels ...string) {
	b := append(f.m.text, f.name...)
	separator := byte('{')
	for i := 0; i+1 < len(labels); i += 2 {
		b = append(b, separator)
		b = append(b, labels[i]...)
		b = append(b, '=', '"')
		b = append(b, labelEscapes.Replace(strings.ToValidUTF8(labels[i+1], "?"))...)
		b = append(b, '"')
		separator = ','
	}
	if separator == ',' {
		b = append(b, '}')
	}
	b = append(b, ' ')
	b = appendValue(b, value)
	f.m.text = append(b, '\n')
}

// appendValue writes whole numbers as such, which is easier to read.
func appendValue(b []byte, v float64) []byte {
	const exact = 1 << 53
	if v == math.Trunc(v) && math.Abs(v) < exact {
		return strconv.AppendInt(b, int64(v), 10)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

// seconds is a time in ns.
func seconds(ns uint64) float64 { return float64(ns) / 1e9 }
