package perfetto

import (
	"bytes"
	"fmt"
	"io"
	"path"

	"golang.org/x/exp/trace"
)

// goroutine is what is known of one of Ringo's goroutines so far.
type goroutine struct {
	name  string // of the function that it began with; empty: not known
	spans []span // in which it runs, or waits for a processor; the last may be open
	open  bool
}

// goroutines puts what Go's execution tracer saw on tracks, one for each goroutine.
// A gap is a goroutine that waits for something.
func (l *timeline) goroutines(file []byte) error {
	r, err := trace.NewReader(bytes.NewReader(file))
	if err != nil {
		return fmt.Errorf("goroutines: %w", err)
	}
	all := map[int]*goroutine{}
	offset, last := int64(0), int64(0) // from the tracer's time to the host's clock; of the last event
	for {
		e, err := r.ReadEvent()
		if err == io.EOF {
			break
		} else if err != nil {
			return fmt.Errorf("goroutines: %w", err)
		}
		if e.Kind() == trace.EventSync {
			// Go's monotonic clock is the host's.
			if c := e.Sync().ClockSnapshot; c != nil {
				offset = int64(c.Mono) - int64(c.Trace)
			}
		}
		if last = int64(e.Time()) + offset; last < 0 || last > maxTime {
			return errTime
		}
		if e.Kind() != trace.EventStateTransition {
			continue
		}
		if t := e.StateTransition(); t.Resource.Kind == trace.ResourceGoroutine {
			id := int(t.Resource.Goroutine())
			if all[id] == nil {
				all[id] = &goroutine{}
			}
			all[id].change(e, t, last)
		}
	}
	for _, id := range sorted(all) {
		g := all[id]
		g.end(last, "")
		if len(g.spans) > 0 {
			l.track(fmt.Sprintf("goroutine %d %s", id, g.name))
			l.spans(g.spans)
		}
	}
	return nil
}

// change is a goroutine's change of state.
func (g *goroutine) change(e trace.Event, t trace.StateTransition, at int64) {
	for f := range t.Stack.Frames() {
		g.name = path.Base(f.Func) // the last one is the outermost
	}
	was, is := t.Goroutine()
	if is == was {
		return
	}
	g.end(at, t.Reason)
	switch is {
	case trace.GoRunning, trace.GoSyscall:
		g.begin("running", at, map[string]any{"thread": int64(e.Thread())})
	case trace.GoRunnable:
		g.begin("ready", at, map[string]any{})
	}
}

func (g *goroutine) begin(name string, at int64, args map[string]any) {
	g.spans, g.open = append(g.spans, span{name: name, cat: "goroutine", from: at, args: args}), true
}

// end ends the span that is open, if one is. why is what the goroutine waits for
// from now on, empty if it does not wait.
func (g *goroutine) end(at int64, why string) {
	if !g.open {
		return
	}
	s := &g.spans[len(g.spans)-1]
	s.to, g.open = at, false
	if why != "" {
		s.args["until"] = why
	}
}
