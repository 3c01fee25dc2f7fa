// Package perfetto turns a saved trace into JSON in Chrome's Trace Event Format,
// which ui.perfetto.dev and chrome://tracing open. The format is Google's document
// "Trace Event Format"; of it here are complete events (X), instant events (i) and
// metadata (M).
//
// record is the saved trace; timeline.go puts all that is in it on one time line;
// symbols.go names addresses of a guest's code. See docs/tracing.md.
package perfetto

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/ringo-vmm/ringo/internal/perfetto/record"
)

// Phases of events.
const (
	phaseComplete = "X"
	phaseInstant  = "i"
	phaseMetadata = "M"
)

// event is an event of the format.
type event struct {
	Name  string         `json:"name"`
	Cat   string         `json:"cat,omitempty"`
	Phase string         `json:"ph"`
	At    micros         `json:"ts"`
	Dur   *micros        `json:"dur,omitempty"`
	PID   int            `json:"pid"`
	TID   int            `json:"tid"`
	Scope string         `json:"s,omitempty"`
	Args  map[string]any `json:"args,omitempty"`
}

// micros is a time in ns, and in µs where it is written.
type micros int64

// MarshalJSON writes it with all its digits.
func (m micros) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%d.%03d", m/1000, m%1000), nil
}

// Write writes the trace as JSON. symbols, which may be nil, names where exits
// came from. The error may be the trace's: of a time that cannot be.
func Write(w io.Writer, t *record.Trace, symbols *Symbols) error {
	l := &timeline{symbols: symbols}
	if err := l.build(t); err != nil {
		return err
	}
	first := micros(0)
	for i, e := range l.events {
		if i == 0 || e.At < first {
			first = e.At
		}
	}
	for i := range l.events {
		l.events[i].At -= first
	}
	// One that contains others comes before them.
	slices.SortStableFunc(l.events, func(a, b event) int { return cmp.Compare(a.At, b.At) })
	b := bufio.NewWriter(w)
	b.WriteString(`{"displayTimeUnit":"ns","traceEvents":[`)
	for i, e := range append(l.names, l.events...) {
		if i > 0 {
			b.WriteByte(',')
		}
		text, err := json.Marshal(e)
		if err != nil {
			return err
		}
		b.WriteByte('\n')
		b.Write(text)
	}
	b.WriteString("\n]}\n")
	return b.Flush()
}
