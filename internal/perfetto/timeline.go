package perfetto

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/ringo-vmm/ringo/internal/perfetto/record"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// timeline collects events. What the format calls a process is here the host's
// processors, its threads, or a machine; a thread is a track in it.
type timeline struct {
	symbols *Symbols
	clock   record.Clock
	events  []event
	names   []event
	pid     int // the latest process
	tid     int // the latest track
}

// span is something on a track. Times are in ns of the host's clock.
type span struct {
	name     string
	cat      string
	from, to int64
	args     map[string]any
}

// maxTime is the last time there can be, in ns: 146 years.
const maxTime = 1 << 62

var errTime = errors.New("a time that cannot be")

func (l *timeline) build(t *record.Trace) error {
	l.clock = t.Clock
	if l.clock.Hz == 0 || l.clock.NS > maxTime {
		return errTime
	}
	for _, s := range t.Slices {
		if s.From > maxTime || s.To > maxTime {
			return errTime
		}
	}
	l.process("host: who runs where")
	l.processors(t)
	if len(t.Switches) > 0 {
		l.process("host: threads")
		if err := l.threads(t); err != nil {
			return err
		}
	}
	if len(t.Go) > 0 {
		l.process("host: goroutines")
		if err := l.goroutines(t.Go); err != nil {
			return err
		}
	}
	for _, m := range t.Machines {
		l.process("vm " + m.Name)
		for i, cpu := range m.CPUs {
			if err := l.exits(fmt.Sprintf("vCPU %d", i), cpu.Exits, t.Reasons); err != nil {
				return err
			}
			l.places(m.Name, i, t.Slices)
		}
	}
	return nil
}

// process begins a process, and track a track of it.
func (l *timeline) process(name string) {
	l.pid++
	l.names = append(l.names, event{Name: "process_name", Phase: phaseMetadata, PID: l.pid, Args: map[string]any{"name": name}},
		event{Name: "process_sort_index", Phase: phaseMetadata, PID: l.pid, Args: map[string]any{"sort_index": l.pid}})
}

func (l *timeline) track(name string) {
	l.tid++
	l.names = append(l.names, event{Name: "thread_name", Phase: phaseMetadata, PID: l.pid, TID: l.tid, Args: map[string]any{"name": name}},
		event{Name: "thread_sort_index", Phase: phaseMetadata, PID: l.pid, TID: l.tid, Args: map[string]any{"sort_index": l.tid}})
}

// spans puts spans on the latest track. One that begins before the end of the one
// before, because two processors' counters differ a little, begins there.
func (l *timeline) spans(list []span) {
	slices.SortStableFunc(list, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	end := int64(math.MinInt64)
	for _, s := range list {
		from := max(s.from, end)
		end = max(s.to, from)
		dur := micros(end - from)
		l.events = append(l.events, event{Name: s.name, Cat: s.cat, Phase: phaseComplete, At: micros(from), Dur: &dur, PID: l.pid, TID: l.tid, Args: s.args})
	}
}

// processors are the host's, with the vCPUs that they ran.
func (l *timeline) processors(t *record.Trace) {
	on := map[int][]span{}
	for _, s := range t.Slices {
		on[s.Processor] = append(on[s.Processor], span{name: fmt.Sprintf("%s.%d", s.Machine, s.CPU), cat: "slice", from: int64(s.From), to: int64(s.To)})
	}
	for _, p := range sorted(on) {
		l.track(fmt.Sprintf("processor %d", p))
		l.spans(on[p])
	}
}

// places are a vCPU's, as processors are the host's.
func (l *timeline) places(machine string, cpu int, all []record.Slice) {
	var list []span
	for _, s := range all {
		if s.Machine == machine && s.CPU == cpu {
			list = append(list, span{name: fmt.Sprintf("processor %d", s.Processor), cat: "place", from: int64(s.From), to: int64(s.To)})
		}
	}
	l.track(fmt.Sprintf("vCPU %d runs on", cpu))
	l.spans(list)
}

// threads are Ringo's own, by the processor that ran them.
func (l *timeline) threads(t *record.Trace) error {
	by := map[int][]record.Switch{}
	for _, s := range t.Switches {
		if s.At > maxTime {
			return errTime
		}
		by[s.Processor] = append(by[s.Processor], s)
	}
	for _, p := range sorted(by) {
		var list []span
		for i, s := range by[p] {
			to := l.clock.NS
			if i+1 < len(by[p]) {
				to = by[p][i+1].At
			}
			if s.Thread != 0 {
				list = append(list, span{name: fmt.Sprintf("thread %d", s.Thread), cat: "thread", from: int64(s.At), to: int64(to)})
			}
		}
		l.track(fmt.Sprintf("processor %d's threads", p))
		l.spans(list)
	}
	return nil
}

// exits puts a vCPU's exits on a track, each for as long as the guest stood
// because of it, and what was injected with the entries.
func (l *timeline) exits(name string, exits []record.Exit, reasons []string) error {
	l.track(name)
	var list []span
	for i := range exits {
		e := &exits[i]
		entered, ok1 := l.time(e.Entered)
		from, ok2 := l.time(e.Left)
		next := max(e.Left, l.clock.TSC) // the last one is not over
		if i+1 < len(exits) {
			next = exits[i+1].Entered
		}
		to, ok3 := l.time(next)
		if !ok1 || !ok2 || !ok3 {
			return errTime
		}
		reason := fmt.Sprintf("reason %d", e.Reason)
		if int(e.Reason) < len(reasons) {
			reason = reasons[e.Reason]
		}
		list = append(list, span{reason, "exit", from, to, l.about(e, next-e.Left)})
		if what := injected(e); what != "" {
			l.events = append(l.events, event{Name: what, Cat: "injection", Phase: phaseInstant, At: micros(entered), PID: l.pid, TID: l.tid, Scope: "t"})
		}
	}
	l.spans(list)
	return nil
}

// about is what is known of an exit.
func (l *timeline) about(e *record.Exit, cycles uint64) map[string]any {
	args := map[string]any{
		"cycles": cycles, "rip": fmt.Sprintf("%#x", e.RIP), "info": fmt.Sprintf("%#x", e.Info),
		"rax": fmt.Sprintf("%#x", e.RAX), "write": e.Write, "size": e.Size,
	}
	if where := l.symbols.Name(e.RIP); where != "" {
		args["at"] = where
	}
	return args
}

// injected names what the guest got with the entry before an exit.
func injected(e *record.Exit) string {
	switch e.Injected {
	case record.Interrupt:
		return fmt.Sprintf("interrupt %#x", e.Vector)
	case record.NMI:
		return "NMI"
	case record.Exception:
		return fmt.Sprintf("exception %v", x86.Vector(e.Vector))
	}
	return ""
}

// time is a value of the time-stamp counter in ns of the host's clock.
func (l *timeline) time(tsc uint64) (ns int64, ok bool) {
	t := float64(int64(tsc-l.clock.TSC)) / float64(l.clock.Hz) * 1e9
	if math.Abs(t) >= maxTime {
		return 0, false
	}
	return int64(l.clock.NS) + int64(t), true
}

// sorted are a map's keys in order.
func sorted[T any](m map[int]T) (keys []int) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
