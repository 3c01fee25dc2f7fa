package perfetto

import (
	"encoding/json"
	"fmt"
	"math"
)

// Parsed is a file in the Trace Event Format.
type Parsed struct {
	Events []ParsedEvent // without metadata
}

// ParsedEvent is one of its events. Times are in µs.
type ParsedEvent struct {
	Process, Track, Phase, Name, Cat string
	At, Dur                          float64
	Args                             map[string]any
}

// tolerance is what is lost when times become floating point, in µs.
const tolerance = 1e-3

type trackID struct{ pid, tid int }

// Parse reads a file and checks what the format demands of it and what viewers
// rely on: each event has ph, ts, pid and tid, a complete event its dur; times do
// not go back; complete events of a track are nested or apart; metadata names each
// process and each track.
func Parse(file []byte) (*Parsed, error) {
	var doc struct {
		Events []struct {
			Name     string
			Cat      string
			Ph       *string
			Ts, Dur  *float64
			Pid, Tid *int
			Args     map[string]any
		} `json:"traceEvents"`
	}
	if err := json.Unmarshal(file, &doc); err != nil {
		return nil, err
	}
	processes, tracks := map[int]string{}, map[trackID]string{}
	open := map[trackID][]float64{} // ends of the events that contain the next
	p, last := new(Parsed), math.Inf(-1)
	for i, e := range doc.Events {
		for _, x := range []struct {
			name string
			have bool
		}{{"ph", e.Ph != nil}, {"ts", e.Ts != nil}, {"pid", e.Pid != nil}, {"tid", e.Tid != nil}} {
			if !x.have {
				return nil, fmt.Errorf("event %d, %q: no %s", i, e.Name, x.name)
			}
		}
		id := trackID{*e.Pid, *e.Tid}
		if *e.Ph == phaseMetadata {
			name, _ := e.Args["name"].(string)
			switch e.Name {
			case "process_name":
				processes[id.pid] = name
			case "thread_name":
				tracks[id] = name
			}
			continue
		}
		out := ParsedEvent{Process: processes[id.pid], Track: tracks[id], Phase: *e.Ph, Name: e.Name, Cat: e.Cat, At: *e.Ts, Args: e.Args}
		switch {
		case out.Process == "" || out.Track == "":
			return nil, fmt.Errorf("event %d, %q: no name for process %d, track %d", i, e.Name, id.pid, id.tid)
		case out.At < last:
			return nil, fmt.Errorf("event %d, %q: at %f µs, before the last one", i, e.Name, out.At)
		}
		last = out.At
		switch *e.Ph {
		case phaseInstant:
		case phaseComplete:
			if e.Dur == nil || *e.Dur < 0 {
				return nil, fmt.Errorf("event %d, %q: no dur", i, e.Name)
			}
			out.Dur = *e.Dur
			stack, end := open[id], out.At+out.Dur
			for len(stack) > 0 && stack[len(stack)-1] <= out.At+tolerance {
				stack = stack[:len(stack)-1]
			}
			if len(stack) > 0 && end > stack[len(stack)-1]+tolerance {
				return nil, fmt.Errorf("event %d, %q: overlaps the one before", i, e.Name)
			}
			open[id] = append(stack, end)
		default:
			return nil, fmt.Errorf("event %d, %q: unknown phase %q", i, e.Name, *e.Ph)
		}
		p.Events = append(p.Events, out)
	}
	return p, nil
}
